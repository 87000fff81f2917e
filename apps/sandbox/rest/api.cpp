#include "apps/sandbox/rest/api.hpp"

#include "apps/sandbox/core/timers.hpp"
#include "apps/sandbox/model/channels.hpp"
#include "apps/sandbox/model/form.hpp"
#include "apps/sandbox/model/render.hpp"
#include "apps/sandbox/rest/body.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"
#include "runtime/net/http_date.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace arrakis::sandbox::rest {
namespace {
int64_t steady_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
    .count();
}

/// After "/api", "/api/v9" or "/api/v10"; nothing for another path.
std::optional<std::string> api_path(std::string_view target) {
  auto path = net::path_of(target);
  for (const std::string_view prefix : {"/api/v10/", "/api/v9/", "/api/"})
    if (path.starts_with(prefix))
      return path.substr(prefix.size() - 1);
  return std::nullopt;
}

/// Returns true if an edit changes a channel's name or topic, which has its own limit; equal values do not count.
bool renames_channel(model::sandbox_state& state, const std::string& id, const net::http_request& request) {
  const auto* where = state.find_channel(parse_snowflake(id).value_or(snowflake{}));
  const auto body = where ? body_of(request) : std::nullopt;
  const auto* wanted = body ? body->if_object() : nullptr;
  if (!wanted)
    return false;
  const auto name = json::text_or(*wanted, "name", where->name);
  const auto topic = json::text_or(*wanted, "topic", where->topic);
  return model::normal_name(where->kind, name) != where->name || topic != where->topic;
}

constexpr size_t request_bytes_max = 10 << 20; // Discord's for a file; here for all of a request.

constexpr std::string_view html_429 = "<!DOCTYPE html><html><head><title>429 Too Many Requests</title></head>"
                                      "<body><h1>You are being rate limited</h1></body></html>";
} // namespace

struct api::visit {
  net::http_request request;
  std::string path;
  match what;
  model::application* app = nullptr;
  limits::decision limit;
  std::optional<fault> struck;
  seen note;
};

api::api(core& c, delivery& d)
  : core_(c), delivery_(d), table_(make_table([this](match what, net::router::call on) {
      handle(std::move(what), std::move(on.request), on.respond);
    })) {}

void api::handle(match what, net::http_request request, const responder& respond) {
  visit v{.request = std::move(request), .what = std::move(what)};
  v.note.at_ms = wall_ms();
  v.note.method = v.request.method;
  v.path = api_path(v.request.target).value_or("");
  v.note.path = v.request.target;
  auto token = net::header(v.request.headers, "Authorization");
  if (token.starts_with("Bot "))
    v.app = core_.state.find_application_by_token(token.substr(4));
  v.note.route = v.what.what ? v.what.what->name : v.request.method + " (unknown)";
  v.note.application = v.app ? v.app->id.text() : std::string();
  v.note.reason = net::percent_decode(net::header(v.request.headers, "X-Audit-Log-Reason"));
  const auto major = v.what.what ? v.what.major() : std::string();
  const bool renames = v.note.route == "PATCH /channels/{channel}" && renames_channel(core_.state, major, v.request);
  v.limit = core_.limiter.arrive(
    {.route = v.note.route,
     .major = major,
     .caller = v.app ? std::string_view(v.note.application) : std::string_view(v.request.peer),
     .global_exempt = v.what.what && v.what.what->open,
     .sublimited = renames},
    steady_us());
  v.struck = core_.faults.strike(v.request.method, v.path);
  if (v.struck && v.struck->kind == fault::delay) {
    v.note.fault = "delay";
    const auto wait = v.struck->delay_ms + static_cast<int64_t>(jitter() * static_cast<double>(v.struck->jitter_ms));
    after(core_.io, std::chrono::milliseconds{wait}, [this, respond, late = std::move(v)]() mutable {
      late.struck.reset();
      proceed(std::move(late), respond);
    });
    return;
  }
  if (v.struck && v.struck->kind == fault::late) {
    v.note.fault = "late";
    respond.cut();
    held_.emplace_back(std::move(v), respond);
    return;
  }
  carry_out_held(v.request.method, v.path);
  proceed(std::move(v), respond);
}

