#pragma once
// The words that the leaves share.
#include "actors/rules/leaf.hpp"

#include <string>

namespace arrakis::rules {

/// Sentences about a finding: "You hold 12.5 SPICE on Base (block 1200 of Base). This condition asks for at least 100
/// SPICE on Base." Below a NOT it "excludes". Unknown: the reasons, and that no role is taken for it.
std::string explain(const finding&, polarity);

} // namespace arrakis::rules
