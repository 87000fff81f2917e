#include "actors/jobs/synthesize_community/bench.test.hpp"

#include <set>

using namespace arrakis;
using namespace arrakis::jobs::synthesize_community;
using namespace std::chrono_literals;

TEST_CASE("synthesis: an empty guild becomes what the manifest says, with progress in the wizard's message") {
  bench b;
  const auto got = b.once();
  REQUIRE(got);
  CHECK(got->what == queue::outcome::completed);
  b.check_whole();
  REQUIRE(b.discord.messages.size() >= 2);
  CHECK(b.discord.messages.back().find("is ready") != std::string::npos);
  // Delivered again, it ends at once and does nothing.
  const auto writes = b.discord.writes.size();
  const auto again = b.once();
  CHECK(again->what == queue::outcome::completed);
  CHECK(b.discord.writes.size() == writes);
}

TEST_CASE("synthesis: a message that does not exist yet, before the click's first answer, is told of the end") {
  for (const bool fails : {false, true}) {
    bench b;
    const auto answered = b.sim.now() + 3s;
    if (fails)
      b.discord.role(test::fake_discord::bot_role).permissions = 0;
    b.discord.decide = [&](const net::http_request& r) {
      return r.target.find("/webhooks/") != std::string::npos && b.sim.now() < answered ? discord_fate::unknown_webhook
                                                                                        : discord_fate::normal;
    };
    b.until_end();
    REQUIRE_FALSE(b.discord.messages.empty());
    CHECK(b.discord.messages.back().find(fails ? "could not be built" : "is ready") != std::string::npos);
    CHECK((b.discord.messages.back().find(wizard::retry_button_id(1)) != std::string::npos) == fails);
  }
}

TEST_CASE("synthesis: the result edits the interaction of a click whose original response does not exist yet") {
  for (const int clicked : {1, 2, 0}) { // Negative control: the same message, which is not there any more.
    CAPTURE(clicked);
    bench b;
    b.discord.latency = 200ms; // The lease is renewed while the first edit is under way, and once it is answered.
    int renewals = 0;
    std::optional<std::chrono::steady_clock::time_point> there_from;
    b.store.decide = [&](const char* verb) {
      if (std::string_view{verb} == "renew" && ++renewals == (clicked == 1 ? 1 : 2)) {
        there_from = b.sim.now() + 2900ms; // Discord: at most 3 s after the click.
        b.store.clicked_token = clicked > 0 ? "click" : "";
      }
      return store_fate::normal;
    };
    size_t told_before = 0, tried_before = 0;
    b.discord.decide = [&](const net::http_request& r) {
      if (r.target.find("/webhooks/") == std::string::npos)
        return discord_fate::normal;
      const bool end = r.body.find("is ready") != std::string::npos;
      if (!there_from || b.sim.now() >= *there_from) {
        told_before += !end;
        return discord_fate::normal;
      }
      tried_before += end;
      return discord_fate::unknown_webhook;
    };
    CHECK(b.until_end().what == queue::outcome::completed);
    CHECK(told_before > 0);
    CHECK(tried_before > 0);
    REQUIRE_FALSE(b.discord.messages.empty());
    CHECK((b.discord.messages.back().find("is ready") != std::string::npos) == (clicked > 0));
  }
}

TEST_CASE("synthesis: the end is told although Discord does not take the last edit for a while") {
  bench b;
  std::optional<std::chrono::steady_clock::time_point> taken_from;
  b.discord.decide = [&](const net::http_request& r) {
    if (r.target.find("/webhooks/") == std::string::npos || r.body.find("is ready") == std::string::npos)
      return discord_fate::normal;
    if (!taken_from)
      taken_from = b.sim.now() + 8s;
    return b.sim.now() < *taken_from ? discord_fate::refused : discord_fate::normal;
  };
  b.until_end();
  REQUIRE_FALSE(b.discord.messages.empty());
  CHECK(b.discord.messages.back().find("is ready") != std::string::npos);
}

