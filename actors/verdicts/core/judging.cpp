#include "actors/verdicts/core/judging.hpp"

#include <algorithm>
#include <set>

namespace arrakis::verdicts {
namespace {

using near_no = rules::ruling<grant_block, truth::no>;

bool contains(const std::vector<snowflake>& list, snowflake id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}

role_before before_of(const member_before& who, snowflake role) {
  return {contains(who.entitled, role), who.present ? std::optional{contains(*who.present, role)} : std::nullopt,
          contains(who.unsettled, role)};
}

/// The answer of all that grants a role at the block `At`.
template <class At>
source_answer<At> answer_of(const managed_role& role, const judged_at<At>& found) {
  std::vector<source_answer<At>> sources;
  for (const auto i : role.rules)
    sources.push_back(found.rules[i] ? source_answer<At>::of(*found.rules[i]) : source_answer<At>::unread());
  for (const auto i : role.tiers)
    sources.push_back(found.tiers[i]);
  return source_answer<At>::any_of(sources);
}

/// Index of a tier; empty: this version has none of that id.
std::optional<size_t> tier_of(const plan& by, const std::string& id) {
  for (size_t i = 0; i < by.wanted->tiers.size(); ++i)
    if (by.wanted->tiers[i].id == id)
      return i;
  return std::nullopt;
}

/// True if the member may lose the tier that it had.
bool tier_may_end(const plan& by, const member_before& who, const judged_at<grant_block>& near_tip) {
  const auto former = tier_of(by, who.tier);
  return former && near_tip.tiers[*former].value() == truth::no;
}

std::string name_of_source(const plan& by, const managed_role& role, const judged_at<grant_block>& found) {
  for (const auto i : role.rules)
    if (found.rules[i] && std::holds_alternative<rules::ruling<grant_block, truth::yes>>(*found.rules[i]))
      return by.rules[i].source.id;
  for (const auto i : role.tiers)
    if (found.tiers[i].value() == truth::yes)
      return by.wanted->tiers[i].id;
  const auto all = sources_of(by, role);
  return all.empty() ? std::string{} : all.front();
}

/// The tier by now: the one near the tip, else the former one until both blocks say that it ended.
std::string tier_now(const plan& by, const member_before& who, const judged_at<grant_block>& near_tip,
                     const judged_at<revoke_block>* deep) {
  for (size_t i = 0; i < near_tip.tiers.size(); ++i)
    if (near_tip.tiers[i].value() == truth::yes)
      return by.wanted->tiers[i].id;
  const auto former = tier_of(by, who.tier);
  if (!former)
    return {};
  const auto there = deep != nullptr ? deep->tiers[*former] : source_answer<revoke_block>::unread();
  const auto what = decide(near_tip.tiers[*former], there, {.was_entitled = true});
  return std::holds_alternative<taken>(what) ? std::string{} : who.tier;
}

std::optional<uint256> amount_that_ranks(const judged_at<grant_block>& near_tip) {
  if (near_tip.admitted.value() == truth::no)
    return uint256{};
  return near_tip.admitted.value() == truth::yes && near_tip.held ? near_tip.held->exact() : std::nullopt;
}

} // namespace

std::vector<std::string> sources_of(const plan& by, const managed_role& role) {
  std::vector<std::string> out;
  for (const auto i : role.rules)
    out.push_back(by.rules[i].source.id);
  for (const auto i : role.tiers)
    out.push_back(by.wanted->tiers[i].id);
  return out;
}

std::vector<chain_read> questions_near_tip(const plan& by, const rules::wallets& wallets) {
  std::set<chain_read> out;
  for (const auto& rule : by.rules)
    for (auto& question : rules::reads(rule, wallets))
      out.insert(std::move(question));
  for (const auto& wallet : wallets)
    out.insert(by.ranked.question(wallet));
  return {out.begin(), out.end()};
}

std::optional<uint256> amount_to_rank(const plan& by, const held_amount<grant_block>& held) {
  const auto amount = held.exact();
  return needs_rank(by.tiers) && amount && *amount != uint256{} ? amount : std::nullopt;
}

judged_at<grant_block> judge_near_tip(const plan& by, const rules::wallets& wallets,
                                      const rules::answers<grant_block>& read) {
  judged_at<grant_block> out;
  for (const auto& rule : by.rules)
    out.rules.emplace_back(rules::judge(rule, wallets, read));
  out.held.emplace(by.ranked, wallets, read);
  return out;
}

deep_work find_deep_work(const plan& by, const member_before& who, const judged_at<grant_block>& near_tip) {
  deep_work out;
  std::set<size_t> rules;
  const auto add_tiers = [&] {
    out.reads_amount = true;
    rules.insert(by.admitting.begin(), by.admitting.end());
  };
  for (const auto& role : by.roles)
    if (may_be_taken(before_of(who, role.id)) && answer_of(role, near_tip).value() == truth::no) {
      out.is_needed = true;
      rules.insert(role.rules.begin(), role.rules.end());
      if (!role.tiers.empty())
        add_tiers();
    }
  if (tier_may_end(by, who, near_tip)) {
    out.is_needed = true;
    add_tiers();
  }
  std::set<chain_read> questions;
  for (const auto i : rules)
    if (const auto* no = near_tip.rules[i] ? std::get_if<near_no>(&*near_tip.rules[i]) : nullptr) {
      out.rules.push_back(i);
      for (auto& question : rules::reads_to_take(by.rules[i], *no))
        questions.insert(std::move(question));
    }
  if (out.reads_amount)
    for (const auto& wallet : who.wallets)
      questions.insert(by.ranked.question(wallet));
  out.questions.assign(questions.begin(), questions.end());
  return out;
}

judged_at<revoke_block> judge_deep(const plan& by, const rules::wallets& wallets, const deep_work& work,
                                   const rules::answers<revoke_block>& read) {
  judged_at<revoke_block> out;
  out.rules.resize(by.rules.size());
  for (const auto i : work.rules)
    out.rules[i].emplace(rules::judge(by.rules[i], wallets, read));
  if (work.reads_amount)
    out.held.emplace(by.ranked, wallets, read);
  return out;
}

conclusion conclude(const plan& by, const member_before& who, const judged_at<grant_block>& near_tip,
                    const judged_at<revoke_block>* deep) {
  conclusion out;
  for (const auto& role : by.roles) {
    const auto before = before_of(who, role.id);
    const auto there = deep != nullptr ? answer_of(role, *deep) : source_answer<revoke_block>::unread();
    const auto what = decide(answer_of(role, near_tip), there, before);
    const bool is_entitled = std::holds_alternative<given>(what) || std::holds_alternative<kept>(what);
    if (is_entitled)
      out.entitled.push_back(role.id);
    if (std::holds_alternative<given>(what))
      out.changes.push_back({role.id, profiles::change::give, name_of_source(by, role, near_tip)});
    if (std::holds_alternative<taken>(what))
      out.changes.push_back({role.id, profiles::change::take, name_of_source(by, role, near_tip)});
    out.managed.push_back(role.id);
    if (before.is_there == is_entitled)
      out.settled.push_back(role.id);
    out.roles.push_back({role.id, &role, what});
  }
  for (const auto id : who.entitled)
    if (std::none_of(by.roles.begin(), by.roles.end(), [&](const auto& role) { return role.id == id; }))
      out.roles.push_back({id});
  out.tier = tier_now(by, who, near_tip, deep);
  out.amount = amount_that_ranks(near_tip);
  return out;
}

} // namespace arrakis::verdicts
