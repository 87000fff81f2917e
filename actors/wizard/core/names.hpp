#pragma once
// Names and symbols that people and contracts bring along: Unicode judges the characters (runtime/unicode.hpp).
#include "runtime/error.hpp"

#include <string>
#include <string_view>

namespace arrakis::wizard::core {

/// Checks a community's name and normalises its white space: 3 to 100 characters of any script, signs and emoji
/// included; no invisible or direction-turning characters (runtime/unicode.hpp) and no mentions. ec::invalid names all
/// faults.
caf::expected<std::string> check_name(std::string_view typed);
/// Checks a tier's name in the same way: 1 to 100 characters.
caf::expected<std::string> check_tier_name(std::string_view typed);
/// Part of a guild's name that may prefill the community's; empty when too little is left.
std::string name_from_guild(std::string_view guild_name);
/// Symbol of a contract without characters that a name may not have or that Discord's markdown uses, because it is
/// foreign text. At most 16 characters; "TOKEN" when nothing visible is left.
std::string clean_symbol(std::string_view);

} // namespace arrakis::wizard::core