TEST_CASE("synthesis: at most 50 requests arrive in any second, whatever happens") {
  bench b;
  b.discord.latency = 5ms;
  b.until_end();
  const auto& at = b.discord.arrivals;
  for (size_t i = 50; i < at.size(); ++i)
    CHECK(at[i] - at[i - 50] > 1s);
}

TEST_CASE("synthesis: a second version updates by snowflake, lists what it lacks and deletes nothing") {
  bench b;
  b.until_end();
  const auto gold = b.store.shadow.entries.front().id;
  b.want.roles[0].name = "Aurum";
  b.want.channels.pop_back();
  const auto second = b.store.submit(b.want);
  CHECK(b.until_end(second).what == queue::outcome::completed);
  CHECK(b.discord.role(gold).name == "Aurum");
  CHECK(b.discord.count_channels("vip-voice") == 1);
  REQUIRE(b.store.work.at(second).left_over.size() == 1);
  CHECK(b.store.community.active_version == 2);
}

TEST_CASE("synthesis: a role that was deleted is made again in its place, and what names it is mended") {
  bench b;
  b.until_end();
  const auto gold = b.store.shadow.entries.front().id;
  std::erase_if(b.discord.guild.roles, [&](const auto& r) { return r.id == gold; });
  b.want.roles[0].color = 0xFFFF00;
  b.discord.role(test::fake_discord::bot_role).position = 20;
  const auto second = b.store.submit(b.want);
  CHECK(b.until_end(second).what == queue::outcome::completed);
  b.check_whole();
  const auto position = [&](const std::string& name) {
    return std::find_if(b.discord.guild.roles.begin(), b.discord.guild.roles.end(),
                        [&](const auto& r) { return r.name == name; })
      ->position;
  };
  CHECK(position("Gold") > position("Silver"));
}

TEST_CASE("synthesis: an admin's role of the same name is left alone") {
  bench b;
  const auto theirs = b.discord.next_id();
  b.discord.guild.roles.push_back({theirs, "Gold", 0xFFD700, true, false, false, 1, 1024});
  b.until_end();
  CHECK(b.discord.count_roles("Gold") == 2);
  CHECK(std::find(b.discord.touched.begin(), b.discord.touched.end(), theirs) == b.discord.touched.end());
  for (const auto& s : b.store.shadow.entries)
    CHECK(s.id != theirs);
}

TEST_CASE("synthesis: killed at any point, before or after the effect, the next process finishes the same guild") {
  size_t points = 0;
  {
    bench b;
    walk w;
    w.into(b);
    b.until_end();
    points = w.points;
  }
  REQUIRE(points > 3 * 9); // Intent, call and note of each of nine resources, and more.
  for (const bool after : {false, true})
    for (size_t at = 1; at <= points; ++at) {
      CAPTURE(at);
      CAPTURE(after);
      bench b;
      walk w{0, at, after};
      w.into(b);
      CHECK(b.until_end().what == queue::outcome::completed);
      CHECK(b.nodes.size() == 2);
      b.check_whole();
    }
}

TEST_CASE("synthesis: negative control: without adoption an interrupted create is made twice") {
  size_t doubled = 0;
  for (size_t at = 1; at <= 20; ++at) {
    bench b;
    b.adopts = false;
    b.crash();
    b.start();
    walk w{0, at, true};
    w.into(b);
    b.until_end();
    doubled += b.doubles();
  }
  CHECK(doubled > 0);
}

namespace {
/// The answers to the creates of "Gold", the first role, and of the channel "news" are lost after their effect;
/// `crash`: with the process.
void lose_answers(bench& b, bool crash) {
  b.discord.decide = [&b, crash, lost = std::set<std::string>{}](const net::http_request& r) mutable {
    const bool ours = r.body.find(R"("Gold")") != r.body.npos || r.body.find(R"("news")") != r.body.npos;
    if (r.method != "POST" || !ours || !lost.insert(r.target).second)
      return discord_fate::normal;
    if (crash)
      b.node().crash();
    return crash ? discord_fate::lost_after : discord_fate::error_502_after;
  };
}
} // namespace

