#pragma once
// The step at which the tiers are made.
#include "actors/wizard/core/page.hpp"

namespace arrakis::wizard::core {
/// Lines for the tiers, each with its name and who gets it.
std::string tier_lines(const draft&);
/// Fills the page of one tier.
void tier_page(page&, const record&, const context&);
} // namespace arrakis::wizard::core
