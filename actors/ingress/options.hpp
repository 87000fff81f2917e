#pragma once
// Validates the options of a command against its declaration; no other code does. Discord checks it as
// well, by what was registered with it, which may be an older version's.
#include "actors/ingress/declaration.hpp"

namespace arrakis::ingress {

/// Checks an interaction's options against the declaration. ec::invalid, with a sentence for the user that names the
/// option: not declared, of another type, out of bounds, not one of the choices, missing, or an unknown sub-command.
/// For autocomplete only names and the focused option are checked.
caf::error validate_options(const command&, const interaction&);

/// Error text for the first declared option that breaks Discord's bounds; empty: none.
std::string fault_of(const std::vector<option>&, int depth = 0);

} // namespace arrakis::ingress
