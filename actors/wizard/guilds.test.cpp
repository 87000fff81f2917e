#include "actors/wizard/wizard.hpp"

#include "actors/guild/core/blueprint.hpp"
#include "actors/guild/core/bot_permissions.hpp"
#include "actors/wizard/core/facts.hpp"
#include "schemas/permissions.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
/// Discord with one guild: what it answers by path.
struct fixture {
  std::map<std::string, discord::answer> answers{
    {"/guilds/200000000000000000", {200, R"({"id":"200000000000000000","name":"Dune","owner_id":"5"})"}},
    {"/guilds/200000000000000000/roles",
     {200, R"([{"id":"200000000000000000","name":"@everyone","position":0,"permissions":"1024","managed":false},
               {"id":"200000000000000001","name":"Bot","position":4,"permissions":"268435456","managed":true},
               {"id":"200000000000000002","name":"Elder","position":2,"permissions":"8","managed":false}])"}},
    {"/guilds/200000000000000000/members/9", {200, R"({"roles":["200000000000000001"]})"}},
    {"/guilds/200000000000000000/channels", {200, R"([{"id":"200000000000000005","type":0,"name":"general"}])"}}};
  test::sim_system sim;
  wizard::guilds guilds;
  snowflake bot; ///< Not known yet.
  int readings = 0;

  fixture() {
    auto discord = [this](discord::rest::pointer) -> discord::rest::behavior_type {
      return {[this](const discord::call& c) -> caf::result<discord::answer> {
        readings += c.path == "/guilds/200000000000000000" ? 1 : 0;
        auto at = answers.find(c.path);
        if (at == answers.end())
          return fail(ec::unavailable, "away");
        return at->second;
      }};
    };
    guilds = wizard::start_guilds(sim.sys(), sim.sys().spawn(discord), [this] { return bot; });
  }
  caf::expected<guild::state> look() {
    return sim.ask<guild::state>(guilds, wizard::look{snowflake{200000000000000000}, snowflake{9}, {sim.now() + 3s}});
  }
};
} // namespace

TEST_CASE_FIXTURE(fixture, "wizard guilds: the bot's permissions are those of its roles and of everyone") {
  auto facts = look();
  REQUIRE(facts);
  CHECK(facts->name == "Dune");
  CHECK(blueprint::bot_permissions(*facts) == (permissions::manage_roles | permissions::view_channel));
  CHECK(facts->roles.size() == 3);
  CHECK(facts->channels.size() == 1);
  CHECK(wizard::core::assignable(*facts).empty());
  CHECK(wizard::core::withheld(*facts).size() == 1); // An administrator.
}

TEST_CASE_FIXTURE(fixture, "wizard guilds: what cannot be read is an error, not an empty guild") {
  answers.erase("/guilds/200000000000000000/members/9");
  CHECK(code_of(look().error()) == ec::unavailable);
  answers["/guilds/200000000000000000/members/9"] = {404, "{}", 10007, "Unknown Member"};
  CHECK(code_of(look().error()) == ec::refused);
  answers["/guilds/200000000000000000/members/9"] = {200, "[]"};
  CHECK(code_of(look().error()) == ec::corrupt);
}

TEST_CASE_FIXTURE(fixture, "wizard guilds: a bot whose user has another id than its application is read by its own") {
  bot = snowflake{7};
  answers["/guilds/200000000000000000/members/7"] = std::exchange(answers["/guilds/200000000000000000/members/9"],
                                                                  {404, "{}"});
  auto facts = look();
  REQUIRE(facts);
  CHECK(facts->bot == bot);
}

TEST_CASE_FIXTURE(fixture, "wizard guilds: those who ask while a guild is read share the next reading") {
  caf::scoped_actor self{sim.sys()};
  const wizard::look q{snowflake{200000000000000000}, snowflake{9}, {sim.now() + 3s}};
  for (int i = 0; i < 50; ++i)
    self->send(guilds, q);
  auto last = self->request(guilds, caf::infinite, q);
  sim.run();
  last.receive([](const guild::state& facts) { CHECK(facts.name == "Dune"); }, [](const caf::error&) { CHECK(false); });
  CHECK(readings == 2);
  CHECK(look());
  CHECK(readings == 3);
}

TEST_CASE_FIXTURE(fixture, "wizard guilds: more than 256 who ask about one server at once hear that it is busy") {
  caf::scoped_actor self{sim.sys()};
  const wizard::look q{snowflake{200000000000000000}, snowflake{9}, {sim.now() + 3s}};
  for (int i = 0; i < 257; ++i)
    self->send(guilds, q);
  auto refused = self->request(guilds, caf::infinite, q);
  sim.run();
  refused.receive([](const guild::state&) { CHECK(false); },
                  [](const caf::error& e) { CHECK(code_of(e) == ec::busy); });
  CHECK(look());
}
