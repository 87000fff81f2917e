#pragma once
// One member judged in two steps: near the tip, where roles are given, and, only where something may be taken, at the
// block that takes. Pure: the caller reads what is asked for in between.
#include "actors/verdicts/core/plan.hpp"
#include "adapters/postgres/profiles/messages.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::verdicts {

/// A member, as it is known before a judgement.
struct member_before {
  rules::wallets wallets;          ///< Sorted, each once.
  std::vector<snowflake> entitled; ///< Roles that the verdict before gave or kept.
  std::string tier;                ///< Tier of that verdict. Empty: none.
  /// Roles of the member in Discord, where somebody looked.
  std::optional<std::vector<snowflake>> present = {};
  std::vector<snowflake> unsettled = {}; ///< Roles whose last change nobody has seen done.
};

/// The findings about a member at the block `At`.
template <class At>
struct judged_at {
  std::vector<std::optional<rules::verdict<At>>> rules; ///< By rule; empty: not judged at this block.
  std::optional<held_amount<At>> held;                  ///< Empty: not read at this block.
  std::optional<profiles::ranked> rank; ///< Of the exact amount, where a tier asks for it. Near the tip only.
  std::vector<source_answer<At>> tiers; ///< By tier.
  source_answer<At> admitted = source_answer<At>::unread();
};

/// All that one judgement needs near the tip, each question once.
std::vector<chain_read> questions_near_tip(const plan&, const rules::wallets&);
/// The amount to rank before the tiers are judged near the tip; empty: none.
std::optional<uint256> amount_to_rank(const plan&, const held_amount<grant_block>&);
/// Judges near the tip. The tiers follow with `judge_tiers`, when the rank is known.
judged_at<grant_block> judge_near_tip(const plan&, const rules::wallets&, const rules::answers<grant_block>&);

/// The questions for the block that takes, before anything is taken.
struct deep_work {
  bool is_needed = false; ///< False: nothing can be taken.
  std::vector<size_t> rules;
  bool reads_amount = false;
  std::vector<chain_read> questions; ///< Each once. May be empty although there is work: a member without wallets.
};
/// Finds the roles that may be taken, and the questions about them.
deep_work find_deep_work(const plan&, const member_before&, const judged_at<grant_block>&);
/// Judges at the block that takes.
judged_at<revoke_block> judge_deep(const plan&, const rules::wallets&, const deep_work&,
                                   const rules::answers<revoke_block>&);

/// Judges the tiers by what was found before.
template <class At>
void judge_tiers(const plan& by, judged_at<At>& found) {
  std::vector<source_answer<At>> admitting;
  for (const auto i : by.admitting)
    admitting.push_back(found.rules[i] ? source_answer<At>::of(*found.rules[i]) : source_answer<At>::unread());
  found.admitted = by.admitting.empty() ? source_answer<At>::everybody() : source_answer<At>::any_of(admitting);
  if (found.held)
    found.tiers = tier_judge<At>::judge(by.tiers, found.admitted, *found.held,
                                        found.rank ? std::optional{found.rank->rank} : std::nullopt);
  else
    found.tiers.assign(by.tiers.size(), source_answer<At>::unread());
}

/// A role with its decision.
struct decided_role {
  snowflake id;
  const managed_role* role = nullptr; ///< Null: nothing in the plan names it, and it is left as it is.
  decision what = withheld{role_reason::not_managed};
};
/// The consequences for a member.
struct conclusion {
  std::vector<decided_role> roles;
  std::string tier; ///< By now. Empty: none.
  /// Amount that ranks the member: zero for one who is not admitted. Empty: unknown, the former amount stays.
  std::optional<uint256> amount;
  std::vector<profiles::role_change> changes;
  std::vector<snowflake> entitled;
  std::vector<snowflake> managed; ///< Every role that the plan decides about.
  std::vector<snowflake> settled; ///< Those that are in Discord as they are to be by now, where somebody looked.
};
/// Decides. `deep`: null where nothing can be taken.
conclusion conclude(const plan&, const member_before&, const judged_at<grant_block>& near_tip,
                    const judged_at<revoke_block>* deep);

/// Ids of the rules and tiers that grant a role.
std::vector<std::string> sources_of(const plan&, const managed_role&);

} // namespace arrakis::verdicts
