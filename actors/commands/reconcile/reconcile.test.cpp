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

  caf::expected<ingress::reply> ask() {
    auto body = [this](reconciler::handle::pointer) -> reconciler::handle::behavior_type {
      return {[this](const reconciler::drift&) -> caf::result<reconciler::drift_report> {
        if (fails)
          return fail(*fails, "the guild could not be read");
        return report;
      }};
    };
    services available;
    available.provide(reconciler::handle{sim.sys().spawn(body)});
    auto handler = commands::reconcile::definition().start(sim.sys(), available);
    ingress::request q{std::make_shared<const interaction>(), {sim.now() + 5s}};
    return sim.ask<ingress::reply>(handler, q);
  }
};
} // namespace

TEST_CASE_FIXTURE(fixture, "/reconcile: a guild that matches is said to match, with what remains") {
  report.clean = true;
  auto said = ask()->data_json;
  CHECK(said.find("Matches the plan") != std::string::npos);
  CHECK(said.find("delete") == std::string::npos);
  report.remaining = "9 old roles remain";
  report.lines = {"Role “Old”: removed from the plan"};
  said = ask()->data_json;
  CHECK(said.find("Matches the plan") != std::string::npos);
  CHECK(said.find("9 old roles remain; delete what nobody needs") != std::string::npos);
}

TEST_CASE_FIXTURE(fixture, "/reconcile: every difference is a line, and what has no room is counted") {
  report.lines = {"role Gold: was deleted; make it again"};
  CHECK(ask()->data_json.find("role Gold: was deleted") != std::string::npos);
  CHECK(ask()->data_json.find("Differs from the plan") != std::string::npos);
  CHECK(ask()->data_json.find("Matches the plan") == std::string::npos);
  report.lines.assign(500, std::string(100, 'x'));
  auto said = ask();
  CHECK(said->data_json.find("… and ") != std::string::npos);
  CHECK(said->data_json.size() < 4'500);
}

TEST_CASE_FIXTURE(fixture, "/reconcile: a guild that cannot be read is not one that matches") {
  fails = ec::unavailable;
  CHECK(code_of(ask().error()) == ec::unavailable);
}
