#include "adapters/discord/rest/server_clock.hpp"

#include "runtime/clock.hpp"
#include "runtime/net/http_date.hpp"

#include <algorithm>

namespace arrakis::discord {
namespace {
int64_t steady_ms(server_clock::instant at) {
  return std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count();
}
} // namespace

std::optional<server_clock::skew> server_clock::measured_locked(instant now) const {
  if (!offset_)
    return std::nullopt;
  const auto middle = offset_->low_ms + (offset_->high_ms - offset_->low_ms) / 2;
  return skew{milliseconds{wall_ms() - steady_ms(now) - middle}, milliseconds{offset_->high_ms - middle}};
}

server_clock::change server_clock::observe(std::string_view date, instant sent, instant received) {
  const auto stamped_s = net::parse_http_date(date);
  if (!stamped_s)
    return change::none;
  // A millisecond more on each side: steady_ms rounds down.
  const bounds seen{*stamped_s * 1'000 - steady_ms(received) - 1, *stamped_s * 1'000 + 1'000 - steady_ms(sent)};
  const std::lock_guard guard{mutex_};
  const bounds both = offset_ ? bounds{std::max(offset_->low_ms, seen.low_ms), std::min(offset_->high_ms, seen.high_ms)}
                              : seen;
  offset_ = both.low_ms <= both.high_ms ? both : seen;
  const auto now = *measured_locked(received);
  const auto surely = std::chrono::abs(now.ahead) - now.uncertainty;
  if (!skewed_ && surely > warn_above) {
    skewed_ = true;
    return change::skewed;
  }
  if (skewed_ && surely < calm_below) {
    skewed_ = false;
    return change::over;
  }
  return change::none;
}

std::optional<server_clock::skew> server_clock::measured(instant now) const {
  const std::lock_guard guard{mutex_};
  return measured_locked(now);
}

int64_t server_clock::now_ms(instant now) const {
  const std::lock_guard guard{mutex_};
  const auto known = measured_locked(now);
  return wall_ms() - (known ? known->ahead.count() : 0);
}

} // namespace arrakis::discord
