#include "actors/guild/core/comparison.hpp"
#include "actors/jobs/synthesize_community/bench.test.hpp"

using namespace arrakis;
using namespace arrakis::jobs::synthesize_community;
using namespace std::chrono_literals;

namespace {
/// A guild as version 1 was deployed there, and an admin who has a plan applied.
struct deployed : bench {
  explicit deployed(manifest m = test::sample_manifest()) : bench(std::move(m)) {
    until_end();
    discord.writes.clear();
    discord.touched.clear();
  }
  snowflake id_of(const std::string& resource) const {
    for (const auto& s : store.shadow.entries)
      if (s.resource == resource)
        return s.id;
    return {};
  }
  blueprint::comparison compared() const {
    auto now = discord.guild;
    for (auto& c : now.channels)
      std::sort(c.overwrites.begin(), c.overwrites.end());
    return blueprint::compare(want, 1, store.versions.at(1).sha256, store.shadow.entries, now);
  }
  /// The admin confirms the plan as it is now.
  void confirm() {
    const auto c = compared();
    auto requested = store.request({.key = "click " + std::to_string(store.repairs.size()),
                                    .community = store.community.id,
                                    .version = 1,
                                    .plan_json = c.plan_json,
                                    .plan_sha256 = c.plan_sha256});
    REQUIRE(requested);
    repair = requested->reconciliation;
    attempts = 0;
  }
  test::fake_store::reconciliation& row() { return store.repairs.back(); }
  /// A channel and a category with two channels in it are deleted by hand, and a role recolored.
  void damage() {
    discord.remove_channel(id_of("ch-general"));
    discord.remove_channel(id_of("cat-vip"));
    discord.role(id_of("role-gold")).color = 1;
  }
  bool wrote(std::string_view part) const {
    return std::any_of(discord.writes.begin(), discord.writes.end(),
                       [&](const std::string& w) { return w.find(part) != std::string::npos; });
  }
  const std::string& told() const { return discord.messages.back(); }
};
} // namespace

TEST_CASE("reconcile: a plan that was confirmed is applied, and nothing else; delivered again, it does nothing") {
  deployed b;
  b.damage();
  b.confirm();
  b.discord.decide = [&, silver = b.id_of("role-silver")](const net::http_request& r) {
    if (r.method != "GET" && r.target.find("/webhooks/") == std::string::npos)
      b.discord.role(silver).color = 2; // While it is applied, and not in the plan.
    return discord_fate::normal;
  };
  CHECK(b.until_end().what == queue::outcome::completed);
  CHECK(b.row().state == "completed");
  CHECK(b.row().completed_count == 1);
  CHECK(b.discord.role(b.id_of("role-gold")).color == 0xFFD700);
  CHECK(b.discord.role(b.id_of("role-silver")).color == 2);
  CHECK_FALSE(b.wrote("DELETE"));
  CHECK(b.told().find("matches its plan again") != std::string::npos);
  CHECK(b.told().find("1 role, 1 category and 3 channels created or updated, and nothing deleted")
        != std::string::npos);
  const auto left = b.compared();
  REQUIRE(left.lines.size() == 1); // The shadow state names what was made; only Silver still differs.
  CHECK(left.lines[0].find("“Silver”") != std::string::npos);
  const auto writes = b.discord.writes.size();
  CHECK(b.once()->what == queue::outcome::completed);
  CHECK(b.discord.writes.size() == writes);
}

TEST_CASE("reconcile: a guild that changed since the plan was shown is left as it is, and the new plan is shown") {
  for (const bool guarded : {true, false}) { // Negative control: the first change was made already.
    deployed b;
    b.damage();
    b.confirm();
    b.row().began = !guarded;
    b.discord.remove_channel(b.id_of("ch-news"));
    CHECK(b.until_end().what == queue::outcome::completed);
    CHECK(b.row().state == (guarded ? "cancelled" : "completed"));
    CHECK(b.discord.writes.empty() == guarded);
    CHECK((b.told().find("nothing was applied") != std::string::npos) == guarded);
    CHECK((b.told().find("reconcile:apply:" + b.compared().plan_sha256) != std::string::npos) == guarded);
  }
}

