#include "actors/ingress/declaration.hpp"
#include "actors/wizard/messages.hpp"
#include "actors/wizard/surroundings.test.hpp"

using namespace arrakis;
using namespace arrakis::wizard;
using namespace std::chrono_literals;

namespace arrakis::wizard {
const ingress::declaration& definition();
}

TEST_CASE_FIXTURE(fixture, "wizard: from /onboard to a deployment, through Redis at every click") {
  to_review();
  CHECK(control("deploy") != "");
  click("deploy");
  REQUIRE(w.deploys.size() == 1);
  auto& order = w.deploys[0];
  CHECK(order.guild == snowflake{2});
  CHECK(order.admin == snowflake{1});
  CHECK(order.key == session() + "-1");
  CHECK(order.wanted->community_name == "Dune Traders");
  CHECK(order.wanted->roles.size() == 3);
  CHECK(order.interaction_token == "token");
  CHECK(order.token_life > 14min);
  CHECK(says("Step 8 of 8"));
  CHECK(says("dep-1"));
  CHECK(stored().at == core::step::deploy);
  w.newest = status(1, "completed");
  click("refresh");
  CHECK(says("Complete"));
  CHECK(stored().at == core::step::complete);
}

TEST_CASE_FIXTURE(fixture, "wizard: a double click on Deploy makes one deployment, and the second is told") {
  to_review();
  const auto id = control("deploy");
  auto x = made(interaction_kind::component);
  x->custom_id = id;
  caf::scoped_actor self{sim.sys()};
  auto first = self->request(wizard, caf::infinite, ingress::request{x, until()});
  auto second = self->request(wizard, caf::infinite, ingress::request{x, until()});
  sim.run();
  int told = 0;
  auto look_at = [&](ingress::reply& s) { told += s.data_json.find("Another click was quicker") != std::string::npos; };
  auto broken = [](caf::error& e) { FAIL(text_of(e)); };
  first.receive(look_at, broken);
  second.receive(look_at, broken);
  CHECK(w.deploys.size() == 1);
  CHECK(told == 1);
}

TEST_CASE_FIXTURE(fixture, "wizard: any process takes the next click") {
  command("onboard");
  std::swap(wizard, elsewhere);
  submit("community-name:" + session(), {{"name", "Dune Traders"}});
  std::swap(wizard, elsewhere);
  click("continue");
  CHECK(says("Step 2 of 8"));
  std::swap(wizard, elsewhere);
  click("chain", {"berachain"});
  std::swap(wizard, elsewhere);
  click("back");
  CHECK(says("Dune Traders"));
}

TEST_CASE_FIXTURE(fixture, "wizard: a double click that reaches two processes makes one deployment") {
  to_review();
  auto x = made(interaction_kind::component);
  x->custom_id = control("deploy");
  caf::anon_send(wizard, ingress::request{x, until()});
  caf::anon_send(elsewhere, ingress::request{x, until()});
  sim.run();
  CHECK(w.deploys.size() == 1);
  CHECK(stored().at == core::step::deploy);
}

TEST_CASE_FIXTURE(fixture,
                  "wizard: negative control: with a store that does not compare the double click deploys twice") {
  to_review();
  w.blind_store = true;
  auto x = made(interaction_kind::component);
  x->custom_id = control("deploy");
  caf::anon_send(wizard, ingress::request{x, until()});
  caf::anon_send(wizard, ingress::request{x, until()});
  sim.run();
  CHECK(w.deploys.size() == 2); // Under one key, so that even then the community makes one of it.
  CHECK(w.deploys[0].key == w.deploys[1].key);
}

TEST_CASE_FIXTURE(fixture, "wizard: an open session is offered by /onboard, resumed or begun anew") {
  to_review();
  const auto before = session();
  command("onboard");
  CHECK(says("Continue it or start over?"));
  CHECK(session() == before);
  click("resume-existing");
  CHECK(says("Step 7 of 8"));
  command("onboard");
  click("restart");
  CHECK(says("Step 1 of 8"));
  CHECK(session() != before);
  CHECK(stored().draft.name.empty());
}

TEST_CASE_FIXTURE(fixture, "wizard: /resume shows the open session, by its id or without one") {
  command("resume");
  CHECK(says("nothing to resume"));
  to_review();
  command("resume");
  CHECK(says("Step 7 of 8"));
  command("resume", session());
  CHECK(says("Step 7 of 8"));
  command("resume", "somebody-elses");
  CHECK(apart);
  CHECK(says("No setup of yours"));
}

TEST_CASE_FIXTURE(fixture,
                  "wizard: /resume without a session shows the latest deployment, a failed one with its Retry") {
  w.newest = status(3, "failed");
  command("resume");
  CHECK(says("Move the bot's role up."));
  REQUIRE(control(retry_button_id(3)) != "");
  take(click_id(retry_button_id(3)));
  REQUIRE(w.retries.size() == 1);
  CHECK(w.retries[0].version == 3);
  CHECK(says("on its way once more"));
}

