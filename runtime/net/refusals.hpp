#pragma once
// Private to runtime/net: refused connections and requests, counted, and logged at a limited rate.
#include "runtime/log_rate_limit.hpp"

#include "runtime/net/http.hpp"

#include <array>

namespace arrakis::net {
/// Reasons of a refusal.
enum class refusal {
  connections,             ///< The listener is full, and no idle connection could be closed.
  connections_per_address, ///< One peer has as many connections as it may.
  input_bytes,             ///< Unauthenticated bytes reach their total limit.
  input_bytes_per_address, ///< Bytes of one peer reach its limit.
  output_bytes,            ///< A peer does not read what it asked for.
  shed,                    ///< An idle or half-sent connection was closed for a newcomer.
  malformed,               ///< Not HTTP/1.1 as RFC 9112 has it, or too large.
  not_admitted,            ///< Refused by its head, before the body was read.
  timeout,                 ///< Not complete in time.
};
/// Number of reasons.
constexpr size_t refusal_kinds = 9;

/// Response with a sentence as plain text.
http_response plain(int status, std::string text);
/// Response for lack of room, with Retry-After: 429 when the peer itself exceeds its limit, else 503.
http_response answer_to(refusal);

/// Counters of refusals. Thread-safe.
class refusals {
public:
  /// Counts a refusal in arrakis_http_refused_total{reason}. Reasons that affect other clients are also logged with the
  /// number since the last line, at most once in 10 s.
  void count(refusal);

private:
  struct line : log::rate_limit {
    line() : rate_limit(std::chrono::seconds{10}) {}
  };
  std::array<line, refusal_kinds> lines_;
};
} // namespace arrakis::net
