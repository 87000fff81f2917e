#include "runtime/net/shedding.hpp"

#include <chrono>

namespace arrakis::net::shedding {
namespace {
constexpr uint64_t fresh_ms = 100;
constexpr uint64_t silent_bit = uint64_t{1} << 61, half_sent_bit = uint64_t{1} << 62, last_bit = uint64_t{1} << 63;
} // namespace

uint64_t steady_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

uint64_t rank_now(waiting how) {
  if (how == waiting::no)
    return busy;
  const auto since = steady_ms() + 1; // Never `busy`.
  return how == waiting::half_sent ? since | half_sent_bit : how == waiting::silent ? since | silent_bit : since;
}

uint64_t order_of(uint64_t rank, uint64_t now_ms) {
  if (!(rank & silent_bit))
    return rank;
  const auto since = rank & ~silent_bit;
  return since + fresh_ms > now_ms ? since | last_bit : since;
}

room::verdict room::judge(size_t all, size_t most) const {
  const size_t beyond = all > most ? all - most : 0, chosen = chosen_;
  if (chosen > beyond && beyond < at_once_max)
    return verdict::granted;
  return chosen > 0 && beyond >= at_once_max ? verdict::full : verdict::search;
}
} // namespace arrakis::net::shedding
