#include "apps/wiring/implementations.hpp"

#include "actors/jobs/job.hpp"
#include "adapters/chain/catalogue/catalogue.hpp"
#include "adapters/chain/chain.hpp"
#include "adapters/chain/reader/reader.hpp"
#include "adapters/hints/hints.hpp"
#include "adapters/leases/leases.hpp"
#include "adapters/objects/folder/folder.hpp"
#include "adapters/postgres/audit/audit.hpp"
#include "adapters/postgres/communities/communities.hpp"
#include "adapters/postgres/conversations/conversations.hpp"
#include "adapters/postgres/deployments/deployments.hpp"
#include "adapters/postgres/drafts/drafts.hpp"
#include "adapters/postgres/fence_log/fence_log.hpp"
#include "adapters/postgres/job_ends/job_ends.hpp"
#include "adapters/postgres/manifests/manifests.hpp"
#include "adapters/postgres/member_roles/member_roles.hpp"
#include "adapters/postgres/outbox/outbox.hpp"
#include "adapters/postgres/pool.hpp"
#include "adapters/postgres/profiles/profiles.hpp"
#include "adapters/postgres/quarantines/quarantines.hpp"
#include "adapters/postgres/reconciliations/reconciliations.hpp"
#include "adapters/postgres/signing_keys/signing_keys.hpp"
#include "adapters/postgres/wallets/wallets.hpp"
#include "adapters/queue/queue.hpp"
#include "adapters/queue/worker.hpp"
#include "adapters/redis/client.hpp"
#include "adapters/redis/eviction.hpp"
#include "adapters/signer/anchored/anchored.hpp"
#include "adapters/signer/local/local.hpp"
#include "runtime/assert.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string_view>