TEST_CASE_FIXTURE(fixture,
                  "wizard: a click without a session, or on that of another, is explained and changes nothing") {
  command("onboard");
  const auto id = control("cancel");
  const auto before = w.sessions;
  auto x = made(interaction_kind::component);
  x->custom_id = id;
  x->user = snowflake{77};
  take(sim.ask<ingress::reply>(wizard, ingress::request{x, until()}));
  CHECK(apart);
  CHECK(says("This setup belongs to somebody else. `/onboard` starts your own."));
  CHECK(w.sessions == before);
  w.sessions.clear();
  take(click_id(id));
  CHECK(says("This setup closed after 15 minutes without a click. Nothing in your server changed. `/onboard` starts"));
  auto below_deployment = id;
  below_deployment.replace(below_deployment.find("cancel"), 6, "refresh");
  take(click_id(below_deployment));
  CHECK(says("Its deployment goes on without it"));
  CHECK_FALSE(says("Nothing in your server changed"));
}

TEST_CASE_FIXTURE(fixture, "wizard: cancel erases the session") {
  command("onboard");
  click("cancel");
  CHECK(says("forgotten"));
  CHECK(w.sessions.empty());
}

TEST_CASE_FIXTURE(fixture, "wizard: a contract that cannot be read is kept for another try") {
  command("onboard");
  submit("community-name:" + session(), {{"name", "Dune Traders"}});
  click("continue");
  click("chain", {"berachain"});
  click("continue");
  submit("asset-address:" + session() + ":erc20:berachain", {{"address", address}, {"min_balance", "5"}});
  CHECK(says("could not be checked"));
  CHECK(stored().draft.typed->address == address);
  CHECK(stored().draft.assets.empty());
  w.contract = chain::contract{address, true, true, "SPICE", std::nullopt, 6, 100};
  click("check-again");
  CHECK(says("SPICE added (contract found on Berachain)"));
  CHECK(stored().draft.assets.at(0).decimals == 6);
}

TEST_CASE_FIXTURE(fixture, "wizard: a guild that cannot be read is not deployed to, and comes back") {
  to_review();
  w.guild_away = true;
  click("refresh");
  CHECK(says("could not be read"));
  CHECK(control("deploy").empty());
  w.guild_away = false;
  bot_may(permissions::manage_channels);
  click("refresh");
  CHECK(says("Give the bot the permission “Manage Roles”"));
  bot_may(permissions::administrator);
  click("refresh");
  CHECK(control("deploy") != "");
}

TEST_CASE_FIXTURE(fixture, "wizard: permissions that went after the review are seen at the deployment") {
  to_review();
  bot_may(0);
  click("deploy");
  CHECK_FALSE(apart); // In its place: no pile of refusals grows.
  CHECK(says("Step 7 of 8"));
  CHECK(says("Not deployed: Give the bot the permission"));
  CHECK(w.deploys.empty());
  CHECK(stored().at == core::step::review);
}

TEST_CASE_FIXTURE(fixture, "wizard: a refused deployment fails with its reason, and Retry works after it is mended") {
  to_review();
  w.deploy_fails = ec::conflict;
  click("deploy");
  CHECK(says("because of the reason"));
  CHECK(stored().at == core::step::failed);
  w.deploy_fails.reset();
  click("retry");
  CHECK(w.deploys.size() == 2);
  CHECK(w.deploys[1].key == session() + "-2");
  CHECK(stored().at == core::step::deploy);
}

TEST_CASE_FIXTURE(fixture, "wizard: a deployment of which nobody knows is asked again under the same key") {
  to_review();
  w.deploy_silent = true;
  auto x = made(interaction_kind::component);
  x->custom_id = control("deploy");
  caf::scoped_actor self{sim.sys()};
  auto pending = self->request(wizard, caf::infinite, ingress::request{x, until()});
  sim.advance(11s);
  pending.receive([&](ingress::reply& s) { screen = s.data_json; }, [](caf::error& e) { FAIL(text_of(e)); });
  CHECK(says("not certain yet"));
  w.deploy_silent = false;
  click("retry");
  CHECK(w.deploys.size() == 2);
  CHECK(w.deploys[0].key == w.deploys[1].key);
  CHECK(says("dep-1"));
}

TEST_CASE_FIXTURE(fixture,
                  "wizard: while the signer refuses the plan waits at its place, and the same key is asked again") {
  to_review();
  w.deploy_waits = "the signer refuses: restore /var/lib/arrakis/keys/v1.pem";
  click("deploy");
  CHECK(says("Waiting for the signer"));
  CHECK_FALSE(says("/var/lib")); // The operator's, not the admin's.
  CHECK(stored().at == core::step::deploy);
  click("retry");
  CHECK(says("Waiting for the signer"));
  w.deploy_waits.clear();
  click("retry");
  CHECK(says("dep-1"));
  REQUIRE(w.deploys.size() == 3);
  CHECK(w.deploys[2].key == w.deploys[0].key);
}

