#include "actors/rules/judgement.hpp"

#include "runtime/assert.hpp"

#include <set>

namespace arrakis::rules {

std::vector<chain_read> reads(const compiled_rule& rule, const wallets& member) {
  std::set<chain_read> all;
  for (const auto& leaf : rule.leaves)
    for (auto& question : leaf.test->reads(member))
      all.insert(std::move(question));
  return {all.begin(), all.end()};
}

judgement judge(const compiled_rule& rule, const wallets& member, const lookup& answers, truth without_wallets) {
  judgement out{rule.source.id, member, truth::unknown, {}};
  std::vector<truth> values;
  for (const auto& leaf : rule.leaves) {
    out.findings.push_back(leaf.test->judge(member, answers));
    values.push_back(out.findings.back().answer);
  }
  out.answer = member.empty() ? without_wallets : evaluate(rule.source.when, values);
  return out;
}

std::vector<chain_read> reads_to_take(const compiled_rule& rule, const ruling<grant_block, truth::no>& no) {
  const auto& details = no.details();
  ARRAKIS_ASSERT(details.rule == rule.source.id && details.findings.size() == rule.leaves.size(),
                 "a judgement is asked about its own rule");
  std::set<chain_read> out;
  for (size_t i = 0; i < rule.leaves.size(); ++i)
    if (takes(rule.leaves[i].sign, details.findings[i].answer))
      for (auto& question : rule.leaves[i].test->reads(details.of))
        out.insert(std::move(question));
  return {out.begin(), out.end()};
}

revocation::revocation(ruling<grant_block, truth::no> near_tip, ruling<revoke_block, truth::no> deep)
  : near_tip_{std::move(near_tip)}, deep_{std::move(deep)} {
  ARRAKIS_ASSERT(near_tip_.details().rule == deep_.details().rule && near_tip_.details().of == deep_.details().of,
                 "both judgements of a revocation are of the same rule and member");
}

} // namespace arrakis::rules
