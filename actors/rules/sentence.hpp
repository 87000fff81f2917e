#pragma once
// The words that the leaves share.
#include "actors/rules/leaf.hpp"

#include <string>

namespace arrakis::rules {

/// "You hold 12.5 SPICE on Base (block 1200 of Base). This condition asks for at least 100 SPICE on Base." Below a NOT
/// it "excludes" what it asks for. An unknown one names the reasons, and says that nothing is taken for it.
std::string explain(const finding&, polarity);

} // namespace arrakis::rules
