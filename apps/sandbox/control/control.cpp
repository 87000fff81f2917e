#include "apps/sandbox/control/control.hpp"

#include "apps/sandbox/core/timers.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"

#include <charconv>
#include <fmt/format.h>

namespace arrakis::sandbox::control {
namespace {
struct entry {
  std::string_view method; ///< Or several: "GET POST".
  const char* path;        ///< Behind /_sandbox.
  handled (*run)(api&, const request&);
};
constexpr entry entries[] = {
  {"GET", "/info", handlers::info},
  {"GET", "/view", handlers::view},
  {"GET", "/state", handlers::state},
  {"GET DELETE", "/statistics", handlers::statistics},
  {"GET", "/requests", handlers::requests},
  {"POST", "/guilds", handlers::make_guild},
  {"POST", "/users", handlers::make_user},
  {"POST", "/applications", handlers::make_application},
  {"POST", "/members", handlers::join},
  {"POST", "/direct", handlers::direct},
  {"POST", "/invite", handlers::invite},
  {"POST", "/interactions", handlers::interact},
  {"GET", "/interactions/{interaction:number}", handlers::interaction},
  {"GET", "/messages/{channel:number}/{message:number}", handlers::message},
  {"GET POST PUT PATCH DELETE", "/as/{user}/{path:rest}", handlers::as},
  {"GET POST DELETE", "/faults", handlers::faults},
  {"POST DELETE", "/limits", handlers::limits},
  {"POST", "/clock", handlers::clock},
  {"GET POST", "/gateway", handlers::gateway},
  {"GET", "/gateway/record", handlers::gateway_record},
  {"POST", "/endpoint", handlers::endpoint},
};
/// A page or a test on this machine sends them.
constexpr size_t body_bytes_max = 8 << 20;

net::http_response to_http(const rest::reply& r) {
  return r.body ? net::json_response(r.status, js::serialize(*r.body)) : net::http_response{r.status, {}, {}};
}
} // namespace

rest::reply wrong(std::string why) { return {400, js::object{{"message", std::move(why)}}}; }

const js::object& request::object() const {
  static const js::object nothing;
  return body.is_object() ? body.get_object() : nothing;
}
std::string request::query(std::string_view key) const { return net::query_value(target, key); }
snowflake request::id(std::string_view key) const {
  return parse_snowflake(json::text_or(object(), key)).value_or(snowflake{});
}
snowflake request::query_id(std::string_view key) const { return parse_snowflake(query(key)).value_or(snowflake{}); }
std::optional<int64_t> request::query_number(std::string_view key) const {
  const auto text = query(key);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}
snowflake request::parameter_id(size_t index) const {
  return parse_snowflake(parameters.at(index)).value_or(snowflake{});
}
int64_t request::wait_ms(int64_t otherwise) const {
  const auto value = query_number("wait_ms").value_or(json::integer_or(object(), "wait_ms", otherwise));
  return std::clamp<int64_t>(value, 0, 25'000); // below the server's own limit of an answer
}

api::api(core& c, delivery& d, rest::api& r) : core_(c), delivery_(d), rest_(r) {
  core_.watchers.push_back([this](const model::event* e) {
    if (e) {
      events_.publish(
        {.data = js::serialize(js::object{{"t", "event"}, {"name", e->name}, {"guild", e->guild.text()}})});
      return;
    }
    check();
    if (change_is_due_) // One word for many changes: the page reads the rest.
      return;
    change_is_due_ = true;
    after(core_.io, std::chrono::milliseconds{40}, [this] {
      change_is_due_ = false;
      events_.publish({.data = R"({"t":"changed"})"});
    });
  });
}

std::vector<net::router::route> api::routes() {
  std::vector<net::router::route> out;
  const auto put = [&](std::string_view method, const char* path, std::function<void(const net::router::call&)> run) {
    out.push_back({.method = method,
                   .path = std::string{"/_sandbox"} + path,
                   .limits = {.body_bytes_max = body_bytes_max},
                   .run = std::move(run)});
  };
  for (const auto& each : entries)
    for (auto methods = each.method; !methods.empty();) {
      const auto method = methods.substr(0, methods.find(' '));
      methods.remove_prefix(std::min(method.size() + 1, methods.size()));
      put(method, each.path, [this, run = each.run](const net::router::call& c) {
        auto body = c.request.body.empty() ? caf::expected<js::value>{js::value{}} : json::parse(c.request.body);
        if (!body)
          return c.respond(to_http(wrong("the body is no JSON: " + text_of(body.error()))));
        const request asked{.method = c.request.method,
                            .target = c.request.target,
                            .parameters = c.parameters,
                            .body = std::move(*body),
                            .respond = c.respond};
        if (auto reply = run(*this, asked))
          c.respond(to_http(*reply));
      });
    }
  put("GET", "/events", [this](const net::router::call& c) { events_.open(c.respond); });
  out.back().streams = true;
  return out;
}

void api::wait(const request& a, std::function<std::optional<rest::reply>()> ready, std::function<rest::reply()> late) {
  waiting_.push_back({std::move(ready), std::move(late), wall_ms() + a.wait_ms(10'000), a.respond});
  check();
}

void api::check() {
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

void api::sweep() {
  constexpr uint64_t sweeps_per_heartbeat = 150; // 15 s
  check();
  if (++sweeps_ % sweeps_per_heartbeat == 0)
    events_.send_heartbeat();
}

} // namespace arrakis::sandbox::control
