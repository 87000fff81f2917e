#include "adapters/discord/rest/server_clock.hpp"

#include "runtime/net/http_date.hpp"

namespace arrakis::discord {

server_clock::change server_clock::observe(std::string_view date, instant sent, instant received) {
  const auto stamped_s = net::parse_http_date(date);
  if (!stamped_s)
    return change::none;
  remote_clock::observe(*stamped_s * 1'000, milliseconds{1'000}, sent, received);
  const auto now = *measured(received);
  const auto surely = std::chrono::abs(now.ahead) - now.uncertainty;
  const std::lock_guard guard{mutex_};
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

} // namespace arrakis::discord
