#include "actors/jobs/guild_work/plan.hpp"

#include "actors/guild/core/deployed_guild.test.hpp"
#include "tests/support/fakes/snowflakes.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::jobs::guild_work;

namespace {
constexpr int64_t now_ms = 1'790'000'000'000;
snowflake made_at(int64_t ms, uint64_t n = 1) { return {test::snowflake_at(ms).value | n}; }

guild_snapshot fresh() {
  guild_snapshot w;
  w.want = test::sample_manifest();
  w.guild.id = {1};
  w.guild.bot = {2};
  w.guild.bot_roles = {{3}};
  w.guild.roles = {{{1}, "@everyone", 0, false, false, false, 0, 0}, {{3}, "Arrakis", 0, false, false, true, 9, 8}};
  w.audit_known = true;
  return w;
}

/// As if everything had been made by an earlier deployment.
guild_snapshot deployed() {
  auto w = fresh();
  const test::deployed_guild made;
  w.shadow = made.shadow;
  w.guild.channels = made.now.channels;
  int position = 9;
  for (auto role : made.now.roles) {
    role.position = position--;
    w.guild.roles.push_back(std::move(role));
  }
  for (auto& role : w.guild.roles)
    if (role.name == "Arrakis")
      role.position = 50;
  return w;
}

std::string words(const plan& p) {
  std::string out;
  for (const auto& s : p.steps)
    out += s.what == act::create ? 'c' : s.what == act::adopt ? 'a' : s.what == act::update ? 'u' : '.';
  return out;
}
guild::role& role(guild_snapshot& w, const std::string& name) {
  return *std::find_if(w.guild.roles.begin(), w.guild.roles.end(), [&](const auto& r) { return r.name == name; });
}
guild::channel& channel(guild_snapshot& w, const std::string& name) {
  return *std::find_if(w.guild.channels.begin(), w.guild.channels.end(), [&](const auto& c) { return c.name == name; });
}
} // namespace

TEST_CASE("plan: an empty guild gets everything, roles first and the best tier first of all") {
  const auto p = make_plan(fresh());
  CHECK(words(p) == "ccccccccc");
  CHECK(p.steps[0].name == "Gold");
  CHECK(p.steps[2].of.kind == "category");
  CHECK(p.steps[4].of.kind == "channel");
  CHECK(p.left_over.empty());
}

TEST_CASE("plan: a guild that is as wanted needs nothing") {
  const auto p = make_plan(deployed());
  CHECK(words(p) == ".........");
}

TEST_CASE("plan: drift is mended by snowflake, also after a rename") {
  auto w = deployed();
  role(w, "Gold").color = 0;
  channel(w, "news").name = "gossip";
  const auto p = make_plan(w);
  CHECK(words(p) == "u...u....");
  CHECK(p.steps[0].changes == std::vector<std::string>{"color"});
  CHECK(p.steps[4].changes == std::vector<std::string>{"name"});
}

TEST_CASE("plan: a deleted role or channel is created again, and what refers to it is updated") {
  auto w = deployed();
  std::erase_if(w.guild.roles, [](const auto& r) { return r.name == "Gold"; });
  const auto p = make_plan(w);
  // Category VIP, its two channels and the channel of both tiers name the role.
  CHECK(words(p) == "c..u..uuu");
}

TEST_CASE("plan: what the new version lacks is listed and left") {
  auto w = deployed();
  w.want.channels.pop_back();
  auto p = make_plan(w);
  CHECK(words(p) == "........");
  REQUIRE(p.left_over.size() == 1);
  CHECK(p.left_over[0].find("vip-voice") != std::string::npos);
  // A channel whose type no longer fits is another channel.
  w.want.channels[1].type = "voice";
  p = make_plan(w);
  CHECK(words(p) == ".....c..");
  CHECK(p.left_over.size() == 2);
}

TEST_CASE("plan: a role of an admin with the same name is left alone; a chosen one is used and never changed") {
  auto w = fresh();
  w.guild.roles.push_back({{500}, "Gold", 0xFFD700, true, false, false, 1, 1024});
  CHECK(words(make_plan(w)) == "ccccccccc");
  w.want.roles[0].existing = snowflake{500};
  const auto p = make_plan(w);
  CHECK(words(p) == ".cccccccc");
  CHECK(p.steps[0].id == snowflake{500});
  w.want.roles[0].existing = snowflake{501};
  CHECK_FALSE(make_plan(w).steps[0].ask.empty());
}

