#pragma once
// The step at which categories and channels are chosen.
#include "actors/wizard/core/page.hpp"

namespace arrakis::wizard::core {
/// The channels as the guild will show them, each with those who see it where not everybody does.
std::string channel_lines(const draft&);
/// Fills the page of one channel or category.
void channel_page(page&, const record&, const context&);
} // namespace arrakis::wizard::core