TEST_CASE("synthesis: an answer that is lost after the effect does not make anything twice") {
  for (const auto fate : {discord_fate::lost_after, discord_fate::error_502_after, discord_fate::lost,
                          discord_fate::error_502, discord_fate::refused, discord_fate::limited}) {
    CAPTURE(static_cast<int>(fate));
    bench b;
    int n = 0;
    b.discord.decide = [&](const net::http_request& r) {
      return r.method == "POST" && ++n % 3 == 1 ? fate : discord_fate::normal;
    };
    CHECK(b.until_end().what == queue::outcome::completed);
    b.discord.decide = {};
    b.check_whole();
  }
}

TEST_CASE("synthesis: a clock that is not Discord's makes nothing twice when an answer is lost") {
  for (const auto ahead : {-3'600s, -300s, -60s, 0s, 60s, 300s, 3'600s})
    for (const auto lag : {0s, 4s})
      for (const bool crash : {false, true}) {
        CAPTURE(ahead.count());
        CAPTURE(lag.count());
        CAPTURE(crash);
        bench b;
        b.discord.ahead = -ahead; // Ours, the store's and this process's alike, is ahead of Discord's.
        b.discord.audit_lag = lag;
        lose_answers(b, crash);
        CHECK(b.until_end().what == queue::outcome::completed);
        b.check_whole();
      }
}

TEST_CASE("synthesis: negative control: an intent's age by our own clock makes things twice") {
  for (const bool crash : {false, true}) {
    bench b;
    b.discord.ahead = -300s;
    b.discord.audit_lag = 15s; // Else the nonce in the log is proof enough.
    b.store.stamps_by_clock = true;
    lose_answers(b, crash);
    b.until_end();
    CHECK(b.discord.count_roles("Gold") == 2);
    CHECK(b.discord.count_channels("news") == 2);
  }
}

TEST_CASE("synthesis: the audit log may lag behind the effect") {
  bench b;
  b.discord.audit_lag = 4s;
  int n = 0;
  b.discord.decide = [&](const net::http_request& r) {
    return r.method == "POST" && ++n == 2 ? discord_fate::error_502_after : discord_fate::normal;
  };
  CHECK(b.until_end().what == queue::outcome::completed);
  b.check_whole();
}

TEST_CASE("synthesis: without the audit log an interrupted create is not guessed at, and the admin is asked") {
  bench b;
  b.discord.audit_readable = false;
  int n = 0;
  b.discord.decide = [&](const net::http_request& r) {
    return r.method == "POST" && ++n == 2 ? discord_fate::error_502_after : discord_fate::normal;
  };
  const auto got = b.until_end();
  CHECK(got.what == queue::outcome::failed_final);
  CHECK(got.reason.find("View Audit Log") != std::string::npos);
  CHECK(b.doubles() == 0);
  CHECK(b.discord.messages.back().find("View Audit Log") != std::string::npos);
}

TEST_CASE("synthesis: an equal category that somebody else made a moment before is known by the audit log") {
  bench b;
  const auto theirs = b.discord.next_id(), somebody = b.discord.next_id();
  int n = 0;
  b.discord.decide = [&](const net::http_request& r) {
    if (r.method != "POST" || r.target.find("/channels") == std::string::npos || ++n != 1)
      return discord_fate::normal;
    b.discord.guild.channels.push_back({theirs, guild::category, "COMMUNITY", "", {}, 0, {}});
    b.discord.audit.push_back({somebody, theirs, static_cast<int>(discord::audit_action::channel_create), "by hand"});
    b.node().crash(); // Before the effect: nothing of ours is there, and theirs is all that looks like it.
    return discord_fate::lost;
  };
  CHECK(b.until_end().what == queue::outcome::completed);
  CHECK(b.nodes.size() == 2);
  CHECK(std::find(b.discord.touched.begin(), b.discord.touched.end(), theirs) == b.discord.touched.end());
  for (const auto& s : b.store.shadow.entries)
    CHECK(s.id != theirs);
}

