#include "adapters/redis/server_time.hpp"

#include <charconv>

namespace arrakis::redis {
namespace {
using namespace std::chrono_literals;
using instant = remote_clock::instant;
constexpr auto asked_every = 10s;
constexpr auto answered_within = 5s;

std::optional<int64_t> number_in(const std::string& digits) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc{} && end == digits.data() + digits.size() ? std::optional{number} : std::nullopt;
}

/// The reply to TIME: Unix seconds, and the microseconds within that second.
bool take_in(remote_clock& clock, const reply& time, instant asked, instant received) {
  if (time.items.size() != 2)
    return false;
  const auto seconds = number_in(time.items[0].bytes), microseconds = number_in(time.items[1].bytes);
  if (!seconds || !microseconds)
    return false;
  clock.observe(*seconds * 1'000 + *microseconds / 1'000, 1ms, asked, received);
  return true;
}
} // namespace

struct server_time::known {
  remote_clock clock;
  std::atomic<instant> ask_at{instant{}};
};

server_time::server_time(link to) : to_(std::move(to)), known_(std::make_shared<known>()) {
  ask_when_due(std::chrono::steady_clock::now());
}

void server_time::ask_when_due(instant now) const {
  auto due = known_->ask_at.load(std::memory_order_relaxed);
  if (now < due || !known_->ask_at.compare_exchange_strong(due, now + asked_every))
    return;
  to_.command({{"TIME"}, {}, {}, {now + answered_within}}, [known = known_, now](const caf::expected<reply>& time) {
    if (time)
      take_in(known->clock, *time, now, std::chrono::steady_clock::now());
  });
}

int64_t server_time::now_ms() const {
  const auto now = std::chrono::steady_clock::now();
  ask_when_due(now);
  return known_->clock.now_ms(now);
}

bool server_time::learn(const reply& time, instant asked) const {
  return take_in(known_->clock, time, asked, std::chrono::steady_clock::now());
}

} // namespace arrakis::redis
