#include "apps/arrakisd/tree.hpp"

#include "actors/commands/command.hpp"
#include "actors/commands/publish.hpp"
#include "actors/community/community.hpp"
#include "actors/edge/edge.hpp"
#include "actors/fences/fences.hpp"
#include "actors/gate/gate.hpp"
#include "actors/guild/core/invite.hpp"
#include "actors/guild/reader.hpp"
#include "actors/http_api/http_api.hpp"
#include "actors/interactions/interactions.hpp"
#include "actors/jobs/jobs.hpp"
#include "actors/outbox_relay/outbox_relay.hpp"
#include "actors/quarantine/quarantine.hpp"
#include "actors/readiness/readiness.hpp"
#include "actors/reconciler/reconciler.hpp"
#include "actors/wizard/wizard.hpp"
#include "apps/arrakisd/reload.hpp"
#include "apps/wiring/discord.hpp"
#include "apps/wiring/http.hpp"
#include "apps/wiring/implementations.hpp"
#include "apps/wiring/privileges.hpp"
#include "runtime/clock.hpp"
#include "runtime/directory.hpp"
#include "runtime/flow/asker.hpp"
#include "runtime/log.hpp"
#include "runtime/net/http_client.hpp"
#include "runtime/net/http_server.hpp"
#include "runtime/net/io.hpp"
#include "runtime/node_name.hpp"
#include "runtime/supervisor.hpp"
#include "runtime/url.hpp"

#include <algorithm>
#include <atomic>
#include <caf/actor_registry.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <fmt/format.h>
#include <poll.h>

namespace arrakis {
namespace {

caf::actor_system_config& system_config(const config& settings) {
  static caf::actor_system_config cfg;
  cfg.set("scheduler.max-threads", static_cast<size_t>(settings.integer("runtime.workers")));
  cfg.set("scheduler.policy", caf::atom("sharing"));
  cfg.set("scheduler.max-throughput", size_t{64}); // CAF's default lets one actor drain its mailbox before others run.
  cfg.set("logger.verbosity", caf::atom("quiet"));
  return cfg;
}

/// Waits until every actor has ended, and lets go of pending timeouts, which in CAF 0.17 hold their actor until they
/// are due (actor-framework issue 698). After that CAF's destructor, which waits without bound, has nothing to wait for
/// but its own threads: no thread of ours holds its logger, since none spawns an actor (runtime/flow/asker.hpp). False:
/// some actor does not end, which is a bug; then the system is left to the end of the process.
bool end_actors(caf::actor_system& sys, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (sys.registry().running() > 0 && std::chrono::steady_clock::now() < end)
    ::poll(nullptr, 0, 5);
  sys.clock().cancel_all();
  const auto actors = sys.registry().running();
  if (actors > 0)
    log::error("actors_do_not_end", {{"actors", actors}});
  return actors == 0;
}

bool has_role(const config& settings, std::string_view role) {
  const auto& roles = settings.text("node.roles");
  return roles.find("all") != std::string::npos || roles.find(role) != std::string::npos;
}
} // namespace

/// What everything else stands on; declared so that each part is destroyed before what it uses.
struct node::impl {
  const config& settings; ///< As it was started with; what may change while it runs is read from `latest`.
  reload::latest latest;
  const wiring::addresses& where;
  net::io io;
  std::unique_ptr<caf::actor_system> system;
  caf::actor_system& sys;
  std::unique_ptr<asker> questions;
  fences::fence_table fence_table;
  quarantine::table quarantine_table;
  discord::identity who;
  const node_name own_name;                      ///< Outlives the process.
  const std::string incarnation = random_hex(8); ///< Leases that bear it are this process's.
  discord::server_clock discord_clock;
  net::http_client http;
  redis::link cache;
  redis::link queue_link;
  std::atomic<bool> accepting{true};
  const discord::gateway::address_policy gateway_addresses;
  std::vector<supervisor::child> children;
  supervisor::handle top;
  queue::worker worker;
  std::unique_ptr<net::http_server> server;

