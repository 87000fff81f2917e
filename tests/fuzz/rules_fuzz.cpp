// Rules of a community: what is read is written and reads equal; what can be judged is judged, and never in another way
// once more of it is known.
#include "actors/rules/judgement.hpp"
#include "runtime/json.hpp"
#include "schemas/canonical_json.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

#include <boost/json/value.hpp>

namespace arrakis::fuzz {
namespace {
void is_told(const caf::error& error) {
  const auto text = arrakis::json::print(boost::json::value(text_of(error)));
  ARRAKIS_ASSERT(arrakis::json::parse(text), "a refusal is UTF-8");
}

arrakis::rules::truth judged(const arrakis::rules::compiled_rule& rule, const arrakis::rules::wallets& member,
                             const arrakis::rules::answers<grant_block>& known) {
  const auto details = arrakis::rules::judge(
    rule, member, [&](const chain_read& q) -> const any_reading<contract_answer>& { return known.find(q); });
  for (size_t i = 0; i < rule.leaves.size(); ++i) {
    const auto sentence = rule.leaves[i].test->sentence(details.findings[i], rule.leaves[i].sign);
    ARRAKIS_ASSERT(arrakis::json::parse(arrakis::json::print(boost::json::value(sentence))), "a sentence is UTF-8");
  }
  return details.answer;
}

void judge(const arrakis::rules::compiled_rule& rule) {
  evm_address one, two;
  one.bytes.fill(1);
  two.bytes.fill(2);
  const arrakis::rules::wallets member{one, two};
  const auto questions = arrakis::rules::reads(rule, member);
  ARRAKIS_ASSERT(questions.size() <= rule_questions_max * member.size(), "the questions of a rule are bounded");
  arrakis::rules::answers<grant_block> known;
  auto before = judged(rule, member, known);
  const size_t step = std::max<size_t>(1, questions.size() / 8);
  for (size_t i = 0; i < questions.size(); ++i) {
    known.add(questions[i], {i % 3 == 0   ? contract_answer{uint256{i}}
                             : i % 3 == 1 ? contract_answer{reverted{}}
                                          : contract_answer{as_number(two)},
                             {questions[i].chain, 1, "0x1", {"a"}, 1}});
    if (i % step != 0 && i + 1 != questions.size())
      continue;
    const auto now = judged(rule, member, known);
    ARRAKIS_ASSERT(before == arrakis::rules::truth::unknown || now == before,
                   "what was decided stays when more is known");
    before = now;
  }
}
} // namespace

void rules(std::string_view bytes) {
  auto read = read_rules(bytes);
  if (!read)
    return is_told(read.error());
  const auto canonical = canonical_json(to_json(*read));
  if (canonical) { // A parameter of a leaf may be a number that canonical JSON has no form for.
    const auto again = read_rules(*canonical);
    ARRAKIS_ASSERT(again && canonical_json(to_json(*again)).value() == *canonical, "what was written reads equal");
  }
  const auto compiled = arrakis::rules::compile(std::move(*read));
  if (!compiled)
    return is_told(compiled.error());
  for (const auto& rule : *compiled)
    judge(rule);
}
} // namespace arrakis::fuzz
