#pragma once
// The steps that make a guild what a manifest says: pure, from a snapshot.
#include "actors/guild/core/blueprint.hpp"
#include "adapters/postgres/deployments/messages.hpp"
#include "adapters/postgres/manifests/messages.hpp"
#include "schemas/guild.hpp"
#include "schemas/manifest.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace arrakis::jobs::guild_work {

/// Snapshot for planning: the guild as it is, and the manifest that it shall match.
struct guild_snapshot {
  manifest want;
  std::vector<manifests::shadow_entry> shadow;   ///< As last applied.
  std::vector<deployments::resource_state> done; ///< Checkpoints of this deployment.
  std::vector<deployments::intent> open;         ///< Creates that began and have no checkpoint.
  guild::state guild;                            ///< Now.
  std::vector<guild::audit_entry> audit;         ///< The bot's own creates, where it could be read.
  bool audit_known = false;
  /// The resources that this work is about; empty: everything that the manifest names.
  std::set<blueprint::key> only;
  bool orders_roles = true;          ///< The order of the roles is part of this work.
  std::string again = "press Retry"; ///< The act of an admin that has it tried again.
  bool adopts = true; ///< Off only in negative controls of the crash tests: an interrupted create is made twice.
};

/// Actions of a step.
enum class act { nothing, create, adopt, update };
/// One step of a plan, for one resource.
struct step {
  act what = act::nothing;
  blueprint::key of;
  std::string name;
  snowflake id;                     ///< adopt, update, nothing.
  std::vector<std::string> changes; ///< update: the managed fields that differ.
  /// The deployment cannot go on by itself: a sentence for an admin. `unsure`: it may become clear (the audit log
  /// lags).
  std::string ask;
  bool unsure = false;
};

/// All steps that the guild needs.
struct plan {
  std::vector<step> steps;            ///< In the order roles, categories, channels.
  std::vector<std::string> left_over; ///< In the guild by an earlier version, not in this one: never deleted.
};

/// Snowflakes of the manifest's resources that still exist in the guild. Checkpoints win over shadow state.
blueprint::ids known(const guild_snapshot&);
/// `want` with the name that Discord answered when the resource was last applied.
blueprint::fields settled(const guild_snapshot&, const blueprint::key&, const blueprint::fields& want);
/// Step that one resource needs. Fields that depend on the snowflake of an earlier step count as
/// different.
step decide(const guild_snapshot&, const blueprint::resource&);
/// The plan for a snapshot.
plan make_plan(const guild_snapshot&);

/// The resources of the manifest that this work is about, in the order in which they are made.
std::vector<blueprint::resource> resources_of(const guild_snapshot&);
/// Snowflakes of all our resources: those that shadow state or checkpoints name.
std::set<snowflake> named(const guild_snapshot&);

/// Snowflake of the newest role or channel of the guild; the `newest_seen` of a create that is decided now.
snowflake newest(const guild::state&);

/// Result of the search for the resource of a create that left an intent and no checkpoint (its process died).
struct adoption {
  /// Kinds of results.
  enum kind { none, ours, unsure, several } what = none;
  snowflake id;
  std::vector<snowflake> candidates; ///< several, unsure.
};
/// Finds the resource that an interrupted create left. Candidates are named by no shadow entry or checkpoint, and can
/// become what is wanted. A candidate is ours if the audit log says that our bot created it with the intent's nonce in
/// the reason, whatever its age; it is foreign if the log says anything else. While the log has no entry, the result is
/// `unsure` for a candidate that equals, in every managed field, what is wanted now or what the intent asked for,
/// unless it existed before the create was decided (compared by snowflake; no clock is involved). If no candidate is
/// equal, one that the log proves ours is taken and updated like any drift: a later version may finish what an earlier
/// one began.
adoption find_created(const guild_snapshot&, const deployments::intent&, const blueprint::fields& wanted);

/// Finds a resource that our bot created by the audit log, that equals `wanted` in every managed field and that no
/// shadow entry or checkpoint names: its deployment was lost when an older backup was restored. The oldest one; 0:
/// there is none, or the audit log does not reach that far back.
snowflake find_orphan(const guild_snapshot&, const std::string& kind, const blueprint::fields& wanted);
/// True if the guild has something with the name of a resource that is to be created, so that reading the audit log may
/// find an orphan.
bool may_have_orphans(const guild_snapshot&);

/// Shadow state to store on completion: the resources of this work, the manifest's other resources as stored before,
/// and what earlier versions left over in the guild.
std::vector<manifests::shadow_entry> shadow_of(const guild_snapshot&);

} // namespace arrakis::jobs::guild_work
