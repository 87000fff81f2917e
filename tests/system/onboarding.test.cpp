// From /onboard to the finished guild, and on to later versions, as an admin lives it.
#include "adapters/embedded/embedded.hpp"
#include "runtime/json.hpp"
#include "tests/system/records.hpp"

#include <boost/json/object.hpp>
#include <doctest/doctest.h>

namespace {
using namespace arrakis;
using namespace arrakis::system_test;
namespace js = boost::json;
using strings = std::vector<std::string>;

test_stack& here() { return shared(true); }

/// Presses, and waits for what the next screen says.
void go(demo::person& who, const std::string& button, const std::string& then, const strings& values = {}) {
  who.press(button, values);
  INFO("after ", button, " the admin sees: ", who.text());
  REQUIRE(who.sees(then, std::chrono::seconds{10}));
}

/// The guild of the first two cases: an admin's own role has the name of a tier.
struct first_guild {
  place at = here().create_guild("Sietch Tabr");
  snowflake foreign;
  first_guild() {
    const auto made = here().rest_call(at.owner, "POST", "/guilds/" + at.guild + "/roles",
                                       js::object{{"name", "Gold"}, {"color", 7}, {"permissions", "1024"}});
    foreign = *parse_snowflake(json::text_or(made.as_object(), "id"));
  }
};
first_guild& tabr() {
  static first_guild g;
  return g;
}

void check_foreign_role() {
  const auto s = read_guild(here(), tabr().at);
  const auto found = std::find_if(s.guild.roles.begin(), s.guild.roles.end(),
                                  [](auto& r) { return r.id == tabr().foreign; });
  REQUIRE(found != s.guild.roles.end());
  CHECK(found->name == "Gold");
  CHECK(found->color == 7);
  CHECK(found->permissions == 1024);
  for (const auto& [of, id] : shadow_ids(here(), tabr().at))
    CHECK(id != tabr().foreign);
}
} // namespace

TEST_CASE("onboarding: after edits from the review guild, shadow, manifest and audit agree in every managed field") {
  auto& w = here();
  const auto& at = tabr().at;
  demo::onboarding_options o;
  if (w.stack().chain())
    o.token = w.stack().chain()->deployed().erc20;
  else
    MESSAGE("skipped: the contract is not read on a chain, as build/evm/anvil is not installed (apps/demo/evm/setup)");
  auto admin = w.admin(at);
  demo::walk_to_review(admin, o);
  CHECK(contains(admin.text(), "Diamond"));
  go(admin, "wizard:edit-tiers:*", "Step 4 of 8");
  go(admin, "wizard:tier-template:*", "rank 51–100", {"simple"});
  go(admin, "wizard:continue:*", "Step 7 of 8");
  CHECK(contains(admin.text(), "Gold → new role “Gold”"));
  CHECK(!contains(admin.text(), "Diamond"));
  CHECK(contains(admin.text(), "vip-chat (only Gold, Silver)"));
  go(admin, "wizard:edit-roles:*", "Step 5 of 8");
  go(admin, "wizard:back:*", "Step 7 of 8");
  admin.press("wizard:edit-name:*");
  admin.submit(js::object{{"name", "Sietch Jacurutu"}});
  REQUIRE(admin.sees("Sietch Jacurutu"));
  go(admin, "wizard:back:*", "Step 6 of 8");
  go(admin, "wizard:continue:*", "Step 7 of 8");
  REQUIRE(demo::deploy(admin));

  CHECK(disagreements(w, at) == strings{});
  const auto want = stored_manifest(w, at);
  CHECK(want.community_name == "Sietch Jacurutu");
  CHECK(want.roles.size() == 3);
  const auto s = read_guild(w, at);
  CHECK(s.made.size() == blueprint::resources(want).size());
  for (const auto& reason : s.reasons)
    CHECK(reason.starts_with("Arrakis: "));
  check_foreign_role();
  CHECK(wait_until_idle(w, at));
  CHECK(audit_entries(w, at) == 2);
  CHECK(count_refusals(w) == refusals{0, 0});
}

TEST_CASE("onboarding: one trace id leads from the click to the end of its job") {
  (void)tabr();
  std::string submitted;
  bool ended = false;
  std::istringstream lines{test::content(here().stack().log_file())};
  for (std::string line; std::getline(lines, line);) {
    auto entry = json::parse(line);
    if (!entry || !entry->is_object())
      continue;
    const auto& o = entry->get_object();
    if (json::text_or(o, "event") == "deployment.submitted" && submitted.empty())
      submitted = json::text_or(o, "trace");
    if (json::text_or(o, "event") == "job.ended" && json::text_or(o, "trace") == submitted)
      ended = true;
  }
  CHECK(submitted.size() == 32);
  CHECK(ended);
}

