#pragma once
// Starts the implementation of each port; those of Discord's ports are in discord.hpp. No other folder of apps/
// includes an implementation (tests/tidy). A port that may have several has a `mode` key and a table of them in
// implementations.cpp.
//
// To add an implementation: a folder below its port (adapters/signer/local is the smallest), its mode among those that
// config/arrakis.toml allows, and one row in that table.
//
// The daemon starts each under its supervisor; arrakisctl starts each at its first use (apps/wiring/ports.hpp).
#include "actors/jobs/messages.hpp"
#include "adapters/chain/messages.hpp"
#include "adapters/chain/reader/messages.hpp"
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
#include "adapters/postgres/member_roles/messages.hpp"
#include "adapters/postgres/messages.hpp"
#include "adapters/postgres/outbox/messages.hpp"
#include "adapters/postgres/profiles/messages.hpp"
#include "adapters/postgres/quarantines/messages.hpp"
#include "adapters/postgres/reconciliations/messages.hpp"
#include "adapters/postgres/signing_keys/messages.hpp"
#include "adapters/postgres/wallets/messages.hpp"
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
/// Starts the pool of connections as arrakis_app.
postgres::handle start_postgres(caf::actor_system&, const addresses&, unsigned connections);
/// Starts the pool of one connection as arrakis_relay, which sees the outbox of all tenants and nothing else.
postgres::handle start_relay_postgres(caf::actor_system&, const addresses&);
/// Starts the pool of one connection as arrakis_admin, at the string of admin_dsn(). Only for a terminal.
postgres::handle start_admin_postgres(caf::actor_system&, const secret& dsn);
/// Starts the store of communities.
communities::handle start_communities(caf::actor_system&, postgres::handle);
/// Starts the store of manifests.
manifests::handle start_manifests(caf::actor_system&, postgres::handle);
/// Starts the store of deployments.
deployments::handle start_deployments(caf::actor_system&, postgres::handle);
/// Starts the store of reconciliations.
reconciliations::handle start_reconciliations(caf::actor_system&, postgres::handle);
/// Starts the store of ends of jobs.
job_ends::handle start_job_ends(caf::actor_system&, postgres::handle);
/// Starts the store of members' roles and of the limit of their takings.
member_roles::handle start_member_roles(caf::actor_system&, postgres::handle);
/// Starts the store of audit entries.
audit::handle start_audit(caf::actor_system&, postgres::handle);
/// Starts the store of quarantines.
quarantines::handle start_quarantines(caf::actor_system&, postgres::handle);
/// Starts the store of wizard drafts.
drafts::handle start_drafts(caf::actor_system&, postgres::handle);
/// Starts the store of conversations (interaction tokens of deployments).
conversations::handle start_conversations(caf::actor_system&, postgres::handle);
/// Starts the store of the fence log.
fence_log::handle start_fence_log(caf::actor_system&, postgres::handle);
/// Starts the store of anchored signing keys.
signing_keys::handle start_signing_keys(caf::actor_system&, postgres::handle);
/// Starts the store of profiles and verdicts.
profiles::handle start_profiles(caf::actor_system&, postgres::handle);
/// Starts the reader of wallets.
wallets::handle start_wallets(caf::actor_system&, postgres::handle);
/// Starts the editor of wallets, on a pool of arrakis_admin.
wallets::editor start_wallet_editor(caf::actor_system&, postgres::handle admin);
/// Starts the reader of the platform's own audit trail, on a pool of arrakis_admin.
audit::platform start_platform_audit(caf::actor_system&, postgres::handle admin);
/// Starts the outbox of the relay, on a pool of arrakis_relay.
outbox::handle start_outbox(caf::actor_system&, postgres::handle relay);
/// Starts the reader of overdue work items, for operators.
outbox::overview start_outbox_overview(caf::actor_system&, postgres::handle);

// --- Redis and the queue
/// Returns why `url` (of redis.url or redis.queue_url) or another key of redis.* cannot work. Asks no server.
caf::error redis_rejection(const config&, const secret& url);
/// Opens a connection to `url`; CLIENT LIST shows `name`. Throws std::runtime_error if redis_rejection returns an
/// error.
redis::link connect_redis(net::io&, const config&, const secret& url, const std::string& name);
/// Returns ec::refused if the server of the key `setting` may evict keys. Waits for the server until the deadline. If
/// it does not answer, there is no error: the connection checks it later.
caf::error check_redis(const redis::link&, const std::string& setting, deadline until);
/// Starts the port for actors that call Redis seldom.
redis::handle start_redis(caf::actor_system&, const redis::link&);
/// Starts the port of leases.
leases::handle start_leases(caf::actor_system&, redis::handle);
/// Returns the publisher of hints to all processes of the cluster.
hints::publisher hint_publisher(const redis::link&);
/// Returns the subscriber of hints of all processes.
hints::subscriber hint_subscriber(const redis::link&);
/// Returns why queue.* cannot work for one of the queues; empty: no error.
std::string queue_rejection(const config&);
/// Returns the queue's name in Redis: "{discord-synthesis}".
std::string queue_name(const config&, const jobs::job_queue&);
/// Returns how many jobs of the queue one process runs at once.
unsigned queue_concurrency(const config&, const jobs::job_queue&);
/// Starts the port of one queue.
queue::handle start_queue(caf::actor_system&, const redis::link&, const config&, const jobs::job_queue&);
/// Starts a worker of one queue, with connections of its own.
queue::worker start_worker(caf::actor_system&, net::io&, const addresses&, const config&, const jobs::job_queue&,
                           queue::processor);

// --- Signer and objects
/// Returns why signer.* cannot work, with the command that repairs it. Checks this machine only.
caf::error check_signer(const config&);
/// Keys that an operator may replace while a program runs.
struct key_files {
  std::string folder;                ///< Empty: the signer of this mode reads no file.
  std::function<caf::error()> check; ///< Returns why the files are not valid; none: they are.
};
/// Returns the key files of the signer that signer.mode names.
key_files signer_files(const config&);
/// Starts the keyring that signer.mode names.
signer::keyring::handle start_keyring(caf::actor_system&, const config&);
/// The program that uses the signer. A daemon creates the first key of a new database, and checks again every 5 s
/// while the signer refuses; a tool creates a key only by `rotate`, and checks only when it is asked.
enum class signer_user { daemon, tool };
/// Starts the signer. It signs only with a key whose public half is in signing_keys; else it answers ec::refused.
signer::handle start_signer(caf::actor_system&, signer::keyring::handle, signing_keys::handle, signer_user);
/// Returns why the store that objects.mode names cannot work; none: no error.
caf::error check_objects(const config&);
/// Starts the object store that objects.mode names.
objects::handle start_objects(caf::actor_system&, const config&);

// --- Chains
/// Returns the JSON-RPC endpoints of each chain, by its id: the operator's, and for chains without one, with
/// chains.public_endpoints, those of the chain's file.
std::map<std::string, std::vector<url>> chain_endpoints(const config&);
/// Returns the chains that have an endpoint. The wizard offers only these.
std::vector<std::string> offered_chains(const config&);
/// Starts the readers of all chains that have an endpoint.
chain::handle start_chains(caf::actor_system&, net::io&, const config&);
/// Starts the reader of one chain of config/chains, for rules. Without an endpoint all that it answers is unknown.
chain::reader::handle start_chain_reader(caf::actor_system&, net::io&, const config&, const std::string& chain);

} // namespace arrakis::wiring
