#include "actors/verdicts/core/roles.hpp"

namespace arrakis::verdicts {
namespace {

decision decide_no(settled<grant_block, truth::no> near_tip, const source_answer<revoke_block>& deep) {
  const auto answer = settle(deep);
  if (const auto* no = std::get_if<settled<revoke_block, truth::no>>(&answer))
    return taken{near_tip, *no};
  return kept{deep.value() == truth::yes ? role_reason::still_deep : role_reason::unknown_deep};
}

} // namespace

bool may_be_taken(const role_before& before) {
  return before.was_entitled || (before.is_unsettled && before.is_there.value_or(true));
}

decision decide(const source_answer<grant_block>& near_tip, const source_answer<revoke_block>& deep,
                const role_before& before) {
  const auto answer = settle(near_tip);
  if (const auto* yes = std::get_if<settled<grant_block, truth::yes>>(&answer)) {
    if (before.was_entitled && before.is_there.value_or(!before.is_unsettled))
      return kept{role_reason::earned};
    return given{*yes};
  }
  if (const auto* no = std::get_if<settled<grant_block, truth::no>>(&answer)) {
    auto what = decide_no(*no, deep);
    if (before.was_entitled || (may_be_taken(before) && std::holds_alternative<taken>(what)))
      return what;
    return withheld{role_reason::not_earned};
  }
  if (before.was_entitled)
    return kept{role_reason::undecided};
  return withheld{role_reason::undecided};
}

} // namespace arrakis::verdicts