namespace arrakis::wiring {
namespace {

std::string key_folder(const config& c) { return folder_or(c, "signer.folder", "keys"); }
std::string object_folder(const config& c) { return folder_or(c, "objects.folder", "objects"); }

/// The implementations of a port, by the value of its mode key.
struct keyring_mode {
  std::string_view mode;
  caf::error (*check)(const config&);
  key_files (*files)(const config&);
  signer::keyring::handle (*start)(caf::actor_system&, const config&);
};
const std::array keyring_modes{keyring_mode{
  "local", [](const config& c) { return signer::local::check({key_folder(c)}); },
  [](const config& c) {
    return key_files{key_folder(c), [folder = key_folder(c)] { return signer::local::check_keys({folder}); }};
  },
  [](caf::actor_system& sys, const config& c) { return signer::local::start(sys, {key_folder(c)}); }}};

struct objects_mode {
  std::string_view mode;
  caf::error (*check)(const config&);
  objects::handle (*start)(caf::actor_system&, const config&);
};
const std::array objects_modes{objects_mode{
  "folder", [](const config& c) { return objects::folder::check({object_folder(c)}); },
  [](caf::actor_system& sys, const config& c) { return objects::folder::start(sys, {object_folder(c)}); }}};

/// The row that `key` names. The configuration has refused all other values.
template <class Row, size_t N>
const Row& chosen(const std::array<Row, N>& rows, const std::string& mode) {
  const auto found = std::ranges::find(rows, mode, &Row::mode);
  ARRAKIS_ASSERT(found != rows.end(), "the configuration let a mode pass that has no row");
  return *found;
}
const keyring_mode& keyring_of(const config& c) { return chosen(keyring_modes, c.text("signer.mode")); }
const objects_mode& objects_of(const config& c) { return chosen(objects_modes, c.text("objects.mode")); }

redis::options redis_options(const config& c, const secret& url, const std::string& name) {
  redis::options o;
  o.url = url;
  o.name = name;
  if (c.text("redis.mode") == "external") { // The embedded one listens on a socket of its own.
    o.user = c.text("redis.user");
    o.ca = c.secret("redis.ca");
    o.certificate = c.secret("redis.certificate");
    o.key = c.secret("redis.key");
  }
  o.watch_every = std::chrono::milliseconds{500}; // Four turns of silence and one of waiting: within 3 s.
  return o;
}

queue::options queue_options(const config& c, const jobs::job_queue& which) {
  queue::options o;
  o.prefix = c.text("queue.prefix");
  o.name = queue_name(c, which);
  o.concurrency = queue_concurrency(c, which);
  if (which.starts_max > 0)
    o.limiter = queue::limiter{which.starts_max, which.starts_within};
  o.lock = c.milliseconds("queue.lock_ms");
  o.renew = c.milliseconds("queue.renew_ms");
  o.stalled_check = c.milliseconds("queue.stalled_ms");
  o.stalled_max = static_cast<int>(c.integer("queue.max_stalled"));
  o.keep_completed = std::chrono::seconds{c.integer("queue.keep_completed_s")};
  o.keep_failed = std::chrono::seconds{c.integer("queue.keep_failed_s")};
  return o;
}

chain::options chain_options(const config& settings) {
  chain::options result;
  const auto endpoints = chain_endpoints(settings);
  for (const auto& known : chain::catalogue())
    if (const auto found = endpoints.find(known.id); found != endpoints.end())
      result.chains.push_back({known.id, known.chain_id, found->second});
  return result;
}
} // namespace

postgres::handle start_postgres(caf::actor_system& sys, const addresses& where, unsigned connections) {
  return postgres::start(sys, {where.dsn, connections});
}
postgres::handle start_relay_postgres(caf::actor_system& sys, const addresses& where) {
  return postgres::start(sys, {where.relay_dsn, 1});
}
postgres::handle start_admin_postgres(caf::actor_system& sys, const secret& dsn) {
  return postgres::start(sys, {dsn, 1});
}
communities::handle start_communities(caf::actor_system& sys, postgres::handle pool) {
  return communities::start(sys, std::move(pool));
}
manifests::handle start_manifests(caf::actor_system& sys, postgres::handle pool) {
  return manifests::start(sys, std::move(pool));
}
reconciliations::handle start_reconciliations(caf::actor_system& sys, postgres::handle pool) {
  return reconciliations::start(sys, std::move(pool));
}
deployments::handle start_deployments(caf::actor_system& sys, postgres::handle pool) {
  return deployments::start(sys, std::move(pool));
}
job_ends::handle start_job_ends(caf::actor_system& sys, postgres::handle pool) {
  return job_ends::start(sys, std::move(pool));
}
member_roles::handle start_member_roles(caf::actor_system& sys, postgres::handle pool) {
  return member_roles::start(sys, std::move(pool));
}
audit::handle start_audit(caf::actor_system& sys, postgres::handle pool) { return audit::start(sys, std::move(pool)); }
quarantines::handle start_quarantines(caf::actor_system& sys, postgres::handle pool) {
  return quarantines::start(sys, std::move(pool));
}
drafts::handle start_drafts(caf::actor_system& sys, postgres::handle pool) {
  return drafts::start(sys, std::move(pool));
}
conversations::handle start_conversations(caf::actor_system& sys, postgres::handle pool) {
  return conversations::start(sys, std::move(pool));
}
fence_log::handle start_fence_log(caf::actor_system& sys, postgres::handle pool) {
  return fence_log::start(sys, std::move(pool));
}
signing_keys::handle start_signing_keys(caf::actor_system& sys, postgres::handle pool) {
  return signing_keys::start(sys, std::move(pool));
}
profiles::handle start_profiles(caf::actor_system& sys, postgres::handle pool) {
  return profiles::start(sys, std::move(pool));
}
wallets::handle start_wallets(caf::actor_system& sys, postgres::handle pool) {
  return wallets::start(sys, std::move(pool));
}
wallets::editor start_wallet_editor(caf::actor_system& sys, postgres::handle admin) {
  return wallets::start_editor(sys, std::move(admin));
}
audit::platform start_platform_audit(caf::actor_system& sys, postgres::handle admin) {
  return audit::start_platform(sys, std::move(admin));
}
outbox::handle start_outbox(caf::actor_system& sys, postgres::handle relay) {
  return outbox::start(sys, std::move(relay));
}
outbox::overview start_outbox_overview(caf::actor_system& sys, postgres::handle pool) {
  return outbox::start_overview(sys, std::move(pool));
}

caf::error redis_rejection(const config& settings, const secret& url) {
  return redis::check(redis_options(settings, url, ""));
}
redis::link connect_redis(net::io& io, const config& settings, const secret& url, const std::string& name) {
  return redis::connect(io, redis_options(settings, url, name));
}
caf::error check_redis(const redis::link& of, const std::string& setting, deadline until) {
  return redis::check_eviction(of, setting, until);
}
redis::handle start_redis(caf::actor_system& sys, const redis::link& to) { return redis::start(sys, to); }
leases::handle start_leases(caf::actor_system& sys, redis::handle redis) {
  return leases::start(sys, std::move(redis));
}
hints::publisher hint_publisher(const redis::link& to) { return hints::make_publisher(to); }
hints::subscriber hint_subscriber(const redis::link& from) { return hints::make_subscriber(from); }
std::string queue_rejection(const config& settings) {
  for (const auto* which : jobs::queues())
    if (auto bad = queue::validate(queue_options(settings, *which)); !bad.empty())
      return bad;
  return {};
}
std::string queue_name(const config& settings, const jobs::job_queue& which) {
  // The braces keep the keys of a queue in one slot of a Redis cluster.
  return which.name_setting.empty() ? fmt::format("{{{}}}", which.name)
                                    : settings.text(std::string{which.name_setting});
}
unsigned queue_concurrency(const config& settings, const jobs::job_queue& which) {
  return which.concurrency > 0 ? which.concurrency : static_cast<unsigned>(settings.integer("queue.concurrency"));
}
queue::handle start_queue(caf::actor_system& sys, const redis::link& to, const config& settings,
                          const jobs::job_queue& which) {
  return queue::start_queue(sys, to, queue_options(settings, which));
}
queue::worker start_worker(caf::actor_system& sys, net::io& io, const addresses& where, const config& settings,
                           const jobs::job_queue& which, queue::processor to) {
  return queue::start_worker(sys, connect_redis(io, settings, where.queue_url, "arrakisd-worker"),
                             queue_options(settings, which), std::move(to));
}

caf::error check_signer(const config& settings) { return keyring_of(settings).check(settings); }
key_files signer_files(const config& settings) { return keyring_of(settings).files(settings); }
signer::keyring::handle start_keyring(caf::actor_system& sys, const config& settings) {
  return keyring_of(settings).start(sys, settings);
}
signer::handle start_signer(caf::actor_system& sys, signer::keyring::handle keys, signing_keys::handle anchor,
                            signer_user user) {
  signer::anchored::options o;
  o.makes_first_key = user == signer_user::daemon;
  if (user == signer_user::daemon)
    o.poll_every = std::chrono::seconds{5};
  return signer::anchored::start(sys, std::move(keys), std::move(anchor), o);
}
caf::error check_objects(const config& settings) { return objects_of(settings).check(settings); }
objects::handle start_objects(caf::actor_system& sys, const config& settings) {
  return objects_of(settings).start(sys, settings);
}

std::map<std::string, std::vector<url>> chain_endpoints(const config& settings) {
  auto endpoints = settings.addresses("chains.rpc");
  if (settings.boolean("chains.public_endpoints"))
    for (const auto& known : chain::catalogue())
      if (!known.public_endpoints.empty())
        endpoints.try_emplace(known.id, known.public_endpoints);
  return endpoints;
}
std::vector<std::string> offered_chains(const config& settings) {
  std::vector<std::string> ids;
  for (const auto& c : chain_options(settings).chains)
    ids.push_back(c.id);
  return ids;
}
chain::handle start_chains(caf::actor_system& sys, net::io& io, const config& settings) {
  return chain::start(sys, io, chain_options(settings));
}
chain::reader::handle start_chain_reader(caf::actor_system& sys, net::io& io, const config& settings,
                                         const std::string& chain) {
  const auto* known = chain::find(chain);
  ARRAKIS_ASSERT(known != nullptr, "the chain is one of config/chains");
  chain::reader::options o;
  o.terms.id = known->id;
  o.terms.name = known->name;
  o.terms.grant = known->grant;
  o.terms.revoke = known->revoke;
  o.terms.block_time = known->block_time;
  o.terms.tip_age_max = known->tip_age_max;
  o.terms.quorum = static_cast<size_t>(settings.integer("chains.quorum"));
  o.chain_id = known->chain_id;
  o.multicall = known->multicall;
  o.multicall_code_hash = known->multicall_code_hash;
  const auto endpoints = chain_endpoints(settings);
  if (const auto found = endpoints.find(known->id); found != endpoints.end())
    o.endpoints = found->second;
  return chain::reader::start(sys, io, std::move(o));
}

} // namespace arrakis::wiring
