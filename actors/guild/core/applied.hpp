#pragma once
// The part of a manifest that is in the guild already: the shadow state and checkpoints, held against the guild as it
// is now.
#include "actors/guild/core/blueprint.hpp"
#include "adapters/postgres/manifests/messages.hpp"

#include <optional>
#include <string>
#include <vector>

namespace arrakis::blueprint {

/// Managed fields of the role or channel with this snowflake; empty: the guild has none.
std::optional<fields> find_actual(const guild::state&, const std::string& kind, snowflake id);
/// True if Discord can change `from` into `to`: it converts only text and announcement channels into each other.
/// https://discord.com/developers/docs/resources/channel#modify-channel
bool is_convertible(const fields& from, const fields& to);
/// Snowflakes of the manifest's resources that exist in the guild; of several shadow entries of one resource the last
/// existing one counts. A resource that the admin chose keeps its own snowflake; one whose type cannot be converted is
/// left out.
ids known_ids(const manifest&, const std::vector<manifests::shadow_entry>& applied, const guild::state&);
/// Shadow entries of earlier versions' resources that this version no longer has and that are still in the guild.
std::vector<manifests::shadow_entry> left_over(const manifest&, const std::vector<manifests::shadow_entry>& shadow,
                                               const ids& known, const guild::state&);

} // namespace arrakis::blueprint