TEST_CASE("plan: a chosen category and channel are used and never changed, and given up without a trace") {
  auto w = fresh();
  w.guild.channels = {{{600}, guild::category, "Tabr", "", {}, 0, {}},
                      {{601}, guild::text, "market", "ours", {600}, 0, {{{9}, 0, 1024, 0}}}};
  const auto without = words(make_plan(w));
  auto& category = w.want.categories[0];
  auto& channel = *std::ranges::find(w.want.channels, category.id, &manifest_channel::category_id);
  category.existing = snowflake{600};
  channel.existing = snowflake{601};
  const auto p = make_plan(w);
  CHECK(std::ranges::count(words(p), 'c') == std::ranges::count(without, 'c') - 2);
  CHECK(words(p).find('u') == std::string::npos);
  for (const auto& s : p.steps)
    if (s.what == act::nothing)
      CHECK((s.id == snowflake{600} || s.id == snowflake{601}));
  const auto ids = known(w);
  CHECK(ids.at({"category", category.id}) == snowflake{600}); // The others of the category go there.
  w.shadow = shadow_of(w);
  REQUIRE(w.shadow.size() == 2);
  CHECK(blueprint::is_chosen(w.shadow[0].fields_json));
  channel.existing.reset();
  const auto again = make_plan(w);
  CHECK(std::ranges::count(words(again), 'c') == std::ranges::count(without, 'c') - 1);
  CHECK(again.left_over.empty()); // The resource was never ours.
  channel.existing = snowflake{602};
  const auto gone = make_plan(w);
  CHECK(std::ranges::any_of(
    gone.steps, [](const auto& s) { return s.ask.find("The channel that was chosen for") != std::string::npos; }));
}

TEST_CASE("plan: what is left over is remembered, and used again by a version that wants it again") {
  auto w = deployed();
  const auto first = w.want;
  w.want.channels.pop_back();
  const auto left = w.shadow.back();
  w.shadow = shadow_of(w);
  CHECK(w.shadow.size() == 9);
  CHECK(w.shadow.back().id == left.id);
  CHECK(make_plan(w).left_over.size() == 1);
  w.want = first;
  CHECK(words(make_plan(w)) == ".........");
  w.shadow.pop_back(); // Negative control: forgotten, it would be made twice.
  CHECK(words(make_plan(w)) == "........c");
}

TEST_CASE("plan: a role that was chosen once is neither changed nor left over when a new one is wanted instead") {
  auto w = fresh();
  w.guild.roles.push_back({{500}, "Elders", 0x123456, false, false, false, 1, 1024});
  w.want.roles[0].existing = snowflake{500};
  w.shadow = shadow_of(w);
  REQUIRE(w.shadow.size() == 1);
  w.want.roles[0].existing.reset();
  const auto p = make_plan(w);
  CHECK(words(p) == "ccccccccc");
  CHECK(p.left_over.empty());
  // Negative control: without the mark.
  w.shadow[0].fields_json = blueprint::text(blueprint::actual(w.guild.roles.back()));
  CHECK(words(make_plan(w)) == "ucccccccc");
}

TEST_CASE("adoption: only what is proven ours is adopted") {
  struct row {
    const char* what;
    bool equal, old, in_shadow;
    uint64_t author; ///< 0: the audit log is silent.
    const char* reason;
    adoption::kind expected;
  };
  const row rows[]{
    {"ours", true, false, false, 2, "Arrakis: role “Gold” [n1]", adoption::ours},
    {"another's, with our words", true, false, false, 9, "Arrakis: role “Gold” [n1]", adoption::none},
    {"ours, of another intent", true, false, false, 2, "Arrakis: role “Gold” [n2]", adoption::none},
    {"silent log", true, false, false, 0, "", adoption::unsure},
    {"ours, whatever the ids say of its age", true, true, false, 2, "[n1]", adoption::ours},
    {"there before the create, silent log", true, true, false, 0, "", adoption::none},
    {"named by the shadow state", true, false, true, 2, "[n1]", adoption::none},
    {"other fields, proven ours", false, false, false, 2, "[n1]", adoption::ours},
    {"other fields, silent", false, false, false, 0, "", adoption::none},
  };
  for (const auto& r : rows) {
    CAPTURE(r.what);
    auto w = fresh();
    const auto id = made_at(now_ms + (r.old ? -100'000 : 1'000));
    w.guild.roles.push_back({id, "Gold", r.equal ? 0xFFD700u : 1u, true, false, false, 1, 1024});
    if (r.author)
      w.audit.push_back({{r.author}, id, 30, r.reason});
    if (r.in_shadow)
      w.shadow.push_back({"role", "other", id, "{}"});
    const deployments::intent intent{"role", "role-gold", "n1", made_at(now_ms)};
    const auto want = *blueprint::wanted(w.want, {"role", "role-gold"}, {}, {w.guild.id, w.guild.bot});
    const auto found = find_created(w, intent, want);
    CHECK(found.what == r.expected);
    w.open.push_back(intent);
    const auto s = decide(w, blueprint::resources(w.want)[0]);
    CHECK((s.what == act::adopt) == (r.expected == adoption::ours));
    CHECK(s.ask.empty() == (r.expected != adoption::unsure));
    w.adopts = false;
    CHECK(decide(w, blueprint::resources(w.want)[0]).what == act::create);
  }
}

