#include "apps/sandbox/delivery/delivery.hpp"

#include "apps/sandbox/keys/keys.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"
#include "runtime/log.hpp"

#include <fmt/format.h>

namespace arrakis::sandbox {
namespace js = boost::json;
namespace {
/// "http://host:port/path" as origin and path.
std::pair<std::string, std::string> split(const std::string& url) {
  const auto scheme = url.find("://");
  const auto slash = scheme == std::string::npos ? std::string::npos : url.find('/', scheme + 3);
  return slash == std::string::npos ? std::pair{url, std::string("/")}
                                    : std::pair{url.substr(0, slash), url.substr(slash)};
}
} // namespace

delivery::delivery(core& c) : core_(c), client_(c.io) {}

void delivery::send(model::started what) {
  auto& state = core_.state;
  const auto& app = state.applications.at(what.application);
  const auto guild = state.interactions.at(what.id).guild;
  if (app.endpoint.empty()) {
    core_.hub.deliver(what.application, guild, what.payload);
    return;
  }
  const auto id = what.id;
  const auto token = state.interactions.at(id).token;
  post(app, js::serialize(what.payload), true, [this, id, token](caf::expected<net::http_response> got) {
    if (!got || got->status / 100 != 2) {
      log::warn("sandbox.endpoint_refused",
                {{"interaction", id.text()}, {"error", got ? std::to_string(got->status) : text_of(got.error())}});
      return;
    }
    if (got->body.empty()) // 202 or 204: the application answers by the callback route
      return;
    const auto body = json::parse(got->body);
    static const js::object nothing;
    const auto* object = body ? body->if_object() : nullptr;
    if (auto done = model::answer(core_.now(), id, token, object ? *object : nothing); !done)
      log::warn("sandbox.endpoint_answer_refused",
                {{"interaction", id.text()}, {"error", js::serialize(model::to_json(done.why()))}});
    core_.settle();
  });
}

void delivery::post(const model::application& app, const std::string& body, bool good, net::http_client::done done) {
  post_to(app.endpoint, app.private_key, body, good, std::move(done));
}

void delivery::post_to(const std::string& url, const std::string& private_hex, const std::string& body, bool good,
                       net::http_client::done done) {
  const auto [origin, path] = split(url);
  const auto timestamp = std::to_string(wall_ms() / 1000);
  // The bad one is a good signature of other bytes: right length, wrong content.
  net::http_request request{.method = "POST",
                            .target = path,
                            .headers = keys::headers(private_hex, timestamp, good ? body : body + "x"),
                            .body = body,
                            .peer = {}};
  request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back("User-Agent", "Discord-Interactions/1.0 (+https://discord.com)");
  client_.send(origin, std::move(request),
               deadline{std::chrono::steady_clock::now() + std::chrono::milliseconds{core_.endpoint_wait_ms}},
               std::move(done));
}

void delivery::set_endpoint(snowflake application, std::string url, std::function<void(std::string)> done) {
  auto& app = core_.state.applications.at(application);
  if (url.empty()) {
    app.endpoint.clear();
    core_.settle();
    return done({});
  }
  const js::object ping{{"id", core_.now().next_id().text()},
                        {"application_id", application.text()},
                        {"type", 1},
                        {"token", "ping"},
                        {"version", 1}};
  const auto body = js::serialize(ping);
  const auto key = app.private_key;
  post_to(url, key, body, true, [=, this](caf::expected<net::http_response> got) {
    const auto answer = got && got->status == 200 ? json::parse(got->body)
                                                  : caf::expected<js::value>{fail(ec::invalid, "")};
    const auto* object = answer ? answer->if_object() : nullptr;
    if (!object || json::integer_or(*object, "type") != 1)
      return done(fmt::format("a signed PING must be answered with 200 and {{\"type\":1}}; it got {}",
                              got ? std::to_string(got->status) : text_of(got.error())));
    post_to(url, key, body, false, [=, this](caf::expected<net::http_response> second) {
      if (!second || second->status != 401)
        return done(fmt::format("a PING with a wrong signature must be answered with 401; it got {}",
                                second ? std::to_string(second->status) : text_of(second.error())));
      core_.state.applications.at(application).endpoint = url;
      core_.settle();
      done({});
    });
  });
}

} // namespace arrakis::sandbox
