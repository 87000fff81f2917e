#include "runtime/net/router/middleware.hpp"

#include "runtime/clock.hpp"
#include "runtime/log.hpp"
#include "runtime/log_level.hpp"
#include "runtime/metric_series.hpp"
#include "runtime/net/router/negotiation.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <map>
#include <mutex>
#include <stdexcept>

namespace arrakis::net::router {
namespace {
constexpr size_t request_id_bytes_max = 64;

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= request_id_bytes_max && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_'
        || c == '-';
  });
}

/// Makes a request id: 15 hex digits, unique in this process and unlikely in another. No secret; 16 digits would exceed
/// std::string's inline buffer.
std::string make_request_id() {
  static const uint64_t seed = [] {
    uint64_t value = 0;
    random_bytes({reinterpret_cast<unsigned char*>(&value), sizeof value});
    return value;
  }();
  static std::atomic<uint64_t> count{0};
  // splitmix64's finalizer: a bijection, so that no two counts give one id.
  auto x = seed + 0x9e3779b97f4a7c15U * ++count;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  x ^= x >> 31;
  std::string out(15, '0');
  for (auto at = out.rbegin(); at != out.rend(); ++at, x >>= 4)
    *at = "0123456789abcdef"[x & 15];
  return out;
}

void put_default(http_response& response, const char* name, const char* value) {
  if (header(response.headers, name).empty())
    response.headers.emplace_back(name, value);
}

std::string_view path_of(const exchange& of) { return of.matched ? std::string_view{of.matched->path} : "none"; }

/// The series of one route, looked up once.
struct route_series {
  std::string method, path;
  std::optional<metrics::histogram> seconds;
  std::mutex guard;
  std::vector<std::pair<int, metrics::counter>> by_status;

  void begin(std::string m, std::string p) {
    method = std::move(m);
    path = std::move(p);
    seconds = metrics::histogram_of("arrakis_http_request_seconds", "From a request's head to its answer, by route.",
                                    {{"route", path}});
  }
  void count(int status, double by) {
    const std::lock_guard lock{guard};
    auto found = std::ranges::find(by_status, status, &std::pair<int, metrics::counter>::first);
    if (found == by_status.end())
      found = by_status.insert(
        by_status.end(),
        {status, metrics::counter_of("http_requests_total", "HTTP requests by route and status.",
                                     {{"method", method}, {"route", path}, {"status", std::to_string(status)}})});
    found->second.add(by);
  }
};

std::optional<http_response> judge_query(const route& r, std::string_view target) {
  for (const auto& each : r.query) {
    const auto value = query_value(target, each.name);
    if (value.empty() && each.required)
      return problem(400, "ERR_INVALID_INPUT", fmt::format("query parameter {}: it is required", each.name));
    if (!value.empty() && !is_value(each.kind, each.kind == value_kind::text ? percent_encode(value) : value))
      return problem(400, "ERR_INVALID_INPUT", fmt::format("query parameter {}: not what is expected", each.name));
  }
  return std::nullopt;
}

std::optional<http_response> judge_body_type(const route& r, const http_request& head) {
  if (!r.body || !has_body(head.headers))
    return std::nullopt;
  const auto coding = header(head.headers, "Content-Encoding");
  const auto type = essence_of(header(head.headers, "Content-Type")); // Without one it is what the route reads.
  if ((coding.empty() || equal_without_case(coding, "identity"))
      && (type.empty() || equal_without_case(type, r.body->media_type)))
    return std::nullopt;
  auto out = problem(415, "ERR_UNSUPPORTED_MEDIA_TYPE", fmt::format("send {}, not encoded", r.body->media_type));
  out.headers.emplace_back("Accept", r.body->media_type); // RFC 9110 15.5.16
  return out;
}

bool is_acceptable(const route& r, const headers& asked) {
  bool typed = false;
  for (const auto& each : r.answers) {
    if (each.status >= 300 || each.media_type.empty())
      continue;
    typed = true;
    if (accepts(asked, each.media_type))
      return true;
  }
  return !typed;
}
} // namespace

