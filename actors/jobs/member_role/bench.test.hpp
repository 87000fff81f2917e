#pragma once
// Fixture of the tests of jobs that give and take roles: a guild, the newest verdicts, and processes that come and go.
#include "actors/jobs/member_role/member_role.hpp"
#include "runtime/deadline.hpp"
#include "schemas/permissions.hpp"
#include "tests/support/fakes/node.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <memory>
#include <set>
#include <vector>

namespace arrakis::jobs::member_role {
using namespace std::chrono_literals;
using discord_fate = test::fake_discord::fate;
using store_fate = test::fake_store::fate;

/// The store of member roles in memory, for one community.
struct fake_member_roles {
  test::fake_store& store; ///< For status and fence.
  /// The newest verdict about a member.
  struct profile {
    int64_t verdict = 0;
    std::set<snowflake> entitled;
    int64_t fence = 0;
    std::set<snowflake> not_managed = {};
    bool is_of_active_version = true;
    std::set<snowflake> unsettled = {};
  };
  std::map<snowflake, profile> profiles;
  /// A taking that was counted or waits.
  struct taking {
    int64_t verdict = 0;
    bool waits = false;
    bool is_released = false;
  };
  std::map<std::pair<snowflake, snowflake>, taking> takings; ///< By role and member.
  int forgotten = 0;