api::~api() = default;

void api::carry_out_held(std::string_view method, std::string_view path) {
  auto due = std::partition(held_.begin(), held_.end(), [&](const auto& each) {
    return method != "POST" || !like(each.first.struck->until, path);
  });
  std::vector<std::pair<visit, responder>> now{std::make_move_iterator(due), std::make_move_iterator(held_.end())};
  held_.erase(due, held_.end());
  for (auto& [late, nobody] : now) {
    late.struck.reset();
    proceed(std::move(late), nobody);
  }
}

void api::proceed(visit v, const responder& respond) {
  if (v.struck && v.struck->kind == fault::cut) {
    v.note.fault = "cut";
    core_.statistics.add(std::move(v.note));
    return respond.cut();
  }
  if (v.struck && v.struck->kind == fault::rate_limit) {
    v.note.fault = "rate_limit";
    v.limit.refused = v.struck->scope == "global" ? limits::scope::global
                    : v.struck->scope == "shared" ? limits::scope::shared
                                                  : limits::scope::user;
    v.limit.retry_after_ms = v.struck->retry_after_ms;
  }
  if (v.limit.refused != limits::scope::none)
    return finish(v, respond, refuse_limit(v), false);
  if (v.struck && v.struck->kind == fault::status) {
    v.note.fault = "status";
    auto response = v.struck->html
                    ? net::http_response{v.struck->code, {{"Content-Type", "text/html"}}, "<html>unavailable</html>"}
                    : net::json_response(v.struck->code, js::serialize(faults::body_of(*v.struck)));
    return finish(v, respond, std::move(response), false);
  }
  if (const auto missing = v.what.missing())
    return answer(std::move(v), respond, refuse(*missing));
  if (!v.app && !v.what.what->open)
    return answer(std::move(v), respond, refuse(model::unauthorized()));
  if (v.request.body.size() > request_bytes_max)
    return answer(std::move(v), respond, refuse({413, 40005, "Request entity too large", {}}));
  auto body = body_of(v.request);
  if (!body)
    return answer(std::move(v), respond, refuse(model::bad_json()));
  if (const auto fault = v.what.fault(v.request.target, v.request.body.empty() ? nullptr : &*body))
    return answer(std::move(v), respond, refuse(*fault));
  if (model::length_of(v.note.reason) > model::reason_max)
    return answer(std::move(v), respond,
                  refuse({400, 50035, "Invalid Form Body", {{"reason", "Must be 512 or fewer in length."}}}));
  if (v.note.route == "PATCH /applications/@me" && body->is_object()
      && body->get_object().contains("interactions_endpoint_url")) {
    const std::string url(json::text_or(body->get_object(), "interactions_endpoint_url"));
    const auto id = v.app->id;
    delivery_.set_endpoint(id, url, [this, id, respond, late = std::move(v)](const std::string& why) {
      reply out = why.empty() ? reply{200, model::application_json(core_.state, core_.state.applications.at(id))}
                              : refuse({400, 50035, "Invalid Form Body", {{"interactions_endpoint_url", why}}});
      answer(late, respond, std::move(out));
    });
    return;
  }
  call c{.state = core_.now(),
         .by = {.user = v.app ? v.app->bot : snowflake{}, .app = v.app, .reason = v.note.reason},
         .ids = v.what.ids,
         .target = v.request.target,
         .body = std::move(*body),
         .gateway = core_.hub.settings.url,
         .shards = core_.shards,
         .max_concurrency = core_.hub.settings.max_concurrency,
         .starts_left = core_.hub.settings.starts_left,
         .starts_reset_ms = core_.hub.settings.starts_reset_ms};
  auto out = v.what.what->run(c);
  if (v.request.method != "GET")
    core_.settle();
  answer(std::move(v), respond, std::move(out));
}