TEST_CASE("onboarding: an edit updates by snowflake, lists what is left over and deletes nothing") {
  auto& w = here();
  const auto& at = tabr().at;
  const auto before = read_guild(w, at);
  const auto known = shadow_ids(w, at);
  auto admin = w.admin(at);
  admin.type("onboard");
  REQUIRE(admin.sees("at version 1"));
  go(admin, "wizard:edit-channels:*", "Step 6 of 8");
  go(admin, "wizard:channel-template:*", "#general", {"minimal"});
  go(admin, "wizard:continue:*", "Step 7 of 8");
  REQUIRE(demo::deploy(admin));
  CHECK(contains(admin.text(), "(version 2)"));
  for (const auto* gone : {"COMMUNITY", "VIP", "voice-lounge", "vip-chat", "vip-voice"})
    CHECK_MESSAGE(contains(admin.text(), gone), "left over, and not listed: ", gone);

  CHECK(disagreements(w, at) == strings{});
  const auto after = read_guild(w, at);
  for (const auto& c : before.guild.channels)
    CHECK_MESSAGE(
      std::any_of(after.guild.channels.begin(), after.guild.channels.end(), [&](auto& x) { return x.id == c.id; }),
      "deleted: ", c.name);
  const auto now = shadow_ids(w, at);
  for (const auto* kept : {"ch-announcements", "ch-general"})
    CHECK(now.at({"channel", kept}) == known.at({"channel", kept}));
  CHECK(after.made.size() == before.made.size() + 1); // The voice channel of the smaller template.
  check_foreign_role();
  CHECK(wait_until_idle(w, at));
  CHECK(audit_entries(w, at) == 4);
  admin.type("reconcile");
  INFO(admin.text());
  CHECK(admin.sees("Matches the plan", std::chrono::seconds{10}));
  CHECK(contains(admin.text(), "vip-voice")); // Still there, still no drift.
  CHECK(count_refusals(w) == refusals{0, 0});
}

TEST_CASE("manifest: version 1 restored is version 3, with the content of 1 and a history of all three") {
  auto& w = here();
  const auto& at = tabr().at;
  const auto one = stored_manifest(w, at, 1);
  const auto before = read_guild(w, at);
  const auto restored = w.stack().ctl({"manifest", "restore", at.guild, "1", "--yes"});
  INFO(restored.second);
  REQUIRE(restored.first == 0);
  CHECK(contains(restored.second, "as version 3"));
  REQUIRE(wait_for_state(w, at, 3, "completed"));
  CHECK(stored_manifest(w, at, 3) == one);
  CHECK(stored_manifest(w, at) == one);
  CHECK(disagreements(w, at) == strings{});
  CHECK(read_guild(w, at).made.size() == before.made.size()); // Resources that version 2 left over are used again.
  const auto list = w.stack().ctl({"manifest", "list", at.guild}).second;
  for (const auto* version : {"v000001", "v000002", "v000003"})
    CHECK(contains(list, version));
  CHECK(!contains(list, "NOT YET"));
  CHECK(w.stack().ctl({"manifest", "reindex", at.guild}).first == 0);
  check_foreign_role();
  CHECK(wait_until_idle(w, at));
  CHECK(audit_entries(w, at) == 6);
}

