#include "actors/ingress/declaration.hpp"
#include "actors/verdicts/messages.hpp"
#include "schemas/permissions.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace std::chrono_literals;

namespace arrakis::commands::check {
const ingress::declaration& definition();
}

namespace {
struct fixture {
  test::sim_system sim;
  std::vector<verdicts::judge> judged;
  std::optional<ec> fails;

  caf::expected<ingress::reply> ask(interaction what) {
    auto body = [this](verdicts::handle::pointer) -> verdicts::handle::behavior_type {
      return {[this](const verdicts::judge& q) -> caf::result<verdicts::judged> {
                judged.push_back(q);
                if (fails)
                  return fail(*fails, "No.");
                auto verdict = std::make_shared<member_verdict>();
                verdict->roles = {{{21}, "Gold", role_decision::given, role_reason::earned, {}}};
                return verdicts::judged{verdict, 1};
              },
              [](const verdicts::find_last&) { return verdicts::found_last{}; }};
    };
    services available;
    available.provide(verdicts::handle{sim.sys().spawn(body)});
    auto handler = commands::check::definition().start(sim.sys(), available);
    what.guild = {7};
    what.user = {8};
    what.trace = "t";
    ingress::request q{std::make_shared<interaction>(std::move(what)), {sim.now() + 5s}};
    return sim.ask<ingress::reply>(handler, q);
  }
  static interaction about(snowflake member, uint64_t permissions) {
    interaction x;
    x.options = {{"member", option_type::user, member}};
    x.member_permissions = permissions;
    return x;
  }
};
} // namespace

TEST_CASE_FIXTURE(fixture, "/check: checks the caller, with the roles that Discord says the caller has") {
  interaction x;
  x.roles_by_member = {{{8}, {{21}}}, {{9}, {}}};
  const auto shown = ask(x);
  REQUIRE(shown);
  CHECK(shown->data_json.find("<@&21>") != std::string::npos);
  REQUIRE(judged.size() == 1);
  CHECK(judged[0].guild == snowflake{7});
  CHECK(judged[0].member == snowflake{8});
  CHECK(judged[0].actor == "discord:8");
  CHECK(judged[0].trace == "t");
  CHECK(judged[0].trigger == "check");
  CHECK(judged[0].present == std::vector<snowflake>{{21}});
  REQUIRE(ask({}));
  CHECK_FALSE(judged[1].present); // Nobody knows.
}

TEST_CASE_FIXTURE(fixture,
                  "/check: an administrator checks anybody, by the option and by the menu; others nobody else") {
  const auto shown = ask(about({9}, permissions::administrator));
  REQUIRE(shown);
  CHECK(shown->data_json.find("About <@9>") != std::string::npos);
  CHECK(judged.back().member == snowflake{9});
  CHECK(judged.back().actor == "discord:8");
  interaction menu;
  menu.command_type = command_type::user;
  menu.target = {10};
  menu.member_permissions = permissions::administrator;
  REQUIRE(ask(menu));
  CHECK(judged.back().member == snowflake{10});
  for (const auto& x : {about({9}, permissions::manage_roles), about({9}, 0)})
    CHECK(code_of(ask(x).error()) == ec::refused);
  menu.member_permissions = 0;
  CHECK(code_of(ask(menu).error()) == ec::refused);
  CHECK(judged.size() == 2);
  CHECK(ask(about({8}, 0))); // Oneself by name.
}

TEST_CASE_FIXTURE(fixture, "/check: an error stays an error") {
  fails = ec::frozen;
  CHECK(code_of(ask({}).error()) == ec::frozen);
}
