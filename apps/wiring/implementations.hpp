#pragma once
// Starts what stands behind each port; Discord's are in discord.hpp. No other folder of apps/ knows an implementation
// (tests/tidy). A port that may have several has a `mode` key and a table of them in implementations.cpp.
//
// To add an implementation: a folder below its port (adapters/signer/local is the smallest), its mode among those that
// config/arrakis.toml allows, and one row in that table.
//
// The daemon starts each under its supervisor; arrakisctl by apps/wiring/ports.hpp, when first asked for.
#include "actors/jobs/messages.hpp"
#include "adapters/chain/messages.hpp"
#include "adapters/hints/messages.hpp"
#include "adapters/leases/messages.hpp"
#include "adapters/objects/messages.hpp"
#include "adapters/postgres/audit/messages.hpp"
#include "adapters/postgres/communities/messages.hpp"
#include "adapters/postgres/conversations/messages.hpp"
#include "adapters/postgres/deployments/messages.hpp"
#include "adapters/postgres/drafts/messages.hpp"
#include "adapters/postgres/fence_log/messages.hpp"
#include "adapters/postgres/job_ends/messages.hpp"
#include "adapters/postgres/manifests/messages.hpp"
#include "adapters/postgres/messages.hpp"
#include "adapters/postgres/outbox/messages.hpp"
#include "adapters/postgres/quarantines/messages.hpp"
#include "adapters/postgres/reconciliations/messages.hpp"
#include "adapters/postgres/signing_keys/messages.hpp"
#include "adapters/queue/messages.hpp"
#include "adapters/redis/calls.hpp"
#include "adapters/signer/keyring.hpp"
#include "adapters/signer/messages.hpp"
#include "apps/wiring/addresses.hpp"
#include "runtime/deadline.hpp"

#include <functional>

namespace arrakis::net {
class io;
}

namespace arrakis::wiring {

// --- PostgreSQL
/// As arrakis_app.
postgres::handle start_postgres(caf::actor_system&, const addresses&, unsigned connections);
/// As arrakis_relay, which sees the outbox of all tenants and nothing else.
postgres::handle start_relay_postgres(caf::actor_system&, const addresses&);
communities::handle start_communities(caf::actor_system&, postgres::handle);
manifests::handle start_manifests(caf::actor_system&, postgres::handle);
deployments::handle start_deployments(caf::actor_system&, postgres::handle);
reconciliations::handle start_reconciliations(caf::actor_system&, postgres::handle);
job_ends::handle start_job_ends(caf::actor_system&, postgres::handle);
audit::handle start_audit(caf::actor_system&, postgres::handle);
quarantines::handle start_quarantines(caf::actor_system&, postgres::handle);
drafts::handle start_drafts(caf::actor_system&, postgres::handle);
conversations::handle start_conversations(caf::actor_system&, postgres::handle);
fence_log::handle start_fence_log(caf::actor_system&, postgres::handle);
signing_keys::handle start_signing_keys(caf::actor_system&, postgres::handle);
outbox::handle start_outbox(caf::actor_system&, postgres::handle relay);
outbox::overview start_outbox_overview(caf::actor_system&, postgres::handle);

// --- Redis and the queue
/// Why `url` (of redis.url or redis.queue_url) or what redis.* says beside it cannot work; no server is asked.
caf::error redis_rejection(const config&, const secret& url);
/// A connection to `url`; `name` is what an operator sees in CLIENT LIST. Throws std::runtime_error for what
/// redis_rejection says.
redis::link connect_redis(net::io&, const config&, const secret& url, const std::string& name);
/// ec::refused: the server of the key `setting` may drop keys by itself. It waits for the server until the deadline;
/// one that does not answer is watched by its connection.
caf::error check_redis(const redis::link&, const std::string& setting, deadline until);
redis::handle start_redis(caf::actor_system&, const redis::link&);
leases::handle start_leases(caf::actor_system&, redis::handle);
/// Hints between the processes of the cluster.
hints::publisher hint_publisher(const redis::link&);
hints::subscriber hint_subscriber(const redis::link&);
/// Why queue.* cannot work for one of the queues; empty: it can.
std::string queue_rejection(const config&);
/// The queue's name in Redis: "{discord-synthesis}".
std::string queue_name(const config&, const jobs::job_queue&);
/// Jobs of the queue that one process works on at once.
unsigned queue_concurrency(const config&, const jobs::job_queue&);
queue::handle start_queue(caf::actor_system&, const redis::link&, const config&, const jobs::job_queue&);
/// It opens connections of its own.
queue::worker start_worker(caf::actor_system&, net::io&, const addresses&, const config&, const jobs::job_queue&,
                           queue::processor);

// --- Signer and objects
/// Why signer.* cannot work, with the command that mends it; nothing: it can, as far as this machine can tell.
caf::error check_signer(const config&);
/// Keys that an operator may replace while a program runs.
struct key_files {
  std::string folder;                ///< Empty: the signer of this mode reads no file.
  std::function<caf::error()> check; ///< Why they cannot be used; nothing: they can.
};
key_files signer_files(const config&);
/// The keyring that signer.mode names.
signer::keyring::handle start_keyring(caf::actor_system&, const config&);
/// A daemon makes the first key of a fresh database, and looks by itself while the signer refuses; a tool does not.
enum class signer_user { daemon, tool };
signer::handle start_signer(caf::actor_system&, signer::keyring::handle, signing_keys::handle, signer_user);
/// What an operator should know about the store that objects.mode names; nothing: all is well.
caf::error check_objects(const config&);
objects::handle start_objects(caf::actor_system&, const config&);

// --- Chains
/// The JSON-RPC endpoints of each chain, by its id: the operator's own, and with chains.public_endpoints those that a
/// chain's file names, for chains without one of the operator's.
std::map<std::string, std::vector<url>> chain_endpoints(const config&);
/// The chains that have an endpoint. The wizard offers no other.
std::vector<std::string> offered_chains(const config&);
chain::handle start_chains(caf::actor_system&, net::io&, const config&);

} // namespace arrakis::wiring
