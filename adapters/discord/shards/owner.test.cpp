#include "adapters/discord/shards/owner.hpp"

#include "tests/support/sim_system.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <set>

using namespace arrakis;
using discord::shards::lease_term;
namespace owner = discord::shards::owner;
using namespace std::chrono_literals;

namespace {
/// The lease as Redis keeps it, with time of the test.
struct registry {
  test::sim_system& sim;
  std::string by;
  std::chrono::steady_clock::time_point until{};
  bool away = false; ///< Redis does not answer.
  std::string deaf;  ///< This node hears nothing of it.
  bool given_back = false;
  int released = 0;
};

leases::handle::behavior_type serving(leases::handle::pointer, registry* r) {
  return {
    [r](const leases::acquire& x) -> caf::result<leases::lease_state> {
      if (r->away || r->deaf == x.who.node)
        return fail(ec::unavailable, "reconnecting");
      const auto now = r->sim.now();
      if (r->until <= now)
        r->by.clear();
      const auto me = x.who.node + ':' + x.who.incarnation;
      if (!r->by.empty() && r->by != me)
        return leases::lease_state{false, r->by, std::chrono::duration_cast<std::chrono::milliseconds>(r->until - now)};
      if (r->by.empty() && x.only_if_released && !r->given_back)
        return leases::lease_state{};
      r->given_back = false;
      r->by = me;
      r->until = now + x.ttl;
      return leases::lease_state{true, me, x.ttl};
    },
    [r](const leases::release& x) -> caf::result<leases::released> {
      if (r->by == x.who.node + ':' + x.who.incarnation) {
        r->by.clear();
        r->until = {};
        r->given_back = true;
        ++r->released;
      }
      return leases::released{};
    },
  };
}

/// A shard that does nothing but run, and what it would do in the world.
struct runs {
  std::vector<std::shared_ptr<lease_term>> terms;
  std::set<int> alive;
  std::vector<std::string> order; ///< "begin 1", "end 1".
  caf::actor last;
};
struct shard_life {
  shard_life() = default;
  runs* of = nullptr;
  int number = 0;
  ~shard_life() {
    if (of) {
      of->alive.erase(number);
      of->order.push_back("end " + std::to_string(number));
    }
  }
};
discord::shard::behavior_type running(discord::shard::stateful_pointer<shard_life> self, runs* of, int number) {
  self->state.of = of;
  self->state.number = number;
  return {[](const discord::shard_status&) { return discord::shard_state{0, "running"}; }};
}

struct process_of_ours {
  test::sim_system& sim;
  runs life;
  discord::shard subject;

  process_of_ours(test::sim_system& s, const leases::handle& to, const std::string& name,
                  std::chrono::milliseconds margin = 500ms)
    : sim(s) {
    owner::options o;
    o.margin = margin;
    o.who = {name, "1"};
    subject = owner::start(sim.sys(), to, o, [this](std::shared_ptr<lease_term> mine) {
      const int number = static_cast<int>(life.terms.size()) + 1;
      life.terms.push_back(std::move(mine));
      life.alive.insert(number);
      life.order.push_back("begin " + std::to_string(number));
      auto shard = sim.sys().spawn(running, &life, number);
      life.last = caf::actor_cast<caf::actor>(shard);
      return owner::running_term{shard, {}};
    });
  }
  ~process_of_ours() { end(caf::exit_reason::kill); }
  void end(caf::exit_reason how) {
    caf::anon_send_exit(subject, how);
    sim.run();
  }
  bool acts() { return !life.terms.empty() && !life.alive.empty() && life.terms.back()->is_valid(sim.now()); }
  std::string status() {
    const auto got = sim.ask<discord::shard_state>(subject, discord::shard_status{});
    return got ? got->state : "no answer";
  }
};

struct bench {
  test::sim_system sim;
  registry redis{sim};
  leases::handle port = sim.sys().spawn(serving, &redis);
  ~bench() {
    caf::anon_send_exit(port, caf::exit_reason::kill);
    sim.run();
  }
};
/// One process, which has the shard.
struct alone : bench {
  process_of_ours one;
  explicit alone(std::chrono::milliseconds margin = 500ms) : one(sim, port, "a", margin) { sim.run(); }
};
/// And another, which came after it.
struct both : alone {
  process_of_ours other;
  explicit both(std::chrono::milliseconds margin = 500ms) : alone(margin), other(sim, port, "b", margin) {}
};
} // namespace

TEST_CASE("shard_owner: one process has the shard and the other stands by") {
  both b;
  b.sim.advance(60s);
  CHECK(b.one.status() == "running");
  CHECK(b.other.status() == "standby");
  CHECK(b.one.life.terms.size() == 1);
  CHECK(b.other.life.terms.empty());
}

