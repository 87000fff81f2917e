#include "actors/rules/judgement.hpp"

#include "actors/rules/naive.test.hpp"

#include <algorithm>
#include <random>
#include <set>

using namespace arrakis;
using namespace arrakis::rules;
using namespace arrakis::rules::test;

namespace {
struct drawn_rule {
  naive_rule naive;
  compiled_rule rule;
};
/// One of 150 random rules. `beyond`: how much further than the naive rule the judged one lets a range go.
const drawn_rule& pick(std::mt19937_64& from, bool shared, int beyond) {
  static std::map<std::pair<bool, int>, std::vector<drawn_rule>> pools;
  auto& pool = pools[{shared, beyond}];
  for (std::mt19937_64 seed{20261130}; pool.size() < 150;) {
    auto naive = draw_rule([&] { return seed(); }, shared);
    auto written = naive.leaves;
    for (auto& leaf : written)
      leaf.max += leaf.max > 0 ? beyond : 0;
    auto rule = rule_of(json_of(naive.tree, written));
    pool.push_back({std::move(naive), std::move(rule)});
  }
  return pool[from() % pool.size()];
}

/// A rule, a member, and what a chain says of them, some of it unknown.
struct situation {
  const naive_rule& naive;
  const compiled_rule& rule;
  wallets member = {};
  chain_says says = {};
  statements known = {};
  std::vector<std::pair<chain_read, std::vector<int>>> open = {}; ///< Unknown questions, and what could stand there.
  bool shares = false; ///< Two leaves ask the same, or one leaf's ids may have one owner of several.
};

situation draw(std::mt19937_64& from, bool shared, int beyond = 0) {
  const auto& [naive, rule] = pick(from, shared, beyond);
  situation out{naive, rule};
  for (size_t i = 0, count = from() % 4; i < count; ++i)
    out.member.push_back(wallet(static_cast<uint8_t>(i + 1)));
  std::set<chain_read> seen;
  for (const auto& leaf : naive.leaves) {
    out.shares = out.shares || (leaf.is == naive_leaf::erc721_ids && leaf.any);
    for (const auto& question : naive_reads(leaf, out.member)) {
      if (!seen.insert(question).second) {
        out.shares = true;
        continue;
      }
      const bool answers_reverts = leaf.is == naive_leaf::erc721_ids
                                || (leaf.revert_is_no
                                    && (leaf.is == naive_leaf::number || leaf.is == naive_leaf::boolean));
      const auto could = possible(leaf, out.member);
      const auto dice = from() % 10;
      if (dice < 3 && out.open.size() < 2) {
        if (dice == 0 && !answers_reverts && !shared)
          out.says.gives_up(question); // No amount is known of that either.
        else if (dice == 1)
          out.says.nothing(question);
        out.open.emplace_back(question, could);
        continue;
      }
      const int said = dice == 9 && answers_reverts && !shared ? -1 : could[from() % could.size()];
      out.known[question] = said;
      out.says.add(question, {as_answer(leaf, said), at()});
    }
  }
  return out;
}

bool judge_completed(const situation& s, const statements& complete) {
  if (s.member.empty())
    return false;
  std::vector<bool> leaves;
  for (const auto& leaf : s.naive.leaves)
    leaves.push_back(naive_judge(leaf, s.member, complete));
  return naive_judge(s.naive.tree, leaves);
}

/// Yes or no when every completion says so.
truth naive_truth(const situation& s) {
  std::set<bool> said;
  auto complete = s.known;
  const auto fill = [&](const auto& again, size_t next) -> void {
    if (next == s.open.size()) {
      said.insert(judge_completed(s, complete));
      return;
    }
    for (const int value : s.open[next].second) {
      complete[s.open[next].first] = value;
      again(again, next + 1);
    }
  };
  fill(fill, 0);
  return said.size() == 2 ? truth::unknown : *said.begin() ? truth::yes : truth::no;
}

template <class At>
truth told(const verdict<At>& v) {
  return std::visit([](const auto& ruling) { return ruling.details().answer; }, v);
}

struct tally {
  int wrong = 0;    ///< A yes or no that some completion contradicts.
  int hesitant = 0; ///< Unknown, although all completions agree.
  int decided = 0, undecided = 0;
};
/// `answered` may distort what the leaves are told.
tally compare(bool shared, int count, const std::function<chain_says(const situation&)>& answered, int beyond = 0) {
  std::mt19937_64 from{20261130};
  tally out;
  for (int i = 0; i < count; ++i) {
    const auto s = draw(from, shared, beyond);
    const auto wanted = naive_truth(s);
    const auto got = told(judge<grant_block>(s.rule, s.member, answered(s)));
    out.wrong += got != truth::unknown && got != wanted;
    out.hesitant += got == truth::unknown && wanted != truth::unknown && !s.shares;
    (got == truth::unknown ? out.undecided : out.decided) += 1;
  }
  return out;
}
chain_says as_it_is(const situation& s) { return s.says; }
} // namespace

