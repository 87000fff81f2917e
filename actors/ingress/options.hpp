#pragma once
// Validates the options of a command against its declaration; no other code does. Discord checks it as
// well, by what was registered with it, which may be an older version's.
#include "actors/ingress/declaration.hpp"

namespace arrakis::ingress {

/// ec::invalid, with a sentence for the user that names the option: not declared, of another type, out of its bounds,
/// no choice, missing; or the sub-command is not known. While somebody types (autocomplete) only the name and the
/// focused option are looked at.
caf::error validate_options(const command&, const interaction&);

/// Names the first fault of declared options by Discord's bounds; empty: none.
std::string fault_of(const std::vector<option>&, int depth = 0);

} // namespace arrakis::ingress
