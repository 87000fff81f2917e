#include "actors/guild/reader.hpp"

#include "actors/guild/core/bot_permissions.hpp"
#include "adapters/discord/rest/calls.hpp"
#include "schemas/permissions.hpp"
#include "tests/support/fakes/identity.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <set>

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
  guild::handle guilds;
  bool bot_known = true; ///< The bot's user is 9; its application has the id 7, which is no member of the guild.
  int readings = 0;
  std::set<std::string> tenants; ///< Tenants of the calls.
  caf::error rest_error;         ///< Instead of any answer.
  bool holds = false;            ///< Calls are kept, until there are four: then the third alone is answered.
  std::vector<caf::typed_response_promise<discord::answer>> held;

  fixture() {
    auto discord = [this](discord::rest::pointer self) -> discord::rest::behavior_type {
      return {[this, self](const discord::call& c) -> caf::result<discord::answer> {
        tenants.insert(c.tenant);
        if (rest_error)
          return rest_error;
        if (holds) {
          held.push_back(self->make_response_promise<discord::answer>());
          if (held.size() == 4)
            held[2].deliver(fail(ec::timeout, "later"));
          return caf::delegated<discord::answer>{};
        }
        readings += c.path == "/guilds/200000000000000000" ? 1 : 0;
        auto at = answers.find(c.path);
        if (at == answers.end())
          return fail(ec::unavailable, "away");
        return at->second;
      }};
    };
    guilds = guild::start(sim.sys(), sim.sys().spawn(discord), test::start_identity(sim.sys(), bot_known, {{7}, {9}}));
  }
  caf::expected<guild::state> fetch(bool role_members = false) {
    return sim.ask<guild::state>(guilds,
                                 guild::fetch{snowflake{200000000000000000}, {}, {sim.now() + 3s}, role_members});
  }
};
} // namespace

TEST_CASE_FIXTURE(fixture, "guild reader: the bot's permissions are those of its roles and of everyone") {
  auto facts = fetch();
  REQUIRE(facts);
  CHECK(facts->name == "Dune");
  CHECK(blueprint::bot_permissions(*facts) == (permissions::manage_roles | permissions::view_channel));
  CHECK(facts->roles.size() == 3);
  CHECK(facts->channels.size() == 1);
  CHECK(facts->owner == snowflake{5});
  CHECK(facts->bot_roles == std::vector{snowflake{200000000000000001}});
}

TEST_CASE_FIXTURE(fixture, "guild reader: how many have each role is read when asked for, and missing does no harm") {
  CHECK(fetch(true)->role_members.empty()); // Discord does not answer that one.
  answers["/guilds/200000000000000000/roles/member-counts"] = {200, R"({"200000000000000002":7})"};
  CHECK(fetch(true)->role_members.at(snowflake{200000000000000002}) == 7);
  CHECK(fetch()->role_members.empty());
}

TEST_CASE_FIXTURE(fixture, "guild reader: what cannot be read is an error, not an empty guild") {
  const std::string member = "/guilds/200000000000000000/members/9";
  const auto error = [&](discord::answer a) {
    answers[member] = std::move(a);
    return fetch().error();
  };
  CHECK(fetch()); // Negative control.
  answers.erase(member);
  CHECK(code_of(fetch().error()) == ec::unavailable);
  CHECK(code_of(error({200, "[]"})) == ec::corrupt);
  for (const auto& gone :
       {discord::answer{404, "{}", 10007, "Unknown Member"}, {404, "{}", 10004, "Unknown Guild"}, {404, "{}", 0, ""}}) {
    CHECK(code_of(error(gone)) == ec::not_found);
    CHECK(text_of(error(gone)) == "The bot is not in this server any more. Invite it again.");
  }
  CHECK(code_of(error({403, "{}", 50001, "Missing Access"})) == ec::not_found);
  CHECK(code_of(error({403, "{}", 50013, "Missing Permissions"})) == ec::refused);
  CHECK(text_of(error({403, "{}", 50013, "Missing Permissions"})).find("Missing Permissions (50013)")
        != std::string::npos);
  CHECK(code_of(error({400, "{}", 50035, "Invalid Form Body"})) == ec::invalid);
  CHECK(code_of(error({502, "", 0, ""})) == ec::unavailable);
}

TEST_CASE_FIXTURE(fixture, "guild reader: a member's roles; only Discord's own word makes a user no member") {
  const auto ask = [&](uint64_t user) {
    return sim.ask<guild::member_roles>(
      guilds, guild::fetch_member{snowflake{200000000000000000}, snowflake{user}, {}, {sim.now() + 3s}});
  };
  const auto found = ask(9);
  REQUIRE(found);
  CHECK(found->is_member);
  CHECK(found->roles == std::vector{snowflake{200000000000000001}});
  auto& other = answers["/guilds/200000000000000000/members/8"];
  for (const int code : {10007, 10013}) {
    other = {404, "{}", code, "Unknown"};
    REQUIRE(ask(8));
    CHECK_FALSE(ask(8)->is_member);
  }
  for (const auto& [answer, expected] :
       std::vector<std::pair<discord::answer, ec>>{{{404, "{}", 10004, "Unknown Guild"}, ec::not_found},
                                                   {{404, "{}", 0, ""}, ec::not_found},
                                                   {{403, "{}", 50001, "Missing Access"}, ec::not_found},
                                                   {{403, "{}", 50013, "no"}, ec::refused},
                                                   {{502, "", 0, ""}, ec::unavailable},
                                                   {{200, "[]", 0, ""}, ec::corrupt}}) {
    CAPTURE(answer.status);
    other = answer;
    CHECK(code_of(ask(8).error()) == expected);
  }
  CHECK(code_of(ask(7).error()) == ec::unavailable);
}

