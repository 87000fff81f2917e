#include "actors/outbox_relay/policy.hpp"

#include <algorithm>

namespace arrakis::outbox_relay::policy {
using namespace std::chrono_literals;

bool needs_a_person(ec code) {
  switch (code) {
    case ec::invalid:
    case ec::conflict:
    case ec::refused:
    case ec::corrupt:
    case ec::unsupported:
    case ec::internal:
    case ec::not_found:
    case ec::quarantined: return true;
    case ec::none:
    case ec::unavailable:
    case ec::unknown:
    case ec::timeout:
    case ec::busy:
    case ec::throttled:
    case ec::frozen:
    case ec::stale: return false;
  }
  return true;
}

std::chrono::milliseconds rest(ec code, int attempts) {
  const std::chrono::milliseconds first = needs_a_person(code) ? 60'000ms : 500ms;
  const std::chrono::milliseconds most = needs_a_person(code) ? 3'600'000ms : 15'000ms;
  return std::min(most, first * (int64_t{1} << std::clamp(attempts, 0, 10)));
}

} // namespace arrakis::outbox_relay::policy
