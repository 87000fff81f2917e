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
