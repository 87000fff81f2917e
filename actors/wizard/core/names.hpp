#pragma once
// Names and symbols that people and contracts bring along: Unicode judges the characters (runtime/unicode.hpp).
#include "runtime/error.hpp"

#include <string>
#include <string_view>

namespace arrakis::wizard::core {

/// White space joined and trimmed: 3 to 100 characters of any script, signs and emoji included; none that hides or
/// turns text (runtime/unicode.hpp), and nothing that mentions somebody. ec::invalid names all that was found, and only
/// that.
caf::expected<std::string> check_name(std::string_view typed);
/// The same of a tier's name: 1 to 100 characters.
caf::expected<std::string> check_tier_name(std::string_view typed);
/// The part of a guild's name that may prefill ours; empty when too little is left.
std::string name_from_guild(std::string_view guild_name);
/// A contract's symbol is a stranger's text: what is no name, or means something in Discord's markdown, is taken out.
/// At most 16 characters; "TOKEN" when nothing that is seen is left.
std::string clean_symbol(std::string_view);

} // namespace arrakis::wizard::core