TEST_CASE("judgement: no rule gives to a member without wallets, and an unread wallet leaves its chain open") {
  const auto below = rule_of(R"({"leaf":"native","chain":"base","max":"5"})");
  const auto without = rule_of(R"({"not":{"leaf":"native","chain":"base","min":"5"}})");
  const auto above = rule_of(R"({"leaf":"native","chain":"base","min":"5"})");
  const wallets one{wallet(1)};
  for (const auto* rule : {&below, &without}) {
    CHECK(told(judge<grant_block>(*rule, {}, {})) == truth::no);
    chain_says says;
    says.value({"base", native_balance{wallet(1)}}, uint256{});
    CHECK(told(judge<grant_block>(*rule, one, says)) == truth::yes); // Negative control.
  }
  for (const auto* rule : {&below, &without, &above}) {
    chain_says says;
    says.value({"base", native_balance{wallet(1)}}, uint256{});
    says.leave_open("ethereum");
    CHECK(told(judge<grant_block>(*rule, one, says)) == (rule == &above ? truth::no : truth::yes));
    CHECK(told(judge<grant_block>(*rule, {}, says)) == truth::unknown);
    says.leave_open("base");
    CHECK(told(judge<grant_block>(*rule, one, says)) == truth::unknown);
  }
}

TEST_CASE("judgement: random rules are judged as by trying every value where a reading is unknown") {
  for (const bool shared : {false, true}) {
    const auto t = compare(shared, 1000, as_it_is);
    CHECK(t.wrong == 0);
    CHECK(t.hesitant == 0);
    CHECK(t.decided > 200);
    CHECK(t.undecided > 100);
  }
}

TEST_CASE("judgement: negative control: a reading that is unknown read as zero gives wrong answers") {
  const auto t = compare(false, 400, [](const situation& s) {
    auto says = s.says;
    for (const auto& [question, could] : s.open)
      says.value(question, uint256{});
    return says;
  });
  CHECK(t.wrong > 20);
}

TEST_CASE("judgement: negative control: a range that includes its end gives wrong answers") {
  CHECK(compare(false, 400, as_it_is, 1).wrong > 3);
}

TEST_CASE("judgement: what a rule reads is what its leaves look at, each question once") {
  std::mt19937_64 from{3};
  for (int i = 0; i < 300; ++i) {
    const auto s = draw(from, i % 2 == 0);
    std::set<chain_read> wanted, looked_at;
    for (const auto& leaf : s.naive.leaves)
      for (auto& question : naive_reads(leaf, s.member))
        wanted.insert(std::move(question));
    const auto asked = reads(s.rule, s.member);
    REQUIRE(std::set<chain_read>(asked.begin(), asked.end()) == wanted);
    REQUIRE(asked.size() == wanted.size());
    judge(s.rule, s.member, [&](const chain_read& q) -> const any_reading<contract_answer>& {
      looked_at.insert(q);
      return s.says.find(q);
    });
    REQUIRE(looked_at == wanted);
  }
}

TEST_CASE("judgement: to take a role, the leaves that take are read again, and that is enough") {
  std::mt19937_64 from{5};
  int taken = 0, fewer = 0;
  for (int i = 0; i < 600; ++i) {
    const auto s = draw(from, i % 2 == 0);
    const auto near_tip = judge<grant_block>(s.rule, s.member, s.says);
    const auto* no = std::get_if<ruling<grant_block, truth::no>>(&near_tip);
    if (no == nullptr)
      continue;
    const auto again = reads_to_take(s.rule, *no);
    answers<revoke_block> deep; // The chain says the same there, of what is asked alone.
    for (const auto& question : again)
      s.says.find(question).match(
        [&](const auto& known) {
          deep.add(question, {known.value, at("base", 1100, "0xdeeb")});
        },
        [&](const unknown_reason& why) { deep.add(question, why); });
    const auto there = judge<revoke_block>(s.rule, s.member, deep);
    const auto* still = std::get_if<ruling<revoke_block, truth::no>>(&there);
    REQUIRE(still != nullptr);
    const revocation why{*no, *still};
    CHECK(why.deep().findings.size() == s.rule.leaves.size());
    ++taken;
    fewer += again.size() < reads(s.rule, s.member).size();
  }
  CHECK(taken > 100);
  CHECK(fewer > 20);
}

