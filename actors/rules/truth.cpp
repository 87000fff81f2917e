#include "actors/rules/truth.hpp"

#include "runtime/assert.hpp"

namespace arrakis::rules {
namespace {

/// `next` is the leaf that comes next.
truth value_of(const rule_node& node, std::span<const truth> leaves, size_t& next) {
  if (node.is == rule_node::leaf) {
    ARRAKIS_ASSERT(next < leaves.size(), "each leaf of the tree has a value");
    return leaves[next++];
  }
  if (node.is == rule_node::none)
    return !value_of(node.children.front(), leaves, next);
  int64_t yes = 0, no = 0;
  for (const auto& child : node.children) { // All of them: each leaf has its place.
    const auto value = value_of(child, leaves, next);
    yes += value == truth::yes;
    no += value == truth::no;
  }
  const auto count = static_cast<int64_t>(node.children.size());
  const auto needed = node.is == rule_node::all ? count : node.is == rule_node::any ? 1 : node.count;
  return yes >= needed ? truth::yes : count - no < needed ? truth::no : truth::unknown;
}

void collect(const rule_node& node, polarity sign, std::vector<polarity>& out) {
  if (node.is == rule_node::leaf)
    out.push_back(sign);
  if (node.is == rule_node::none)
    sign = sign == polarity::positive ? polarity::negative : polarity::positive;
  for (const auto& child : node.children)
    collect(child, sign, out);
}

} // namespace

truth operator!(truth x) { return x == truth::yes ? truth::no : x == truth::no ? truth::yes : truth::unknown; }

truth evaluate(const rule_node& tree, std::span<const truth> leaves) {
  size_t next = 0;
  const auto value = value_of(tree, leaves, next);
  ARRAKIS_ASSERT(next == leaves.size(), "each value is of a leaf");
  return value;
}

std::vector<polarity> polarities(const rule_node& tree) {
  std::vector<polarity> out;
  collect(tree, polarity::positive, out);
  return out;
}

} // namespace arrakis::rules
