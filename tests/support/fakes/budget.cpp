#include "tests/support/fakes/budget.hpp"

#include <algorithm>
#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <map>
#include <optional>

namespace arrakis::test {
namespace {
using namespace discord::budget;
using std::chrono::milliseconds;
using instant = std::chrono::steady_clock::time_point;

struct state {
  state() = default;
  options opt;
  std::map<std::string, instant> held;
  std::optional<instant> quiet;
};

granted trade(state& st, const exchange& x, instant now) {
  if (!st.quiet)
    st.quiet = now + st.opt.quiet;
  if (x.hold_off > milliseconds{0})
    st.quiet = std::max(*st.quiet, now + x.hold_off);
  for (const auto& token : x.answered)
    st.held[token] = now + st.opt.held_after_answer;
  for (const auto& token : x.unused)
    st.held.erase(token);
  std::erase_if(st.held, [&](const auto& slot) { return slot.second <= now; });
  if (x.wanted.empty())
    return {};
  if (*st.quiet > now)
    return {0, std::chrono::ceil<milliseconds>(*st.quiet - now)};
  granted result;
  for (const auto& token : x.wanted) {
    if (!st.held.contains(token) && st.held.size() >= static_cast<size_t>(st.opt.slots_max))
      break;
    st.held[token] = now + hold_max;
    ++result.count;
  }
  if (result.count < x.wanted.size()) {
    const auto first = std::min_element(st.held.begin(), st.held.end(),
                                        [](const auto& a, const auto& b) { return a.second < b.second; });
    result.retry = std::max(milliseconds{1}, std::chrono::ceil<milliseconds>(first->second - now));
  }
  return result;
}

handle::behavior_type behavior(handle::stateful_pointer<state> self, options opt) {
  self->state.opt = std::move(opt);
  return {[self](const exchange& x) -> caf::result<granted> { return trade(self->state, x, self->clock().now()); }};
}
} // namespace

handle memory_budget(caf::actor_system& sys, options opt) { return sys.spawn(behavior, std::move(opt)); }
} // namespace arrakis::test
