#include "apps/sandbox/control/control.hpp"

#include "apps/sandbox/core/timers.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"

#include <charconv>
#include <fmt/format.h>

namespace arrakis::sandbox::control {
namespace {
struct entry {
  std::string_view method;
  std::string_view first; ///< The first part of the path.
  handled (*run)(door&, const door::ask&);
};
constexpr entry table[] = {
  {"GET", "info", routes::info},
  {"GET", "view", routes::view},
  {"GET", "state", routes::state},
  {"GET", "statistics", routes::statistics},
  {"DELETE", "statistics", routes::statistics},
  {"GET", "requests", routes::requests},
  {"POST", "guilds", routes::make_guild},
  {"POST", "users", routes::make_user},
  {"POST", "applications", routes::make_application},
  {"POST", "members", routes::join},
  {"POST", "direct", routes::direct},
  {"POST", "invite", routes::invite},
  {"POST", "interactions", routes::interact},
  {"GET", "interactions", routes::interaction},
  {"GET", "messages", routes::message},
  {"", "as", routes::as},
  {"", "faults", routes::faults},
  {"", "limits", routes::limits},
  {"POST", "clock", routes::clock},
  {"", "gateway", routes::gateway},
  {"POST", "endpoint", routes::endpoint},
};

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const auto slash = path.find('/');
    if (slash != 0)
      parts.emplace_back(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  }
  return parts;
}

net::http_response to_http(const rest::reply& r) {
  return r.body ? net::json_response(r.status, js::serialize(*r.body)) : net::http_response{r.status, {}, {}};
}
} // namespace

rest::reply wrong(std::string why) { return {400, js::object{{"message", std::move(why)}}}; }

const js::object& door::ask::object() const {
  static const js::object nothing;
  return body.is_object() ? body.get_object() : nothing;
}
std::string door::ask::query(std::string_view key) const { return net::query_value(target, key); }
snowflake door::ask::id(std::string_view key) const {
  return parse_snowflake(json::text_or(object(), key)).value_or(snowflake{});
}
snowflake door::ask::query_id(std::string_view key) const { return parse_snowflake(query(key)).value_or(snowflake{}); }
std::optional<int64_t> door::ask::query_number(std::string_view key) const {
  const auto text = query(key);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}
int64_t door::ask::wait_ms(int64_t otherwise) const {
  const auto value = query_number("wait_ms").value_or(json::integer_or(object(), "wait_ms", otherwise));
  return std::clamp<int64_t>(value, 0, 25'000); // below the server's own limit of an answer
}

door::door(core& c, delivery& d, rest::door& r) : core_(c), delivery_(d), rest_(r) {
  core_.watchers.push_back([this](const model::event* e) {
    if (e) {
      tell(js::serialize(js::object{{"t", "event"}, {"name", e->name}, {"guild", e->guild.text()}}));
      return;
    }
    check();
    if (!told_) { // One word for many changes: the page reads the rest.
      told_ = true;
      after(core_.io, std::chrono::milliseconds{40}, [this] {
        told_ = false;
        tell(R"({"t":"changed"})");
      });
    }
  });
}

void door::handle(const net::http_request& request, const net::responder& respond) {
  auto parts = split(net::path_of(request.target));
  parts.erase(parts.begin());
  if (parts.size() == 1 && parts[0] == "events")
    return watch(respond);
  js::value body;
  if (!request.body.empty()) {
    auto parsed = json::parse(request.body);
    if (!parsed)
      return respond(to_http(wrong("the body is no JSON: " + text_of(parsed.error()))));
    body = std::move(*parsed);
  }
  const ask a{.method = request.method,
              .path = std::move(parts),
              .target = request.target,
              .body = std::move(body),
              .respond = respond};
  for (const auto& each : table)
    if (!a.path.empty() && a.path[0] == each.first && (each.method.empty() || each.method == a.method)) {
      if (auto reply = each.run(*this, a))
        respond(to_http(*reply));
      return;
    }
  respond(to_http({404, js::object{{"message", "no such route; see apps/sandbox/README.md"}}}));
}

void door::wait(const ask& a, std::function<std::optional<rest::reply>()> ready, std::function<rest::reply()> late) {
  waiting_.push_back({std::move(ready), std::move(late), wall_ms() + a.wait_ms(10'000), a.respond});
  check();
}

void door::check() {
  const auto now = wall_ms();
  for (auto each = waiting_.begin(); each != waiting_.end();) {
    auto reply = each->ready();
    if (!reply && now >= each->until_ms)
      reply = each->late();
    if (reply) {
      each->respond(to_http(*reply));
      each = waiting_.erase(each);
    } else
      ++each;
  }
}

void door::watch(const net::responder& respond) {
  const auto id = ++last_watcher_;
  respond.upgrade({},
                  {.received = [](const std::string&, bool) {},
                   .closed = [this, id](uint16_t, const std::string&) { watchers_.erase(id); }},
                  [this, id](std::shared_ptr<net::websocket> socket) { watchers_[id] = std::move(socket); });
}

void door::tell(std::string_view text) {
  for (const auto& [_, socket] : watchers_)
    socket->send(std::string(text));
}

} // namespace arrakis::sandbox::control
