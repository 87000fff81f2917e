// The evaluator beside a naive one: it fills in every unknown leaf in every way, and evaluates in two values.
#include "actors/rules/truth.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <random>

using namespace arrakis;
using namespace arrakis::rules;

namespace {
constexpr auto yes = truth::yes, no = truth::no, unknown = truth::unknown;

rule_node leaf() { return {}; }
rule_node node(enum rule_node::kind is, std::vector<rule_node> children, int64_t count = 0) {
  rule_node out;
  out.is = is;
  out.count = count;
  out.children = std::move(children);
  return out;
}
size_t leaves_of(const rule_node& tree) { return polarities(tree).size(); }

/// Random trees of at most 8 levels and 24 leaves.
rule_node draw(std::mt19937_64& from, size_t depth, size_t& leaves_left) {
  if (depth == 1 || leaves_left <= 1 || from() % 4 == 0) {
    leaves_left -= leaves_left > 0;
    return leaf();
  }
  if (from() % 4 == 0)
    return node(rule_node::none, {draw(from, depth - 1, leaves_left)});
  std::vector<rule_node> children;
  do
    children.push_back(draw(from, depth - 1, leaves_left));
  while (leaves_left > 0 && from() % 4 != 0);
  const auto count = 1 + static_cast<int64_t>(from() % children.size());
  constexpr enum rule_node::kind kinds[]{rule_node::all, rule_node::any, rule_node::at_least};
  const auto is = kinds[from() % 3];
  return node(is, std::move(children), is == rule_node::at_least ? count : 0);
}

bool two_valued(const rule_node& tree, const std::vector<truth>& leaves, size_t& next) {
  if (tree.is == rule_node::leaf)
    return leaves[next++] == yes;
  int64_t yeses = 0;
  for (const auto& child : tree.children)
    yeses += two_valued(child, leaves, next);
  switch (tree.is) {
    case rule_node::all: return yeses == static_cast<int64_t>(tree.children.size());
    case rule_node::any: return yeses > 0;
    case rule_node::at_least: return yeses >= tree.count;
    case rule_node::none: return yeses == 0;
    case rule_node::leaf: break;
  }
  return false;
}

/// Yes when every way to fill in the unknown leaves is a yes, no when every one is a no.
truth naive(const rule_node& tree, std::vector<truth> leaves) {
  std::vector<size_t> open;
  for (size_t i = 0; i < leaves.size(); ++i)
    if (leaves[i] == unknown)
      open.push_back(i);
  size_t counts[2] = {0, 0};
  for (uint64_t ways = 0; ways < 1ull << open.size(); ++ways) {
    for (size_t i = 0; i < open.size(); ++i)
      leaves[open[i]] = ways >> i & 1 ? yes : no;
    size_t next = 0;
    ++counts[two_valued(tree, leaves, next)];
  }
  return counts[0] == 0 ? yes : counts[1] == 0 ? no : unknown;
}

struct judged_tree {
  rule_node tree;
  std::vector<truth> leaves;
  truth answer; ///< The naive one.
};
const std::vector<judged_tree>& trees() {
  static const auto all = [] {
    std::mt19937_64 from{20261130};
    std::vector<judged_tree> out;
    for (int i = 0; i < 4000; ++i) {
      size_t leaves_left = 24;
      judged_tree one{draw(from, 8, leaves_left), {}, unknown};
      size_t open = 0;
      for (size_t k = 0; k < leaves_of(one.tree); ++k) {
        const auto dice = from() % 3;
        one.leaves.push_back(dice == 0 && open < 6 ? unknown : dice == 1 ? yes : no);
        open += one.leaves.back() == unknown;
      }
      one.answer = naive(one.tree, one.leaves);
      out.push_back(std::move(one));
    }
    return out;
  }();
  return all;
}

/// How many of the random trees the evaluator judges in another way than the naive one.
int wrong_of(truth (*ours)(const rule_node&, std::span<const truth>)) {
  int wrong = 0;
  for (const auto& one : trees())
    wrong += ours(one.tree, one.leaves) != one.answer;
  return wrong;
}
} // namespace

