#pragma once
// Fixture of the tests of jobs that write to a guild.
#include "actors/guild/core/blueprint.hpp"
#include "actors/wizard/messages.hpp"
#include "adapters/discord/rest/calls.hpp"
#include "tests/support/fakes/manifest.hpp"
#include "tests/support/fakes/node.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <memory>
#include <utility>
#include <vector>

namespace arrakis::jobs::synthesize_community {
using namespace std::chrono_literals;
using discord_fate = test::fake_discord::fate;
using store_fate = test::fake_store::fate;

/// A guild, its stores, and processes of ours that come and go.
struct bench {
  test::sim_system sim;
  test::fake_discord discord{sim};
  test::fake_store store{sim, test::fake_discord::guild_id};
  discord::budget::handle budget = test::memory_budget(sim.sys());
  std::vector<std::unique_ptr<test::node>> nodes; ///< Crashed ones too: their fence tables live as long as the system.
  manifest want;
  bool adopts = true;
  int attempts = 0;

  explicit bench(manifest m = test::sample_manifest()) : want(std::move(m)) {
    store.now_ms = [this] { return discord.now_ms(); };
    store.submit(want);
    start();
  }
  ~bench() {
    for (auto& n : nodes)
      n->crash();
    sim.advance(1ms);
  }
  test::node& node() { return *nodes.back(); }
  void start() {
    nodes.push_back(
      std::make_unique<test::node>(sim, discord, store, budget, "w" + std::to_string(nodes.size()), adopts));
    sim.advance(50ms);
  }
  void crash() {
    node().crash();
    sim.run();
  }
  std::string repair; ///< Not empty: the job is the reconciliation of this id.
  void begin(int64_t version = 1) {
    if (repair.empty())
      node().begin(store.community.id, version, attempts);
    else
      node().begin_repair(store.community.id, version, repair, attempts);
  }
  /// Lets time go by until the attempt ends; none: the process crashed, or it never does.
  std::optional<queue::outcome> wait(std::chrono::milliseconds at_most = 300s) {
    for (auto passed = 0ms; passed < at_most; passed += 100ms) {
      sim.advance(100ms);
      if (auto got = node().outcome())
        return got;
      if (node().crashed())
        return std::nullopt;
    }
    return std::nullopt;
  }
  std::optional<queue::outcome> once(int64_t version = 1) {
    begin(version);
    return wait();
  }
  /// As the queue does: again and again, with a new process after a crash, until the job has ended.
  queue::outcome until_end(int64_t version = 1, int rounds_max = 40) {
    for (int round = 0; round < rounds_max; ++round) {
      if (node().crashed())
        start();
      const auto got = once(version);
      if (!got)
        continue;
      if (got->what == queue::outcome::completed || got->what == queue::outcome::failed_final)
        return *got;
      attempts += got->what == queue::outcome::failed_retryable;
      sim.advance(std::max(got->wait, std::chrono::milliseconds{2'000}));
    }
    FAIL("the job does not end");
    return {};
  }
  size_t doubles() const {
    size_t n = 0;
    for (const auto& r : blueprint::resources(want)) {
      const auto count = r.key.kind == "role"
                         ? discord.count_roles(r.name)
                         : discord.count_channels(blueprint::channel_name(
                           r.name, r.key.kind == "category" ? guild::category : type_of(r.key.resource)));
      n += count > 1 ? count - 1 : 0;
    }
    return n;
  }
  int type_of(const std::string& channel) const {
    for (const auto& c : want.channels)
      if (c.id == channel)
        return blueprint::channel_type(c.type);
    return 0;
  }
  /// P4: each resource exactly once and equal in every managed field, the shadow state names it, nothing else was
  /// touched.
  void check_whole() {
    blueprint::ids ids;
    for (const auto& s : store.shadow.entries)
      ids[{s.kind, s.resource}] = s.id;
    const auto list = blueprint::resources(want);
    CHECK(ids.size() == list.size());
    CHECK(discord.guild.roles.size() == 2 + want.roles.size());
    CHECK(discord.guild.channels.size() == want.categories.size() + want.channels.size());
    CHECK(doubles() == 0);
    for (const auto& r : list) {
      CAPTURE(r.key.resource);
      REQUIRE(ids.contains(r.key));
      const auto f = blueprint::wanted(want, r.key, ids, {test::fake_discord::guild_id, test::fake_discord::bot});
      REQUIRE(f);
      const auto now = r.key.kind == "role" ? blueprint::actual(discord.role(ids[r.key]))
                                            : blueprint::actual(discord.channel(ids[r.key]));
      CHECK(blueprint::differences(now, *f).empty());
    }
    CHECK(store.intents.empty());
    CHECK(store.work.at(static_cast<int64_t>(store.versions.size())).completed_count == 1);
  }
};

/// Counts the points at which a process can die in one job, or dies at the n-th of them: before or after the
/// effect.
struct walk {
  size_t points = 0;
  size_t die_at = 0; ///< 1-based; 0: never.
  bool after = false;
  void into(bench& b) {
    b.discord.decide = [this, &b](const net::http_request& r) {
      if (r.target.find("/webhooks/") != std::string::npos || r.method == "GET" || ++points != die_at)
        return discord_fate::normal;
      b.node().crash();
      return after ? discord_fate::lost_after : discord_fate::lost;
    };
    b.store.decide = [this, &b](const char* verb) {
      if (std::string_view{verb} == "fences" || std::string_view{verb} == "renew" || ++points != die_at)
        return store_fate::normal;
      b.node().crash();
      return after ? store_fate::silent_after : store_fate::silent;
    };
  }
};

/// Discord, or a proxy before it, holds the create of `name` and carries it out when `until` is made: our own request
/// has ended without an answer by then, and it was made again.
struct late_create {
  bool comes = true;
  bool lost = false; ///< The create was held.
  void into(bench& b, std::string name, std::string until) {
    b.discord.decide = [this, &b, name, until, held = net::http_request{},
                        done = false](const net::http_request& r) mutable {
      if (r.method != "POST" || r.target.find("/webhooks/") != std::string::npos)
        return discord_fate::normal;
      if (!lost && r.body.find(name) != std::string::npos) {
        lost = true;
        held = r;
        return discord_fate::lost;
      }
      if (comes && lost && !done && r.body.find(until) != std::string::npos) {
        done = true;
        (void)b.discord.answer(held);
      }
      return discord_fate::normal;
    };
  }
};

} // namespace arrakis::jobs::synthesize_community
