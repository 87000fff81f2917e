#pragma once
// The page of the rules, which `/rules` and the review open.
#include "actors/wizard/core/page.hpp"

namespace arrakis::wizard::core {
/// The rules, a line each, and who is admitted to the tiers where no rule says so.
std::string rule_lines(const draft&);
/// The rule that the page is turned to: the chosen one, else the first; empty: there is none.
std::optional<size_t> focused_rule(const record&);
/// The forms that a new rule can be written in, as the options of a menu; a value is the argument of the form.
std::vector<option> rule_form_options(const draft&, const catalogue&);
/// Fills the page of the rules.
void rule_page(page&, const record&, const context&);
} // namespace arrakis::wizard::core
