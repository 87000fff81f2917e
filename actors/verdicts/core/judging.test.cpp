#include "actors/verdicts/core/judging.hpp"

#include "actors/verdicts/core/case.test.hpp"

#include <algorithm>

using namespace arrakis;
using namespace arrakis::verdicts;
using test::judged_case;
using test::random_case;

namespace {
template <class At>
source_answer<At> answer(truth value) {
  return value == truth::yes ? source_answer<At>::everybody()
       : value == truth::no  ? source_answer<At>::any_of({})
                             : source_answer<At>::unread();
}
constexpr truth all_truths[] = {truth::no, truth::unknown, truth::yes};

bool was(const random_case& of, snowflake role) {
  return std::find(of.who.entitled.begin(), of.who.entitled.end(), role) != of.who.entitled.end();
}

/// Roles that were given without being earned, or taken although one of the blocks earns them, or may earn them with
/// other amounts of other members.
int count_wrong(const random_case& of, const judged_case& found) {
  int wrong = 0;
  for (const auto& role : found.follows.roles) {
    if (std::holds_alternative<given>(role.what))
      wrong += !of.earns(role.id, of.near_tip);
    if (std::holds_alternative<taken>(role.what))
      wrong += of.earns(role.id, of.near_tip) || of.may_earn(role.id, of.deep);
  }
  return wrong;
}
} // namespace

TEST_CASE("verdicts: the decision about a role, for every answer near the tip and deep, had or not, there or not") {
  for (const auto near_tip : all_truths)
    for (const auto deep : all_truths)
      for (const bool had : {false, true})
        for (const auto& [there, unsettled] : std::vector<std::pair<std::optional<bool>, bool>>{
               {{}, false}, {false, false}, {true, false}, {{}, true}, {false, true}, {true, true}}) {
          CAPTURE(name_of(near_tip));
          CAPTURE(name_of(deep));
          CAPTURE(had);
          CAPTURE(unsettled);
          const auto what = decide(answer<grant_block>(near_tip), answer<revoke_block>(deep), {had, there, unsettled});
          const bool gives = std::holds_alternative<given>(what), takes = std::holds_alternative<taken>(what);
          CHECK(gives == (near_tip == truth::yes && (!had || !there.value_or(!unsettled))));
          CHECK(takes == (near_tip == truth::no && deep == truth::no && (had || (unsettled && there.value_or(true)))));
          if (const auto* stays = std::get_if<kept>(&what)) {
            CHECK(had);
            CHECK(stays->why
                  == (near_tip == truth::yes       ? role_reason::earned
                      : near_tip == truth::unknown ? role_reason::undecided
                      : deep == truth::yes         ? role_reason::still_deep
                                                   : role_reason::unknown_deep));
          }
          if (const auto* none = std::get_if<withheld>(&what)) {
            CHECK_FALSE(had);
            CHECK(none->why == (near_tip == truth::no ? role_reason::not_earned : role_reason::undecided));
          }
        }
}

TEST_CASE(
  "verdicts: with all known, random communities get what the oracle says, and the deep block is read only where "
  "something may be taken") {
  int gives = 0, takes = 0;
  for (uint64_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    random_case of{seed};
    const judged_case found{of, 0};
    bool may_take = !of.who.tier.empty() && of.tier(of.near_tip) != (of.who.tier == "gold" ? 0 : 1);
    for (const auto& role : found.follows.roles) {
      if (role.role == nullptr) {
        CHECK(role.id == snowflake{499});
        continue;
      }
      const bool now = of.earns(role.id, of.near_tip), deep = of.may_earn(role.id, of.deep), had = was(of, role.id);
      may_take = may_take || (had && !now);
      CHECK(std::holds_alternative<given>(role.what) == (now && !had));
      // Where something changed meanwhile, the leaves that were read deep may not decide yet: then it waits.
      const bool takes_role = std::holds_alternative<taken>(role.what), loses = had && !now && !deep;
      CHECK((takes_role == loses || (loses && of.deep != of.near_tip)));
      gives += std::holds_alternative<given>(role.what);
      takes += std::holds_alternative<taken>(role.what);
    }
    CHECK(found.deep.has_value() == may_take);
    const auto tier = of.tier(of.near_tip);
    if (tier != 2)
      CHECK(found.follows.tier == (tier == 0 ? "gold" : "silver"));
    CHECK(count_wrong(of, found) == 0);
  }
  CHECK(gives > 100);
  CHECK(takes > 100);
}