TEST_CASE(
  "onboarding: a role that the admin chose is used and never changed, also when a later version makes its own") {
  auto& w = here();
  const auto at = w.create_guild("Sietch Tuek");
  const js::object elders{{"name", "Elders"}, {"color", 1193046}, {"permissions", "1024"}, {"hoist", false}};
  const auto made = w.rest_call(at.owner, "POST", "/guilds/" + at.guild + "/roles", elders);
  const auto id = *parse_snowflake(json::text_or(made.as_object(), "id"));
  const auto untouched = [&] {
    const auto s = read_guild(w, at);
    const auto* r = role_named(s, "Elders");
    return r && r->id == id && r->color == 1193046 && r->permissions == 1024 && !r->hoist;
  };
  auto admin = w.at_review(at, "Tuek", "simple", "minimal");
  go(admin, "wizard:edit-roles:*", "Step 5 of 8");
  go(admin, "wizard:role-gold:*", "Gold → <@&" + id.text(), {id.text()});
  go(admin, "wizard:continue:*", "Step 7 of 8");
  REQUIRE(demo::deploy(admin));
  CHECK(stored_manifest(w, at).roles.at(0).existing == id);
  CHECK(role_named(read_guild(w, at), "Gold") == nullptr);
  CHECK(untouched());
  CHECK(disagreements(w, at) == strings{});

  admin.type("onboard");
  REQUIRE(admin.sees("at version 1"));
  go(admin, "wizard:edit-roles:*", "Step 5 of 8");
  go(admin, "wizard:auto-create:*", "Gold → new role “Gold”");
  go(admin, "wizard:continue:*", "Step 7 of 8");
  REQUIRE(demo::deploy(admin));
  CHECK(!contains(admin.text(), "Elders")); // Not ours, so not left over.
  const auto s = read_guild(w, at);
  CHECK(role_named(s, "Gold") != nullptr);
  CHECK(untouched());
  CHECK(disagreements(w, at) == strings{});
}

namespace {
/// The value of an input of the form that is open.
std::string filled_in(const demo::person& who, std::string_view input) {
  for (const auto& row : who.form().at("components").as_array()) {
    const auto& x = row.at("components").at(0).as_object();
    if (json::text_or(x, "custom_id") == input)
      return std::string{json::text_or(x, "value")};
  }
  return {};
}

void correct_name(demo::person& admin) {
  admin.press("wizard:edit-name:*");
  admin.submit(js::object{{"name", "Hagal @here"}});
  REQUIRE(admin.sees("Leave out: `@here`")); // In the wizard's own message.
  CHECK(contains(admin.text(), "Step 7 of 8"));
  admin.press("wizard:correct:*");
  CHECK(filled_in(admin, "name") == "Hagal @here");
  admin.submit(js::object{{"name", "Hagal"}});
  REQUIRE(admin.sees("Step 7 of 8"));
  CHECK(!contains(admin.text(), "Leave out"));
}

/// Adds one tier, which is refused first, and makes another one a tier by amount.
void make_own_tiers(demo::person& admin) {
  go(admin, "wizard:edit-tiers:*", "Step 4 of 8");
  admin.press("wizard:tier-add:*");
  admin.submit(js::object{{"name", "Whales"}, {"ranks", "3-1"}, {"color", "teal"}, {"hoist", "yes"}});
  REQUIRE(admin.sees("Ranks: `1-10`"));
  admin.press("wizard:correct:*");
  CHECK(filled_in(admin, "ranks") == "3-1");
  CHECK(filled_in(admin, "color") == "teal");
  admin.submit(js::object{{"name", "Whales"}, {"ranks", "1-3"}, {"color", "teal"}, {"hoist", "yes"}});
  REQUIRE(admin.sees("**Whales** rank 1–3"));
  go(admin, "wizard:tier-pick:*", "▸ **Bronze**", {"bronze"});
  admin.press("wizard:tier-edit:*");
  CHECK(filled_in(admin, "ranks") == "51-100");
  admin.submit(js::object{{"name", "Copper"}, {"ranks", ""}, {"amount", "2"}, {"color", "#B87333"}, {"hoist", "no"}});
  REQUIRE(admin.sees("**Copper** at least 2 "));
  go(admin, "wizard:tier-up:*", "▸ **Copper**");
  go(admin, "wizard:continue:*", "Step 7 of 8");
}
} // namespace

