#include "apps/arrakisd/node.hpp"

#include "actors/api/api.hpp"
#include "actors/operator_api/operator_api.hpp"
#include "actors/readiness/messages.hpp"
#include "apps/arrakisd/tree/tree.hpp"
#include "apps/wiring/discord.hpp"
#include "apps/wiring/implementations.hpp"
#include "apps/wiring/listeners.hpp"
#include "runtime/log.hpp"
#include "runtime/net/http_server.hpp"
#include "runtime/net/liveness.hpp"
#include "runtime/net/try_listen.hpp"

#include <algorithm>
#include <atomic>
#include <caf/actor_registry.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <poll.h>

namespace arrakis {
namespace {

/// Waits until every actor has ended, and cancels pending timeouts, which in CAF 0.17 keep their actor alive until they
/// are due (actor-framework issue 698). Then CAF's destructor, which waits without limit, waits only for its own
/// threads: no thread of ours holds its logger, since none spawns an actor (runtime/flow/asker.hpp). Returns false if
/// an actor does not end, which is a bug; then the actor system is not destroyed before the process ends.
bool end_actors(caf::actor_system& sys, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (sys.registry().running() > 0 && std::chrono::steady_clock::now() < end)
    ::poll(nullptr, 0, 5);
  sys.clock().cancel_all();
  const auto actors = sys.registry().running();
  if (actors > 0)
    log::error("process.actors_do_not_end", {{"actors", actors}});
  return actors == 0;
}
} // namespace

/// Declared so that each part is destroyed before what it uses.
struct node::impl {
  const registry::tree_node root; ///< Parent of every actor of this process in the registry.
  tree::parts p;
  net::io admin_io{1};    ///< A thread of its own, so that liveness answers even if other io threads hang.
  net::io operator_io{1}; ///< A thread of its own, because a list of all actors takes long.
  std::atomic<bool> accepting{true};
  std::vector<supervisor::child> children;
  supervisor::handle top;
  std::unique_ptr<net::liveness> liveness;
  std::unique_ptr<wiring::listeners> listeners;
  std::unique_ptr<net::http_server> operator_server;

  impl(const config& c, const wiring::addresses& w)
    : root(registry::tree_node::root("arrakis")), p((root.make_default(), c), w, root) {}
  ~impl();