  // Addresses that stay valid over restarts, in the order of the tree.
  postgres::handle pool;       ///< As arrakis_app.
  postgres::handle relay_pool; ///< As arrakis_relay, which sees the outbox of all tenants and nothing else.
  communities::handle community_store;
  manifests::handle manifests;
  deployments::handle deployments;
  audit::handle audit;
  outbox::handle outbox;
  quarantines::handle quarantines;
  fence_log::handle fence_log;
  redis::handle redis;
  queue::handle queue;
  signing_keys::handle signing_keys;
  signer::keyring::handle keyring;
  signer::handle signer;
  objects::handle objects;
  chain::handle chains;
  discord::budget::handle budget;
  discord::rest rest;
  fences::handle fences;
  quarantine::handle quarantine;
  gate::handle gate;
  caf::actor communities;
  wizard::communities_door community_door;
  guild::handle guilds;
  reconciler::handle reconciler;
  wizard::handle wizards;
  interactions::handle interactions;
  outbox_relay::handle relay;
  queue::processor processor;
  discord::gateway::session_store shard_sessions;
  leases::handle leases;
  discord::shards::gateway_plan::handle gateway_plans;
  commands::publisher publisher;
  discord::sink sink;
  discord::shards::handle shards;
  readiness::handle readiness;

  impl(const config& c, const wiring::addresses& w)
    : settings(c),
      latest(c),
      where(w),
      io(static_cast<unsigned>(c.integer("runtime.io_threads"))),
      system(std::make_unique<caf::actor_system>(system_config(c))),
      sys(*system),
      questions(std::make_unique<asker>(sys)),
      fence_table(sys.clock()),
      own_name(c.text("node.state_folder")),
      http(io),
      cache(wiring::connect_redis(io, c, w.redis_url, "arrakisd")),
      queue_link(wiring::connect_redis(io, c, w.queue_url, "arrakisd-queue")),
      gateway_addresses(wiring::allowed_gateways(c)) {}

  ~impl();

  /// Declares a child with an address that outlives it.
  template <class Handle>
  void add(Handle& address, const char* name, std::function<Handle()> start) {
    auto router = supervisor::make_router(sys);
    address = supervisor::typed<Handle>(router);
    children.push_back({name, [start = std::move(start)] { return caf::actor_cast<caf::actor>(start()); }, router});
  }