TEST_CASE("onboarding: refused forms are corrected, own tiers made, and a channel that was there is used as it is") {
  auto& w = here();
  const auto at = w.create_guild("Sietch Hagal");
  const auto channels = "/guilds/" + at.guild + "/channels";
  const auto market = w.rest_call(at.owner, "POST", channels, js::object{{"name", "market"}, {"topic", "ours"}});
  const auto id = *parse_snowflake(json::text_or(market.as_object(), "id"));
  auto admin = w.at_review(at, "Hagal", "simple", "standard");

  correct_name(admin);
  make_own_tiers(admin);
  go(admin, "wizard:edit-channels:*", "Step 6 of 8");
  go(admin, "wizard:channel-pick:*", "Step 6 of 8", {"2"});
  go(admin, "wizard:channel-use:*", "#general → <#" + id.text(), {id.text()});
  go(admin, "wizard:continue:*", "Step 7 of 8");
  REQUIRE(demo::deploy(admin));

  const auto want = stored_manifest(w, at);
  REQUIRE(want.tiers.size() == 4);
  CHECK(want.tiers[2].id == "bronze");
  CHECK(want.tiers[2].threshold == "2");
  const auto s = read_guild(w, at);
  const auto* copper = role_named(s, "Copper");
  REQUIRE(copper);
  CHECK(copper->color == 0xB87333);
  CHECK(!copper->hoist);
  const auto* silver = role_named(s, "Silver");
  REQUIRE(silver);
  CHECK(copper->position > silver->position); // In the order of the tiers.
  const auto general = [](const observed_guild& now) {
    return std::ranges::count(now.guild.channels, "general", &guild::channel::name);
  };
  const auto before = general(s); // Each server has one of its own.
  const auto* untouched = channel_named(s, "market");
  REQUIRE(untouched);
  CHECK(untouched->topic == "ours");
  CHECK(!untouched->parent);
  CHECK(untouched->overwrites.empty());
  CHECK(disagreements(w, at) == strings{});
  CHECK(count_refusals(w) == refusals{0, 0});

  admin.type("onboard"); // Given up again: it is not ours, so that it is not left over.
  REQUIRE(admin.sees("at version 1"));
  go(admin, "wizard:edit-channels:*", "Step 6 of 8");
  go(admin, "wizard:channel-pick:*", "Step 6 of 8", {"2"});
  go(admin, "wizard:channel-use:*", "#general\n", {"create_new"});
  go(admin, "wizard:continue:*", "Step 7 of 8");
  REQUIRE(demo::deploy(admin));
  CHECK(!contains(admin.text(), "market"));
  CHECK(general(read_guild(w, at)) == before + 1);
  CHECK(disagreements(w, at) == strings{});
}

TEST_CASE("onboarding: through the interactions endpoint (signed HTTP) it ends in the same guild") {
  auto& w = here();
  const auto at = w.create_guild("Sietch Gara Kulon");
  w.stack().sandbox("POST", "endpoint", js::object{{"url", w.stack().public_url() + "/webhooks/discord"}});
  {
    auto admin = w.at_review(at, "Gara Kulon");
    REQUIRE(demo::deploy(admin));
  }
  w.stack().sandbox("POST", "endpoint", js::object{{"url", ""}});
  CHECK(disagreements(w, at) == strings{});
  CHECK(read_guild(w, at).made.size() == blueprint::resources(stored_manifest(w, at)).size());
  CHECK(wait_until_idle(w, at));
  CHECK(count_refusals(w) == refusals{0, 0});
}

TEST_CASE("arrakisctl: communities, jobs and audit can be looked up, and a paused queue waits for its resumption") {
  auto& w = here();
  auto& t = w.stack();
  const auto at = w.create_guild("Sietch Makab");
  auto admin = w.at_review(at, "Makab", "simple", "minimal");
  REQUIRE(t.ctl({"jobs", "pause"}).first == 0);
  CHECK(contains(t.ctl({"jobs", "list"}).second, "the queue is paused"));
  admin.press("wizard:deploy:*");
  REQUIRE(demo::eventually(
    [&] {
      return contains(t.ctl({"jobs", "list", "paused"}).second, "synth-");
    },
    std::chrono::seconds{10}));
  CHECK(read_guild(w, at).made.empty());
  const auto paused = json::parse(t.ctl({"jobs", "list", "paused", "--json"}).second);
  REQUIRE(paused);
  const std::string job{json::text_or(paused->at("jobs").at(0).as_object(), "id")};
  REQUIRE(t.ctl({"jobs", "resume"}).first == 0);
  REQUIRE(wait_for_state(w, at, 1, "completed"));
  const auto shown = t.ctl({"jobs", "show", job});
  CHECK(shown.first == 0);
  CHECK(contains(shown.second, "SYNTHESIZE_COMMUNITY"));
  CHECK(contains(t.ctl({"community", "list"}).second, "Makab"));
  CHECK(t.ctl({"audit", "verify"}).first == 0);
  CHECK(t.ctl({"community", "show", "1"}).first == 1);
  CHECK(t.ctl({"jobs", "show", "no-such-job"}).first == 1);
  const auto missing = t.ctl({"manifest", "show", at.guild, "99"});
  CHECK(missing.first == 1);
  CHECK(contains(missing.second, "There is no version 99 of this community: the newest is 1."));
  CHECK(t.ctl({"manifest", "show", at.guild, "x"}).first == 2);
  CHECK(t.ctl({"nonsense"}).first == 2);
  CHECK(t.ctl({"community", "freeze", at.guild, std::string(501, 'x')}).first == 1);
  CHECK(!contains(t.ctl({"community", "show", at.guild}).second, "frozen"));
  CHECK(disagreements(w, at) == strings{});
  // Another client of the queue may name a job as it likes; an operator's terminal obeys nothing of it.
  const auto url = embedded::redis_url(t.folder() + "/arrakis");
  process named{{{"redis-cli", "-s", url.substr(std::string_view{"unix://"}.size()), "HSET",
                  "bull:{discord-synthesis}:" + job, "name", "a\x1b]0;owned\x07\r", "failedReason", "b\u009b31m\u202e"},
                 {},
                 {},
                 {},
                 {}}};
  REQUIRE(named.wait(std::chrono::seconds{10}));
  for (const strings& words : {strings{"jobs", "show", job}, strings{"jobs", "list", "completed"}}) {
    const auto seen = t.ctl(words).second;
    CHECK(contains(seen, "b\\u009b31m\\u202e"));
    for (const auto* obeyed : {"\x1b", "\x07", "\r", "\u009b", "\u202e"})
      CHECK(!contains(seen, obeyed));
  }
  CHECK(contains(t.ctl({"jobs", "show", job}).second, "a\\u001b]0;owned\\u0007\\r"));
}