TEST_CASE("reconcile: killed at any point, before or after the effect, the next process finishes the same guild") {
  size_t points = 0;
  {
    deployed b;
    b.damage();
    b.confirm();
    walk w;
    w.into(b);
    b.until_end();
    points = w.points;
  }
  REQUIRE(points > 3 * 3 + 2 * 2); // Intent, call and note of two creates and more, call and note of updates.
  for (const bool after : {false, true})
    for (size_t at = 1; at <= points; ++at) {
      CAPTURE(at);
      CAPTURE(after);
      deployed b;
      b.damage();
      b.confirm();
      walk w{0, at, after};
      w.into(b);
      CHECK(b.until_end().what == queue::outcome::completed);
      CHECK(b.row().state == "completed");
      b.check_whole();
    }
}

TEST_CASE("reconcile: negative control: without adoption an interrupted create is made twice") {
  size_t doubled = 0;
  for (size_t at = 1; at <= 12; ++at) {
    deployed b;
    b.damage();
    b.confirm();
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

TEST_CASE("reconcile: what an interrupted one made is found by the deployment that follows") {
  deployed b;
  b.damage();
  b.confirm();
  b.discord.decide = [&](const net::http_request& r) {
    if (r.method != "POST" || r.target.find("/channels") == std::string::npos)
      return discord_fate::normal;
    b.node().crash();
    return discord_fate::lost_after;
  };
  const auto cut = b.once();
  CHECK((!cut || cut->what != queue::outcome::completed));
  b.discord.decide = {};
  b.sim.advance(10s); // The lease is over.
  b.start();
  b.repair.clear();
  const auto second = b.store.submit(b.want);
  CHECK(b.until_end(second).what == queue::outcome::completed);
  b.check_whole();
}

TEST_CASE("reconcile: one writer per guild: the second waits while the first has its lease") {
  for (const bool guarded : {true, false}) { // Negative control: leases of the two kinds side by side.
    deployed b;
    b.damage();
    b.confirm();
    b.store.one_writer = guarded;
    REQUIRE(b.store.take(b.row(), "another process", 8s));
    b.repair.clear();
    const auto second = b.store.submit(b.want);
    b.begin(second);
    const auto got = b.wait(6s);
    CHECK((got && got->what == queue::outcome::postponed) == guarded);
    CHECK(b.discord.writes.empty() == guarded);
  }
  deployed b; // And the other way round.
  b.damage();
  b.confirm();
  const auto second = b.store.submit(b.want);
  REQUIRE(b.store.take(b.store.work.at(second), "another process", 8s));
  b.begin();
  const auto got = b.wait(6s);
  REQUIRE(got);
  CHECK(got->what == queue::outcome::postponed);
  CHECK(got->reason.find("version 2 is being deployed") != std::string::npos);
}

TEST_CASE("reconcile: a version that another one replaced ends without a change, and the admin is told") {
  deployed b;
  b.damage();
  b.confirm();
  b.store.community.active_version = 2;
  CHECK(b.until_end().what == queue::outcome::completed);
  CHECK(b.row().state == "cancelled");
  CHECK(b.discord.writes.empty());
  CHECK(b.told().find("The plan was not applied") != std::string::npos);
  CHECK(b.told().find("Version 2 was deployed before this Apply began") != std::string::npos);
  CHECK(b.told().find("`/reconcile` shows") != std::string::npos);
}

TEST_CASE("reconcile: killed anywhere before its plan is known to be outdated, the admin is told all the same") {
  for (const bool after : {false, true})
    for (size_t at = 1; at <= 6; ++at) {
      CAPTURE(at);
      CAPTURE(after);
      deployed b;
      b.damage();
      b.confirm();
      b.discord.remove_channel(b.id_of("ch-news"));
      walk w{0, at, after};
      w.into(b);
      CHECK(b.until_end().what == queue::outcome::completed);
      CHECK(b.row().state == "cancelled");
      CHECK(b.discord.writes.empty());
      CHECK(b.told().find("nothing was applied") != std::string::npos);
    }
}

TEST_CASE("reconcile: an outdated plan is ended again when the answer to its end was lost") {
  deployed b;
  b.damage();
  b.confirm();
  b.discord.remove_channel(b.id_of("ch-news"));
  int lost = 0;
  b.store.decide = [&](const char* verb) {
    return std::string_view{verb} == "outdate" && ++lost <= 2 ? store_fate::lost_after : store_fate::normal;
  };
  const auto got = b.once(); // In the same attempt, which shows the new plan.
  REQUIRE(got);
  CHECK(got->what == queue::outcome::completed);
  CHECK(lost == 3);
  CHECK(b.told().find("reconcile:apply:" + b.compared().plan_sha256) != std::string::npos);
}

TEST_CASE("reconcile: role positions are changed where the plan shows it, and not otherwise") {
  deployed lowest; // The lesser tier comes to stand at the bottom by itself.
  std::erase_if(lowest.discord.guild.roles, [&](const auto& r) { return r.id == lowest.id_of("role-silver"); });
  CHECK_FALSE(lowest.compared().orders_roles);
  for (const bool shown : {true, false}) { // Negative control: a plan without it.
    deployed b;
    std::erase_if(b.discord.guild.roles, [&](const auto& r) { return r.id == b.id_of("role-gold"); });
    REQUIRE(b.compared().orders_roles);
    CHECK(b.compared().lines.back()
          == "Roles “Gold”, “Silver”: they would be put in this order again, within the places that they have.");
    b.confirm();
    if (!shown) {
      const std::string_view order = R"("action":"order")";
      b.row().plan_json.replace(b.row().plan_json.find(order), order.size(), R"("action":"none")");
      b.row().began = true;
    }
    CHECK(b.until_end().what == queue::outcome::completed);
    CHECK(b.row().state == "completed");
    CHECK(b.wrote("PATCH /guilds/" + b.discord.guild.id.text() + "/roles") == shown);
    const auto above = b.discord.role(b.id_of("role-gold")).position > b.discord.role(b.id_of("role-silver")).position;
    CHECK(above == shown);
  }
}

TEST_CASE("reconcile: the roles of a community without channels are put in order, by Apply and by a deployment") {
  auto roles_alone = test::sample_manifest();
  roles_alone.categories.clear();
  roles_alone.channels.clear();
  for (const bool applied : {true, false}) {
    CAPTURE(applied);
    deployed b{roles_alone};
    std::erase_if(b.discord.guild.roles, [&](const auto& r) { return r.id == b.id_of("role-gold"); });
    int64_t version = 1;
    if (applied) {
      REQUIRE(b.compared().orders_roles);
      b.confirm();
    } else {
      b.attempts = 0;
      version = b.store.submit(roles_alone);
    }
    CHECK(b.until_end(version).what == queue::outcome::completed);
    CHECK(b.wrote("PATCH /guilds/" + b.discord.guild.id.text() + "/roles"));
    CHECK(b.discord.role(b.id_of("role-gold")).position > b.discord.role(b.id_of("role-silver")).position);
  }
}

TEST_CASE("reconcile: a frozen community is not written to; after the thaw it goes on by itself") {
  deployed b;
  b.damage();
  b.confirm();
  b.store.set_status("frozen");
  b.sim.advance(2s);
  const auto got = b.once();
  REQUIRE(got);
  CHECK(got->what == queue::outcome::postponed);
  CHECK(b.discord.writes.empty());
  b.store.set_status("active");
  b.sim.advance(2s);
  CHECK(b.until_end().what == queue::outcome::completed);
  CHECK_FALSE(b.discord.writes.empty());
}

TEST_CASE("reconcile: a permission that is missing is told with what to do, and /reconcile leads on") {
  deployed b;
  b.damage();
  b.confirm();
  b.discord.role(test::fake_discord::bot_role).permissions = 0;
  CHECK(b.until_end().what == queue::outcome::failed_final);
  CHECK(b.row().state == "failed");
  CHECK(b.told().find("could not be applied") != std::string::npos);
  CHECK(b.told().find("Manage Channels") != std::string::npos);
  CHECK(b.told().find("Retry") == std::string::npos);
}

TEST_CASE(
  "reconcile: a create that Discord carries out late, beside the one made again, is told to the admin and kept") {
  for (const bool late : {true, false}) { // Negative control: it never comes.
    deployed b;
    b.damage();
    b.confirm();
    late_create held;
    held.comes = late;
    held.into(b, R"("VIP")", R"("general-chat")");
    CHECK(b.until_end().what == queue::outcome::completed);
    REQUIRE(held.lost);
    CHECK(b.discord.count_channels("VIP") == (late ? 2 : 1));
    CHECK(b.store.doubled.size() == (late ? 1 : 0));
    CHECK((b.told().find("Discord made the category “VIP” twice") != std::string::npos) == late);
    CHECK_FALSE(b.wrote("DELETE"));
  }
}

TEST_CASE("reconcile: a payload without its row is refused") {
  deployed b;
  b.repair = "not a row";
  const auto got = b.once();
  REQUIRE(got);
  CHECK(got->what == queue::outcome::failed_final);
  CHECK(got->reason.find("reconciliation") != std::string::npos);
}
