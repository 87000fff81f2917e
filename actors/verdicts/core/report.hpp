#pragma once
// A judgement as the verdict that is stored. Pure.
#include "actors/verdicts/core/judging.hpp"
#include "schemas/verdict.hpp"

#include <string>

namespace arrakis::verdicts {

/// The parts of a report, besides the plan.
struct report_input {
  const member_before& who;
  const judged_at<grant_block>& near_tip;
  const judged_at<revoke_block>* deep = nullptr;
  const rules::answers<grant_block>& read_near_tip;
  const rules::answers<revoke_block>& read_deep;
  const conclusion& follows;
  std::string trigger;
  int64_t now_s = 0;
  int64_t wallets_aside = 0;
};
/// Makes the verdict, with the time of the next check.
member_verdict report(const plan&, const report_input&);

/// JSON of a verdict in at most `bytes_max`: values, then leaves of large rules are left out, and the verdict says how
/// many. It changes the verdict to what the text says.
std::string print_within(member_verdict&, size_t bytes_max);

} // namespace arrakis::verdicts
