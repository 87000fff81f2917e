#include "tests/simulation/node.hpp"

#include "actors/commands/command.hpp"
#include "actors/community/proxy.hpp"
#include "actors/guild/reader.hpp"
#include "actors/ingress/gateway_events.hpp"
#include "actors/ingress/handlers.hpp"
#include "actors/ingress/ingress.hpp"
#include "runtime/directory.hpp"
#include "tests/simulation/simulated_cluster.hpp"
#include "tests/support/fakes/identity.hpp"
#include "tests/support/plain.hpp"

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::simulation {
namespace {
using namespace std::chrono_literals;
using chain_actor = chain::handle::extend<caf::reacts_to<test::later>>;

constexpr bool identity_is_known = true;

chain_actor::behavior_type serve_chain(chain_actor::pointer self, const test::way* by) {
  return {
    [=](const chain::inspect_contract& m) {
      return test::through<chain::contract>(self, by, "chain.inspect", m,
                                            [](const chain::inspect_contract& x) -> caf::expected<chain::contract> {
                                              return chain::contract{x.address, true, true, "SPICE", "Spice", 18, 1};
                                            });
    },
    [](const cancel&) {}, // Answers of this actor take no time.
    [](const test::later& x) { x.run(); },
  };
}

/// One queue in memory for all that the kinds of jobs name.
std::map<std::string, outbox_relay::queue_port, std::less<>> queues(const queue::handle& port) {
  std::map<std::string, outbox_relay::queue_port, std::less<>> result;
  for (const auto* which : jobs::queues())
    result[std::string{which->name}] = {port, 4};
  return result;
}
std::vector<const jobs::job_terms*> kinds() {
  std::vector<const jobs::job_terms*> result;
  for (const auto* kind : jobs::all())
    result.push_back(&kind->terms);
  return result;
}

std::shared_ptr<const wizard::core::catalogue> offered() {
  static const auto all = std::make_shared<const wizard::core::catalogue>(wizard::core::everything());
  return all;
}
} // namespace

node::node(simulated_cluster& cluster, size_t number, std::string who, std::chrono::milliseconds clock_ahead)
  : seat(number),
    name(std::move(who)),
    ahead(clock_ahead),
    cluster_(cluster),
    fences_(cluster.sim.sys().clock(), cluster.on.fences) {
  by.draw = [this](std::string_view verb) { return cluster_.draw(*this, verb); };
  cluster.as_node(*this, [this] { start(); });
}

void node::start() {
  auto& cluster = cluster_;
  auto& sys = cluster.sim.sys();
  const auto community_store = keep(cluster.postgres.communities_port(sys, &by));
  const auto manifests = keep(cluster.postgres.manifests_port(sys, &by));
  const auto deployments = keep(cluster.postgres.deployments_port(sys, &by));
  const auto reconciliations = keep(cluster.postgres.reconciliations_port(sys));
  const auto outbox = keep(cluster.postgres.outbox_port(sys, &by));
  const auto drafts = keep(cluster.drafts.port(sys, &by));
  const auto redis = keep(cluster.redis.port(sys, &by));
  const auto queue = keep(cluster.queue.port(sys, &by));
  const auto signer = keep(cluster.signer.port(sys, &by));
  const auto objects = keep(cluster.objects.port(sys, &by));
  const auto chains = keep(sys.spawn(serve_chain, static_cast<const test::way*>(&by)));
  const auto budget = keep(cluster.budget.port(sys, &by));
  const auto identity = keep(test::start_identity(sys, identity_is_known));

  const auto rest = keep(discord::start(
    sys, {.token = [] { return secret{"t"}; }},
    [this](net::http_request r, deadline until, auto done) {
      if (by.open)
        cluster_.request(*this, test::as_received(std::move(r)), until, std::move(done));
    },
    budget));
  keep(fences::start(sys, keep(cluster.postgres.fence_log_port(sys, &by)), fences_));
  const auto gate = keep(gate::start(sys, rest, deployments, fences_));
  available_.provide(manifests);
  available_.provide(objects);
  available_.provide(signer);
  available_.provide(reconciliations);
  available_.provide(outbox_relay::job_queues{queues(queue), kinds()});
  const auto relay = keep(outbox_relay::start(sys, outbox, available_, {.poll = 2'000ms}));
  community::ports to{community_store, manifests, deployments, signer,
                      [relay] { caf::anon_send(relay, outbox_relay::read_now{}); }};
  directory::options places;
  places.kind = "community";
  const auto tenants = keep(directory::start(sys, places, [&sys, to](const std::string& key) {
    return caf::actor_cast<caf::actor>(community::start(sys, parse_snowflake(key).value_or(snowflake{}), to));
  }));
  const auto guilds = keep(guild::start(sys, rest, identity));
  reconciler = keep(reconciler::start(sys, {community_store, manifests, deployments, reconciliations, guilds, queue}));
  communities = keep(community::start_proxy(sys, tenants));
  wizard::options how;
  how.offered = offered;
  how.queue = queue;
  available_.provide(how);
  available_.provide(redis::handle{redis});
  available_.provide(chain::handle{chains});
  available_.provide(guild::handle{guilds});
  available_.provide(communities);
  available_.provide(drafts::handle{drafts});
  available_.provide(reconciler);
  auto handlers = ingress::declare_handlers(sys, commands::all(), available_);
  keep(supervisor::start(sys, "commands", std::move(handlers.children)));
  interactions = keep(ingress::start(sys, {redis, rest, std::move(handlers.routes)}));
  const auto report = [queue](const jobs::job_queue&, queue::progress p) { caf::anon_send(queue, std::move(p)); };
  const auto jobs = keep(jobs::start(sys,
                                     {.gate = gate,
                                      .guilds = guilds,
                                      .manifests = manifests,
                                      .deployments = deployments,
                                      .signer = signer,
                                      .identity = identity,
                                      .worker = name,
                                      .available = &available_,
                                      .adopts = cluster.on.adoption},
                                     report));
  keep(cluster.queue.worker(sys, jobs, &by, 1'000ms));
  sink = keep(ingress::gateway_events::start(sys, {interactions, &admission, rest, tenants}, {}));
}

void node::kill() {
  by.open = false;
  for (const auto& part : parts_) {
    caf::anon_send_exit(part, caf::exit_reason::user_shutdown); // Directories take theirs along.
    caf::anon_send_exit(part, caf::exit_reason::kill);
  }
  parts_.clear();
  sink = discord::event_handler{};
  interactions = ingress::handle{};
  communities = community::proxy{};
  reconciler = reconciler::handle{};
}

} // namespace arrakis::simulation