TEST_CASE("verdicts: what other members hold takes nothing, however it moves") {
  int ranked_down = 0, wrong_with_ranks = 0;
  for (uint64_t seed = 0; seed < 2'000; ++seed) {
    CAPTURE(seed);
    random_case of{seed};
    const judged_case found{of, 0};
    CHECK(count_wrong(of, found) == 0);
    wrong_with_ranks += count_wrong(of, judged_case{of, 0, false, true});
    for (const auto& role : found.follows.roles)
      if (const auto* stays = std::get_if<kept>(&role.what); stays != nullptr && of.may_earn(role.id, of.near_tip))
        ranked_down += stays->why == role_reason::unknown_deep; // Only the others passed this member by.
  }
  CHECK(ranked_down > 50);
  CHECK_MESSAGE(wrong_with_ranks > 20, "negative control: a rank that is believed takes");
}

TEST_CASE("verdicts: a member who sold everything loses the role of a rank, and one who holds a bit keeps it") {
  const std::vector<tier_terms> tiers{{{}, 1, 3}, {{}, 4, {}}};
  const auto at = [&](uint64_t amount) {
    const plan by{
      .ranked = read_ranked({"a", "native", "base", std::nullopt, "E", 0, std::nullopt, std::nullopt}).value(),
      .tiers = tiers};
    const rules::wallets one{test::address(1)};
    rules::answers<revoke_block> read;
    read.add(by.ranked.question(one[0]), {contract_answer{uint256{amount}}, provenance{"base", 1, "0x1", {"a"}, 1}});
    judged_at<revoke_block> found;
    found.held.emplace(by.ranked, one, read);
    found.rank = {9, 9};
    judge_tiers(by, found);
    return std::vector{found.tiers[0].value(), found.tiers[1].value()};
  };
  CHECK(at(0) == std::vector{truth::no, truth::no});
  CHECK(at(1) == std::vector{truth::unknown, truth::unknown});
}

TEST_CASE("verdicts: whatever stays unknown, no role is given or taken that the whole truth does not give or take") {
  int wrong = 0, gives = 0, takes = 0, wrong_without_guard = 0;
  for (uint64_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    random_case of{seed};
    for (const uint64_t share : {5, 10, 20, 35, 50, 70, 90}) {
      const judged_case found{of, share};
      wrong += count_wrong(of, found);
      for (const auto& role : found.follows.roles) {
        gives += std::holds_alternative<given>(role.what);
        takes += std::holds_alternative<taken>(role.what);
      }
      wrong_without_guard += count_wrong(of, judged_case{of, share, true});
    }
  }
  CHECK(wrong == 0);
  CHECK(gives > 500);
  CHECK(takes > 100);
  CHECK_MESSAGE(wrong_without_guard > 100, "negative control: unknown taken for zero gives and takes wrongly");
}

TEST_CASE("verdicts: with nothing known nothing is given or taken, and tier and amount stay") {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    random_case of{seed};
    if (of.wallets == 0)
      continue;
    const judged_case found{of, 100};
    // A version that lacks the role leaves it as it is. A role that nothing grants any more is a known no.
    auto stays = of.who.entitled;
    std::erase(stays, snowflake{499});
    for (const auto& role : of.by.roles)
      if (role.rules.empty() && role.tiers.empty())
        std::erase(stays, role.id);
    for (const auto& change : found.follows.changes) {
      CHECK(change.what == profiles::change::take);
      CHECK(change.because.empty());
    }
    std::sort(stays.begin(), stays.end());
    CHECK(found.follows.entitled == stays);
    CHECK(found.follows.tier == of.who.tier);
    CHECK_FALSE(found.follows.amount);
  }
}

TEST_CASE("verdicts: a role whose taking failed is taken again, and one that was given by hand is left") {
  random_case of{7};
  of.who.wallets.clear();
  of.near_tip.clear();
  of.deep.clear();
  of.who.entitled.clear();
  of.who.tier.clear();
  const auto takes = [&](std::optional<std::vector<snowflake>> present, std::vector<snowflake> unsettled) {
    of.who.present = std::move(present);
    of.who.unsettled = std::move(unsettled);
    const judged_case found{of, 0};
    return std::any_of(found.follows.changes.begin(), found.follows.changes.end(), [](const auto& change) {
      return change.role == random_case::gold && change.what == profiles::change::take;
    });
  };
  const std::vector gold{random_case::gold};
  CHECK(takes(gold, gold));
  CHECK(takes(std::nullopt, gold)); // Nobody looked: the job does.
  CHECK_FALSE(takes(std::vector<snowflake>{}, gold));
  const auto settled = judged_case{of, 0}.follows.settled;
  CHECK(std::find(settled.begin(), settled.end(), random_case::gold) != settled.end()); // Seen gone.
  CHECK_FALSE(takes(gold, {}));                                                         // By hand.
}

