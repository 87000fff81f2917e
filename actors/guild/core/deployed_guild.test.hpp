#pragma once
// For tests: a guild in which the sample manifest was deployed, and its shadow state.
#include "actors/guild/core/blueprint.hpp"
#include "adapters/postgres/manifests/messages.hpp"
#include "schemas/guild.hpp"
#include "tests/support/fakes/manifest.hpp"

#include <utility>
#include <variant>
#include <vector>

namespace arrakis::test {
/// Guild 1 with bot 2. It has each role and channel of the manifest, in this order, and no other.
struct deployed_guild {
  manifest want = sample_manifest();
  std::vector<manifests::shadow_entry> shadow;
  guild::state now;

  deployed_guild() {
    now.id = {1};
    now.bot = {2};
    blueprint::ids ids;
    uint64_t next = 100;
    for (const auto& r : blueprint::resources(want)) {
      const auto f = *blueprint::wanted(want, r.key, ids, {now.id, now.bot});
      const snowflake id{++next};
      if (const auto* role = std::get_if<blueprint::role_fields>(&f))
        now.roles.push_back({id, role->name, role->color, role->hoist, role->mentionable, false, 1, role->permissions});
      else {
        const auto& c = std::get<blueprint::channel_fields>(f);
        now.channels.push_back({id, c.type, c.name, c.topic, c.parent, 0, c.overwrites});
      }
      ids[r.key] = id;
      shadow.push_back({r.key.kind, r.key.resource, id, blueprint::text(f)});
    }
  }
};
} // namespace arrakis::test
