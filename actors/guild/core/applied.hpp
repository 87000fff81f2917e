#pragma once
// The part of a manifest that is in the guild already: the shadow state and checkpoints, held against the guild as it
// is now.
#include "actors/guild/core/blueprint.hpp"
#include "adapters/postgres/manifests/messages.hpp"

#include <optional>
#include <string>
#include <vector>

namespace arrakis::blueprint {

/// The managed fields of what has this snowflake; empty: the guild has no such role or channel.
std::optional<fields> find_actual(const guild::state&, const std::string& kind, snowflake id);
/// True where Discord can change the one into the other: only text and announcement channels swap types.
/// https://discord.com/developers/docs/resources/channel#modify-channel
bool is_convertible(const fields& from, const fields& to);
/// The snowflakes of the resources that are in the guild; of several entries of a resource the last one that is there
/// counts. What the manifest chose among the guild's own is itself; what can only be made anew, since its type changed,
/// is left out.
ids known_ids(const manifest&, const std::vector<manifests::shadow_entry>& applied, const guild::state&);
/// Resources of an earlier version that this one does not want any more and that are still in the guild.
std::vector<manifests::shadow_entry> left_over(const manifest&, const std::vector<manifests::shadow_entry>& shadow,
                                               const ids& known, const guild::state&);

} // namespace arrakis::blueprint
