// Review, deployment and progress, as the admin meets them.
#include "actors/wizard/surroundings.test.hpp"

using namespace arrakis;
using namespace arrakis::wizard;
using namespace std::chrono_literals;

TEST_CASE_FIXTURE(fixture,
                  "wizard: a community that is frozen while its review is open cannot be deployed, and says why") {
  to_review();
  const auto deploy = control("deploy");
  REQUIRE(!deploy.empty());
  w.community.exists = true;
  w.community.record.status = "frozen";
  w.community.record.frozen_because = "spam wave";
  take(click_id(deploy)); // A click on an older screen.
  CHECK(says("Not deployed. This community is frozen (spam wave)"));
  CHECK(w.deploys.empty());
  command("resume");
  CHECK(control("deploy").empty());
  CHECK(says("This community is frozen (spam wave)"));
  w.community.record.status = "active";
  click("refresh");
  CHECK_FALSE(says("frozen"));
  click("deploy");
  CHECK(w.deploys.size() == 1);
}

TEST_CASE_FIXTURE(fixture,
                  "wizard: a plan that somebody else's deployment has passed cannot be deployed, and says so") {
  to_review();
  w.community.exists = true;
  w.community.record.status = "active";
  w.community.record.active_version = 1;
  command("resume");
  CHECK(says("Version 1 was deployed after this plan was begun."));
  CHECK(control("deploy").empty());
  w.community.record.active_version = 0; // Negative control.
  click("refresh");
  CHECK(control("deploy") != "");
}

TEST_CASE_FIXTURE(fixture, "wizard: Check progress says why it is queued, how far it is, and where it stopped") {
  to_review();
  click("deploy");
  w.newest = status(1, "pending");
  w.newest->deployment = "dep-1";
  w.newest->job = "job-1";
  w.queue.add({"SYNTHESIZE_COMMUNITY", "{}", {.id = "job-1"}, until()});
  w.queue.pause(true);
  click("refresh");
  CHECK(says("has paused all deployments"));
  CHECK(says("As of <t:"));
  CHECK(says("This message follows it until <t:"));
  w.queue.pause(false);
  w.newest->status = "frozen";
  w.newest->frozen_because = "spam wave";
  click("refresh");
  CHECK(says("This community is frozen (spam wave)"));
  w.newest->status = "active";
  w.newest->state = "running";
  w.newest->has_worker = true;
  w.queue.progress({"job-1", R"({"current":2,"total":9,"stage":"roles","message":"22 %"})"});
  click("refresh");
  CHECK(says("Building: 2 of 8"));
  w.queue.progress({"job-1", R"({"current":8,"total":9,"stage":"channels","message":"88 %"})"});
  click("refresh");
  CHECK(says("Building: 8 of 8"));
  w.queue.forget(); // Redis emptied: what PostgreSQL knows is still told.
  w.newest->resources_done = 5;
  click("refresh");
  CHECK(says("5 roles, categories and channels are made or changed so far"));
  w.queue.add({"SYNTHESIZE_COMMUNITY", "{}", {.id = "job-1"}, until()});
  w.queue.progress({"job-1", R"({"current":8,"total":9,"stage":"channels","message":"88 %"})"});
  w.newest = status(1, "failed");
  w.newest->job = "job-1";
  click("refresh");
  CHECK(says("Move the bot's role up."));
  CHECK(says("It stopped at: channels and permissions, 8 of 8."));
}

TEST_CASE_FIXTURE(fixture, "wizard: every click that shows an open deployment makes it follow that conversation") {
  to_review();
  click("deploy");
  w.newest = status(1, "pending");
  const auto before = w.conversations.size();
  click("refresh");
  REQUIRE(w.conversations.size() == before + 1);
  CHECK(w.conversations.back() == "token");
  command("resume");
  REQUIRE(w.conversations.size() == before + 2);
  CHECK(says("This message follows it until <t:"));
  w.newest = status(1, "failed"); // Nothing is left to follow.
  click("refresh");
  CHECK(w.conversations.size() == before + 2);
  CHECK_FALSE(says("follows it"));
}

TEST_CASE_FIXTURE(fixture, "wizard: a deployment that ends between the question and the follow is shown at its end") {
  to_review();
  click("deploy");
  for (const bool session : {true, false}) {
    CAPTURE(session);
    w.newest = status(1, "running");
    w.newest_after_reading = status(1, "completed");
    const auto id = session ? control("refresh") : "deployment:progress:1";
    take(click_id(id));
    CHECK_FALSE(says("Building"));
    CHECK(says(session ? "Onboarding · Complete" : "Version 1 is deployed"));
    w.sessions.clear();
  }
}

TEST_CASE_FIXTURE(fixture, "wizard: asked again after a late edit, it answers with the end or with nothing") {
  to_review();
  click("deploy");
  w.newest = status(1, "running");
  auto x = made(interaction_kind::component);
  x->custom_id = control("refresh");
  const auto first = sim.ask<ingress::reply>(wizard, ingress::request{x, until()});
  REQUIRE(first);
  CHECK(first->may_end);
  const auto before = w.conversations.size();
  const auto open = sim.ask<ingress::reply>(wizard, ingress::request{x, until(), true});
  REQUIRE(open);
  CHECK(open->data_json.empty());
  CHECK(w.conversations.size() == before); // Only a question.
  w.newest = status(1, "completed");
  const auto over = take(sim.ask<ingress::reply>(wizard, ingress::request{x, until(), true}));
  REQUIRE(over);
  CHECK_FALSE(over->may_end);
  CHECK(says("Onboarding · Complete"));
}

TEST_CASE_FIXTURE(fixture, "wizard: a deployment's message of an older session, or a job's, serves as a new one") {
  to_review();
  click("deploy");
  const auto old = control("refresh");
  w.newest = status(1, "pending");
  w.newest->deployment = "dep-1";
  w.sessions.clear();
  const auto before = w.conversations.size();
  take(click_id(old));
  CHECK_FALSE(apart);
  CHECK(says("The latest deployment"));
  CHECK(says("Queued."));
  CHECK(w.conversations.size() == before + 1);
  REQUIRE(control("deployment:progress:1") != "");
  take(click_id(control("deployment:progress:1")));
  CHECK(says("The latest deployment"));
  w.newest = status(1, "failed");
  take(click_id("deployment:progress:1"));
  CHECK(control("deployment:retry:1") != "");
  // While the session is at its deployment, the button of a job's message leads there.
  command("onboard");
  w.sessions.clear();
  w.drafts.rows.clear();
  to_review();
  w.newest.reset();
  click("deploy");
  w.newest = status(1, "completed");
  take(click_id("deployment:progress:1"));
  CHECK(says("Onboarding · Complete"));
}
