#pragma once
// The health of an endpoint: how fast it answers, and whether it is asked at all. Pure: the caller brings the time.
#include <chrono>
#include <deque>
#include <optional>

namespace arrakis::chain::reader {

/// Settings of a circuit breaker: it opens when half of at least `requests_min` requests failed, for `rest`. Then one
/// trial request decides.
struct health_terms {
  size_t window = 20; ///< Requests that count.
  size_t requests_min = 5;
  std::chrono::milliseconds rest{10'000};
  std::chrono::milliseconds slow_at_first{500}; ///< Taken for the p95 until `latencies_min` answers are known.
  size_t latencies_min = 10, latencies_max = 100;
};

/// The health of one endpoint.
class endpoint_health {
public:
  using instant = std::chrono::steady_clock::time_point;
  explicit endpoint_health(health_terms terms = {}) : terms_{terms} {}

  /// True if the endpoint may be asked now. `begin` takes the one trial request of an open breaker.
  bool may_ask(instant now) const;
  void begin(instant now);
  void succeeded(std::chrono::milliseconds took);
  void failed(instant now);
  /// Ends a cancelled request, which tells nothing about the endpoint.
  void cancelled() { trying_ = false; }

  bool is_open() const { return open_since_.has_value(); }
  /// 95th percentile of the answer times; after it another endpoint is asked too.
  std::chrono::milliseconds p95() const;

private:
  void note(bool good);
  health_terms terms_;
  std::deque<bool> outcomes_;
  std::deque<std::chrono::milliseconds> latencies_;
  std::optional<instant> open_since_;
  bool trying_ = false;
};

} // namespace arrakis::chain::reader