TEST_CASE("verdicts: a member without wallets is a known no; nothing is read, and what was given is taken") {
  random_case of{7};
  of.who.wallets.clear();
  of.near_tip.clear();
  of.deep.clear();
  // Rules that are true of nothing at all, for a role each and for the tiers.
  constexpr std::string_view leaf = R"({"leaf":"native","chain":"base",)";
  auto read = read_rules(
    fmt::format(R"({{"rules":[{{"id":"below","name":"B","grants":{{"role":"r1"}},"when":{0}"max":"5"}}}},)"
                R"({{"id":"without","name":"W","grants":{{"tiers":true}},"when":{{"not":{0}"min":"5"}}}}}}]}})",
                leaf));
  REQUIRE_MESSAGE(read, text_of(read.error()));
  auto compiled = rules::compile(std::move(*read));
  REQUIRE_MESSAGE(compiled, text_of(compiled.error()));
  of.by.rules = std::move(*compiled);
  of.by.admitting = {1};
  for (auto& role : of.by.roles)
    role.rules.clear();
  of.by.roles[2].rules = {0};
  of.who.entitled = {random_case::gold, random_case::extra};
  of.who.tier = "gold";
  const judged_case found{of, 0};
  CHECK(found.asked_near.empty());
  CHECK(found.asked_deep.empty());
  CHECK(found.follows.tier.empty());
  CHECK(found.follows.entitled.empty());
  REQUIRE(found.follows.changes.size() == 2);
  CHECK(found.follows.changes[0].what == profiles::change::take);
  CHECK(found.follows.changes[0].because == "gold");
  CHECK(found.follows.changes[1].because == "below");
  CHECK(found.follows.amount == uint256{});
  of.who.entitled.clear();
  CHECK(judged_case{of, 0}.follows.changes.empty()); // Nor is anything given.
}

TEST_CASE("verdicts: negative control: without the no near the tip a role that was bought again would be taken") {
  // Sold before the block that takes, and bought again after it.
  for (uint64_t seed = 0;; ++seed) {
    REQUIRE(seed < 10'000);
    random_case of{seed};
    if (!of.earns(random_case::gold, of.near_tip) || random_case::amount(of.deep, 1) >= random_case::gold_from
        || !was(of, random_case::gold))
      continue;
    const judged_case found{of, 0};
    CHECK(std::holds_alternative<kept>(found.follows.roles[0].what));
    // The same with the answer near the tip replaced by that of the block that takes.
    auto replaced = found.near_tip;
    replaced.tiers[0] = answer<grant_block>(truth::no);
    const auto work = find_deep_work(of.by, of.who, replaced);
    REQUIRE(work.is_needed);
    auto deep = judge_deep(of.by, of.who.wallets, work, of.answers<revoke_block>(work.questions, of.deep));
    judge_tiers(of.by, deep);
    CHECK(std::holds_alternative<taken>(conclude(of.by, of.who, replaced, &deep).roles[0].what));
    CHECK(std::holds_alternative<kept>(conclude(of.by, of.who, found.near_tip, &deep).roles[0].what));
    return;
  }
}

TEST_CASE("tiers: both sides of each boundary, zero, and none") {
  const std::vector<tier_terms> tiers{{uint256{100}, 1, {}}, {{}, 1, 10}, {{}, 11, {}}};
  const auto fit = [&](uint64_t amount, std::optional<int64_t> rank) {
    std::string out;
    for (const auto each : fit_tiers(tiers, rules::bounds::exactly(uint256{amount}), rank))
      out += each == truth::yes ? 'y' : each == truth::no ? 'n' : '?';
    return out;
  };
  CHECK(fit(100, 12) == "ynn");
  CHECK(fit(99, 1) == "nyn");
  CHECK(fit(99, 10) == "nyn");
  CHECK(fit(99, 11) == "nny");
  CHECK(fit(1, 1'000'000) == "nny");
  CHECK(fit(0, std::nullopt) == "nnn");
  CHECK(fit(99, std::nullopt) == "n??");
  const auto some = fit_tiers(tiers, {uint256{100}, std::nullopt}, std::nullopt);
  CHECK(some[0] == truth::yes); // The read part is enough, whatever the rest is.
  const auto few = fit_tiers(tiers, {uint256{99}, std::nullopt}, 1);
  CHECK(few == std::vector{truth::unknown, truth::unknown, truth::unknown});
  CHECK(needs_rank(tiers));
  CHECK_FALSE(needs_rank({{uint256{100}, 1, {}}}));
}