TEST_CASE("shard_owner: when the owner is killed another takes over within 15 s, and not while the first may act") {
  both b;
  b.sim.advance(10s);
  b.one.end(caf::exit_reason::kill); // Nothing of it runs any more, and nothing was given back.
  for (int i = 0; i < 150 && !b.other.acts(); ++i)
    b.sim.advance(100ms);
  CHECK(b.other.acts());
  CHECK(b.redis.released == 0);
}

TEST_CASE("shard_owner: a planned end gives the lease back after the shard has ended, and another goes on at once") {
  both b;
  b.sim.advance(10s);
  b.one.end(caf::exit_reason::user_shutdown);
  CHECK(b.one.life.alive.empty());
  CHECK(b.redis.released == 1);
  b.sim.advance(1s);
  CHECK(b.other.acts());
}

namespace {
/// Two processes, of which one after the other, or Redis for both, is cut off; how often both acted at a moment.
struct outcome {
  int both = 0, changes = 0;
  bool served_at_the_end = false;
};
outcome cut_off_in_turn(std::chrono::milliseconds margin) {
  both b{margin};
  outcome seen;
  bool was = b.one.acts();
  for (int i = 0; i < 4'000; ++i) {
    const int turn = i / 200;
    if (i % 200 == 50) { // For longer than a lease, or not quite.
      b.redis.away = turn % 3 == 0;
      b.redis.deaf = turn % 3 == 1 ? "a" : turn % 3 == 2 ? "b" : "";
    }
    if (i % 200 == 50 + 20 + 4 * turn) {
      b.redis.away = false;
      b.redis.deaf.clear();
    }
    b.sim.advance(100ms);
    seen.both += b.one.acts() && b.other.acts() ? 1 : 0;
    seen.changes += std::exchange(was, b.one.acts()) != b.one.acts() ? 1 : 0;
  }
  b.redis.away = false;
  b.redis.deaf.clear();
  b.sim.advance(15s);
  seen.served_at_the_end = b.one.acts() || b.other.acts();
  return seen;
}
} // namespace

TEST_CASE("shard_owner: at no time do two owners act for one shard, whichever is cut off from Redis and for how long") {
  const auto seen = cut_off_in_turn(500ms);
  CHECK(seen.both == 0);
  CHECK(seen.changes > 4); // Leases were really lost.
  CHECK(seen.served_at_the_end);
}

TEST_CASE("shard_owner: negative control: one that acts on after its lease meets its successor") {
  CHECK(cut_off_in_turn(-4'000ms).both > 0);
}

TEST_CASE("shard_owner: one that slept through its lease finds everything closed before it knows why") {
  alone b;
  const auto right = b.one.life.terms.back();
  b.redis.away = true; // As for a process under SIGSTOP: no renewal.
  const auto end = b.sim.now() + 6s;
  while (b.sim.now() < end)
    b.sim.advance(100ms);
  CHECK_FALSE(right->is_valid(b.sim.now()));
  CHECK(b.one.life.alive == std::set<int>{1}); // Connected, for the sentence to users.
  CHECK(b.one.status() == "leaderless");
  b.redis.away = false;
  b.sim.advance(2s);
  CHECK(b.one.life.terms.size() == 2); // A new term, which begins with a resume.
  CHECK_FALSE(right->is_valid(b.sim.now()));
  CHECK_FALSE(right->extend(b.sim.now(), b.sim.now() + 6s));
  CHECK(b.one.life.order == std::vector<std::string>{"begin 1", "end 1", "begin 2"});
}

TEST_CASE(
  "shard_owner: an owner that was cut off from Redis ends its shard when it learns that another has the lease") {
  both b;
  b.sim.advance(3s);
  b.redis.deaf = "a";
  b.sim.advance(15s);
  CHECK(b.other.acts());
  CHECK_FALSE(b.one.acts());
  CHECK(b.one.life.alive == std::set<int>{1});
  b.redis.deaf.clear();
  b.sim.advance(5s);
  CHECK(b.one.life.alive.empty());
  CHECK(b.one.status() == "standby");
}

TEST_CASE("shard_owner: a lease that vanished with all of Redis is not taken while its holder may act") {
  both b;
  b.sim.advance(3s);
  b.redis.by.clear(); // FLUSHALL
  b.redis.until = {};
  for (int i = 0; i < 100; ++i) {
    b.sim.advance(100ms);
    CHECK_FALSE((b.one.acts() && b.other.acts()));
  }
  CHECK(b.one.acts());
}

TEST_CASE("shard_owner: a shard that crashes ends its owner, whose supervisor starts both anew") {
  alone b;
  const auto right = b.one.life.terms.back();
  caf::anon_send_exit(b.one.life.last, caf::exit_reason::out_of_workers);
  b.sim.run();
  CHECK(b.one.status() == "no answer");
  CHECK_FALSE(right->is_valid(b.sim.now()));
}
