// Drafts outlive the session: Redis emptied, the time over, the process gone.
#include "actors/wizard/surroundings.test.hpp"

using namespace arrakis;
using namespace arrakis::wizard;
using namespace std::chrono_literals;

namespace {
struct drafting : fixture {
  bool has_draft() { return drafts_found() != ""; }
  std::string drafts_found() {
    auto found = w.drafts.find({{2}, {1}, {}});
    return found->what ? found->what->content : "";
  }
  /// A few answers, up to the tiers.
  void answer() {
    command("onboard");
    submit("community-name:" + session(), {{"name", "Dune Traders"}});
    click("continue");
    click("chain", {"berachain"});
    click("continue");
    submit("asset-address:" + session() + ":native:berachain", {{"min_balance", "10"}});
    REQUIRE(says("Step 3 of 8"));
  }
};
} // namespace

TEST_CASE_FIXTURE(drafting, "wizard drafts: with Redis emptied /resume opens every accepted answer where it stood") {
  answer();
  CHECK(says("your draft is kept for 7 days"));
  const auto before = stored();
  CHECK(drafts_found().find("token\":\"token") == std::string::npos);
  CHECK(drafts_found() == core::to_text(before));
  w.sessions.clear(); // Redis was emptied, or the session's time is over.
  command("resume");
  CHECK(says("Your draft is open again."));
  CHECK(says("Step 3 of 8"));
  auto after = stored();
  CHECK(after.draft == before.draft);
  CHECK(after.id == before.id);
  CHECK(after.version > before.version); // A click on an older message is seen to be one.
  click("continue");
  CHECK(says("Step 4 of 8"));
}

TEST_CASE_FIXTURE(drafting, "wizard drafts: negative control: what was not written there is lost with Redis") {
  w.to_drafts.draw = [](auto verb) {
    return verb == "drafts.store" ? test::turn{.effect = false, .instead = ec::unavailable} : test::turn{};
  };
  answer(); // Every click is answered all the same.
  CHECK_FALSE(says("your draft is kept"));
  w.to_drafts.draw = {};
  w.sessions.clear();
  command("resume");
  CHECK(says("nothing to resume"));
}

TEST_CASE_FIXTURE(drafting, "wizard drafts: another process opens it, and /onboard offers it") {
  answer();
  w.sessions.clear();
  std::swap(wizard, elsewhere);
  command("onboard");
  CHECK(says("Continue it or start over?"));
  click("resume-existing");
  CHECK(says("Step 3 of 8"));
  w.sessions.clear();
  command("onboard");
  click("restart");
  CHECK(says("Step 1 of 8"));
  CHECK_FALSE(has_draft()); // Starting over forgets what was entered.
}

TEST_CASE_FIXTURE(drafting, "wizard drafts: it is another user's, and another guild's, to nobody") {
  answer();
  w.sessions.clear();
  for (const bool other_user : {true, false}) {
    auto x = made(interaction_kind::command);
    x->command = "resume";
    (other_user ? x->user : x->guild) = snowflake{77};
    take(sim.ask<ingress::reply>(wizard, ingress::request{x, until()}));
    CHECK(says("nothing to resume"));
  }
  command("resume");
  CHECK(says("Step 3 of 8"));
}

TEST_CASE_FIXTURE(drafting, "wizard drafts: a click on a closed session's message says that its draft is kept") {
  answer();
  const auto id = control("back");
  w.sessions.clear();
  take(click_id(id));
  CHECK(says("This setup closed after 15 minutes without a click. Nothing in your server changed. `/resume` opens your "
             "draft."));
  w.to_drafts.draw = [](auto) { return test::turn{.effect = false, .instead = ec::unavailable}; };
  take(click_id(id));
  CHECK(says("`/resume` opens your draft, if there is one."));
}

TEST_CASE_FIXTURE(drafting, "wizard drafts: erased on cancel, on deploy and after 7 days, and not before") {
  answer();
  CHECK(has_draft());
  click("cancel");
  CHECK_FALSE(has_draft());
  to_review();
  CHECK(has_draft());
  w.deploy_fails = ec::unknown; // Nobody knows whether it was taken.
  click("deploy");
  CHECK(has_draft());
  const auto key = w.deploys[0].key;
  w.sessions.clear();
  command("resume");
  w.deploy_fails.reset();
  click("retry");
  CHECK(w.deploys[1].key == key); // So that it cannot happen twice.
  CHECK_FALSE(has_draft());
  w.sessions.clear();
  w.newest = status(1, "completed");
  command("resume");
  CHECK(says("The latest deployment"));
}

TEST_CASE_FIXTURE(drafting,
                  "wizard drafts: the setup that follows a cancelled one has its draft from its first answer") {
  to_review();
  click("cancel");
  answer(); // At once, and with fewer clicks than the one before.
  CHECK(drafts_found() == core::to_text(stored()));
  w.sessions.clear();
  command("resume");
  CHECK(says("Step 3 of 8"));
}

TEST_CASE_FIXTURE(drafting, "wizard drafts: cancel erases the draft before the session, and says when it could not") {
  answer();
  w.to_drafts.draw = [](auto) { return test::turn{.effect = false, .instead = ec::unavailable}; };
  click("cancel");
  CHECK(says("Not cancelled: the database did not confirm that your draft is erased."));
  CHECK(w.sessions.size() == 1);
  CHECK(has_draft());
  w.to_drafts.draw = [this](auto verb) {
    CHECK(verb == "drafts.erase");
    CHECK(w.sessions.size() == 1); // A process that dies here leaves what can be cancelled again.
    w.redis_away = true;
    return test::turn{};
  };
  const auto again = control("cancel");
  CHECK_FALSE(click_id(again));
  CHECK_FALSE(has_draft());
  w.redis_away = false;
  w.to_drafts.draw = {};
  take(click_id(again));
  CHECK(says("Your setup is cancelled and forgotten."));
  CHECK(w.sessions.empty());
  CHECK_FALSE(has_draft());
}

TEST_CASE_FIXTURE(drafting, "wizard drafts: the plan of a failed deployment is a draft again once it is changed") {
  to_review();
  click("deploy");
  w.newest = status(1, "failed");
  click("refresh");
  CHECK_FALSE(has_draft());
  click("back");
  CHECK(has_draft());
}

TEST_CASE_FIXTURE(drafting, "wizard drafts: one that this build cannot read is absent") {
  answer();
  w.sessions.clear();
  w.drafts.rows.begin()->second.what.content = "{\"layout\":99}";
  command("resume");
  CHECK(says("nothing to resume"));
}
