#pragma once
// Random rules over every kind of leaf, and a naive judge of them that shares no code with the real one: it counts in
// small integers, in two values, from a complete list of what a chain says.
#include "actors/rules/leaf_fixture.test.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace arrakis::rules::test {

/// A leaf in words of its own.
struct naive_leaf {
  /// The kind of the leaf.
  enum kind { native, erc20, erc721, erc721_ids, erc1155, number, boolean } is = native;
  int contract = 1;     ///< The address is this byte, 20 times.
  int min = 0, max = 0; ///< 0: none.
  bool any = false;
  std::vector<int> ids;
  bool revert_is_no = false;
};
/// Writes a leaf as a rule has it.
std::string json_of(const naive_leaf&);

/// The answers of a chain by question: a number, or -1 for a revert.
using statements = std::map<chain_read, int>;
/// Judges a leaf with every answer known.
bool naive_judge(const naive_leaf&, const wallets&, const statements&);
/// Every number that can stand where a question of this leaf was not answered.
std::vector<int> possible(const naive_leaf&, const wallets&);
/// The questions of a leaf.
std::vector<chain_read> naive_reads(const naive_leaf&, const wallets&);
/// An answer as the chain gives it: owners are numbers of wallets (1 and up; 0: a stranger).
contract_answer as_answer(const naive_leaf&, int said);

/// A node of the tree of a rule.
struct naive_node {
  /// The operator of the node.
  enum kind { all, any, none, at_least, leaf } is = leaf;
  int count = 0;
  std::vector<naive_node> children;
  size_t index = 0; ///< Of a leaf.
};
/// A rule.
struct naive_rule {
  naive_node tree;
  std::vector<naive_leaf> leaves;
};
/// `dice` gives random numbers. `shared`: leaves may ask the same questions.
naive_rule draw_rule(const std::function<uint64_t()>& dice, bool shared);
/// Writes a tree as a rule has it.
std::string json_of(const naive_node&, const std::vector<naive_leaf>&);
/// Judges a tree whose leaves have these answers.
bool naive_judge(const naive_node&, const std::vector<bool>& leaves);

} // namespace arrakis::rules::test
