#include "apps/wiring/rereading.hpp"

#include <algorithm>

namespace arrakis::wiring {
namespace {
using namespace std::chrono_literals;
constexpr std::chrono::seconds first_wait = 5s, longest_wait = 5min;
} // namespace

bool rereading::is_due(std::string state, time now) {
  if (state != state_) {
    state_ = std::move(state);
    failures_ = 0;
    return true;
  }
  return failures_ > 0 && now >= again_at_;
}

void rereading::note(bool succeeded, time now) {
  if (succeeded) {
    failures_ = 0;
    return;
  }
  again_at_ = now + std::min(longest_wait, first_wait * (1 << std::min(failures_, 10)));
  ++failures_;
}

} // namespace arrakis::wiring
