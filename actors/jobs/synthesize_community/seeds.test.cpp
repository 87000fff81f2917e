// Schedules and faults drawn from a seed: whatever happens, a deployment ends once and the guild is whole.
#include "actors/guild/core/blueprint.hpp"
#include "tests/support/fakes/manifest.hpp"
#include "tests/support/fakes/node.hpp"

#include <cstdlib>
#include <doctest/doctest.h>
#include <memory>
#include <random>

using namespace arrakis;
using namespace std::chrono_literals;
using discord_fate = test::fake_discord::fate;
using store_fate = test::fake_store::fate;

namespace {
struct run {
  uint64_t seed;
  std::mt19937_64 random{seed};
  test::sim_system sim;
  test::fake_discord discord{sim};
  test::fake_store store{sim, test::fake_discord::guild_id};
  discord::budget::handle budget = test::memory_budget(sim.sys());
  std::vector<std::unique_ptr<test::node>> nodes;
  manifest want = test::sample_manifest();
  std::chrono::steady_clock::time_point frozen_at{};
  size_t faults = 0, effects_late = 0;
  double fault_rate = 0;
  bool adopts = true;

  explicit run(uint64_t s, bool adoption = true) : seed(s), adopts(adoption) {
    store.now_ms = [this] { return discord.now_ms(); };
    discord.latency = std::chrono::milliseconds{below(400)};
    discord.audit_lag = std::chrono::milliseconds{below(3) == 0 ? below(3'000) : 0};
    fault_rate = 0.01 * static_cast<double>(below(12));
    discord.decide = [this](const net::http_request& r) { return on_request(r); };
    store.decide = [this](const char* verb) { return on_verb(verb); };
    store.submit(want);
    start();
  }
  ~run() {
    for (auto& n : nodes)
      n->crash();
    sim.advance(1ms);
  }
  uint64_t below(uint64_t n) { return random() % n; }
  bool strikes() {
    const bool yes = static_cast<double>(below(10'000)) < fault_rate * 10'000;
    faults += yes;
    return yes;
  }
  void start() {
    nodes.push_back(
      std::make_unique<test::node>(sim, discord, store, budget, "w" + std::to_string(nodes.size()), adopts));
    sim.advance(std::chrono::milliseconds{10 + below(500)});
  }
  discord_fate on_request(const net::http_request& r) {
    // A call may be on its way for a moment; nothing may leave more than a second after the freeze.
    if (store.community.status == "frozen" && sim.now() - frozen_at > 1s && r.method != "GET")
      ++effects_late;
    if (!strikes())
      return discord_fate::normal;
    if (below(6) == 0) {
      nodes.back()->crash();
      return below(2) ? discord_fate::lost : discord_fate::lost_after;
    }
    constexpr discord_fate all[]{discord_fate::lost,      discord_fate::lost_after,      discord_fate::refused,
                                 discord_fate::error_502, discord_fate::error_502_after, discord_fate::limited,
                                 discord_fate::blocked};
    return all[below(std::size(all))];
  }
  store_fate on_verb(const char* verb) {
    const bool claim = std::string_view{verb} == "claim";
    if (!strikes())
      return store_fate::normal;
    if (below(6) == 0) {
      nodes.back()->crash();
      return below(2) ? store_fate::silent : store_fate::silent_after;
    }
    constexpr store_fate all[]{store_fate::refused, store_fate::lost_after, store_fate::silent,
                               store_fate::silent_after};
    return all[below(claim ? 2 : 4)];
  }
  void disturb() {
    if (below(400) == 0) {
      const bool freeze = store.community.status == "active";
      store.set_status(freeze ? "frozen" : "active");
      frozen_at = sim.now();
    }
    if (below(1'500) == 0)
      nodes.back()->crash();
  }
  /// As queue and sweeper do: until the row says that it is over.
  std::string drive(int64_t version) {
    auto& row = store.work.at(version);
    bool asked = false;
    std::chrono::steady_clock::time_point next{};
    for (int step = 0; step < 40'000; ++step) {
      if (step == 20'000) { // Enough of it: now the work must come to its end.
        fault_rate = 0;
        store.set_status("active");
      }
      if (step < 20'000)
        disturb();
      if (nodes.back()->crashed()) {
        start();
        asked = false;
      }
      if (!asked && sim.now() >= next) {
        nodes.back()->begin(store.community.id, version);
        asked = true;
      }
      sim.advance(50ms);
      if (const auto got = nodes.back()->outcome()) {
        asked = false;
        next = sim.now() + std::max(got->wait, std::chrono::milliseconds{1'000});
        if (row.state == "failed") // An admin presses Retry.
          row.state = "pending";
        if (row.state == "completed")
          return "completed";
      }
    }
    return row.state;
  }
  void check(int64_t version) {
    CHECK(store.work.at(version).completed_count == 1);
    CHECK(effects_late == 0);
    CHECK(store.intents.empty());
    blueprint::ids ids;
    for (const auto& s : store.shadow.entries)
      ids[{s.kind, s.resource}] = s.id;
    const auto list = blueprint::resources(want);
    REQUIRE(ids.size() == list.size());
    CHECK(discord.guild.roles.size() == 2 + want.roles.size());
    CHECK(discord.guild.channels.size() == want.categories.size() + want.channels.size());
    for (const auto& r : list) {
      const auto f = blueprint::wanted(want, r.key, ids, {test::fake_discord::guild_id, test::fake_discord::bot});
      REQUIRE(f);
      const auto now = r.key.kind == "role" ? blueprint::actual(discord.role(ids[r.key]))
                                            : blueprint::actual(discord.channel(ids[r.key]));
      CHECK(blueprint::differences(now, *f).empty());
    }
    std::sort(discord.arrivals.begin(), discord.arrivals.end());
    for (size_t i = 50; i < discord.arrivals.size(); ++i)
      CHECK(discord.arrivals[i] - discord.arrivals[i - 50] > 999ms);
  }
};
} // namespace

TEST_CASE("synthesis: under faults and schedules drawn from a seed every deployment ends once and whole") {
  const auto* first_text = std::getenv("ARRAKIS_SEED");
  const auto* count_text = std::getenv("ARRAKIS_SEEDS");
  const uint64_t first = first_text ? std::strtoull(first_text, nullptr, 10) : 1;
  const uint64_t count = count_text ? std::strtoull(count_text, nullptr, 10) : 40;
  size_t faults = 0;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    CAPTURE(seed);
    run r{seed};
    CHECK(r.drive(1) == "completed");
    r.check(1);
    // And a second version over the first.
    r.want.roles[0].color ^= 0x0000FF;
    r.want.channels[1].name = "talk";
    const auto second = r.store.submit(r.want);
    CHECK(r.drive(second) == "completed");
    r.check(second);
    faults += r.faults;
  }
  MESSAGE("seeds: " << count << ", faults: " << faults);
}

TEST_CASE("synthesis: negative control: without adoption the same faults leave things twice") {
  size_t doubled = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    run r{seed, false};
    r.drive(1);
    doubled += r.discord.guild.roles.size() + r.discord.guild.channels.size() - 2 - blueprint::resources(r.want).size();
  }
  CHECK(doubled > 0);
}
