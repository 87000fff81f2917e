#include "actors/rules/description.hpp"

#include <fmt/format.h>

namespace arrakis::rules {
namespace {

/// Leaves say what they require of anybody.
std::string requirement(const leaf& test) {
  static const reading<contract_answer, grant_block> nothing{unknown_reason{unknown_reason::not_read, "not read"}};
  return test.judge({}, [](const chain_read&) -> const any_reading<contract_answer>& { return nothing; }).required;
}

/// Walks the tree beside the leaves, which come in the same order.
class writer {
public:
  explicit writer(const compiled_rule& rule) : rule_{rule} {}

  std::string line(const rule_node& node, bool is_inner) {
    switch (node.is) {
      case rule_node::leaf: return next_requirement();
      case rule_node::none: return "without " + line(node.children.front(), true);
      case rule_node::all: return joined(node, " and ", is_inner);
      case rule_node::any: return joined(node, " or ", is_inner);
      case rule_node::at_least: return fmt::format("{} of ({})", node.count, joined(node, "; ", false));
    }
    return {};
  }

  std::string list(const rule_node& node, size_t depth) {
    const std::string mark = std::string(2 * depth, ' ') + "- ";
    if (node.is == rule_node::leaf)
      return mark + next_requirement() + "\n";
    auto out = mark + heading(node) + "\n";
    for (const auto& child : node.children)
      out += list(child, depth + 1);
    return out;
  }

private:
  std::string next_requirement() { return requirement(*rule_.leaves.at(leaf_++).test); }

  std::string joined(const rule_node& node, std::string_view between, bool is_inner) {
    std::string out;
    for (const auto& child : node.children)
      out += (out.empty() ? "" : std::string{between}) + line(child, node.children.size() > 1);
    return is_inner && node.children.size() > 1 ? "(" + out + ")" : out;
  }

  static std::string heading(const rule_node& node) {
    switch (node.is) {
      case rule_node::all: return "all of these:";
      case rule_node::any: return "one of these:";
      case rule_node::at_least: return fmt::format("at least {} of these:", node.count);
      case rule_node::none:
      case rule_node::leaf: break;
    }
    return "not this:";
  }

  const compiled_rule& rule_;
  size_t leaf_ = 0;
};

} // namespace

std::string summarize(const compiled_rule& rule) { return writer{rule}.line(rule.source.when, false); }

std::string describe(const compiled_rule& rule) { return writer{rule}.list(rule.source.when, 0); }

} // namespace arrakis::rules
