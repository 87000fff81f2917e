#pragma once
// Three-valued logic (Kleene's strong one) over the tree of a rule.
#include "schemas/rules.hpp"
#include "schemas/truth.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace arrakis::rules {

using arrakis::truth;
truth operator!(truth);

/// The value of a tree whose leaves have these values, in the order in which they are written. A yes or no holds
/// whatever the unknown ones are; where each leaf is a question of its own, unknown says that it depends on them.
truth evaluate(const rule_node&, std::span<const truth> leaves);

/// The sign of a leaf: below an even number of NOTs its yes gives and its no takes, below an odd one its no gives and
/// its yes takes.
enum class polarity : uint8_t { positive, negative };
/// The sign of each leaf, in the order in which they are written.
std::vector<polarity> polarities(const rule_node&);
/// True if an answer of a leaf pulls its tree towards no.
constexpr bool takes(polarity sign, truth answer) {
  return answer == (sign == polarity::positive ? truth::no : truth::yes);
}

} // namespace arrakis::rules
