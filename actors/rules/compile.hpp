#pragma once
// From rules as they are written down to rules that can be judged.
#include "actors/rules/leaf.hpp"
#include "schemas/rules.hpp"

#include <memory>
#include <string>
#include <vector>

namespace arrakis::rules {

/// A leaf with its JSON pointer and polarity in the rule.
struct compiled_leaf {
  std::string at; ///< JSON pointer: "/rules/0/when/all/1".
  polarity sign = polarity::positive;
  std::unique_ptr<const leaf> test;
};
/// A rule that can be judged.
struct compiled_rule {
  rule source;
  std::vector<compiled_leaf> leaves; ///< In the order in which they are written.
};

/// Compiles rules. ec::invalid with the JSON pointer of the first wrong field of a leaf, the fault and the remedy.
caf::expected<std::vector<compiled_rule>> compile(std::vector<rule>,
                                                  const std::vector<const leaf_kind*>& kinds = all());

} // namespace arrakis::rules
