#pragma once
// The one place where what was given for a command is held against what the command declares. Discord checks it as
// well, by what was registered with it, which may be an older version's.
#include "actors/ingress/declaration.hpp"

namespace arrakis::ingress {

/// ec::invalid, with a sentence for the user that names the option: not declared, of another type, out of its bounds,
/// no choice, missing; or the sub-command is not known. While somebody types (autocomplete) only the name and the
/// focused option are looked at.
caf::error validate_options(const command&, const interaction&);

/// What is wrong with a declared option, by Discord's bounds, with its name; empty: nothing.
std::string fault_of(const std::vector<option>&, int depth = 0);

} // namespace arrakis::ingress
