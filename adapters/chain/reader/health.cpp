#include "adapters/chain/reader/health.hpp"

#include <algorithm>
#include <vector>

namespace arrakis::chain::reader {

bool endpoint_health::may_ask(instant now) const {
  return !open_since_ || (!trying_ && now - *open_since_ >= terms_.rest);
}

void endpoint_health::begin(instant now) {
  if (open_since_ && now - *open_since_ >= terms_.rest)
    trying_ = true;
}

void endpoint_health::note(bool good) {
  outcomes_.push_back(good);
  if (outcomes_.size() > terms_.window)
    outcomes_.pop_front();
}

void endpoint_health::succeeded(std::chrono::milliseconds took) {
  if (trying_)
    outcomes_.clear();
  trying_ = false;
  open_since_.reset();
  note(true);
  latencies_.push_back(took);
  if (latencies_.size() > terms_.latencies_max)
    latencies_.pop_front();
}

void endpoint_health::failed(instant now) {
  note(false);
  const auto failures = static_cast<size_t>(std::count(outcomes_.begin(), outcomes_.end(), false));
  const bool too_many = outcomes_.size() >= terms_.requests_min && failures * 2 >= outcomes_.size();
  if (trying_ || (!open_since_ && too_many))
    open_since_ = now;
  trying_ = false;
}

std::chrono::milliseconds endpoint_health::p95() const {
  if (latencies_.size() < terms_.latencies_min)
    return terms_.slow_at_first;
  std::vector<std::chrono::milliseconds> sorted{latencies_.begin(), latencies_.end()};
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>((sorted.size() * 95 + 99) / 100 - 1);
  std::nth_element(sorted.begin(), at, sorted.end());
  return std::max(*at, std::chrono::milliseconds{1});
}

} // namespace arrakis::chain::reader
