// /rules, as the admin meets it.
#include "actors/wizard/surroundings.test.hpp"

using namespace arrakis;
using namespace arrakis::wizard;

namespace {
struct ruling : fixture {
  void add(const char* name, const char* least) {
    submit("rule-add:" + session() + ":native:berachain", {{"name", name}, {"min", least}, {"max", ""}});
  }
};
} // namespace

TEST_CASE_FIXTURE(ruling,
                  "wizard rules: /rules shows the rules of what is deployed, and the next version has new ones") {
  deploy_first_version();
  REQUIRE(command("rules"));
  CHECK(says("Admitted to the tiers: members with at least 10 BERA on Berachain"));
  add("Whales", "1000");
  CHECK(says("gives the role “Whales” to members with at least 1000 BERA on Berachain"));
  click("continue");
  CHECK(says("+1 role"));
  CHECK(says("+1 rule"));
  click("deploy");
  REQUIRE(w.deploys.size() == 2);
  CHECK(w.deploys[1].base_version == 1);
  const auto& next = *w.deploys[1].wanted;
  REQUIRE(next.rules.size() == 1);
  CHECK(next.roles.back().id == "rule-whales");
  CHECK(next.tiers == w.deploys[0].wanted->tiers);

  w.community.record.active_version = 2;
  w.community.active = w.deploys[1].wanted;
  w.newest = status(2, "completed");
  REQUIRE(command("rules")); // The former session has ended with its deployment.
  CHECK(says("▸ Whales"));
  click("rule-remove");
  CHECK_FALSE(says("▸ Whales"));
  click("continue");
  CHECK(says("−1 rule"));
}

TEST_CASE_FIXTURE(ruling, "wizard rules: a redeployment of anything else keeps them") {
  deploy_first_version();
  command("rules");
  add("Whales", "1000");
  click("continue");
  click("deploy");
  w.community.record.active_version = 2;
  w.community.active = w.deploys[1].wanted;
  w.newest = status(2, "completed");
  command("onboard");
  REQUIRE(says("at version 2"));
  click("edit-channels");
  click("channel-template", {"minimal"});
  click("continue");
  click("deploy");
  REQUIRE(w.deploys.size() == 3);
  CHECK(w.deploys[2].wanted->rules == w.deploys[1].wanted->rules);
  CHECK(w.deploys[2].wanted->roles.back() == w.deploys[1].wanted->roles.back());
}

TEST_CASE_FIXTURE(
  ruling, "wizard rules: without a community, and in a setup that is not at its review, it says where they are") {
  command("rules");
  CHECK(says("Nothing is deployed in this server yet"));
  CHECK(w.sessions.empty());
  command("onboard");
  submit("community-name:" + session(), {{"name", "Dune Traders"}});
  command("rules");
  CHECK(says("Its review has a button “Rules”."));
  CHECK(says("Step 1 of 8"));
}

TEST_CASE_FIXTURE(ruling, "wizard rules: an open session that reached its review is turned to them, with what it has") {
  to_review();
  const auto before = stored();
  command("rules");
  CHECK(says("Who gets what"));
  CHECK(stored().draft == before.draft);
  add("Whales", "1000");
  command("rules");
  CHECK(says("▸ Whales"));
  w.sessions.clear(); // The draft in PostgreSQL has them.
  command("rules");
  CHECK(says("▸ Whales"));
  click("back");
  click("deploy");
  CHECK(w.deploys.at(0).wanted->rules.size() == 1);
}

TEST_CASE_FIXTURE(ruling, "wizard rules: while a deployment is on its way they are not changed") {
  deploy_first_version();
  w.newest = status(1, "pending");
  command("rules");
  CHECK(says("when this deployment has ended"));
  CHECK(control("rule-new").empty());
}

TEST_CASE_FIXTURE(ruling,
                  "wizard rules: a role of the server needs the guild to be read, and its form no more than Redis") {
  deploy_first_version();
  command("rules");
  add("Whales", "1000");
  click("rule-grant", {"100000000000000002"});
  CHECK(says("gives <@&100000000000000002>"));
  w.guild_away = true;
  sim.advance(std::chrono::seconds{11});
  click("rule-pick", {"whales"});
  CHECK(says("only roles of the plan can be chosen"));
  const auto form = click_id(control("rule-edit"));
  REQUIRE(form);
  CHECK(form->form);
}