middleware request_ids() {
  return {.name = "request_ids",
          .judge_head = [](exchange& of, const http_request& head) -> std::optional<http_response> {
            const auto given = header(head.headers, "X-Request-Id");
            of.request_id = is_request_id(given) ? std::string{given} : make_request_id();
            return std::nullopt;
          },
          .judge_body = {},
          .pass_back = [](const exchange& of,
                          http_response& response) { response.headers.emplace_back("X-Request-Id", of.request_id); }};
}

middleware access_log() {
  return {.name = "access_log",
          .judge_head = {},
          .judge_body = {},
          .pass_back = [](const exchange& of, http_response& response) {
            if (!log::is_shown(log::level::debug))
              return;
            const auto took = std::chrono::steady_clock::now() - of.began;
            log::debug("http.request_answered",
                       {{"request", of.request_id},
                        {"method", of.matched ? of.matched->method : "other"},
                        {"route", path_of(of)},
                        {"status", response.status},
                        {"bytes", response.body.size()},
                        {"duration_ms", std::chrono::duration<double, std::milli>(took).count()},
                        {"peer", of.peer}});
          }};
}

middleware request_metrics(const table& routes) {
  const auto& all = routes.routes();
  const auto series = std::make_shared<std::vector<route_series>>(all.size() + 1);
  for (size_t i = 0; i < all.size(); ++i) {
    (*series)[i].begin(std::string{all[i].method}, all[i].path);
    for (const auto& each : all[i].answers) // Present from the start, so that rates begin at 0.
      (*series)[i].count(each.status, 0);
  }
  series->back().begin("other", "none");
  series->back().count(404, 0);
  return {
    .name = "request_metrics",
    .judge_head = {},
    .judge_body = {},
    .pass_back = [series, first = all.data(), none = routes.otherwise()](const exchange& of, http_response& response) {
      const bool known = of.matched && of.matched != none;
      auto& here = known ? (*series)[static_cast<size_t>(of.matched - first)] : series->back();
      here.count(response.status, 1);
      here.seconds->observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - of.began).count());
    }};
}