  void record(snowflake member, int64_t verdict, std::set<snowflake> entitled) {
    auto unsettled = std::move(profiles[member].unsettled);
    profiles[member] = {verdict, std::move(entitled), store.community.fence};
    profiles[member].unsettled = std::move(unsettled);
  }
  caf::expected<member_roles::wanted> find(const member_roles::find& m) {
    if (store.community.status != "active")
      return fail(ec::frozen, "the community is " + store.community.status);
    const auto waiting = takings.find({m.role, m.member});
    const auto& p = profiles[m.member];
    const bool has_role = p.entitled.contains(m.role);
    return member_roles::wanted{.guild = store.community.guild,
                                .verdict_id = p.verdict,
                                .has_role = has_role,
                                .binds = p.verdict != 0 && !p.not_managed.contains(m.role) && p.is_of_active_version
                                      && (has_role || p.fence == store.community.fence),
                                .waits = waiting != takings.end()
                                      && (waiting->second.waits || waiting->second.is_released),
                                .is_unsettled = p.unsettled.contains(m.role),
                                .fence = store.community.fence,
                                .fences_as_of = static_cast<int64_t>(store.fences.size())};
  }
  caf::expected<member_roles::permit> take(const member_roles::take& m) {
    member_roles::permit result;
    const auto& p = profiles[m.member];
    if (p.verdict != m.verdict_id || p.entitled.contains(m.role))
      return member_roles::permit{.what = member_roles::permit::outdated};
    for (const auto& [of, t] : takings)
      result.counted += of.first == m.role && of.second != m.member && !t.waits;
    const auto share = m.holders ? (*m.holders + result.counted) * m.limit.percent / 100 : 0;
    result.members_max = std::max(m.limit.members, share);
    auto known = takings.find({m.role, m.member});
    if (known != takings.end() && !known->second.waits
        && (known->second.is_released || known->second.verdict == m.verdict_id))
      return result;
    if (known != takings.end() && known->second.waits)
      result.what = member_roles::permit::waits;
    else if (result.counted >= result.members_max)
      result.what = m.holders ? member_roles::permit::waits : member_roles::permit::needs_holders;
    if (result.what == member_roles::permit::needs_holders)
      return result;
    result.is_new = result.what == member_roles::permit::waits && known == takings.end();
    takings[{m.role, m.member}] = {m.verdict_id, result.what == member_roles::permit::waits};
    return result;
  }
  void forget(const member_roles::forget& m) {
    auto& p = profiles[m.member];
    if (p.entitled.contains(m.role) != m.has_role)
      return;
    if (m.is_done)
      p.unsettled.erase(m.role);
    const auto known = takings.find({m.role, m.member});
    if (known == takings.end() || (!known->second.waits && !known->second.is_released))
      return;
    takings.erase(known);
    ++forgotten;
  }
  member_roles::handle port() {
    return store.sim.sys().spawn([this](member_roles::handle::pointer self) -> member_roles::handle::behavior_type {
      return {[this, self](const member_roles::find& m) {
                return served<member_roles::wanted>(self, "find", [&] { return find(m); });
              },
              [this, self](const member_roles::take& m) {
                return served<member_roles::permit>(self, "take", [&] { return take(m); });
              },
              [this, self](const member_roles::forget& m) {
                return served<member_roles::forgotten>(self, "forget", [&] {
                  forget(m);
                  return caf::expected<member_roles::forgotten>{member_roles::forgotten{}};
                });
              },
              [](const member_roles::list_waiting&) { return member_roles::waiting{}; },
              [](const member_roles::answer&) { return member_roles::answered{}; }};
    });
  }

private:
  template <class R, class Self, class F>
  caf::result<R> served(Self self, const char* verb, F body) {
    const auto fate = store.decide ? store.decide(verb) : store_fate::normal;
    if (fate == store_fate::refused)
      return fail(ec::unavailable, "the store is away");
    if (fate != store_fate::silent) {
      auto result = body();
      if (fate == store_fate::normal)
        return result ? caf::result<R>{std::move(*result)} : caf::result<R>{result.error()};
      if (fate == store_fate::lost_after)
        return fail(ec::unknown, "the answer was lost");
    }
    self->make_response_promise();
    return caf::delegated<R>{};
  }
};

/// A guild with the roles Gold and Elder, and a member.
struct bench {
  static constexpr snowflake gold{100'000'000'000'000'011}, elder{100'000'000'000'000'012},
    chani{100'000'000'000'000'021};
  test::sim_system sim;
  test::fake_discord discord{sim};
  test::fake_store store{sim, test::fake_discord::guild_id};
  fake_member_roles verdicts{store, {}, {}, 0};
  discord::budget::handle budget = test::memory_budget(sim.sys());
  options how;
  std::vector<std::unique_ptr<test::node>> nodes; ///< Crashed ones too: their fence tables live as long as the system.

  bench() {
    store.now_ms = [this] { return discord.now_ms(); };
    discord.role(test::fake_discord::bot_role).position = 9;
    discord.guild.roles.push_back({gold, "Gold", 0, true, false, false, 2, 0});
    discord.guild.roles.push_back({elder, "Elder", 0, true, false, false, 1, 0});
    discord.members[chani] = {elder};
    start();
  }
  ~bench() {
    for (auto& n : nodes)
      n->crash();
    sim.advance(1ms);
  }
  test::node& node() { return *nodes.back(); }
  void start() {
    nodes.push_back(std::make_unique<test::node>(sim, discord, store, budget, "w", true, services{}.lease,
                                                 [this](arrakis::services& available) {
                                                   available.provide(verdicts.port());
                                                   available.provide(how);
                                                 }));
    sim.advance(50ms);
  }
  /// Settings of the next process.
  void restart(options changed) {
    how = std::move(changed);
    node().crash();
    sim.run();
    start();
  }
  queue::job job(change what, int64_t verdict, snowflake member = chani, snowflake role = gold) const {
    return {fmt::format("role-{}-{}", verdict, role.value), what == change::give ? "ASSIGN_ROLE" : "REMOVE_ROLE",
            fmt::format(R"({{"communityId":"{}","guildId":"{}","userId":"{}","roleId":"{}","verdictId":{},)"
                        R"("because":"holders"}})",
                        store.community.id.value, discord.guild.id.text(), member.text(), role.text(), verdict),
            0, 6};
  }
  /// One attempt; none: the process crashed, or it never ends.
  std::optional<queue::outcome> once(queue::job what) {
    node().begin(std::move(what));
    for (auto passed = 0ms; passed < 300s; passed += 100ms) {
      sim.advance(100ms);
      if (auto got = node().outcome())
        return got;
      if (node().crashed())
        return std::nullopt;
    }
    return std::nullopt;
  }
  /// As the queue does: again and again, with a new process after a crash, until the job has ended.
  queue::outcome until_end(queue::job what) {
    for (int round = 0; round < 40; ++round) {
      if (node().crashed())
        start();
      const auto got = once(what);
      if (!got)
        continue;
      if (got->what == queue::outcome::completed || got->what == queue::outcome::failed_final)
        return *got;
      what.attempts_made += got->what == queue::outcome::failed_retryable;
      sim.advance(std::max(got->wait, std::chrono::milliseconds{2'000}));
    }
    FAIL("the job does not end");
    return {};
  }
  std::string end_of(const queue::outcome& o) const {
    CHECK_MESSAGE(o.what == queue::outcome::completed, o.reason);
    return o.value_json.substr(0, o.value_json.find(','));
  }
  bool has(snowflake role = gold, snowflake member = chani) const {
    const auto& roles = discord.members.at(member);
    return std::find(roles.begin(), roles.end(), role) != roles.end();
  }
  /// Members with the role whom the newest verdict, `verdict`, no longer entitles.
  std::vector<snowflake> sellers(uint64_t count, uint64_t others, int64_t verdict = 7) {
    std::vector<snowflake> list;
    for (uint64_t i = 0; i < count + others; ++i) {
      const snowflake member{200'000'000'000'000'000 + i};
      discord.members[member] = {gold};
      verdicts.record(member, verdict + static_cast<int64_t>(i), i < count ? std::set<snowflake>{} : std::set{gold});
      if (i < count)
        list.push_back(member);
    }
    return list;
  }
};

/// Counts the points at which a process can die in one job, or dies at the n-th of them, before or after the effect.
struct walk {
  size_t points = 0;
  size_t die_at = 0; ///< 1-based; 0: never.
  bool after = false;
  void into(bench& b) {
    b.discord.decide = [this, &b](const net::http_request&) {
      if (++points != die_at)
        return discord_fate::normal;
      b.node().crash();
      return after ? discord_fate::lost_after : discord_fate::lost;
    };
    b.store.decide = [this, &b](const char* verb) {
      if (std::string_view{verb} == "fences" || ++points != die_at)
        return store_fate::normal;
      b.node().crash();
      return after ? store_fate::silent_after : store_fate::silent;
    };
  }
};
} // namespace arrakis::jobs::member_role
