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

/// The guild as it is, and as it shall be, at a moment.
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

/// The act of a step.
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

/// The snowflakes of resources that are known and still in the guild: checkpoints before shadow state.
blueprint::ids known(const guild_snapshot&);
/// `want` under the name that Discord answered when the resource was applied last.
blueprint::fields settled(const guild_snapshot&, const blueprint::key&, const blueprint::fields& want);
/// The step that one resource needs, given all that is known now. Fields that wait for a snowflake of an earlier step
/// count as different.
step decide(const guild_snapshot&, const blueprint::resource&);
/// The plan for a snapshot.
plan make_plan(const guild_snapshot&);

/// The resources of the manifest that this work is about, in the order in which they are made.
std::vector<blueprint::resource> resources_of(const guild_snapshot&);
/// Everything of ours in the guild: what the shadow state or a checkpoint names.
std::set<snowflake> named(const guild_snapshot&);

/// The newest role or channel of the guild; `newest_seen` of a create that is decided now.
snowflake newest(const guild::state&);

/// The outcome of a create that left an intent and no checkpoint.
struct adoption {
  /// The kinds of outcomes.
  enum kind { none, ours, unsure, several } what = none;
  snowflake id;
  std::vector<snowflake> candidates; ///< several, unsure.
};
/// A candidate is named by no shadow entry or checkpoint, and can become what is wanted. It is ours when the audit log
/// says that our bot made it with the intent's nonce in the reason, whatever its age; it is somebody else's when the
/// log says anything else about it. While the log is silent, nobody knows whose a candidate is that equals, in every
/// managed field, what is wanted or what the intent asked for (a version before this one may have asked for other
/// fields); unless it was in the guild when the create was decided: ids of Discord are compared with each other, and no
/// clock of ours with Discord's. Where no candidate equals what is wanted, one that the log proves ours is taken too,
/// and updated like any drift: a later version may finish what an earlier one began.
adoption find_created(const guild_snapshot&, const deployments::intent&, const blueprint::fields& wanted);

/// The resource that our bot made by the audit log, that equals `wanted` in every managed field and that no shadow
/// entry or checkpoint names: a deployment made it that the database does not know any more, because an older backup
/// was restored. The oldest one; 0: there is none, or the audit log does not reach so far back.
snowflake find_orphan(const guild_snapshot&, const std::string& kind, const blueprint::fields& wanted);
/// True where something in the guild has the name of a resource that is to be made: then the audit log is worth a
/// reading.
bool may_have_orphans(const guild_snapshot&);

/// Shadow state to store on completion: the resources that this work is about, those of the manifest that it is not
/// about as they were, and what earlier versions of ours left over in the guild.
std::vector<manifests::shadow_entry> shadow_of(const guild_snapshot&);

} // namespace arrakis::jobs::guild_work
