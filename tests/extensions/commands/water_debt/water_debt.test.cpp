#include "tests/extensions/commands/water_debt/water_debt.hpp"
#include "actors/commands/command.hpp"
#include "actors/ingress/entry.hpp"
#include "actors/ingress/handlers.hpp"
#include "actors/ingress/ingress.hpp"
#include "apps/sandbox/model/commands.hpp"
#include "apps/sandbox/model/model_fixture.hpp"
#include "tests/support/sim_system.hpp"

#include <boost/json.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
/// The ingress with what the build has collected, as arrakisd starts it.
struct fixture {
  services available;
  ingress::admission admission;
  test::sim_system sim; ///< Actors of this system use the two members above.
  ingress::handle ingress;
  supervisor::handle owners;
  uint64_t next_id = 1'000;
  std::vector<std::pair<uint64_t, int64_t>> debts; ///< In the ledger.

  explicit fixture(bool has_ledger = true) {
    if (has_ledger)
      available.provide(commands::water_debt::ledger{
        [this](snowflake debtor, int64_t litres) { debts.emplace_back(debtor.value, litres); }});
    auto& sys = sim.sys();
    const auto redis = [](redis::handle::pointer) -> redis::handle::behavior_type {
      return {[](const redis::command&) {
                redis::reply taken;
                taken.type = redis::reply::text;
                return taken;
              },
              [](const redis::eval&) { return redis::reply{}; }};
    };
    const auto rest = [](discord::rest::pointer) -> discord::rest::behavior_type {
      return {[](const discord::call&) { return discord::answer{204, ""}; }};
    };
    auto handlers = ingress::declare_handlers(sys, commands::all(), available);
    owners = supervisor::start(sys, "commands", std::move(handlers.children));
    ingress = ingress::start(sys, {sys.spawn(redis), sys.spawn(rest), std::move(handlers.routes)});
    sim.run();
  }
  ~fixture() { caf::anon_send_exit(ingress, caf::exit_reason::kill); }

  interaction of_member(interaction_kind kind, uint64_t permissions) {
    interaction x;
    x.kind = kind;
    x.id = snowflake{next_id++};
    x.application = snowflake{9};
    x.token = secret{"token"};
    x.guild = snowflake{2};
    x.user = snowflake{5};
    x.member_permissions = permissions;
    return x;
  }
  interaction_answer bring(interaction x) {
    const auto admitted = admission.admit(std::make_shared<const interaction>(std::move(x)));
    REQUIRE(admitted);
    const auto answer = sim.ask<interaction_answer>(ingress, *admitted);
    REQUIRE(answer);
    return *answer;
  }
};
} // namespace

TEST_CASE_FIXTURE(fixture, "extension: one folder is a command with a user option and a member's button") {
  auto typed = of_member(interaction_kind::command, permissions::manage_messages);
  typed.command = "water_debt";
  typed.options = {{"member", option_type::user, snowflake{6}, false}};
  const auto shown = bring(typed);
  CHECK(shown.type == interaction_answer::message);
  const auto data = boost::json::parse(shown.data_json);
  CHECK(data.at("content").as_string() == "<@6> owes 1 l of water to <@5>.");
  CHECK(debts == std::vector<std::pair<uint64_t, int64_t>>{{6, 1}});
  auto pressed = of_member(interaction_kind::component, 0);
  pressed.message = snowflake{77};
  pressed.custom_id = data.at("components").at(0).at("components").at(0).at("custom_id").as_string().c_str();
  const auto answer = bring(pressed);
  CHECK(answer.type == interaction_answer::update);
  CHECK(answer.data_json.find("Forgiven by <@5>.") != std::string::npos);
}

TEST_CASE_FIXTURE(fixture, "extension: a command's required permission and options are enforced as declared") {
  auto typed = of_member(interaction_kind::command, 0);
  typed.command = "water_debt";
  typed.options = {{"member", option_type::user, snowflake{6}, false}};
  CHECK(bring(typed).data_json.find("MANAGE_MESSAGES") != std::string::npos);
  typed = of_member(interaction_kind::command, permissions::manage_messages);
  typed.command = "water_debt";
  CHECK(bring(typed).data_json.find("“member” is missing") != std::string::npos);
  typed.id = snowflake{next_id++};
  typed.options = {{"member", option_type::user, snowflake{6}, false},
                   {"litres", option_type::integer, int64_t{101}, false}};
  CHECK(bring(typed).data_json.find("“litres” must be 1 to 100") != std::string::npos);
}

TEST_CASE("extension: without its service the other commands start, and its own is answered with an error") {
  fixture f{false};
  auto typed = f.of_member(interaction_kind::command, permissions::manage_messages);
  typed.command = "water_debt";
  typed.options = {{"member", option_type::user, snowflake{6}, false}};
  CHECK(f.bring(typed).data_json.find("Tell the operator") != std::string::npos);
}

TEST_CASE_FIXTURE(fixture, "extension: a user command (context menu) is registered and answered") {
  auto opened = of_member(interaction_kind::command, permissions::administrator);
  opened.command_type = command_type::user;
  opened.command = "Owes me water";
  opened.target = snowflake{8};
  const auto shown = bring(opened).data_json;
  CHECK_MESSAGE(shown.find("<@8> owes 1 l of water to <@5>.") != std::string::npos, shown);
}

TEST_CASE("extension: Discord takes the commands as they are registered") {
  sandbox::model::model_fixture discord;
  const auto body = boost::json::parse(ingress::registration_json(commands::all()));
  const auto taken = sandbox::model::overwrite_commands(discord.state, discord.app(), {}, body.as_array());
  REQUIRE(taken);
  CHECK(sandbox::model::list_commands(discord.app(), {}).size() == 2);
  CHECK(sandbox::model::find_command(discord.app(), {}, "Owes me water", sandbox::model::user_command));
}