  void provide_to_resources();
  void open_listeners();
  void open_operator_socket();
  void start_tree();
  void check_redis();
  void drain();
};

/// Provides further services to the HTTP resources, beside the addresses of the tree.
void node::impl::provide_to_resources() {
  api::node_state node;
  node.accepting = [this] { return accepting.load(); };
  node.silent = [this] { return liveness->silent(); };
  node.skew = [this]() -> std::optional<api::clock_skew> {
    const auto known = p.discord_clock.measured(std::chrono::steady_clock::now());
    return known ? std::optional{api::clock_skew{known->ahead, known->uncertainty}} : std::nullopt;
  };
  node.dependencies = [this](auto done) {
    p.questions->ask(p.readiness, p.questions->within(std::chrono::milliseconds{2'500}), readiness::get_dependencies{},
                     [done](const caf::expected<readiness::dependencies>& all) {
                       done(all ? all->list : std::vector{readiness::dependency{"node", false, text_of(all.error())}});
                     });
  };
  p.available.provide(std::move(node));
  p.available.provide(p.questions.get());
  p.available.provide(&p.admission);
  if (auto reader = wiring::make_webhook(p.settings, p.discord_clock))
    p.available.provide(std::move(*reader));
}

void node::impl::open_listeners() {
  liveness = std::make_unique<net::liveness>(p.sys, p.io, admin_io);
  provide_to_resources();
  listeners = std::make_unique<wiring::listeners>(p.io, admin_io, p.settings, p.available);
}

/// Opens operator.sock. A failure, such as a path too long for a socket, disables only `arrakisctl actors` and `tree`.
void node::impl::open_operator_socket() {
  auto opened = net::try_listen(operator_io, operator_api::listener_options(p.settings.text("node.state_folder")),
                                operator_api::handler(root));
  if (opened)
    operator_server = std::move(*opened);
  else
    log::warn("operator.no_socket", {{"error", text_of(opened.error())}});
}

void node::impl::start_tree() {
  registry::child_slot{root, {"supervisor"}, true}.start([this] {
    top = supervisor::start(p.sys, "arrakis", children, tree::strategy, tree::intensity);
    return caf::actor_cast<caf::actor>(top);
  });
  supervisor::end_process_with(top);
}

/// Ends the start if a server may evict keys. If a server does not answer now, its connection checks it later.
void node::impl::check_redis() {
  const deadline until{std::chrono::steady_clock::now() + std::chrono::seconds{3}};
  if (auto bad = wiring::check_redis(p.cache, "redis.url", until))
    throw std::runtime_error(text_of(bad));
  if (auto bad = wiring::check_redis(p.queue_link, "redis.queue_url", until))
    throw std::runtime_error(text_of(bad));
}

void node::impl::drain() {
  accepting = false;
  if (p.workers.empty())
    return;
  caf::scoped_actor self{p.sys};
  const auto grace = p.settings.milliseconds("node.shutdown_grace_s");
  std::optional<caf::error> failed;
  std::vector<decltype(self->request(p.workers.begin()->second, caf::duration{grace}, queue::close{}))> open;
  for (const auto& [name, worker] : p.workers)
    open.push_back(self->request(worker, caf::duration{grace}, queue::close{}));
  for (auto& each : open)
    each.receive([](const queue::done&) {}, [&](caf::error& e) { failed = std::move(e); });
  if (failed)
    log::warn("node.worker_not_drained", {{"error", text_of(*failed)}});
  else
    log::info("node.worker_drained");
}

node::node(const config& settings, const wiring::addresses& where) : impl_(std::make_unique<impl>(settings, where)) {
  if (auto bad = wiring::check_signer(settings))
    throw std::runtime_error(text_of(bad));
  if (auto bad = wiring::check_objects(settings))
    log::warn("objects.others_may_write", {{"error", text_of(bad)}});
  if (auto bad = wiring::queue_rejection(settings); !bad.empty())
    throw std::runtime_error(bad); // Not under a supervisor, which would only retry.
  impl_->check_redis();
  impl_->children = tree::declare(impl_->p);
  impl_->open_listeners(); // First: a node whose port is in use starts no work.
  impl_->open_operator_socket();
  impl_->start_tree();
}

/// Ends everything that was started, in reverse order; also if a listener could not be opened.
node::impl::~impl() {
  if (top)
    drain();
  if (listeners)
    listeners->stop();
  operator_server.reset();
  if (top) {
    caf::scoped_actor self{p.sys};
    self->monitor(top);
    self->send(top, supervisor::stop{});
    self->receive([](const caf::down_msg&) {},
                  caf::after(std::chrono::seconds{20}) >> [] { log::warn("process.children_do_not_end"); });
  }
  supervisor::end_routers(children);
  p.cache.stop();
  p.queue_link.stop();
  listeners.reset();
  liveness.reset(); // A route uses it.
  children.clear();
  const bool ended = end_actors(p.sys, std::chrono::seconds{5});
  p.io.stop(); // Late completions are dropped, and no thread of ours outlives the actors.
  admin_io.stop();
  operator_io.stop();
  if (!ended)
    p.system.release();
}

node::~node() = default;

void node::apply(std::shared_ptr<const config> next, const std::vector<std::string>& at_once, bool certificates) {
  impl_->p.latest.set(std::move(next));
  const auto renew = [this](const char* path) { caf::anon_send(impl_->top, supervisor::renew{path}); };
  const auto changed = [&](std::string_view begin) {
    return std::ranges::any_of(at_once, [&](const auto& name) { return name.starts_with(begin); });
  };
  if (certificates)
    impl_->p.http.reread_certificates();
  if (certificates || changed("chains.")) { // Both have connections of their own.
    renew("adapters/chains");
    renew("adapters/chain_readers");
  }
  if (changed("discord.token")) {
    if (impl_->p.identity)
      caf::anon_send(impl_->p.identity, discord::renew_identity{});
    renew("bot/shards");
  }
}

void node::follow_certificates() { impl_->listeners->follow_certificates(); }
std::string node::url() const { return impl_->listeners->public_url(); }
std::string node::admin_url() const { return impl_->listeners->admin_url(); }

} // namespace arrakis