  /// The bot's own user, for whoever has to know it: 0 until Discord has said.
  std::function<snowflake()> bot() {
    return [this] { return snowflake{who.bot.load()}; };
  }
  void declare_adapters();
  void declare_domain();
  void declare_edge();
  void declare_work();
  void declare_bot();
  void declare_identity();
  void open_door();
  void check_redis();
  void drain();
};

void node::impl::declare_adapters() {
  add<postgres::handle>(pool, "postgres", [this] {
    return wiring::start_postgres(sys, where, static_cast<unsigned>(settings.integer("postgres.connections")));
  });
  add<communities::handle>(community_store, "communities", [this] { return wiring::start_communities(sys, pool); });
  add<manifests::handle>(manifests, "manifests", [this] { return wiring::start_manifests(sys, pool); });
  add<deployments::handle>(deployments, "deployments", [this] { return wiring::start_deployments(sys, pool); });
  add<audit::handle>(audit, "audit", [this] { return wiring::start_audit(sys, pool); });
  add<quarantines::handle>(quarantines, "quarantines", [this] { return wiring::start_quarantines(sys, pool); });
  add<fence_log::handle>(fence_log, "fence_log", [this] { return wiring::start_fence_log(sys, pool); });
  add<redis::handle>(redis, "redis", [this] { return wiring::start_redis(sys, cache); });
  add<queue::handle>(queue, "queue", [this] { return wiring::start_queue(sys, queue_link, settings); });
  add<signing_keys::handle>(signing_keys, "signing_keys", [this] { return wiring::start_signing_keys(sys, pool); });
  add<signer::keyring::handle>(keyring, "keyring", [this] { return wiring::start_keyring(sys, settings); });
  add<signer::handle>(signer, "signer",
                      [this] { return wiring::start_signer(sys, keyring, signing_keys, wiring::signer_user::daemon); });
  add<objects::handle>(objects, "objects", [this] { return wiring::start_objects(sys, settings); });
  add<chain::handle>(chains, "chains", [this] { return wiring::start_chains(sys, io, *latest.get()); });
  add<discord::budget::handle>(budget, "budget", [this] { return wiring::start_budget(sys, redis, settings); });
  add<discord::rest>(rest, "rest", [this] {
    auto token = [this] { return latest.get()->secret("discord.token"); };
    return wiring::start_rest(sys, settings, {http, std::move(token), who.token_refused, discord_clock}, budget);
  });
}

void node::impl::declare_domain() {
  add<fences::handle>(fences, "fences", [this] { return fences::start(sys, fence_log, fence_table); });
  add<gate::handle>(gate, "gate", [this] { return gate::start(sys, rest, deployments, fence_table); });
  add<quarantine::handle>(quarantine, "quarantine", [this] {
    return quarantine::start(sys, quarantines, quarantine_table, {.node = own_name.text()});
  });
  add<caf::actor>(communities, "community", [this] {
    directory::options o;
    o.kind = "community";
    o.quarantined = quarantine::recorder(quarantine_table, quarantine, o.kind);
    o.quarantine_of = quarantine::reader(quarantine_table, o.kind);
    community::ports to{community_store, manifests, deployments, signer,
                        [this] { caf::anon_send(relay, outbox_relay::kick{}); }};
    return directory::start(sys, std::move(o), [this, to](const std::string& key) {
      const auto guild = parse_snowflake(key).value_or(snowflake{});
      return caf::actor_cast<caf::actor>(community::start(sys, guild, to));
    });
  });
  add<guild::handle>(guilds, "guilds", [this] { return guild::start(sys, rest, bot()); });
  add<reconciler::handle>(reconciler, "reconciler", [this] {
    return reconciler::start(sys, {community_store, manifests, deployments, guilds});
  });
}

void node::impl::declare_edge() {
  add<wizard::communities_door>(community_door, "community_door",
                                [this] { return wizard::start_door(sys, communities); });
  add<wizard::handle>(wizards, "wizard", [this] {
    wizard::options o;
    o.offered = [this] {
      return std::make_shared<const wizard::core::catalogue>(
        wizard::core::offering(wiring::offered_chains(*latest.get())));
    };
    o.quarantined = quarantine::recorder(quarantine_table, quarantine, "wizard_session");
    o.quarantine_of = quarantine::reader(quarantine_table, "wizard_session");
    o.limits.session_ttl = settings.milliseconds("wizard.ttl_s");
    return wizard::start(sys, {redis, chains, guilds, community_door}, std::move(o));
  });
  add<interactions::handle>(interactions, "interactions", [this] {
    return interactions::start(
      sys, {redis, rest, wizards, commands::start_all(sys, {wizards, reconciler}),
            [this] { return snowflake{who.application.load()}; },
            [this](snowflake guild) { return quarantine_table.find("community", guild.text()).has_value(); }});
  });
}

void node::impl::declare_work() {
  add<postgres::handle>(relay_pool, "relay_postgres", [this] { return wiring::start_relay_postgres(sys, where); });
  add<outbox::handle>(outbox, "outbox", [this] { return wiring::start_outbox(sys, relay_pool); });
  add<outbox_relay::handle>(relay, "relay", [this] {
    outbox_relay::options o;
    // Fewer than this process works on at once: of one tenant's jobs never so many are before another's that it waits.
    o.jobs_per_tenant_max = static_cast<int>(std::min(settings.integer("queue.jobs_per_tenant"),
                                                      std::max<int64_t>(1, settings.integer("queue.concurrency") - 1)));
    o.job_attempts = static_cast<int>(settings.integer("queue.attempts"));
    return outbox_relay::start(sys, {outbox, manifests, objects, signer, queue}, o);
  });
  add<queue::processor>(processor, "jobs", [this] {
    jobs::services to{gate, guilds, manifests, deployments, signer, bot(), incarnation, {}};
    to.lease = settings.milliseconds("queue.lock_ms");
    to.report = [this](queue::progress p) { caf::anon_send(queue, std::move(p)); };
    return jobs::start(sys, std::move(to));
  });
  add<queue::worker>(worker, "worker", [this] { return wiring::start_worker(sys, io, where, settings, processor); });
}

void node::impl::declare_identity() {
  if (settings.secret("discord.token").empty())
    return;
  children.push_back(
    {"identity",
     [this] {
       return wiring::start_identity(sys, rest, who, [this](snowflake application) {
         log::info("discord.invite_link", {{"url", invite_link(application)}});
         if (publisher)
           caf::anon_send(publisher, commands::publish{application, {sys.clock().now() + std::chrono::minutes{10}}});
       });
     },
     {}});
}

void node::impl::declare_bot() {
  add<discord::gateway::session_store>(shard_sessions, "shard_sessions",
                                       [this] { return wiring::start_shard_sessions(sys, redis); });
  add<leases::handle>(leases, "leases", [this] { return wiring::start_leases(sys, redis); });
  add<discord::shards::gateway_plan::handle>(
    gateway_plans, "gateway_plan", [this] { return wiring::start_gateway_plan(sys, redis, rest, gateway_addresses); });
  add<commands::publisher>(publisher, "publisher", [this] { return commands::start_publisher(sys, redis, rest); });
  add<discord::sink>(sink, "edge", [this] { return edge::start(sys, {interactions, rest, communities}, {}); });
  if (settings.secret("discord.token").empty())
    return;
  add<discord::shards::handle>(shards, "shards", [this] {
    return wiring::start_shards(sys, io, settings, latest.get()->secret("discord.token"), gateway_addresses,
                                {own_name.text(), incarnation},
                                {gateway_plans, shard_sessions, leases, redis, sink, rest});
  });
}

void node::impl::open_door() {
  http_api::ports to;
  to.interactions = interactions;
  to.webhook = wiring::make_webhook(settings, discord_clock);
  to.accepting = [this] { return accepting.load(); };
  to.skew = [this]() -> std::optional<http_api::clock_skew> {
    const auto known = discord_clock.measured(std::chrono::steady_clock::now());
    return known ? std::optional{http_api::clock_skew{known->ahead, known->uncertainty}} : std::nullopt;
  };
  add<readiness::handle>(readiness, "readiness", [this] {
    const bool has_token = !settings.secret("discord.token").empty();
    const auto status_of = [](const redis::link& link) {
      return [&link] {
        const auto now = link.status();
        return readiness::link_status{now.ready, now.detail};
      };
    };
    return readiness::start(sys, {pool, relay_pool, status_of(cache), status_of(queue_link), signer, fences,
                                  fence_table, shards, has_token, who.token_refused});
  });
  to.dependencies = [this](auto done) {
    questions->ask(readiness, questions->within(std::chrono::milliseconds{2'500}), readiness::look{},
                   [done](const caf::expected<readiness::looked>& all) {
                     done(all ? all->list : std::vector{readiness::dependency{"node", false, text_of(all.error())}});
                   });
  };
  auto endpoints = http_api::routes(*questions, std::move(to));
  const auto memory = find_memory_limit();
  auto o = wiring::http_options(settings, wiring::descriptors_max(), memory);
  if (!o)
    throw std::runtime_error(text_of(o.error()));
  o->admit = std::move(endpoints.admit);
  log::info("http.limits", {{"memory_bytes", memory.bytes},
                            {"memory_source", memory.source},
                            {"connections", o->connections_max},
                            {"connections_per_address", o->connections_per_peer_max},
                            {"unauthenticated_bytes", o->input_bytes_max},
                            {"unauthenticated_bytes_per_address", o->input_bytes_per_peer_max}});
  server = std::make_unique<net::http_server>(io, *o, std::move(endpoints.handle));
}

/// Ends the start where a server would drop keys. One that cannot be asked now is watched by its connection.
void node::impl::check_redis() {
  const deadline until{std::chrono::steady_clock::now() + std::chrono::seconds{3}};
  if (auto bad = wiring::check_redis(cache, "redis.url", until))
    throw std::runtime_error(text_of(bad));
  if (auto bad = wiring::check_redis(queue_link, "redis.queue_url", until))
    throw std::runtime_error(text_of(bad));
}

void node::impl::drain() {
  accepting = false;
  if (!worker)
    return;
  caf::scoped_actor self{sys};
  const auto grace = settings.milliseconds("node.shutdown_grace_s");
  self->request(worker, caf::duration{grace}, queue::close{})
    .receive([](const queue::done&) { log::info("worker_drained"); },
             [](const caf::error& e) {
               log::warn("worker_not_drained", {{"error", text_of(e)}});
             });
}

node::node(const config& settings, const wiring::addresses& where) : impl_(std::make_unique<impl>(settings, where)) {
  if (auto bad = wiring::check_signer(settings))
    throw std::runtime_error(text_of(bad));
  if (auto bad = wiring::check_objects(settings))
    log::warn("objects.others_may_write", {{"error", text_of(bad)}});
  if (auto bad = wiring::queue_rejection(settings); !bad.empty())
    throw std::runtime_error(bad); // Here: a supervisor would only try it again.
  impl_->check_redis();
  impl_->declare_adapters();
  impl_->declare_domain();
  impl_->declare_edge();
  if (has_role(settings, "worker"))
    impl_->declare_work();
  if (has_role(settings, "bot"))
    impl_->declare_bot();
  impl_->declare_identity();
  impl_->open_door(); // First: a node whose port is taken starts no work.
  impl_->top = supervisor::start(impl_->sys, "node", impl_->children, supervisor::strategy::one_for_one,
                                 {.restarts_max = 20, .window = std::chrono::minutes{1}});
}

/// Ends what has begun, in the reverse order; also when the door could not be opened.
node::impl::~impl() {
  if (top)
    drain();
  if (server)
    server->stop(std::chrono::milliseconds{500});
  if (top) {
    caf::scoped_actor self{sys};
    self->monitor(top);
    self->send(top, supervisor::stop{});
    self->receive([](const caf::down_msg&) {},
                  caf::after(std::chrono::seconds{20}) >> [] { log::warn("children_do_not_end"); });
  }
  for (auto& child : children)
    caf::anon_send_exit(child.router, caf::exit_reason::user_shutdown);
  cache.stop();
  queue_link.stop();
  server.reset();
  children.clear();
  const bool ended = end_actors(sys, std::chrono::seconds{5});
  io.stop(); // A completion that is late finds nobody, and no thread of ours outlives the actors.
  if (!ended)
    system.release();
}

node::~node() = default;

void node::apply(std::shared_ptr<const config> next, const std::vector<std::string>& at_once, bool certificates) {
  impl_->latest.set(std::move(next));
  const auto renew = [this](const char* child) { caf::anon_send(impl_->top, supervisor::renew{child}); };
  const auto changed = [&](std::string_view begin) {
    return std::ranges::any_of(at_once, [&](const auto& name) { return name.starts_with(begin); });
  };
  if (certificates)
    impl_->http.reread_certificates();
  if (certificates || changed("chains.rpc.")) // Its connections are its own.
    renew("chains");
  if (changed("discord.token")) {
    renew("identity");
    renew("shards");
  }
}

std::string node::url() const {
  return fmt::format("http://{}:{}", bracketed(impl_->settings.text("http.address")), impl_->server->port());
}

} // namespace arrakis
