#include "apps/arrakisd/shards.hpp"

#include "adapters/discord/pacing/pacing.hpp"
#include "apps/arrakisd/guarded.hpp"
#include "apps/arrakisd/shard_owner.hpp"
#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"
#include "runtime/net/io.hpp"
#include "runtime/supervisor.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::shards {
namespace {

using gateway_plan::plan;

struct state {
  arrakis::flows flows;
  shards::options options;
  net::io* io = nullptr;
  ports to;
  std::vector<discord::shard> running;
  supervisor::handle children;
  static inline const char* name = "shards";
};
using self_pointer = handle::stateful_pointer<state>;

struct finder_state {
  arrakis::flows flows;
};

flow<> find_url(caf::stateful_actor<finder_state>* self, gateway_plan::handle plans, std::chrono::milliseconds wait,
                std::function<void(caf::expected<std::string>)> found) {
  const auto until = within(self, wait);
  auto p = co_await ask(self, plans, until, gateway_plan::find{until});
  if (p && p->url.empty())
    found(fail(ec::refused, "GET /gateway/bot names an address that is not Discord's; set discord.gateway_url"));
  else if (p)
    found(p->url);
  else
    found(p.error());
  self->quit();
}

/// Asked from the shard's own thread for each new session: one short-lived actor a question.
discord::gateway::url_source source(self_pointer self) {
  auto& st = self->state;
  if (!st.options.gateway_url.empty())
    return discord::gateway::fixed_url(st.options.gateway_url);
  return [&sys = self->system(), plans = st.to.plans, wait = st.options.ask_within](auto found) {
    sys.spawn([plans, wait, found](caf::stateful_actor<finder_state>* finder) {
      keep_exception_text(finder);
      finder->state.flows.start(find_url(finder, plans, wait, found));
    });
  };
}

/// One term of one shard: everything that it touches is closed to it when the term is over.
shard_owner::begin term_of(caf::actor_system& sys, net::io& io, const discord::gateway::options& o, const ports& to,
                           const guarded::apologies& sorry) {
  return [&sys, &io, o, to, sorry](const std::shared_ptr<tenure>& mine) {
    auto own = o;
    own.store = guarded::store(sys, mine, to.sessions);
    const auto sink = guarded::sink(sys, mine, to.sink, sorry);
    auto connector = guarded::connector(sys, mine, discord::gateway::network(io));
    return shard_owner::term{discord::gateway::start(sys, std::move(connector), own, sink),
                             {caf::actor_cast<caf::actor>(own.store), caf::actor_cast<caf::actor>(sink)}};
  };
}

void start_all(self_pointer self, const plan& p) {
  auto& st = self->state;
  const int count = st.options.shard_count > 0 ? st.options.shard_count : p.shards;
  std::vector<supervisor::child> list;
  const auto pacing = discord::gateway::within_start_limit(
    discord::pacing::over_redis(self->system(), st.to.redis, {.max_concurrency = p.max_concurrency}),
    {.total = p.starts_total, .remaining = p.starts_left, .reset_after = p.starts_reset}, self->clock().now());
  const guarded::apologies sorry{st.to.rest};
  for (int i = 0; i < count; ++i) {
    discord::gateway::options o;
    o.token = st.options.token;
    o.find_url = source(self);
    o.addresses = st.options.addresses;
    o.shard_id = i;
    o.shard_count = count;
    o.compressed = st.options.compressed;
    o.pacing = pacing;
    shard_owner::options owner{.shard = i, .who = st.options.who};
    auto router = supervisor::make_router(self->system());
    st.running.push_back(supervisor::typed<discord::shard>(router));
    list.push_back(
      {"shard-" + std::to_string(i),
       [&sys = self->system(), owner, leases = st.to.leases, begin = term_of(self->system(), *st.io, o, st.to, sorry)] {
         return caf::actor_cast<caf::actor>(shard_owner::start(sys, leases, owner, begin));
       },
       router});
  }
  log::info("shards_starting", {{"count", count}});
  st.children = supervisor::start(self->system(), "shards", std::move(list));
  self->link_to(st.children);
}

flow<> open(self_pointer self) {
  auto& st = self->state;
  std::chrono::milliseconds wait{250};
  std::string last;
  for (;;) {
    const auto until = within(self, st.options.ask_within);
    auto p = co_await ask(self, st.to.plans, until, gateway_plan::find{until});
    if (p) {
      start_all(self, *p);
      co_return;
    }
    if (auto why = text_of(p.error()); why != last) {
      log::warn("gateway_unknown", {{"error", why}});
      last = std::move(why);
    }
    co_await nap(self,
                 std::chrono::milliseconds{static_cast<int64_t>(static_cast<double>(wait.count()) * (0.5 + jitter()))});
    wait = std::min(wait * 2, st.options.ask_again_max);
  }
}

flow<> look(self_pointer self, deadline until, caf::typed_response_promise<states> reply) {
  states all;
  all.known = !self->state.running.empty();
  const auto shards = self->state.running;
  for (const auto& s : shards) {
    auto one = co_await ask(self, s, until, discord::shard_status{});
    if (one)
      all.list.push_back(*one);
    else
      all.list.push_back({-1, "unavailable: " + text_of(one.error())});
  }
  reply.deliver(std::move(all));
}

handle::behavior_type behavior(self_pointer self, net::io* io, options opts, ports to) {
  keep_exception_text(self);
  auto& st = self->state;
  st.options = std::move(opts);
  st.io = io;
  st.to = std::move(to);
  self->send(self, begin{});
  self->set_exit_handler([self](const caf::exit_msg& x) {
    // The supervisor of the shards is ended in order, so that each saves its session; its own end then ends us.
    if (self->state.children && x.source != self->state.children.address())
      self->send(self->state.children, supervisor::stop{});
    else
      self->quit(x.reason);
  });
  return {
    [self](const inspect& q) -> caf::result<states> {
      auto reply = self->make_response_promise<states>();
      self->state.flows.start(look(self, q.until, reply));
      return caf::delegated<states>{};
    },
    [self](begin) { self->state.flows.start(open(self)); },
  };
}
} // namespace

handle start(caf::actor_system& sys, net::io& io, options opts, ports to) {
  return sys.spawn(behavior, &io, std::move(opts), std::move(to));
}
} // namespace arrakis::shards
