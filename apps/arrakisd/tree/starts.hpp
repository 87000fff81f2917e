#pragma once
// How those children of the tree begin that need more than a line: what each is given.
#include "actors/outbox_relay/outbox_relay.hpp"
#include "actors/wizard/wizard.hpp"
#include "apps/arrakisd/tree/parts.hpp"

namespace arrakis::tree {
discord::rest start_rest(parts&);
quarantine::handle start_quarantine(parts&);
/// `crashes_max` crashes within `window` put a tenant, or a session, into quarantine alone.
caf::actor start_communities(parts&, uint32_t crashes_max, std::chrono::milliseconds window);
reconciler::handle start_reconciler(parts&);
/// How the wizard is set up.
wizard::options wizard_options(parts&);
/// The queues of this process, and what of one tenant may wait in each.
outbox_relay::job_queues relay_queues(parts&);
outbox_relay::handle start_relay(parts&);
queue::processor start_jobs(parts&);
discord::shards::handle start_shards(parts&);
discord::identity_port start_identity(parts&);
readiness::handle start_readiness(parts&);
} // namespace arrakis::tree