TEST_CASE_FIXTURE(fixture,
                  "guild reader: the parts of a guild are read at the same time, and the first error is the answer") {
  holds = true;
  caf::scoped_actor self{sim.sys()};
  auto pending = self->request(guilds, caf::infinite,
                               guild::fetch{snowflake{200000000000000000}, {}, {sim.now() + 3s}});
  sim.run();
  REQUIRE(held.size() == 4); // One after the other there would be one.
  REQUIRE(self->has_next_message());
  pending.receive([](const guild::state&) { CHECK(false); },
                  [](const caf::error& e) { CHECK(code_of(e) == ec::timeout); });
  held.clear();
}

TEST_CASE_FIXTURE(fixture, "guild reader: a token that Discord refuses is no word about the guild") {
  rest_error = fail(ec::refused, "the token is not valid");
  const auto got = fetch();
  CHECK(code_of(got.error()) == ec::unavailable);
  CHECK(text_of(got.error()) == "the token is not valid");
}

TEST_CASE_FIXTURE(fixture, "guild reader: a process that has just begun waits until it knows its bot's user") {
  bot_known = false;
  caf::scoped_actor self{sim.sys()};
  auto pending = self->request(guilds, caf::infinite,
                               guild::fetch{snowflake{200000000000000000}, {}, {sim.now() + 10s}});
  sim.advance(7s);
  CHECK_FALSE(self->has_next_message());
  bot_known = true;
  sim.advance(10ms); // The reader is woken.
  REQUIRE(self->has_next_message());
  pending.receive([](const guild::state& facts) { CHECK(facts.bot == snowflake{9}); }, // And not the application's id.
                  [](const caf::error& e) { FAIL_CHECK(text_of(e)); });
}

TEST_CASE_FIXTURE(fixture,
                  "guild reader: at the asker's deadline a bot that is not known yet makes a guild unavailable") {
  bot_known = false;
  caf::scoped_actor self{sim.sys()};
  auto pending = self->request(guilds, caf::infinite,
                               guild::fetch{snowflake{200000000000000000}, {}, {sim.now() + 2s}});
  sim.advance(1'999ms);
  CHECK_FALSE(self->has_next_message());
  sim.advance(1ms);
  REQUIRE(self->has_next_message());
  pending.receive([](const guild::state&) { CHECK(false); },
                  [](const caf::error& e) {
                    CHECK(code_of(e) == ec::unavailable);
                    CHECK(text_of(e) == "Discord has not said yet which user the bot is");
                  });
}

TEST_CASE_FIXTURE(fixture, "guild reader: the budget is the tenant's where there is one, else the guild's") {
  CHECK(fetch());
  CHECK(tenants == std::set<std::string>{"200000000000000000"});
  tenants.clear();
  CHECK(
    sim.ask<guild::role_list>(guilds, guild::fetch_roles{snowflake{200000000000000000}, "tenant", {sim.now() + 3s}})
      ->roles.size()
    == 3);
  CHECK(tenants == std::set<std::string>{"tenant"});
}

TEST_CASE_FIXTURE(fixture, "guild reader: who made what is unknown without View Audit Log, and an error on silence") {
  const auto ask = [&] {
    return sim.ask<guild::creations>(
      guilds, guild::fetch_creations{snowflake{200000000000000000}, snowflake{9}, {}, {sim.now() + 3s}});
  };
  CHECK(code_of(ask().error()) == ec::unavailable);
  for (const auto action : {discord::audit_action::role_create, discord::audit_action::channel_create})
    answers[discord::get_audit_log(snowflake{200000000000000000}, action, {}).path] = {
      200, R"({"audit_log_entries":[{"user_id":"9","target_id":"7","action_type":30,"reason":"Arrakis: x"}]})"};
  auto made = ask();
  REQUIRE(made);
  CHECK(made->known);
  CHECK(made->entries.size() == 2);
  for (auto& [path, a] : answers)
    if (path.find("audit-logs") != std::string::npos)
      a = {403, "{}", 50013, "Missing Permissions"};
  made = ask();
  REQUIRE(made);
  CHECK_FALSE(made->known);
  CHECK(made->entries.empty());
}

TEST_CASE_FIXTURE(fixture, "guild reader: those who ask while a guild is read share the next reading") {
  caf::scoped_actor self{sim.sys()};
  const guild::fetch q{snowflake{200000000000000000}, {}, {sim.now() + 3s}};
  for (int i = 0; i < 50; ++i)
    self->send(guilds, q);
  auto last = self->request(guilds, caf::infinite, q);
  sim.run();
  last.receive([](const guild::state& facts) { CHECK(facts.name == "Dune"); }, [](const caf::error&) { CHECK(false); });
  CHECK(readings == 2);
  CHECK(fetch());
  CHECK(readings == 3);
}

TEST_CASE_FIXTURE(fixture, "guild reader: more than 256 who ask about one server at once hear that it is busy") {
  caf::scoped_actor self{sim.sys()};
  const guild::fetch q{snowflake{200000000000000000}, {}, {sim.now() + 3s}};
  for (int i = 0; i < 257; ++i)
    self->send(guilds, q);
  auto refused = self->request(guilds, caf::infinite, q);
  sim.run();
  refused.receive([](const guild::state&) { CHECK(false); },
                  [](const caf::error& e) { CHECK(code_of(e) == ec::busy); });
  CHECK(fetch());
}