TEST_CASE("synthesis: answers of the stores may be lost, too") {
  for (const auto* which : {"intent", "checkpoint", "complete"})
    for (const auto fate : {store_fate::refused, store_fate::lost_after}) {
      CAPTURE(which);
      bench b;
      int n = 0;
      b.store.decide = [&, which, fate](const char* verb) {
        return std::string_view{verb} == which && ++n % 3 == 1 ? fate : store_fate::normal;
      };
      CHECK(b.until_end().what == queue::outcome::completed);
      b.check_whole();
    }
}

TEST_CASE("synthesis: a freeze in the middle stops every effect within a second, a thaw lets it finish") {
  bench b;
  b.discord.latency = 300ms;
  b.begin();
  b.sim.advance(4s);
  REQUIRE(b.discord.writes.size() > 2);
  b.store.set_status("frozen");
  b.sim.advance(1s);
  const auto writes = b.discord.writes.size();
  const auto messages = b.discord.messages.size();
  REQUIRE(writes < 9);
  const auto got = b.wait();
  REQUIRE(got);
  CHECK(got->what == queue::outcome::postponed);
  CHECK(b.once()->what == queue::outcome::postponed); // Waiting uses no attempt.
  CHECK(b.discord.writes.size() == writes);
  CHECK(b.discord.messages.size() == messages);
  b.store.set_status("active");
  CHECK(b.until_end().what == queue::outcome::completed);
  CHECK(b.attempts == 0);
  b.check_whole();
}

