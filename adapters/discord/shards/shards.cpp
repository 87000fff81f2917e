#include "adapters/discord/shards/shards.hpp"

#include "adapters/discord/shards/lease_guard.hpp"
#include "adapters/discord/shards/owner.hpp"
#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/flow/asker.hpp"
#include "runtime/log.hpp"
#include "runtime/registry/spawn.hpp"
#include "runtime/supervisor.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::discord::shards {
namespace {

struct state {
  arrakis::flows flows;
  shards::options options;
  ports to;
  std::vector<discord::shard> running;
  supervisor::handle children;
  static inline const char* name = "shards";
};
using self_pointer = handle::stateful_pointer<state>;

caf::expected<std::string> url_in(const caf::expected<plan>& p) {
  if (p && p->url.empty())
    return fail(ec::refused, "GET /gateway/bot names an address that is not Discord's; set discord.gateway_url");
  return p ? caf::expected<std::string>{p->url} : p.error();
}

/// Asked from the shard's own thread for each new session.
gateway::url_source source(self_pointer self) {
  auto& st = self->state;
  if (!st.options.gateway_url.empty())
    return [url = st.options.gateway_url](auto found) { found(url); };
  const auto questions = std::make_shared<asker>(self->system());
  return [questions, plans = st.to.plans, wait = st.options.ask_within](auto found) {
    const auto until = questions->within(wait);
    questions->ask(plans, until, gateway_plan::find{until},
                   [found](const caf::expected<plan>& p) { found(url_in(p)); });
  };
}

/// Starts one shard for one lease term. All its ports are closed when the term is over.
owner::start_term term_of(caf::actor_system& sys, const connection& open, const ports& to,
                          const lease_guard::apologies& replies) {
  return [&sys, open, connect = to.start_shard, replies](const std::shared_ptr<lease_term>& term) {
    auto closed = open;
    closed.sessions = lease_guard::store(sys, term, open.sessions);
    closed.events = lease_guard::handler(sys, term, open.events, replies);
    closed.connector = lease_guard::connector(sys, term, open.connector);
    std::vector<caf::actor> helpers{caf::actor_cast<caf::actor>(closed.sessions),
                                    caf::actor_cast<caf::actor>(closed.events)};
    return owner::running_term{connect(std::move(closed)), std::move(helpers)};
  };
}

void start_all(self_pointer self, const plan& p) {
  auto& st = self->state;
  const int count = st.options.shard_count > 0 ? st.options.shard_count : p.shards;
  std::vector<supervisor::child> list;
  const auto pacing = st.to.pacing(p);
  const lease_guard::apologies replies{st.to.rest, st.to.unavailable_answer};
  for (int i = 0; i < count; ++i) {
    const connection open{i, count, st.to.events, st.to.sessions, st.to.connector, source(self), pacing};
    const owner::options lease{.shard = i, .who = st.options.who};
    auto router = supervisor::make_router(self->system());
    st.running.push_back(supervisor::typed<discord::shard>(router));
    list.push_back(
      {"shard-" + std::to_string(i),
       [&sys = self->system(), lease, leases = st.to.leases, start = term_of(self->system(), open, st.to, replies)] {
         return caf::actor_cast<caf::actor>(owner::start(sys, leases, lease, start));
       },
       router});
  }
  log::info("shards.starting", {{"count", count}});
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
      log::warn("shards.gateway_unknown", {{"error", why}});
      last = std::move(why);
    }
    co_await nap(self,
                 std::chrono::milliseconds{static_cast<int64_t>(static_cast<double>(wait.count()) * (0.5 + jitter()))});
    wait = std::min(wait * 2, st.options.ask_again_max);
  }
}

flow<caf::expected<shard_state>> status_of(self_pointer self, discord::shard shard, deadline until) {
  co_return co_await ask(self, shard, until, discord::shard_status{});
}

flow<> list(self_pointer self, deadline until, caf::typed_response_promise<states> reply) {
  std::vector<flow<caf::expected<shard_state>>> asked;
  for (const auto& shard : self->state.running)
    asked.push_back(status_of(self, shard, until));
  states all;
  all.known = !asked.empty();
  auto answers = co_await when_all(std::move(asked));
  for (auto& one : answers)
    all.list.push_back(one ? std::move(*one) : shard_state{-1, "unavailable: " + text_of(one.error())});
  reply.deliver(std::move(all));
}

handle::behavior_type behavior(self_pointer self, options opts, ports to) {
  keep_exception_text(self);
  auto& st = self->state;
  st.options = std::move(opts);
  st.to = std::move(to);
  self->send(self, start_now{});
  self->set_exit_handler([self](const caf::exit_msg& x) {
    // Ends the shards' supervisor in order, so that each shard saves its session; its end then ends this actor.
    if (self->state.children && x.source != self->state.children.address())
      self->send(self->state.children, supervisor::stop{});
    else
      self->quit(x.reason);
  });
  return {
    [self](const inspect& q) -> caf::result<states> {
      auto reply = self->make_response_promise<states>();
      self->state.flows.start(list(self, q.until, reply));
      return caf::delegated<states>{};
    },
    [self](start_now) { self->state.flows.start(open(self)); },
  };
}
} // namespace

handle start(caf::actor_system& sys, options opts, ports to) {
  return registry::spawn(sys, {"shards"}, behavior, std::move(opts), std::move(to));
}
} // namespace arrakis::discord::shards