TEST_CASE_FIXTURE(fixture, "wizard: a deployment that a restored database does not know does not stay on its way") {
  to_review();
  click("deploy");
  CHECK(says("is on its way"));
  w.newest.reset(); // Not even the community is there.
  click("refresh");
  CHECK(says("restored from an older backup"));
  CHECK(stored().at == core::step::failed);
  click("retry");
  REQUIRE(w.deploys.size() == 2);
  CHECK(w.deploys[1].key != w.deploys[0].key);
}

TEST_CASE_FIXTURE(fixture, "wizard: a deployment that failed in the guild runs again from the same version") {
  to_review();
  click("deploy");
  w.newest = status(1, "failed");
  click("refresh");
  CHECK(says("Move the bot's role up."));
  click("retry");
  CHECK(w.retries.size() == 1);
  CHECK(w.deploys.size() == 1);
  CHECK(stored().at == core::step::deploy);
}

TEST_CASE_FIXTURE(fixture, "wizard: in a guild with a community it edits the active version, ids kept") {
  deploy_first_version();
  command("onboard");
  CHECK(says("at version 1"));
  click("edit-tiers");
  click("tier-template", {"standard"});
  click("continue");
  CHECK(says("Step 7 of 8"));
  click("deploy");
  REQUIRE(w.deploys.size() == 2);
  CHECK(w.deploys[1].wanted->roles[2].id == "role-gold");
  for (size_t i = 0; i < 5; ++i)
    CHECK(w.deploys[1].wanted->channels[i].id == w.deploys[0].wanted->channels[i].id);
  CHECK(w.deploys[1].wanted->channels[3].access_tiers == std::vector<std::string>{"diamond", "platinum"});
  CHECK(stored().base_version == 1);
}

TEST_CASE_FIXTURE(fixture, "wizard: roles of the active version are known by their snowflakes, and asked for anew") {
  deploy_first_version();
  guild::role gold;
  gold.id = snowflake{100000000000000077};
  gold.name = "Renamed by hand";
  gold.position = 2;
  gold.permissions = permissions::manage_guild;
  w.facts.roles.push_back(gold);
  sim.advance(1min);
  command("onboard");
  CHECK_FALSE(says("somebody gave it")); // Negative control: it is nobody of ours.
  w.shadow->entries = {{"role", "role-gold", gold.id, "{}"}};
  click("refresh");
  CHECK(says("stands for a tier, and somebody gave it"));
  w.shadow.reset();
  click("refresh");
  CHECK(says("could not be read just now"));
}

TEST_CASE_FIXTURE(fixture,
                  "wizard: a plan says which version it was made from, so that it does not undo what came since") {
  deploy_first_version();
  command("onboard");
  w.deploy_fails = ec::conflict;
  click("deploy");
  REQUIRE(w.deploys.size() == 2);
  CHECK(w.deploys[0].base_version == 0);
  CHECK(w.deploys[1].base_version == 1); // The store compares it where nothing can come in between.
  CHECK(says("because of the reason"));
  CHECK(stored().at == core::step::failed);
}

TEST_CASE_FIXTURE(fixture, "wizard: Redis away is an error for the ingress to explain, and nothing is lost") {
  to_review();
  w.redis_away = true;
  auto answer = click_id(control("back"));
  REQUIRE_FALSE(answer);
  CHECK(code_of(answer.error()) == ec::unavailable);
  w.redis_away = false;
  click("back");
  CHECK(says("Step 6 of 8"));
}

TEST_CASE_FIXTURE(fixture, "wizard: a session's actor leaves when idle and the next click finds everything") {
  to_review();
  sim.advance(40min);
  click("back");
  CHECK(says("Step 6 of 8"));
}

TEST_CASE_FIXTURE(fixture, "wizard: it starts from what the process provides, and names what is missing") {
  services available;
  CHECK_THROWS_WITH_AS(definition().start(sim.sys(), available), doctest::Contains("redis"), std::runtime_error);
  available.provide(redis::handle{sim.sys().spawn(fake_redis, &w)});
  available.provide(chain::handle{sim.sys().spawn(fake_chain, &w)});
  available.provide(guild::handle{sim.sys().spawn(fake_guilds, &w)});
  available.provide(community::proxy{sim.sys().spawn(fake_communities, &w)});
  available.provide(w.drafts.port(sim.sys()));
  available.provide(manifests::handle{sim.sys().spawn(fake_manifests, &w)});
  available.provide(wizard::options{});
  caf::anon_send_exit(wizard, caf::exit_reason::kill);
  wizard = definition().start(sim.sys(), available);
  command("onboard");
  CHECK(says("Step 1 of 8"));
}
