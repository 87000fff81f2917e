#pragma once
// Starts the children of the tree that need more than one line.
#include "actors/outbox_relay/outbox_relay.hpp"
#include "actors/wizard/wizard.hpp"
#include "apps/arrakisd/tree/parts.hpp"
#include "apps/wiring/role_changes.hpp"

namespace arrakis::tree {
/// Starts Discord's REST client with the newest bot token.
discord::rest start_rest(parts&);
/// Starts the quarantine of this process.
quarantine::handle start_quarantine(parts&);
/// Starts the directory of communities. More than `crashes_max` crashes within `window` quarantine one tenant.
caf::actor start_communities(parts&, uint32_t crashes_max, std::chrono::milliseconds window);
/// Starts the reconciler, which wakes the relay after each request.
reconciler::handle start_reconciler(parts&);
/// Starts the judging of members, which wakes the relay after each change of roles.
verdicts::handle start_verdicts(parts&);
/// Returns the options of the wizard.
wizard::options wizard_options(parts&);
/// Returns the queues of this process, with the share of one tenant in each.
outbox_relay::job_queues relay_queues(parts&);
/// Returns the settings of the jobs that give and take roles.
jobs::member_role::options role_change_options(parts&);
/// Starts the outbox relay.
outbox_relay::handle start_relay(parts&);
/// Starts the actor that starts one actor for each job.
queue::processor start_jobs(parts&);
/// Starts the shards of the bot.
discord::shards::handle start_shards(parts&);
/// Starts the reader of the bot's identity, which logs the invite link once it is known.
discord::identity_port start_identity(parts&);
/// Starts the readiness of this process.
readiness::handle start_readiness(parts&);
} // namespace arrakis::tree
