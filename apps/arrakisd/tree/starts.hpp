#pragma once
// How those children of the tree begin that need more than a line: what each is given.
#include "actors/outbox_relay/outbox_relay.hpp"
#include "actors/wizard/wizard.hpp"
#include "apps/arrakisd/tree/parts.hpp"

namespace arrakis::tree {
/// Starts Discord's REST client with the newest bot token.
discord::rest start_rest(parts&);
/// Starts the quarantine of this process.
quarantine::handle start_quarantine(parts&);
/// `crashes_max` crashes within `window` put a tenant, or a session, into quarantine alone.
caf::actor start_communities(parts&, uint32_t crashes_max, std::chrono::milliseconds window);
/// Starts the reconciler, which wakes the relay after each request.
reconciler::handle start_reconciler(parts&);
/// How the wizard is set up.
wizard::options wizard_options(parts&);
/// The queues of this process, and what of one tenant may wait in each.
outbox_relay::job_queues relay_queues(parts&);
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