TEST_CASE("adoption: the newest id of the guild says what was there before a create, and no clock does") {
  auto w = fresh();
  CHECK(newest(w.guild) == snowflake{3}); // The bot's own role; @everyone has the guild's id.
  const auto role_id = made_at(now_ms), channel_id = made_at(now_ms + 5'000);
  w.guild.roles.push_back({role_id, "Gold", 0xFFD700, true, false, false, 1, 1024});
  CHECK(newest(w.guild) == role_id);
  w.guild.channels.push_back({channel_id, guild::text, "hall", "", {}, 0, {}});
  CHECK(newest(w.guild) == channel_id);
  const auto want = *blueprint::wanted(w.want, {"role", "role-gold"}, {}, {w.guild.id, w.guild.bot});
  const auto after = [&](snowflake seen) { return find_created(w, {"role", "role-gold", "n1", seen}, want).what; };
  CHECK(after(made_at(now_ms + 60'000)) == adoption::none);
  CHECK(after(made_at(now_ms)) == adoption::unsure);
  CHECK(after(made_at(now_ms + 100)) == adoption::unsure); // Discord's machines may disagree by so much.
  CHECK(after(made_at(now_ms + 101)) == adoption::none);
  CHECK(after({}) == adoption::unsure); // An intent of an earlier version of ours does not know.
}

TEST_CASE(
  "adoption: what differs by its name and has no entry is ours to ask about only where it came after the intent") {
  auto w = fresh();
  const auto id = made_at(now_ms);
  w.guild.roles.push_back({id, "Something else", 0xFFD700, true, false, false, 1, 1024});
  const auto want = *blueprint::wanted(w.want, {"role", "role-gold"}, {}, {w.guild.id, w.guild.bot});
  const auto with = [&](snowflake seen) { return find_created(w, {"role", "role-gold", "n1", seen}, want).what; };
  CHECK(with(made_at(now_ms - 1)) == adoption::unsure); // Discord may have folded the name.
  CHECK(with(id) == adoption::none); // There already: that of a new guild, a second older than the intent.
  CHECK(with(made_at(now_ms + 1'000)) == adoption::none);
  CHECK(with({}) == adoption::none); // An intent of an earlier version: it may be years old.
}

TEST_CASE("adoption: a version that takes over asks about what the one before it may have made, with other fields") {
  auto w = fresh();
  const auto id = made_at(now_ms + 1'000);
  w.guild.roles.push_back({id, "Gold", 1, true, false, false, 1, 1024}); // The version before wanted another color.
  blueprint::role_fields asked{"Gold", 1, true, false, 1024};
  deployments::intent intent{"role", "role-gold", "n1", made_at(now_ms), blueprint::text(asked)};
  const auto next_step = [&] {
    w.open = {intent};
    return decide(w, blueprint::resources(w.want)[0]);
  };
  CHECK(next_step().unsure);
  CHECK_FALSE(next_step().ask.empty());
  w.audit = {{{2}, id, 30, "Arrakis: role “Gold” [n1]"}}; // The log comes.
  CHECK(next_step().what == act::adopt);
  w.audit = {{{9}, id, 30, ""}}; // The log says that somebody else made it.
  CHECK(next_step().what == act::create);
  w.audit.clear();
  intent.newest_seen = made_at(now_ms + 2'000); // The resource was there before.
  CHECK(next_step().what == act::create);
  intent.newest_seen = made_at(now_ms);
  asked.name = "gold"; // Discord may have folded it.
  intent.fields_json = blueprint::text(asked);
  CHECK(next_step().unsure);
  asked.color = 2; // No create of ours.
  intent.fields_json = blueprint::text(asked);
  CHECK(next_step().what == act::create);
  intent.fields_json.clear(); // Negative control: an intent that does not know what it asked for.
  CHECK(next_step().what == act::create);
}

TEST_CASE("adoption: two equal ones stop the deployment and ask") {
  auto w = fresh();
  for (uint64_t n : {1, 2}) {
    const auto id = made_at(now_ms, n);
    w.guild.roles.push_back({id, "Gold", 0xFFD700, true, false, false, 1, 1024});
    w.audit.push_back({{2}, id, 30, "[n1]"});
  }
  w.open.push_back({"role", "role-gold", "n1", made_at(now_ms)});
  const auto s = decide(w, blueprint::resources(w.want)[0]);
  CHECK(s.ask.find("2 equal ones") != std::string::npos);
  CHECK_FALSE(s.unsure);
}
