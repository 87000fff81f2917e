#include "actors/ingress/declaration.hpp"
#include "actors/reconciler/messages.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace std::chrono_literals;

namespace arrakis::commands::reconcile {
const ingress::declaration& definition();
}

namespace {
struct fixture {
  test::sim_system sim;
  reconciler::drift_report report;
  std::optional<ec> fails;
  std::vector<reconciler::apply> applied;
  fixture() {
    report.plan_sha256 = std::string(64, 'a');
    report.lines = {"Role “Gold”: deleted in Discord; it would be created again."};
    report.creates = 1;
  }

  caf::expected<ingress::reply> ask(std::string custom_id = "") {
    auto body = [this](reconciler::handle::pointer) -> reconciler::handle::behavior_type {
      return {[this](const reconciler::drift&) -> caf::result<reconciler::drift_report> {
                if (fails)
                  return fail(*fails, "the guild could not be read");
                return report;
              },
              [this](const reconciler::apply& x) -> caf::result<reconciler::applied> {
                applied.push_back(x);
                return reconciler::applied{x.plan_sha256 == report.plan_sha256, report};
              }};
    };
    services available;
    available.provide(reconciler::handle{sim.sys().spawn(body)});
    auto handler = commands::reconcile::definition().start(sim.sys(), available);
    auto what = std::make_shared<interaction>();
    what->custom_id = std::move(custom_id);
    what->guild = {7};
    what->user = {8};
    ingress::request q{std::move(what), {sim.now() + 5s}};
    return sim.ask<ingress::reply>(handler, q);
  }
  bool shows(const std::string& custom_id, std::string_view part) {
    const auto said = ask(custom_id);
    return said && said->data_json.find(part) != std::string::npos;
  }
  /// The custom id in `said` that begins so.
  std::string button(const std::string& data_json, std::string_view prefix) {
    const auto at = data_json.find(prefix);
    return at == std::string::npos ? "" : data_json.substr(at, data_json.find('"', at) - at);
  }
};
} // namespace

TEST_CASE_FIXTURE(fixture, "/reconcile: a guild that matches is said to match, with what remains, and has no button") {
  report = {};
  report.clean = true;
  CHECK(shows("", "Matches the plan"));
  CHECK_FALSE(shows("", "delete"));
  CHECK_FALSE(shows("", "reconcile:apply:"));
  report.remaining = "9 old roles remain";
  report.lines = {"Role “Old”: removed from the plan"};
  CHECK(shows("", "9 old roles remain; delete what nobody needs"));
}

TEST_CASE_FIXTURE(fixture, "/reconcile: Apply asks once more, and only the second click applies") {
  const auto plan = ask()->data_json;
  const auto apply = button(plan, "reconcile:apply:");
  CHECK(apply == "reconcile:apply:" + report.plan_sha256);
  const auto question = ask(apply)->data_json;
  CHECK(question.find("Apply these changes?") != std::string::npos);
  CHECK(question.find("deletes nothing") != std::string::npos);
  CHECK(applied.empty());
  const auto confirm = button(question, "reconcile:confirm:");
  CHECK(shows(confirm, "Applying the plan"));
  REQUIRE(applied.size() == 1);
  CHECK(applied[0].plan_sha256 == report.plan_sha256);
  CHECK(applied[0].guild == snowflake{7});
  CHECK(applied[0].admin == snowflake{8});
  CHECK(shows(confirm, "Applying the plan")); // The same button once more: the same key.
  CHECK(applied[1].key == applied[0].key);
  CHECK(button(ask(apply)->data_json, "reconcile:confirm:") != confirm); // Another one has another key.
  CHECK(shows("reconcile:back", "Differs from the plan"));
}

TEST_CASE_FIXTURE(fixture,
                  "/reconcile: a guild that changed since shows the new plan at either click, and does nothing") {
  const std::string old(64, 'b');
  for (const auto& id : {"reconcile:apply:" + old, "reconcile:confirm:" + old + ":cafe"}) {
    const auto said = ask(id)->data_json;
    CHECK(said.find("nothing was applied") != std::string::npos);
    CHECK(said.find("reconcile:apply:" + report.plan_sha256) != std::string::npos);
    CHECK(said.find("reconcile:confirm:") == std::string::npos);
  }
}

TEST_CASE_FIXTURE(fixture, "/reconcile: while an Apply runs its old button shows how it stands") {
  report.applying = true;
  report.last_apply = "An Apply is running: 1 of its roles and channels are done.";
  CHECK(shows("reconcile:apply:" + report.plan_sha256, "An Apply is running"));
  CHECK_FALSE(shows("reconcile:apply:" + report.plan_sha256, "Apply these changes?"));
}

TEST_CASE_FIXTURE(fixture, "/reconcile: a guild that cannot be read is not one that matches") {
  fails = ec::unavailable;
  for (const std::string id : {"", "reconcile:apply:x"})
    CHECK(code_of(ask(id).error()) == ec::unavailable);
}
