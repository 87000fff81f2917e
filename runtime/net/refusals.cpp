#include "runtime/net/refusals.hpp"

#include "runtime/log.hpp"
#include "runtime/metrics.hpp"

#include <chrono>

namespace arrakis::net {
namespace {
constexpr int64_t line_every_ms = 10'000;

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

/// A stranger's own fault is no news; that there is no room is.
bool is_news(refusal why) {
  return why != refusal::malformed && why != refusal::not_admitted && why != refusal::timeout;
}
} // namespace

void refusals::count(refusal why) {
  metrics::count("arrakis_http_refused_total", "HTTP connections and requests that were turned away, by reason.", 1,
                 {{"reason", name_of(why)}});
  if (!is_news(why))
    return;
  auto& tally = tallies_[static_cast<size_t>(why)];
  ++tally.unlogged;
  const auto now =
    std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
  auto due = tally.next_line_ms.load();
  if (now < due || !tally.next_line_ms.compare_exchange_strong(due, now + line_every_ms))
    return;
  log::warn("http.refused", {{"reason", name_of(why)}, {"count", tally.unlogged.exchange(0)}});
}
} // namespace arrakis::net