TEST_CASE(
  "reconcile: what somebody changed by hand is seen, by the comparison of these tests too, and nothing is changed") {
  auto& w = here();
  const auto at = w.create_guild("Sietch Ix");
  auto admin = w.at_review(at, "Ixian", "simple", "minimal");
  REQUIRE(demo::deploy(admin));
  CHECK(disagreements(w, at) == strings{});
  const auto gold = role_named(read_guild(w, at), "Gold")->id;
  w.rest_call(at.owner, "PATCH", "/guilds/" + at.guild + "/roles/" + gold.text(), js::object{{"color", 1}});
  const auto voice = channel_named(read_guild(w, at), "voice")->id;
  w.rest_call(at.owner, "DELETE", "/channels/" + voice.text());
  CHECK(disagreements(w, at) == strings{"role role-gold “Gold”: color differs", "channel ch-voice: not in the guild"});
  admin.type("reconcile");
  REQUIRE(admin.sees("Differs from the plan", std::chrono::seconds{10}));
  INFO(admin.text());
  CHECK(contains(admin.text(), "Role “Gold”: color changed in Discord"));
  CHECK(contains(admin.text(), "deleted in Discord"));
  CHECK(role_named(read_guild(w, at), "Gold")->color == 1);
}

TEST_CASE("outbox: a job that Redis lost while it was waiting is added again") {
  auto& w = here();
  auto& t = w.stack();
  const auto at = w.create_guild("Sietch Sihaya");
  auto admin = w.at_review(at, "Sihaya", "simple", "minimal");
  REQUIRE(t.ctl({"jobs", "pause"}).first == 0);
  admin.press("wizard:deploy:*");
  const auto waits = [&] { return contains(t.ctl({"jobs", "list", "paused"}).second, "synth-"); };
  REQUIRE(demo::eventually(waits, std::chrono::seconds{10}));
  const auto url = embedded::redis_url(t.folder() + "/arrakis");
  process emptied{{{"redis-cli", "-s", url.substr(std::string_view{"unix://"}.size()), "FLUSHALL"}, {}, {}, {}, {}}};
  REQUIRE(emptied.wait(std::chrono::seconds{10}));
  CHECK(emptied.exit_status() == 0);
  CHECK(wait_for_state(w, at, 1, "completed"));
  CHECK(disagreements(w, at) == strings{});
  CHECK(wait_until_idle(w, at));
  CHECK(audit_entries(w, at) == 2);
}

TEST_CASE("arrakisd: SIGTERM is a graceful shutdown, and a restart finds its state") {
  auto& w = here();
  const auto at = w.create_guild("Sietch Umbu");
  auto admin = w.at_review(at, "Umbu", "simple", "minimal");
  CHECK(w.stack().stop_arrakis() == 0);
  w.stack().start_arrakis();
  REQUIRE(demo::deploy(admin)); // The session lives in Redis, whose file outlives the process.
  CHECK(disagreements(w, at) == strings{});
}
