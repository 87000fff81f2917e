#pragma once
// Random communities, members and chains, with an oracle that counts in small integers and two values and shares no
// code with the decision.
#include "actors/verdicts/core/judging.hpp"
#include "runtime/json.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace arrakis::verdicts::test {

/// The address whose bytes are all `n`.
inline evm_address address(uint8_t n) {
  evm_address out;
  out.bytes.fill(n);
  return out;
}
/// Balances of one kind of block: by contract and wallet.
using balances = std::map<std::pair<int, int>, uint64_t>;

/// A node of a rule, for the oracle.
struct plain_node {
  enum kind { all, any, none, at_least, leaf } is = leaf; ///< The operator.
  int count = 0;
  std::vector<plain_node> children;
  int contract = 1;
  uint64_t min = 1;
};

/// A community and a member in small integers.
struct random_case {
  uint64_t dice; ///< State of the generator.
  std::vector<plain_node> trees;
  std::vector<int> grants; ///< By rule: 0 tiers, 1 and 2 roles.
  int wallets = 1;
  balances near_tip, deep;
  std::vector<uint64_t> others{9, 7, 5, 3, 1}; ///< Amounts of other members, as they are recorded.
  std::vector<uint64_t> others_deep;           ///< The same, as they would be found for the block that takes.
  plan by;
  member_before who;

  static constexpr uint64_t gold_from = 6; ///< Threshold of the first tier; the second one is rank 1 to 4.
  static constexpr snowflake gold{400000000000000001}, silver{400000000000000002}, extra{400000000000000003},
    shared{400000000000000004};

  explicit random_case(uint64_t seed) : dice{seed} {
    wallets = static_cast<int>(draw(4));
    for (int w = 1; w <= wallets; ++w)
      who.wallets.push_back(address(static_cast<uint8_t>(0x80 + w)));
    for (auto* at : {&near_tip, &deep})
      for (int c = 1; c <= 3; ++c)
        for (int w = 1; w <= wallets; ++w)
          (*at)[{c, w}] = draw(5);
    if (draw(2) == 0) // Often nothing changed meanwhile.
      deep = near_tip;
    make_plan();
    for (const auto& role : by.roles)
      if (draw(2) == 0)
        who.entitled.push_back(role.id);
    if (draw(8) == 0)
      who.entitled.push_back({499});
    const auto tier = draw(3);
    who.tier = tier == 0 ? "gold" : tier == 1 ? "silver" : "";
    for (auto* all : {&others, &others_deep}) { // Others buy, sell and leave at any time.
      all->resize(draw(8));
      for (auto& other : *all)
        other = draw(12);
    }
  }

