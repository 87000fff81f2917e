#include "adapters/discord/shards/owner.hpp"

#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"
#include "runtime/urgent_exit.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::discord::shards::owner {
namespace {
using std::chrono::milliseconds;
using instant = lease_term::instant;

struct state {
  arrakis::flows flows;
  static inline const char* name = "shard_owner";
  ~state() { // Runs also after a crash: no shard may run without an owner that watches its lease.
    if (right)
      right->end();
    if (now.shard)
      caf::anon_send_exit(now.shard, caf::exit_reason::user_shutdown);
  }
  leases::handle leases;
  owner::options options;
  start_term start;
  std::shared_ptr<lease_term> right; ///< The present term; none: another process holds the lease.
  running_term now;                  ///< Current term: its shard runs or is ending.
  caf::actor_addr address;           ///< Address of that shard.
  bool ending = false;
  bool leaving = false;
  bool elsewhere = false; ///< Another process has it.
  instant held_until{};   ///< End of another holder's lease, as last seen.
};
using pointer = discord::shard::stateful_pointer<state>;

std::string lease_name(const state& st) { return "discord:shard:" + std::to_string(st.options.shard); }

void tell(pointer self, const char* event) { log::info(event, {{"shard", self->state.options.shard}}); }

void end_shard(pointer self) {
  auto& st = self->state;
  if (!st.now.shard || st.ending)
    return;
  st.ending = true;
  send_urgent_exit(st.now.shard, caf::exit_reason::user_shutdown); // Discord replays unread dispatches.
}

/// Kills a shard that does not end, because it would prevent the next term.
flow<> kill_late(pointer self, caf::actor_addr which) {
  co_await nap(self, self->state.options.end_within);
  if (self->state.address == which && self->state.now.shard)
    send_urgent_exit(self->state.now.shard, caf::exit_reason::kill);
}

/// Ends the term: its ports close.
void lose(pointer self) {
  auto& st = self->state;
  if (!st.right)
    return;
  st.right->end();
  st.right = nullptr;
  log::warn("shard.lease_lost", {{"shard", st.options.shard}});
  metrics::count("arrakis_shard_leases_total", "Leases of shards, by what became of them.", 1, {{"event", "lost"}});
}

/// Ends the shard of an ended term, for a successor elsewhere or a new term here.
void make_way(pointer self) {
  auto& st = self->state;
  if (st.right || !st.now.shard || st.ending)
    return;
  end_shard(self);
  st.flows.start(kill_late(self, st.address));
}

void begin_term(pointer self, instant until) {
  auto& st = self->state;
  st.right = std::make_shared<lease_term>(until);
  tell(self, "shard.lease_acquired");
  metrics::count("arrakis_shard_leases_total", "Leases of shards, by what became of them.", 1, {{"event", "taken"}});
  st.now = st.start(st.right);
  st.address = st.now.shard.address();
  st.ending = false;
  self->monitor(st.now.shard);
}

/// Handles a held lease, counted from `asked`. After a lapsed term the shard starts again, and resumes.
void ours(pointer self, instant asked) {
  auto& st = self->state;
  const auto now = self->clock().now();
  const auto until = asked + st.options.ttl - st.options.margin;
  st.elsewhere = false;
  st.held_until = {};
  if (st.right && !st.right->extend(now, until))
    lose(self);
  make_way(self);
  if (!st.right && !st.now.shard && now < until)
    begin_term(self, until);
}

void others(pointer self, const leases::lease_state& seen) {
  auto& st = self->state;
  lose(self);
  make_way(self);
  if (!st.elsewhere)
    log::info("shard.lease_elsewhere", {{"shard", st.options.shard}, {"by", seen.by}});
  st.elsewhere = true;
  if (!seen.by.empty())
    st.held_until = self->clock().now() + seen.left;
}

/// Asks for the lease once; returns the wait before the next try.
flow<milliseconds> turn(pointer self) {
  auto& st = self->state;
  const auto asked = self->clock().now();
  auto until = within(self, st.options.ask_within);
  if (st.right)
    until = until.sooner({st.right->until()});
  leases::acquire question{lease_name(st), st.options.who, st.options.ttl, asked < st.held_until, until};
  auto got = co_await ask(self, st.leases, until, std::move(question));
  if (st.leaving)
    co_return milliseconds{0};
  if (got && got->mine)
    ours(self, asked);
  else if (got)
    others(self, *got);
  else
    st.elsewhere = false;
  if (st.right && !st.right->is_valid(self->clock().now()))
    lose(self);                         // The shard stays connected, so that users get a reply.
  if (!got || (got->mine && !st.right)) // Unknown, or held before the last term has ended.
    co_return milliseconds{200};
  if (got->mine)
    co_return st.options.renew;
  // Jitter, so that standbys do not ask at once.
  co_return milliseconds{
    static_cast<int64_t>(static_cast<double>(st.options.poll_every.count()) * (0.75 + 0.25 * jitter()))};
}

flow<> keep(pointer self) {
  while (!self->state.leaving) {
    const auto wait = co_await turn(self);
    if (!self->state.leaving)
      co_await nap(self, wait);
  }
}

flow<> give_back(pointer self, caf::error reason) {
  auto& st = self->state;
  if (st.right && st.right->is_valid(self->clock().now())) {
    st.right->end();
    const auto until = within(self, st.options.ask_within);
    leases::release order{lease_name(st), st.options.who, until};
    (void)co_await ask(self, st.leases, until, std::move(order));
    tell(self, "shard.lease_released");
  }
  self->quit(reason);
}

void leave(pointer self, const caf::error& reason) {
  auto& st = self->state;
  if (std::exchange(st.leaving, true))
    return;
  if (st.now.shard) {
    end_shard(self); // The shard saves its session while the lease holds; its DOWN message continues.
    st.flows.start(kill_late(self, st.address));
  } else {
    st.flows.start(give_back(self, reason));
  }
}

void ended(pointer self, const caf::down_msg& down) {
  auto& st = self->state;
  if (down.source != st.address)
    return;
  for (const auto& each : st.now.helpers)
    self->send_exit(each, caf::exit_reason::user_shutdown);
  const bool wanted = std::exchange(st.ending, false);
  st.now = {};
  st.address = {};
  if (st.leaving)
    st.flows.start(give_back(self, caf::exit_reason::user_shutdown));
  else if (!wanted)
    self->quit(down.reason ? down.reason : fail(ec::internal, "the shard ended by itself")); // To be started again.
}

discord::shard::behavior_type behavior(pointer self, leases::handle to, options opt, start_term start) {
  keep_exception_text(self);
  auto& st = self->state;
  st.leases = std::move(to);
  st.options = std::move(opt);
  st.start = std::move(start);
  self->set_down_handler([self](const caf::down_msg& down) { ended(self, down); });
  self->set_exit_handler([self](const caf::exit_msg& x) { leave(self, x.reason); });
  st.flows.start(keep(self));
  return {[self](const discord::shard_status& x) -> caf::result<discord::shard_state> {
    auto& s = self->state;
    if (s.right && s.now.shard && !s.ending) {
      self->delegate(s.now.shard, x);
      return caf::delegated<discord::shard_state>{};
    }
    return discord::shard_state{s.options.shard, s.elsewhere ? "standby" : "leaderless"};
  }};
}
} // namespace

discord::shard start(caf::actor_system& sys, leases::handle to, options opt, start_term start_shard) {
  return registry::spawn(sys, {"shard", std::to_string(opt.shard)}, behavior, std::move(to), std::move(opt),
                         std::move(start_shard));
}
} // namespace arrakis::discord::shards::owner
