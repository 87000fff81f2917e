#pragma once
// Checks that the names of a manifest can be names in a guild.
#include "schemas/manifest.hpp"

namespace arrakis {

/// Judges the names of a manifest that shall become a new version: the community, tiers, roles, categories, channels.
/// ec::invalid with the JSON pointer of the first one that holds a control, invisible or misplaced character
/// (runtime/unicode.hpp), shows nothing, or leaves nothing or more than 100 characters as Discord writes it. A stored
/// manifest is not asked: a version that an older build accepted stays readable.
caf::error check_names(const manifest&);

} // namespace arrakis
