#pragma once
// A rule in words, as Discord shows them: the conditions and how they are joined, without any member.
#include "actors/rules/compile.hpp"

#include <string>

namespace arrakis::rules {

/// "at least 100 SPICE on Base and (at least 1 PASS on Base or at least 0.5 ETH on Base)".
std::string summarize(const compiled_rule&);

/// A list of Discord's markdown, a condition a line, nested as the tree is; each line ends.
std::string describe(const compiled_rule&);

} // namespace arrakis::rules
