#include "actors/verdicts/core/report.hpp"

#include "actors/verdicts/core/case.test.hpp"
#include "actors/verdicts/core/text.hpp"

#include <algorithm>

using namespace arrakis;
using namespace arrakis::verdicts;
using test::judged_case;
using test::random_case;

namespace {
member_verdict verdict_of(random_case& of, const judged_case& found) {
  return report(of.by, {of.who, found.near_tip, found.deep ? &*found.deep : nullptr, found.read_near, found.read_deep,
                        found.follows, "check", 1'700'000'000, 0});
}
std::string json_text(const member_verdict& v) { return json::print(to_json(v)); }

/// The numbers in a text: digits, perhaps with a point and more digits.
std::vector<std::string> numbers_in(const std::string& text) {
  const auto is_digit = [&](size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
  std::vector<std::string> out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!is_digit(i))
      continue;
    const auto from = i;
    while (is_digit(i))
      ++i;
    if (i < text.size() && text[i] == '.' && is_digit(i + 1))
      for (++i; is_digit(i);)
        ++i;
    out.push_back(text.substr(from, i - from));
  }
  return out;
}

std::string description_of(const std::string& message) {
  return json::parse(message).value().at("embeds").at(0).at("description").as_string().c_str();
}
size_t characters_of(const std::string& text) {
  return static_cast<size_t>(
    std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// Numbers of the text that the JSON does not contain.
std::vector<std::string> invented(const std::string& message, const std::string& json_of_verdict) {
  const auto parsed = json::parse(message).value();
  const auto known = numbers_in(json_of_verdict);
  auto out = numbers_in(parsed.at("embeds").at(0).at("description").as_string().c_str());
  std::erase_if(out, [&](const auto& each) { return std::find(known.begin(), known.end(), each) != known.end(); });
  return out;
}
} // namespace

TEST_CASE("verdicts: every number of /check and /why is found in the stored verdict") {
  for (uint64_t seed = 0; seed < 150; ++seed) {
    CAPTURE(seed);
    random_case of{seed};
    const judged_case found{of, seed % 3 == 0 ? uint64_t{40} : uint64_t{0}};
    const auto text = json_text(verdict_of(of, found));
    const auto stored = read_verdict(text);
    REQUIRE_MESSAGE(stored, text_of(stored.error()));
    for (const bool is_member : {true, false})
      for (const auto& message : {check_message(*stored, {{7'000'000'000'000'000'001}, is_member}),
                                  why_message(*stored, {{7'000'000'000'000'000'001}, is_member})}) {
        auto wrong = invented(message, text);
        std::erase(wrong, "7000000000000000001"); // The reader asked about this member.
        CHECK_MESSAGE(wrong.empty(), message);
        CHECK(characters_of(description_of(message)) <= 4096);
      }
  }
  // Negative control: another amount is seen.
  random_case of{3};
  const judged_case found{of, 0};
  auto v = verdict_of(of, found);
  const auto text = json_text(v);
  v.ranking.near_tip.amount = "31337.5";
  CHECK(invented(why_message(v, {}), text) == std::vector<std::string>{"31337.5"});
}

TEST_CASE("verdicts: a large verdict with a long reason fits into one message, with its end") {
  random_case of{11};
  const judged_case found{of, 0};
  auto v = verdict_of(of, found);
  v.roles.assign(250, v.roles[0]);
  std::string reason;
  for (int i = 0; i < 3'000; ++i)
    reason += "*é";
  v.ranking.near_tip.values.list = {{"q", "", reason, {}, 0}};
  for (const size_t roles : {0, 1, 20, 30, 250}) {
    CAPTURE(roles);
    v.roles.resize(std::min(roles, v.roles.size()));
    if (v.roles.size() < roles)
      v.roles.assign(roles, verdict_of(of, found).roles[0]);
    for (const auto& message : {check_message(v, {}), why_message(v, {})}) {
      const auto text = description_of(message);
      CHECK(characters_of(text) <= 4096);
      CHECK(text.find("Something could not be read: ") != std::string::npos);
      CHECK(text.find("reads again at any time") != std::string::npos);
      if (roles < 2 || roles == 250)
        CHECK((text.find("The rest does not fit") != std::string::npos) == (roles == 250));
    }
  }
}

TEST_CASE("verdicts: a role that a rank alone would take says that ranks are not confirmed yet") {
  for (uint64_t seed = 0;; ++seed) {
    REQUIRE(seed < 1'000);
    random_case of{seed};
    of.others = {100, 100, 100, 100, 100}; // All have passed this member by.
    const judged_case found{of, 0};
    const auto v = verdict_of(of, found);
    const auto silver = std::find_if(v.roles.begin(), v.roles.end(),
                                     [](const auto& role) { return role.role == random_case::silver; });
    if (silver->reason != role_reason::unknown_deep || v.ranking.deep->amount.empty())
      continue;
    CHECK(silver->decision == role_decision::kept);
    CHECK(check_message(v, {}).find("a rank alone takes nothing: the ranks of all members are confirmed by the sweep")
          != std::string::npos);
    return;
  }
}

TEST_CASE("verdicts: the stored verdict names the values at each leaf, with blocks, hosts and time") {
  for (uint64_t seed = 0;; ++seed) {
    REQUIRE(seed < 1'000);
    random_case of{seed};
    const judged_case found{of, 0};
    if (!found.deep || of.wallets == 0 || found.asked_deep.empty())
      continue;
    const auto v = verdict_of(of, found);
    REQUIRE(v.blocks.size() == 2);
    CHECK(v.blocks[0] == verdict_block{"base", false, 1200, "0xb10c"});
    CHECK(v.blocks[1] == verdict_block{"base", true, 1136, "0xdeeb"});
    REQUIRE_FALSE(v.ranking.near_tip.values.list.empty());
    const auto& value = v.ranking.near_tip.values.list[0];
    CHECK(value.endpoints == std::vector<std::string>{"a.example", "b.example"});
    CHECK(value.read_at_ms == 1'000);
    CHECK(value.question.starts_with("balanceOf(0x"));
    CHECK(read_verdict(json_text(v)).value() == v);
    return;
  }
}

TEST_CASE("verdicts: a verdict that is too large leaves out values, then texts, then trees, and stays readable") {
  random_case of{11};
  const judged_case found{of, 0};
  auto v = verdict_of(of, found);
  verdict_node leaf{.leaf_kind = "erc20", .chains = {"base"}, .required = std::string(200, 'r')};
  leaf.near_tip = {truth::no, std::string(200, 'f'), {std::vector<verdict_value>(600, {"q", "1", "", {"h"}, 1}), 0}};
  leaf.near_tip.values.list.back() = {"q", "", "why", {}, 0};
  v.rules[0].when = {rule_node::all, truth::no, 0, std::vector<verdict_node>(64, leaf)};
  for (const size_t most : {256 * 1024, 40'000, 12'000, 6'000}) {
    auto cut = v;
    const auto text = print_within(cut, most);
    CHECK_MESSAGE(text.size() <= most, most);
    const auto back = read_verdict(text);
    REQUIRE_MESSAGE(back, text_of(back.error()));
    CHECK(*back == cut);
    CHECK(back->rules[0].answer == v.rules[0].answer);
    if (most > 100'000) {
      const auto& values = back->rules[0].when.children[0].near_tip.values;
      CHECK(values.left_out + static_cast<int64_t>(values.list.size()) == 600);
      CHECK(values.list[0].unknown == "why"); // An unknown value stays longest.
    }
  }
}

namespace {
std::string text_of_check(const member_verdict& v) {
  const auto message = json::parse(check_message(v, {{7}, true})).value();
  return std::string{message.at("embeds").at(0).at("description").as_string()};
}
bool says(const member_verdict& v, const std::string& text) { return text_of_check(v).find(text) != std::string::npos; }
/// Three tiers with a role each, of which the member has the one with this index; 3: none.
member_verdict in_tier(size_t which) {
  member_verdict v;
  v.wallets = 1;
  v.ranking.symbol = "SPICE";
  v.ranking.near_tip.amount = "5";
  const std::vector<std::string> ids{"top", "middle", "low"};
  for (size_t i = 0; i < ids.size(); ++i) {
    const bool has = i == which;
    v.ranking.tiers.push_back({.id = ids[i], .name = ids[i], .answer = has ? truth::yes : truth::no});
    v.roles.push_back({{11 + i},
                       ids[i],
                       has ? role_decision::kept : role_decision::withheld,
                       has ? role_reason::earned : role_reason::not_earned,
                       {ids[i]}});
    if (has)
      v.ranking.tier = ids[i];
  }
  return v;
}
} // namespace

TEST_CASE("verdicts: a member of a tier reads of higher tiers in one line, and of no lower one") {
  const auto best = in_tier(0), middle = in_tier(1), none = in_tier(3);
  CHECK(says(best, "✅ <@&11> stays"));
  CHECK_FALSE(says(best, "<@&12>"));
  CHECK(says(best, "Nothing to do."));
  CHECK(says(middle, "Higher tiers, not earned: <@&11>."));
  CHECK_FALSE(says(middle, "<@&13>"));
  CHECK(says(middle, "To earn more"));
  CHECK(says(none, "No tier's role is earned: <@&11>, <@&12>, <@&13>."));
  auto risen = best; // A lower tier's role that goes is nothing to earn.
  risen.roles[1].decision = role_decision::taken;
  CHECK(says(risen, "❌ The end of <@&12> was asked for"));
  CHECK(says(risen, "Nothing to do."));
  auto ruled = best;
  ruled.roles.push_back({{20}, "Whales", role_decision::withheld, role_reason::not_earned, {"whales"}});
  CHECK(says(ruled, "❌ <@&20> is not earned: “whales” says no."));
  CHECK(says(ruled, "To earn more"));
}

TEST_CASE("verdicts: who has no wallet reads of no amount") {
  auto v = in_tier(3);
  v.wallets = 0;
  CHECK(says(v, "No tier: no wallet is linked to you."));
  CHECK_FALSE(says(v, "You hold"));
  CHECK(says(v, "Ask an admin of this server"));
  v.wallets_aside = 1; // There is one, and nobody knows what it holds.
  CHECK_FALSE(says(v, "no wallet is linked"));
}