  /// A number below, by splitmix64: the same on every machine.
  uint64_t draw(uint64_t below) {
    auto z = (dice += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (z ^ (z >> 31)) % below;
  }

  /// The answers at a block; a question of `hidden` is unknown.
  template <class At>
  rules::answers<At> answers(const std::vector<chain_read>& questions, const balances& at,
                             const std::set<chain_read>& hidden = {}, bool hidden_is_zero = false) const {
    rules::answers<At> out;
    constexpr bool is_deep = std::is_same_v<At, revoke_block>;
    const provenance seen{
      "base", is_deep ? 1136 : 1200, is_deep ? "0xdeeb" : "0xb10c", {"a.example", "b.example"}, 1'000};
    for (const auto& question : questions) {
      const auto& what = std::get<token_balance>(question.what);
      const auto number = at.at({what.contract.bytes[0], what.of.bytes[0] - 0x80});
      if (!hidden.contains(question))
        out.add(question, {contract_answer{uint256{number}}, seen});
      else if (hidden_is_zero)
        out.add(question, {contract_answer{uint256{}}, seen});
      else
        out.add(question, unknown_reason{unknown_reason::no_answer, "no endpoint of Base answered"});
    }
    return out;
  }
  static profiles::ranked rank(const uint256& amount, const std::vector<uint64_t>& among) {
    int64_t more = 0;
    for (const auto other : among)
      more += uint256{other} > amount;
    return {1 + more, static_cast<int64_t>(among.size()) + 1};
  }

  // ---- the oracle

  static bool holds(const plain_node& node, const balances& at) {
    const auto yes = [&] {
      int count = 0;
      for (const auto& child : node.children)
        count += holds(child, at);
      return count;
    };
    switch (node.is) {
      case plain_node::all: return yes() == static_cast<int>(node.children.size());
      case plain_node::any: return yes() > 0;
      case plain_node::none: return yes() == 0;
      case plain_node::at_least: return yes() >= node.count;
      case plain_node::leaf: break;
    }
    return amount(at, node.contract) >= node.min;
  }
  static uint64_t amount(const balances& at, int contract) {
    uint64_t sum = 0;
    for (const auto& [key, number] : at)
      sum += key.first == contract ? number : 0;
    return sum;
  }
  /// The tier by these balances and amounts of others: 0 gold, 1 silver, 2 none.
  int tier(const balances& at, const std::vector<uint64_t>& among) const {
    bool admitted = true, admits = false;
    for (size_t i = 0; i < trees.size(); ++i)
      if (grants[i] == 0) {
        admitted = std::exchange(admits, true) && admitted;
        admitted = admitted || holds(trees[i], at);
      }
    if (!admitted)
      return 2;
    const auto held = amount(at, 1);
    if (held >= gold_from)
      return 0;
    return held > 0 && rank(uint256{held}, among).rank <= 4 ? 1 : 2;
  }
  /// True if the member earns it with some amounts of others.
  bool may_earn(snowflake role, const balances& at) const { return earns(role, at, {}); }
  bool earns(snowflake role, const balances& at) const { return earns(role, at, others); }
  int tier(const balances& at) const { return tier(at, others); }
  bool earns(snowflake role, const balances& at, const std::vector<uint64_t>& among) const {
    for (size_t i = 0; i < trees.size() && wallets > 0; ++i) // Nothing is earned without a wallet.
      if ((grants[i] == 1 && role == extra) || (grants[i] == 2 && role == shared))
        if (holds(trees[i], at))
          return true;
    return (role == gold && tier(at, among) == 0) || ((role == silver || role == shared) && tier(at, among) == 1);
  }

private:
  plain_node draw_node(int depth) {
    plain_node out;
    if (depth == 0 || draw(3) == 0) {
      out.contract = 1 + static_cast<int>(draw(3));
      out.min = 1 + draw(6);
      return out;
    }
    out.is = static_cast<plain_node::kind>(draw(4));
    const auto count = out.is == plain_node::none ? 1 : 1 + draw(3);
    for (uint64_t i = 0; i < count; ++i)
      out.children.push_back(draw_node(depth - 1));
    out.count = 1 + static_cast<int>(draw(count));
    return out;
  }
  static std::string json_of(const plain_node& node) {
    if (node.is == plain_node::leaf)
      return fmt::format(R"({{"leaf":"erc20","chain":"base","contract":"{}","symbol":"T","decimals":0,"min":"{}"}})",
                         address(static_cast<uint8_t>(node.contract)).text(), node.min);
    std::string list;
    for (const auto& child : node.children)
      list += (list.empty() ? "" : ",") + json_of(child);
    switch (node.is) {
      case plain_node::all: return fmt::format(R"({{"all":[{}]}})", list);
      case plain_node::any: return fmt::format(R"({{"any":[{}]}})", list);
      case plain_node::none: return fmt::format(R"({{"not":{}}})", list);
      default: return fmt::format(R"({{"atLeast":{},"of":[{}]}})", node.count, list);
    }
  }
  void make_plan() {
    std::string list;
    for (uint64_t i = 0, count = 1 + draw(3); i < count; ++i) {
      trees.push_back(draw_node(3));
      grants.push_back(static_cast<int>(draw(3)));
      const auto what = grants.back() == 0 ? std::string{R"("tiers":true)"}
                                           : fmt::format(R"("role":"r{}")", grants.back());
      list += fmt::format(R"({}{{"id":"rule-{}","name":"Rule {}","grants":{{{}}},"when":{}}})", i == 0 ? "" : ",", i, i,
                          what, json_of(trees.back()));
      if (grants.back() == 0)
        by.admitting.push_back(i);
    }
    auto rules = read_rules(fmt::format(R"({{"rules":[{}]}})", list));
    REQUIRE_MESSAGE(rules, text_of(rules.error()));
    auto compiled = rules::compile(std::move(*rules));
    REQUIRE_MESSAGE(compiled, text_of(compiled.error()));
    by.rules = std::move(*compiled);
    auto of = std::make_shared<manifest>();
    of->assets = {{"asset-1", "erc20", "base", address(1).text(), "T", 0, std::nullopt, std::nullopt}};
    of->tiers = {{"gold", "Gold", 1, std::nullopt, std::to_string(gold_from)}, {"silver", "Silver", 1, 4}};
    by.version = 3;
    by.ranked = read_ranked(of->assets[0]).value();
    by.tiers = read_tiers(*of, 0).value();
    by.wanted = std::move(of);
    by.roles = {
      {gold, "Gold", {}, {0}}, {silver, "Silver", {}, {1}}, {extra, "Extra", {}, {}}, {shared, "Shared", {}, {1}}};
    for (size_t i = 0; i < grants.size(); ++i)
      if (grants[i] != 0)
        by.roles[grants[i] == 1 ? 2 : 3].rules.push_back(i);
  }
};

/// A judgement from beginning to end, with some answers hidden.
struct judged_case {
  std::vector<chain_read> asked_near, asked_deep;
  rules::answers<grant_block> read_near;
  rules::answers<revoke_block> read_deep;
  judged_at<grant_block> near_tip;
  std::optional<judged_at<revoke_block>> deep;
  conclusion follows;

  /// `share` of 100 answers are hidden.
  judged_case(random_case& of, uint64_t share, bool hidden_is_zero = false, bool ranks_take = false) {
    const auto hide = [&](const std::vector<chain_read>& all) {
      std::set<chain_read> out;
      for (const auto& each : all)
        if (of.draw(100) < share)
          out.insert(each);
      return out;
    };
    asked_near = questions_near_tip(of.by, of.who.wallets);
    read_near = of.answers<grant_block>(asked_near, of.near_tip, hide(asked_near), hidden_is_zero);
    near_tip = judge_near_tip(of.by, of.who.wallets, read_near);
    if (const auto amount = amount_to_rank(of.by, *near_tip.held))
      near_tip.rank = of.rank(*amount, of.others);
    judge_tiers(of.by, near_tip);
    const auto work = find_deep_work(of.by, of.who, near_tip);
    if (work.is_needed) {
      asked_deep = work.questions;
      read_deep = of.answers<revoke_block>(asked_deep, of.deep, hide(asked_deep), hidden_is_zero);
      deep = judge_deep(of.by, of.who.wallets, work, read_deep);
      if (const auto amount = deep->held ? deep->held->exact() : std::nullopt)
        deep->rank = of.rank(*amount, of.others_deep); // A rank that somebody put there.
      judge_tiers(of.by, *deep);
      if (ranks_take)
        believe_rank(of);
    }
    follows = conclude(of.by, of.who, near_tip, deep ? &*deep : nullptr);
  }

private:
  /// Negative control: the tiers at the block that takes as they would be if their rank there were believed.
  void believe_rank(const random_case& of) {
    if (!deep->held || !deep->rank)
      return;
    const auto tiers = fit_tiers(of.by.tiers, deep->held->total(), deep->rank->rank);
    for (size_t i = 0; i < tiers.size(); ++i)
      if (tiers[i] == truth::no)
        deep->tiers[i] = source_answer<revoke_block>::any_of({});
  }
};

} // namespace arrakis::verdicts::test
