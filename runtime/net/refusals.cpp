#include "runtime/net/refusals.hpp"

#include "runtime/log.hpp"
#include "runtime/metrics.hpp"

namespace arrakis::net {
namespace {
const char* name_of(refusal why) {
  switch (why) {
    case refusal::connections: return "connections";
    case refusal::connections_per_address: return "connections_per_address";
    case refusal::input_bytes: return "input_bytes";
    case refusal::input_bytes_per_address: return "input_bytes_per_address";
    case refusal::output_bytes: return "output_bytes";
    case refusal::shed: return "shed";
    case refusal::malformed: return "malformed";
    case refusal::not_admitted: return "not_admitted";
    case refusal::timeout: return "timeout";
  }
  return "";
}

/// True for reasons that are logged: lack of room, but not a peer's own fault.
bool is_news(refusal why) {
  return why != refusal::malformed && why != refusal::not_admitted && why != refusal::timeout;
}
http_response later(int status, std::string text) {
  auto out = plain(status, std::move(text));
  out.headers.emplace_back("Retry-After", "1");
  return out;
}
} // namespace

http_response plain(int status, std::string text) {
  return {status, {{"Content-Type", "text/plain"}}, std::move(text) + "\n"};
}

http_response answer_to(refusal why) {
  switch (why) {
    case refusal::connections_per_address:
      return later(429, "too many connections from your address: close some first");
    case refusal::input_bytes_per_address:
      return later(429, "too many unfinished requests from your address: finish those first");
    case refusal::input_bytes: return later(503, "too many unfinished requests: try again in a moment");
    default: return later(503, "too many connections: try again in a moment");
  }
}

void refusals::count(refusal why) {
  metrics::count("arrakis_http_refused_total", "HTTP connections and requests that were turned away, by reason.", 1,
                 {{"reason", name_of(why)}});
  if (!is_news(why))
    return;
  if (const auto count = lines_[static_cast<size_t>(why)].due())
    log::warn("http.refused", {{"reason", name_of(why)}, {"count", *count}});
}
} // namespace arrakis::net