TEST_CASE("truth: NOT, ALL, ANY and AT_LEAST in three values") {
  CHECK((!yes == no && !no == yes && !unknown == unknown));
  struct row {
    truth a, b, all, any;
  };
  for (const auto& [a, b, all, any] : {row{yes, yes, yes, yes},
                                       {yes, no, no, yes},
                                       {no, no, no, no},
                                       {yes, unknown, unknown, yes},
                                       {no, unknown, no, unknown},
                                       {unknown, unknown, unknown, unknown}}) {
    const std::vector<truth> ab{a, b}, ba{b, a};
    for (const auto& leaves : {ab, ba}) {
      CHECK(evaluate(node(rule_node::all, {leaf(), leaf()}), leaves) == all);
      CHECK(evaluate(node(rule_node::any, {leaf(), leaf()}), leaves) == any);
    }
  }
  const auto two_of_three = node(rule_node::at_least, {leaf(), leaf(), leaf()}, 2);
  CHECK(evaluate(two_of_three, std::vector{yes, unknown, yes}) == yes);
  CHECK(evaluate(two_of_three, std::vector{no, unknown, no}) == no);
  CHECK(evaluate(two_of_three, std::vector{yes, unknown, no}) == unknown);
  CHECK(evaluate(node(rule_node::none, {leaf()}), std::vector{unknown}) == unknown);
}

TEST_CASE("truth: random trees are judged as by trying every completion of what is unknown") {
  CHECK(wrong_of(evaluate) == 0);
  const auto undecided = std::count_if(trees().begin(), trees().end(),
                                       [](const auto& one) { return one.answer == unknown; });
  CHECK(undecided > 400); // Neither all decided nor none: the trees tell something.
  CHECK(undecided < 3600);
}

TEST_CASE("truth: negative control: unknown as no, and an answer only when nothing is unknown, are found") {
  CHECK(wrong_of([](const rule_node& tree, std::span<const truth> leaves) {
          std::vector<truth> all{leaves.begin(), leaves.end()};
          std::replace(all.begin(), all.end(), unknown, no);
          return evaluate(tree, all);
        })
        > 200);
  CHECK(wrong_of([](const rule_node& tree, std::span<const truth> leaves) {
          const auto answer = evaluate(tree, leaves);
          return std::count(leaves.begin(), leaves.end(), unknown) > 0 ? unknown : answer;
        })
        > 200);
}

TEST_CASE("truth: below a NOT a yes takes and a no gives; two of them cancel each other") {
  const auto tree = node(
    rule_node::all,
    {leaf(), node(rule_node::none, {node(rule_node::any, {leaf(), node(rule_node::none, {leaf()})})}), leaf()});
  using enum polarity;
  CHECK(polarities(tree) == std::vector{positive, negative, positive, positive});
  CHECK(takes(positive, no));
  CHECK(takes(negative, yes));
  for (const auto sign : {positive, negative})
    CHECK_FALSE(takes(sign, unknown));
  CHECK_FALSE(takes(positive, yes));
  CHECK_FALSE(takes(negative, no));
}

TEST_CASE("truth: what gives may be left unread without changing a no") { // So is reads_to_take enough.
  std::mt19937_64 from{7};
  int noes = 0;
  for (int i = 0; i < 5000; ++i) {
    size_t leaves_left = 24;
    const auto tree = draw(from, 8, leaves_left);
    const auto signs = polarities(tree);
    std::vector<truth> leaves;
    for (size_t k = 0; k < signs.size(); ++k)
      leaves.push_back(static_cast<truth>(from() % 3));
    if (evaluate(tree, leaves) != no)
      continue;
    ++noes;
    for (size_t k = 0; k < signs.size(); ++k)
      if (!takes(signs[k], leaves[k]))
        leaves[k] = unknown;
    REQUIRE(evaluate(tree, leaves) == no);
  }
  CHECK(noes > 700);
}
