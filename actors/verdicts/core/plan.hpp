#pragma once
// A version of a manifest, prepared for judging members. Pure.
#include "actors/rules/compile.hpp"
#include "actors/verdicts/core/tiers.hpp"
#include "adapters/postgres/manifests/messages.hpp"

#include <memory>
#include <string>
#include <vector>

namespace arrakis::verdicts {

/// A role of the server that rules or tiers grant.
struct managed_role {
  snowflake id;
  std::string name;          ///< Of the manifest; empty for a role that the admins made.
  std::vector<size_t> rules; ///< Indices of the rules that grant it.
  std::vector<size_t> tiers; ///< Indices of the tiers that grant it.
};

/// A version of a manifest, prepared for judging.
struct plan {
  int64_t version = 0;
  std::shared_ptr<const manifest> wanted;
  std::vector<rules::compiled_rule> rules;
  std::vector<size_t> admitting; ///< Indices of the rules that admit to the tiers; none: whoever is ranked is admitted.
  ranked_asset ranked;
  std::vector<tier_terms> tiers;   ///< In the order of the manifest.
  std::vector<managed_role> roles; ///< Those that are in the server, by snowflake.
};

/// Prepares a version. `applied`: the shadow state, which names the roles in the server. ec::invalid names the field.
caf::expected<plan> prepare(std::shared_ptr<const manifest>, int64_t version,
                            const std::vector<manifests::shadow_entry>& applied);

} // namespace arrakis::verdicts
