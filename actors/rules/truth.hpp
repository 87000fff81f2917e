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

/// Value of a tree whose leaves have these values, in the order in which they are written. A yes or no holds whatever
/// the unknown leaves are; if each leaf is a question of its own, unknown means that the value depends on them.
truth evaluate(const rule_node&, std::span<const truth> leaves);

/// Polarity of a leaf: positive below an even number of NOTs (its yes gives the role, its no takes it), negative below
/// an odd one (the reverse).
enum class polarity : uint8_t { positive, negative };
/// Polarity of each leaf, in the order in which they are written.
std::vector<polarity> polarities(const rule_node&);
/// True if an answer of a leaf with this polarity makes its tree more likely to be no.
constexpr bool takes(polarity sign, truth answer) {
  return answer == (sign == polarity::positive ? truth::no : truth::yes);
}

} // namespace arrakis::rules
