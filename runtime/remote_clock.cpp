#include "runtime/remote_clock.hpp"

#include "runtime/clock.hpp"

#include <algorithm>

namespace arrakis {
namespace {
int64_t steady_ms(remote_clock::instant at) {
  return std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count();
}
} // namespace

void remote_clock::observe(int64_t stamp_ms, milliseconds resolution, instant sent, instant received) {
  // A millisecond more below: steady_ms rounds down.
  const bounds seen{stamp_ms - steady_ms(received) - 1, stamp_ms + resolution.count() - steady_ms(sent)};
  const std::lock_guard guard{mutex_};
  const bounds both = offset_ ? bounds{std::max(offset_->low_ms, seen.low_ms), std::min(offset_->high_ms, seen.high_ms)}
                              : seen;
  offset_ = both.low_ms <= both.high_ms ? both : seen;
}

std::optional<remote_clock::skew> remote_clock::measured(instant now) const {
  const std::lock_guard guard{mutex_};
  if (!offset_)
    return std::nullopt;
  const auto middle = offset_->middle_ms();
  return skew{milliseconds{wall_ms() - steady_ms(now) - middle}, milliseconds{offset_->high_ms - middle}};
}

int64_t remote_clock::now_ms(instant now) const {
  const std::lock_guard guard{mutex_};
  return offset_ ? steady_ms(now) + offset_->middle_ms() : wall_ms();
}

} // namespace arrakis
