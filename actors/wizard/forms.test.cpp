// Forms that are filled from the session, and refusals in their place, through Redis at every click.
#include "actors/wizard/surroundings.test.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::wizard;

TEST_CASE_FIXTURE(fixture, "wizard: a refused form edits its message, and “Correct it” answers with the form at once") {
  command("onboard");
  submit("community-name:" + session(), {{"name", "Dune @here"}});
  CHECK_FALSE(apart); // The message itself: no pile of refusals.
  CHECK(says("Leave out: `@here`"));
  CHECK(says("Step 1 of 8"));
  CHECK(stored().refused);
  std::swap(wizard, elsewhere); // Any process opens it: it is kept in the session.
  const auto form = click("correct");
  REQUIRE(form);
  CHECK(form->form);
  CHECK(form->data_json.find("\"value\":\"Dune @here\"") != std::string::npos);
  const auto version = stored().version;
  CHECK(version == 2); // Opening it wrote nothing, so that the message below it stays good.
  submit("community-name:" + session(), {{"name", "Dune"}});
  CHECK_FALSE(stored().refused);
  CHECK(control("correct").empty());
}

TEST_CASE_FIXTURE(fixture, "wizard: without Redis a form does not open, and what was typed is still there afterwards") {
  command("onboard");
  submit("community-name:" + session(), {{"name", "D"}});
  const auto id = control("correct");
  w.redis_away = true;
  const auto away = click_id(id);
  REQUIRE_FALSE(away);
  CHECK(code_of(away.error()) == ec::unavailable); // The ingress says: try again.
  w.redis_away = false;
  CHECK(click_id(id)->form);
}

TEST_CASE_FIXTURE(fixture, "wizard: own tiers and an existing channel reach the deployment") {
  auto& c = w.facts.channels.emplace_back();
  c.id = snowflake{100000000000000070};
  c.name = "market";
  to_review();
  click("edit-tiers");
  CHECK(click("tier-add")->form);
  submit("tier-add:" + session(), {{"name", "Whales"}, {"ranks", "1-3"}, {"color", "teal"}, {"hoist", "no"}});
  CHECK(says("**Whales** rank 1–3"));
  click("continue");
  click("edit-channels");
  click("channel-pick", {"1"});
  click("channel-use", {"100000000000000070"});
  CHECK(says("as it is"));
  click("continue");
  click("deploy");
  REQUIRE(w.deploys.size() == 1);
  CHECK(w.deploys[0].wanted->tiers[0].id == "whales");
  CHECK(w.deploys[0].wanted->roles[0].color == 0x1ABC9C);
  CHECK(std::ranges::any_of(w.deploys[0].wanted->channels, [](auto& x) { return x.existing.has_value(); }));
}

TEST_CASE_FIXTURE(fixture, "wizard: members of roles are counted only where a name is there twice") {
  to_review();
  click("edit-roles");
  CHECK(w.counted == 0); // Negative control: names that tell the roles apart.
  w.facts.roles.push_back(w.facts.roles.back());
  w.facts.roles.back().id = snowflake{100000000000000003};
  w.facts.role_members = {{snowflake{100000000000000002}, 4}, {snowflake{100000000000000003}, 9}};
  sim.advance(11s); // The reading before is too old to be shown again.
  click("role-tier", {"silver"});
  CHECK(w.counted == 1);
  CHECK(says("4 members"));
  CHECK(says("9 members"));
  click("role-tier", {"gold"});
  CHECK(w.counted == 1); // Once for each reading.
}
