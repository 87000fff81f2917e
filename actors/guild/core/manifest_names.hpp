#pragma once
// Checks that the names of a manifest can be names in a guild.
#include "schemas/manifest.hpp"

namespace arrakis {

/// Checks the names in a manifest before it becomes a new version: community, tiers, roles, categories, channels.
/// ec::invalid with the JSON pointer of the first name that has a control, invisible or misplaced character
/// (runtime/unicode.hpp), shows nothing, or is empty or longer than 100 characters after Discord's normalisation.
/// Stored manifests are not checked: versions that an older build accepted stay readable.
caf::error check_names(const manifest&);

} // namespace arrakis