TEST_CASE("synthesis: while the fences cannot be read nothing leaves") {
  bench b;
  b.store.decide = [](const char* verb) {
    return std::string_view{verb} == "fences" ? store_fate::refused : store_fate::normal;
  };
  b.sim.advance(1'500ms);
  const auto got = b.once();
  CHECK(got->what == queue::outcome::failed_retryable);
  CHECK(b.discord.writes.empty());
}

TEST_CASE("synthesis: a lease that was lost stops all effects") {
  bench b;
  b.discord.latency = 300ms;
  b.begin();
  b.sim.advance(4s);
  auto& row = b.store.work.at(1);
  ++row.run; // Another worker has it now.
  row.holder = "other";
  row.lease_until = b.sim.now() + 8s;
  b.sim.advance(2'100ms);
  const auto writes = b.discord.writes.size();
  const auto got = b.wait();
  REQUIRE(got);
  CHECK(got->what == queue::outcome::postponed);
  CHECK(b.discord.writes.size() == writes);
  CHECK(row.state == "running");
}

TEST_CASE("synthesis: the lease lasts as long as the queue's lock, and each quarter of it renews it") {
  bench b;
  b.discord.latency = 1s;
  b.nodes.push_back(std::make_unique<test::node>(b.sim, b.discord, b.store, b.budget, "w9", true, 20s));
  b.sim.advance(50ms);
  b.begin();
  b.sim.advance(1s);
  const auto& row = b.store.work.at(1);
  const auto first = row.lease_until;
  CHECK(first - b.sim.now() > 15s);
  b.sim.advance(3s);
  CHECK(row.lease_until == first);
  b.sim.advance(2s);
  CHECK(row.lease_until > first);
  CHECK(b.wait()->what == queue::outcome::completed);
}

TEST_CASE("synthesis: a lease that cannot be renewed ends by itself, before another may take it") {
  bench b;
  b.discord.latency = 300ms;
  b.begin();
  b.sim.advance(2s);
  b.store.decide = [](const char* verb) {
    return std::string_view{verb} == "renew" ? store_fate::silent : store_fate::normal;
  };
  const auto until = b.store.work.at(1).lease_until;
  b.sim.advance(20s);
  for (const auto at : b.discord.arrivals)
    CHECK(at < until);
}

TEST_CASE("synthesis: missing permissions and hierarchy end it with a sentence, and Retry works when it is mended") {
  bench b;
  b.discord.role(test::fake_discord::bot_role).permissions = 0;
  const auto got = b.once();
  CHECK(got->what == queue::outcome::failed_final);
  CHECK(got->reason.find("PERMISSION_ERROR") != std::string::npos);
  CHECK(got->reason.find("Manage Roles") != std::string::npos);
  CHECK(b.store.work.at(1).state == "failed");
  CHECK(b.discord.writes.empty());
  b.discord.role(test::fake_discord::bot_role).permissions = 8;
  b.store.work.at(1).state = "pending"; // Retry.
  CHECK(b.once()->what == queue::outcome::completed);
  b.check_whole();
}

TEST_CASE("synthesis: a renewal of the lease that finds the deployment complete does not silence its end") {
  bench b;
  bool complete = false, renewed = false;
  b.store.decide = [&](const char* verb) {
    const std::string_view v{verb};
    renewed = renewed || (complete && v == "renew");
    complete = complete || v == "complete";
    return v == "complete" && !renewed ? store_fate::lost_after : store_fate::normal;
  };
  const auto got = b.once();
  REQUIRE(got);
  CHECK(renewed);
  CHECK(got->what == queue::outcome::completed);
  CHECK(b.discord.messages.back().find("is ready") != std::string::npos);
  b.check_whole();
}

TEST_CASE("synthesis: kicked in the middle, it ends cleanly") {
  bench b;
  int n = 0;
  b.discord.decide = [&](const net::http_request& r) {
    if (r.method == "POST" && ++n == 3)
      b.discord.kicked = true;
    return discord_fate::normal;
  };
  const auto got = b.once();
  REQUIRE(got);
  CHECK(got->what == queue::outcome::failed_final);
  CHECK(got->reason.find("GUILD_NOT_FOUND") != std::string::npos);
  CHECK(b.store.work.at(1).state == "failed");
}

TEST_CASE("synthesis: a manifest that is not what was signed changes nothing") {
  bench b;
  auto& r = b.store.versions.at(1);
  r.canonical.replace(r.canonical.find("Gold"), 4, "Dirt");
  const auto got = b.once();
  CHECK(got->what == queue::outcome::failed_final);
  CHECK(got->reason.find("not what was signed") != std::string::npos);
  CHECK(b.discord.writes.empty());
  CHECK(b.store.work.at(1).state == "failed");
}

TEST_CASE("synthesis: without a key to judge its manifest by it waits for the signer, costs no attempt and goes on") {
  bench b;
  b.store.signer_refusal = "restore v1.pem";
  for (int i = 0; i < 5; ++i) { // More often than a job may fail.
    const auto got = b.once();
    REQUIRE(got);
    CHECK(got->what == queue::outcome::postponed);
    CHECK(got->reason.find("Waiting for the signer") != std::string::npos);
    CHECK(b.store.work.at(1).state == "waiting");
    CHECK(b.store.work.at(1).error_text.find("Waiting for the signer") != std::string::npos);
  }
  CHECK(b.discord.guild.roles.size() == 2);
  CHECK(b.discord.messages.back().find("Waiting for the signer") != std::string::npos);
  b.store.signer_refusal.clear();
  CHECK(b.until_end().what == queue::outcome::completed);
  b.check_whole();
  // A key version that is not anchored yet is unknown, which is not forged.
  b.store.submit(b.want);
  auto& signature = b.store.versions.at(2).signature;
  signature.replace(signature.find(":v1:"), 4, ":v2:");
  CHECK(b.once(2)->what == queue::outcome::postponed);
}

// Negative control: with the shortest wait each time, it looks 700 times in this hour.
TEST_CASE("synthesis: the longer a deployment waits for the signer, the more seldom it looks, and it goes on soon") {
  bench b;
  b.store.signer_refusal = "restore v1.pem";
  int looks = 0;
  auto wait = 0ms;
  for (const auto begin = b.sim.now(); b.sim.now() - begin < 1h; ++looks) {
    const auto got = b.once();
    REQUIRE(got);
    CHECK(got->wait >= std::max(wait, std::chrono::milliseconds{5s}));
    CHECK(got->wait <= 2min);
    wait = got->wait;
    b.sim.advance(wait);
  }
  CHECK(looks <= 40);
  CHECK(wait == 2min);
  b.store.signer_refusal.clear();
  CHECK(b.once()->what == queue::outcome::completed); // At the look for which it waits now.
}

TEST_CASE("synthesis: what a deployment made that a restored database does not know is used again, not made twice") {
  for (const bool adopts : {true, false}) {
    CAPTURE(adopts);
    bench b;
    b.adopts = adopts;
    b.crash();
    b.start();
    REQUIRE(b.until_end().what == queue::outcome::completed);
    const auto made = b.discord.guild.roles.size();
    const auto id = b.store.work.at(1).id;
    b.store.work.at(1) = {};
    b.store.work.at(1).id = id;
    b.store.work.at(1).version = 1;
    b.store.shadow = {};
    REQUIRE(b.until_end().what == queue::outcome::completed);
    if (adopts) {
      CHECK(b.discord.guild.roles.size() == made);
      b.check_whole();
    } else { // Negative control.
      CHECK(b.discord.guild.roles.size() == 2 * made - 2);
    }
  }
}

TEST_CASE("synthesis: who the bot is is waited for and not guessed, and costs no attempt") {
  bench b;
  b.discord.bot_known = false;
  const auto early = b.once();
  REQUIRE(early);
  CHECK(early->what == queue::outcome::postponed);
  CHECK(b.discord.guild.channels.empty());
  b.begin();
  b.sim.advance(1s);
  b.discord.bot_known = true; // Within the job's patience.
  const auto then = b.wait();
  REQUIRE(then);
  CHECK(then->what == queue::outcome::completed);
  b.check_whole();
}

TEST_CASE("synthesis: a payload that names nothing is final") {
  bench b;
  caf::scoped_actor self{b.sim.sys()};
  b.begin(99);
  const auto got = b.wait();
  CHECK(got->what == queue::outcome::failed_final);
}

TEST_CASE(
  "synthesis: a create that Discord carries out late, beside the one made again, is told to the admin and kept") {
  for (const bool late : {true, false}) { // Negative control: it never comes.
    bench b;
    late_create held;
    held.comes = late;
    held.into(b, R"("Gold")", R"("news")");
    CHECK(b.until_end().what == queue::outcome::completed);
    REQUIRE(held.lost);
    CHECK(b.discord.count_roles("Gold") == (late ? 2 : 1));
    CHECK(b.store.doubled.size() == (late ? 1 : 0));
    CHECK((b.discord.messages.back().find("Discord made the role “Gold” twice") != std::string::npos) == late);
    CHECK(std::none_of(b.discord.writes.begin(), b.discord.writes.end(),
                       [](const std::string& w) { return w.starts_with("DELETE"); }));
    if (!late)
      continue;
    const auto used = b.store.shadow.entries.front().id;
    CHECK(b.store.doubled.front().used == used);
    CHECK(b.store.doubled.front().id != used);
    CHECK(b.discord.messages.back().find("Delete " + b.store.doubled.front().id.text()) != std::string::npos);
  }
}

TEST_CASE("synthesis: an audit log that cannot be read ends no deployment, and says nothing of doubles") {
  bench b;
  b.discord.audit_readable = false;
  CHECK(b.until_end().what == queue::outcome::completed);
  CHECK(b.store.doubled.empty());
  b.check_whole();
}
