#include "tests/support/fakes/budget.hpp"

#include <algorithm>
#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::test {
using namespace discord::budget;
using std::chrono::milliseconds;

granted fake_budget::trade(const exchange& x, instant now) {
  granted result;
  for (const auto& h : x.told)
    holds_[h.place] = std::max(holds_[h.place], now + h.left);
  std::erase_if(holds_, [&](const auto& h) { return h.second <= now; });
  holds_version_ += !x.told.empty();
  result.holds_version = std::to_string(holds_version_);
  if (x.holds_seen != result.holds_version)
    for (const auto& [place, until] : holds_)
      result.holds.push_back({place, std::chrono::ceil<milliseconds>(until - now)});
  if (grants_all) {
    result.count = x.wanted.size();
    return result;
  }
  if (!quiet_)
    quiet_ = now + how.quiet;
  if (x.hold_off > milliseconds{0})
    quiet_ = std::max(*quiet_, now + x.hold_off);
  for (const auto& token : x.answered)
    held_[token] = now + how.held_after_answer;
  for (const auto& token : x.unused)
    held_.erase(token);
  std::erase_if(held_, [&](const auto& slot) { return slot.second <= now; });
  if (x.wanted.empty())
    return result;
  if (*quiet_ > now) {
    result.retry = std::chrono::ceil<milliseconds>(*quiet_ - now);
    return result;
  }
  for (const auto& token : x.wanted) {
    if (!held_.contains(token) && held_.size() >= static_cast<size_t>(how.slots_max))
      break;
    held_[token] = now + hold_max;
    ++result.count;
  }
  if (result.count < x.wanted.size()) {
    const auto first = std::ranges::min_element(held_, {}, [](const auto& slot) { return slot.second; });
    result.retry = std::max(milliseconds{1}, std::chrono::ceil<milliseconds>(first->second - now));
  }
  return result;
}

void fake_budget::forget() {
  held_.clear();
  holds_.clear();
  holds_version_ = 0;
  quiet_.reset();
}

namespace {
using actor = handle::extend<caf::reacts_to<later>>;

actor::behavior_type serve(actor::pointer self, fake_budget* b, const way* by) {
  return {
    [=](const exchange& m) {
      return through<granted>(self, by, "budget.trade", m, [self, b](const exchange& x) -> caf::expected<granted> {
        return b->trade(x, self->clock().now());
      });
    },
    [](const later& x) { x.run(); },
  };
}

struct state {
  state() = default;
  fake_budget table;
};
handle::behavior_type behavior(handle::stateful_pointer<state> self, options o) {
  self->state.table.how = std::move(o);
  return {
    [self](const exchange& x) -> caf::result<granted> { return self->state.table.trade(x, self->clock().now()); }};
}
} // namespace

handle fake_budget::port(caf::actor_system& sys, const way* by) { return sys.spawn(serve, this, by); }
handle memory_budget(caf::actor_system& sys, options o) { return sys.spawn(behavior, std::move(o)); }
} // namespace arrakis::test
