#pragma once
// The step at which categories and channels are chosen.
#include "actors/wizard/core/page.hpp"

namespace arrakis::wizard::core {
/// Lines for the channels of the plan, each with those who see it unless everybody does.
std::string channel_lines(const draft&);
/// Fills the page of one channel or category.
void channel_page(page&, const record&, const context&);
} // namespace arrakis::wizard::core