reply api::as_user(snowflake user, std::string_view method, std::string_view path, std::string_view target,
                   js::value body, std::string reason) {
  const auto what = find(*table_, method, path);
  if (const auto missing = what.missing())
    return refuse(*missing);
  if (const auto fault = what.fault(target, body.is_null() ? nullptr : &body))
    return refuse(*fault);
  call c{.state = core_.now(),
         .by = {.user = user, .app = nullptr, .reason = std::move(reason)},
         .ids = what.ids,
         .target = std::string(target),
         .body = std::move(body),
         .gateway = core_.hub.settings.url};
  auto out = what.what->run(c);
  core_.settle();
  return out;
}

void api::answer(visit v, const responder& respond, reply out) {
  const bool effect = out.status / 100 == 2 && v.request.method != "GET";
  if (v.struck && v.struck->kind == fault::lose_answer) {
    v.note.fault = "lose_answer";
    v.note.effect = effect;
    core_.statistics.add(std::move(v.note));
    return respond.cut();
  }
  if (v.struck && v.struck->kind == fault::after_effect) {
    v.note.fault = "after_effect";
    out = {v.struck->code, js::object{{"message", "Fault after the effect"}, {"code", 0}}};
  }
  auto response = out.body ? net::json_response(out.status, js::serialize(*out.body))
                           : net::http_response{out.status, {}, {}};
  finish(v, respond, std::move(response), effect);
}

net::http_response api::refuse_limit(const visit& v) {
  const auto& d = v.limit;
  const double seconds = static_cast<double>(d.retry_after_ms) / 1000.0;
  const bool html = d.refused == limits::scope::banned || (v.struck && v.struck->html);
  net::http_response out;
  out.status = 429;
  const bool told = !v.struck || v.struck->retry_after_header;
  if (html) {
    out.headers = {{"Content-Type", "text/html"}};
    out.body = html_429;
  } else {
    const bool global = d.refused == limits::scope::global;
    out = net::json_response(
      429, js::serialize(js::object{
             {"message", "You are being rate limited."}, {"code", 0}, {"retry_after", seconds}, {"global", global}}));
    out.headers.emplace_back("X-RateLimit-Scope", limits::name_of(d.refused));
    if (global)
      out.headers.emplace_back("X-RateLimit-Global", "true");
  }
  if (told && d.refused != limits::scope::banned)
    // Whole seconds, rounded up: RFC 9110 10.2.3 knows no fractions. The body has the exact wait.
    out.headers.emplace_back("Retry-After", std::to_string((d.retry_after_ms + 999) / 1000));
  return out;
}

void api::finish(visit& v, const responder& respond, net::http_response response, bool effect) {
  const auto& d = v.limit;
  response.headers.emplace_back("Date", net::http_date(wall_ms() / 1'000));
  if (d.refused != limits::scope::banned)
    response.headers.emplace_back("Via", "1.1 sandbox");
  if (d.limit > 0 && d.refused != limits::scope::global) { // A global refusal says nothing of the route.
    const auto reset = static_cast<double>(wall_ms() + d.reset_after_ms) / 1000.0;
    response.headers.emplace_back("X-RateLimit-Limit", std::to_string(d.limit));
    response.headers.emplace_back("X-RateLimit-Remaining", std::to_string(d.remaining));
    response.headers.emplace_back("X-RateLimit-Reset", fmt::format("{:.3f}", reset));
    response.headers.emplace_back("X-RateLimit-Reset-After",
                                  fmt::format("{:.3f}", static_cast<double>(d.reset_after_ms) / 1000.0));
    if (!d.bucket.empty())
      response.headers.emplace_back("X-RateLimit-Bucket", d.bucket);
  }
  v.note.status = response.status;
  v.note.effect = effect;
  if (response.status == 429) {
    v.note.scope = limits::name_of(d.refused);
    v.note.retry_after_ms = d.retry_after_ms;
  }
  core_.transcript.answer(v.request.method, v.path, response.status, response.body);
  core_.limiter.answered(response.status, d.refused, steady_us());
  core_.statistics.add(std::move(v.note));
  respond(std::move(response));
}

} // namespace arrakis::sandbox::rest