TEST_CASE("judgement: a token that was bought after the revoke block gives a role and takes none") {
  const auto rule = rule_of(R"({"leaf":"native","chain":"base","min":"1"})");
  const wallets member{wallet(1)};
  const chain_read coins{"base", native_balance{wallet(1)}};
  answers<revoke_block> deep;
  deep.add(coins, {contract_answer{uint256{}}, at("base", 1100, "0xdeeb")});
  CHECK(told(judge<revoke_block>(rule, member, deep)) == truth::no);
  const auto near_tip = judge<grant_block>(rule, member, chain_says{}.value(coins, units("1")));
  REQUIRE(std::holds_alternative<ruling<grant_block, truth::yes>>(near_tip));
  CHECK(grant{std::get<0>(near_tip)}.why().findings[0].found == "you hold 1 ETH on Base");
}

TEST_CASE("judgement: readings of two blocks of a chain are no judgement") {
  const auto rule = rule_of(
    R"({"all":[{"leaf":"native","chain":"base","min":"1"},{"leaf":"native","chain":"polygon","min":"1"}]})");
  const wallets member{wallet(1), wallet(2)};
  chain_says says;
  says.add({"base", native_balance{wallet(1)}}, {contract_answer{uint256{}}, at("base", 1200, "0xb10c")});
  says.add({"base", native_balance{wallet(2)}}, {contract_answer{uint256{}}, at("base", 1200, "0x0dd")});
  says.add({"polygon", native_balance{wallet(1)}},
           {contract_answer{units("9")}, at("polygon", 7, "0x7")}); // Another chain.
  CHECK(told(judge<grant_block>(rule, member, says)) == truth::unknown);
  const auto first = judge(rule, member, [&](const chain_read& q) -> const any_reading<contract_answer>& {
                       return says.find(q);
                     }).findings[0];
  CHECK(sentence(rule, first).find("the chain changed while it was read") != std::string::npos);
  says.add({"base", native_balance{wallet(2)}}, {contract_answer{uint256{}}, at("base", 1200, "")}); // Of no block.
  CHECK(told(judge<grant_block>(rule, member, says)) == truth::unknown);
  says.add({"base", native_balance{wallet(2)}}, {contract_answer{uint256{}}, at("base", 1200, "0xb10c")});
  CHECK(told(judge<grant_block>(rule, member, says)) == truth::no);
}

TEST_CASE("judgement: what a node was heard to say is in no sentence of any leaf") {
  std::mt19937_64 from{13};
  int unknown = 0;
  for (int i = 0; i < 200; ++i) {
    const auto s = draw(from, false);
    chain_says heard;
    for (const auto& question : reads(s.rule, s.member))
      heard.add(question, unknown_reason{unknown_reason::no_answer, "the node answered with an error",
                                         "error -32000: see https://planted.example/hunter2"});
    const auto details = judge(
      s.rule, s.member, [&](const chain_read& q) -> const any_reading<contract_answer>& { return heard.find(q); });
    for (size_t k = 0; k < details.findings.size(); ++k)
      for (const auto sign : {polarity::positive, polarity::negative}) {
        const auto said = s.rule.leaves[k].test->sentence(details.findings[k], sign);
        CHECK_MESSAGE(said.find("planted") == std::string::npos, said);
        unknown += said.find("the node answered with an error") != std::string::npos;
      }
  }
  CHECK(unknown > 200);
}

TEST_CASE("judgement: every number of a sentence is in the finding, or is the block of its evidence") {
  const auto numbers = [](std::string_view text) {
    std::set<std::string> out;
    std::string number;
    for (const char c : std::string{text} + " ") {
      const bool digit = c >= '0' && c <= '9';
      if (digit || (c == '.' && !number.empty())) {
        number += c;
        continue;
      }
      while (!number.empty() && number.back() == '.')
        number.pop_back();
      if (!number.empty())
        out.insert(number);
      number.clear();
    }
    return out;
  };
  std::mt19937_64 from{11};
  int seen = 0;
  for (int i = 0; i < 200; ++i) {
    const auto s = draw(from, false);
    const auto details = judge(
      s.rule, s.member, [&](const chain_read& q) -> const any_reading<contract_answer>& { return s.says.find(q); });
    for (size_t k = 0; k < details.findings.size(); ++k) {
      const auto& f = details.findings[k];
      auto known = f.required + " " + f.found + " ";
      for (const auto& each : f.evidence)
        known += each.answer.match([](const auto& x) { return std::to_string(x.at.block) + " "; },
                                   [](const unknown_reason& why) { return why.detail + " "; });
      const auto stored = numbers(known);
      for (const auto& number : numbers(s.rule.leaves[k].test->sentence(f, s.rule.leaves[k].sign))) {
        CHECK_MESSAGE(stored.contains(number), number);
        ++seen;
      }
    }
  }
  CHECK(seen > 500);
}