middleware security_headers() {
  return {.name = "security_headers",
          .judge_head = {},
          .judge_body = {},
          .pass_back = [](const exchange&, http_response& response) {
            response.headers.reserve(response.headers.size() + 5);
            put_default(response, "X-Content-Type-Options", "nosniff");
            put_default(response, "Cache-Control", "no-store");
            if (header(response.headers, "Content-Type").starts_with("application/json"))
              return; // Browsers do not render JSON, which most responses are.
            put_default(response, "Referrer-Policy", "no-referrer");
            put_default(response, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
          }};
}

middleware routing(std::shared_ptr<const table> routes) {
  return {
    .name = "routing",
    .judge_head = [routes = std::move(routes)](exchange& of, const http_request& head) -> std::optional<http_response> {
      if (of.matched)
        return std::nullopt;
      const auto path = std::string_view{head.target}.substr(0, head.target.find_first_of("?#"));
      if (path.size() > routes->path_bytes_max())
        return problem(414, "ERR_INVALID_INPUT", fmt::format("a path has at most {} bytes", routes->path_bytes_max()));
      if (head.target == "*" && head.method == "OPTIONS") // RFC 9110 9.3.7: applies to the whole server.
        return http_response{204, {{"Allow", "GET, HEAD, OPTIONS"}}, {}};
      if (!of.path_exists)
        return problem(404, "ERR_NOT_FOUND", "no such page; /openapi.json lists what there is");
      const auto allowed = routes->allowed(path);
      if (head.method == "OPTIONS")
        return http_response{204, {{"Allow", allowed}}, {}};
      auto out = problem(405, "ERR_METHOD_NOT_ALLOWED", "this page takes " + allowed);
      out.headers.emplace_back("Allow", allowed); // RFC 9110 15.5.6
      return out;
    },
    .judge_body = {},
    .pass_back = {}};
}

middleware authentication(const table& routes, std::vector<authenticator> all) {
  const auto by_name = std::make_shared<std::map<std::string, authenticator, std::less<>>>();
  for (auto& each : all)
    by_name->emplace(each.name, std::move(each));
  for (const auto& r : routes.routes())
    if (!r.authentication.empty() ? !by_name->contains(r.authentication) : !r.permission.empty())
      throw std::runtime_error{
        fmt::format("route {} {}: nobody provides its authentication '{}'", r.method, r.path, r.authentication)};
  const auto judged = [](exchange& of, std::optional<http_response> refused) {
    const auto& needed = of.matched->permission;
    if (!refused && !needed.empty() && std::ranges::find(of.who.permissions, needed) == of.who.permissions.end())
      refused = problem(403, "ERR_FORBIDDEN", fmt::format("this needs the permission {}", needed));
    return refused;
  };
  return {.name = "authentication",
          .judge_head = [by_name, judged](exchange& of, const http_request& head) -> std::optional<http_response> {
            if (of.matched->authentication.empty())
              return std::nullopt;
            const auto& with = by_name->find(of.matched->authentication)->second;
            auto refused = with.judge_head ? with.judge_head(head, of.who) : std::nullopt;
            return with.judge_body ? refused : judged(of, std::move(refused));
          },
          .judge_body = [by_name, judged](exchange& of, const http_request& whole) -> std::optional<http_response> {
            if (of.matched->authentication.empty())
              return std::nullopt;
            const auto& with = by_name->find(of.matched->authentication)->second;
            return with.judge_body ? judged(of, with.judge_body(whole, of.who)) : std::nullopt;
          },
          .pass_back = {}};
}

middleware rate_limits(rate_limit limit) {
  return {.name = "rate_limits",
          .judge_head = [limit = std::move(limit)](exchange& of, const http_request&) -> std::optional<http_response> {
            const auto wait = limit ? limit(of) : std::nullopt;
            if (!wait)
              return std::nullopt;
            auto out = problem(429, "ERR_RATE_LIMITED", "too many requests: wait as Retry-After says");
            const auto seconds = std::max<int64_t>(1, std::chrono::ceil<std::chrono::seconds>(*wait).count());
            out.headers.emplace_back("Retry-After", std::to_string(seconds));
            return out;
          },
          .judge_body = {},
          .pass_back = {}};
}

middleware body_limits() {
  return {.name = "body_limits",
          .judge_head = [](exchange& of, const http_request& head) -> std::optional<http_response> {
            const auto length = header(head.headers, "Content-Length"); // Decimal digits, as the server has seen.
            const auto most = of.matched->limits.body_bytes_max;
            size_t bytes = 0;
            const auto read = std::from_chars(length.data(), length.data() + length.size(), bytes);
            if (length.empty() || (read.ec == std::errc{} && bytes <= most))
              return std::nullopt;
            return problem(413, "ERR_TOO_LARGE", fmt::format("a body has at most {} bytes here", most));
          },
          .judge_body = {},
          .pass_back = {}};
}

middleware negotiation() {
  return {.name = "negotiation",
          .judge_head = [](exchange& of, const http_request& head) -> std::optional<http_response> {
            const auto& r = *of.matched;
            if (auto wrong = judge_body_type(r, head))
              return wrong;
            if (!is_acceptable(r, head.headers))
              return problem(406, "ERR_NOT_ACCEPTABLE", "the header Accept takes nothing that is answered here");
            return judge_query(r, head.target);
          },
          .judge_body = {},
          .pass_back = {}};
}

chain standard_chain(std::shared_ptr<const table> routes, hooks with) {
  chain out{request_ids(), access_log(), request_metrics(*routes), security_headers()};
  auto proof = authentication(*routes, std::move(with.authenticators));
  out.push_back(routing(std::move(routes)));
  out.push_back(std::move(proof));
  if (with.rate_limit)
    out.push_back(rate_limits(std::move(with.rate_limit)));
  out.push_back(body_limits());
  out.push_back(negotiation());
  return out;
}
} // namespace arrakis::net::router
