#include "apps/sandbox/model/roles.hpp"

#include "apps/sandbox/model/model_fixture.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::sandbox::model;

TEST_CASE(
  "roles: a new role stands right above @everyone, the others move up, and the audit log names maker and reason") {
  model_fixture t;
  auto by = t.bot();
  by.reason = "arrakis nonce=1";
  auto first = create_role(t.state, by, t.here(), object(R"({"name":"Naib","color":16766720,"hoist":true})"));
  auto second = create_role(t.state, by, t.here(), object(R"({"name":"Fedaykin"})"));
  REQUIRE(first);
  REQUIRE(second);
  CHECK(t.told("GUILD_ROLE_CREATE") == 2);
  const auto& naib = t.here().roles.at(id_in(*first));
  const auto& fedaykin = t.here().roles.at(id_in(*second));
  CHECK(fedaykin.position == 1);
  CHECK(naib.position == 2);
  CHECK(highest_role(t.here(), t.app().bot).position == 3);
  CHECK(t.here().audit.back().user == t.app().bot);
  CHECK(t.here().audit.back().reason == "arrakis nonce=1");
  CHECK(t.here().audit.back().target == fedaykin.id);
}

TEST_CASE("roles: the two hundred and fifty-first is refused with 30005") {
  model_fixture t;
  while (t.here().roles.size() < roles_max)
    REQUIRE(create_role(t.state, t.bot(), t.here(), object(R"({"name":"r"})")));
  const auto more = create_role(t.state, t.bot(), t.here(), object(R"({"name":"r"})"));
  REQUIRE(!more);
  CHECK(more.why().status == 400);
  CHECK(more.why().code == 30005);
}

TEST_CASE("roles: nobody creates or edits without MANAGE_ROLES, gives what they lack, or touches a role above theirs") {
  model_fixture t;
  CHECK(create_role(t.state, t.as(t.person), t.here(), {}).why().code == 50013);
  CHECK(create_role(t.state, t.bot(), t.here(), object(R"({"permissions":"8"})")).why().code == 50013);
  auto high = create_role(t.state, t.as(t.owner), t.here(), object(R"({"name":"high"})"));
  const auto id = id_in(*high);
  REQUIRE(edit_role(t.state, t.bot(), t.here(), id, object(R"({"name":"renamed"})")));
  REQUIRE(
    move_roles(t.state, t.as(t.owner), t.here(),
               js::array{js::object{{"id", id.text()}, {"position", highest_role(t.here(), t.app().bot).position}}}));
  CHECK(above(t.here().roles.at(id), highest_role(t.here(), t.app().bot)));
  CHECK(edit_role(t.state, t.bot(), t.here(), id, object(R"({"name":"again"})")).why().code == 50013);
  CHECK(delete_role(t.state, t.bot(), t.here(), id).why().code == 50013);
  CHECK(grant_role(t.state, t.bot(), t.here(), t.person, id).why().code == 50013);
  REQUIRE(grant_role(t.state, t.as(t.owner), t.here(), t.person, id));
}

TEST_CASE("roles: @everyone and managed roles are not deleted, unknown ones are 10011") {
  model_fixture t;
  CHECK(delete_role(t.state, t.as(t.owner), t.here(), t.guild_id).why().code == 50028);
  CHECK(delete_role(t.state, t.as(t.owner), t.here(), highest_role(t.here(), t.app().bot).id).why().code == 50028);
  CHECK(delete_role(t.state, t.as(t.owner), t.here(), snowflake{123}).why().code == 10011);
  CHECK(edit_role(t.state, t.bot(), t.here(), snowflake{123}, {}).why().code == 10011);
}

TEST_CASE("roles: faulty fields come back together as 50035 with their names") {
  model_fixture t;
  const auto bad = create_role(t.state, t.bot(), t.here(), object(R"({"name":5,"color":99999999,"hoist":"x"})"));
  REQUIRE(!bad);
  CHECK(bad.why().code == 50035);
  for (const auto* key : {"name", "color", "hoist"})
    CHECK(bad.why().errors.contains(key));
}

TEST_CASE("roles: a grant emits GUILD_MEMBER_UPDATE once, and a second one changes nothing") {
  model_fixture t;
  const auto id = id_in(*create_role(t.state, t.bot(), t.here(), object(R"({"name":"r"})")));
  t.state.events.clear();
  REQUIRE(grant_role(t.state, t.bot(), t.here(), t.person, id));
  REQUIRE(grant_role(t.state, t.bot(), t.here(), t.person, id));
  CHECK(t.told("GUILD_MEMBER_UPDATE") == 1);
  CHECK(t.told("GUILD_AUDIT_LOG_ENTRY_CREATE") == 1);
  CHECK(count_members(t.here()).at(id.text()).as_int64() == 1);
  CHECK(grant_role(t.state, t.bot(), t.here(), snowflake{7}, id).why().code == 10007);
  REQUIRE(delete_role(t.state, t.bot(), t.here(), id));
  CHECK(t.here().members.at(t.person).roles.empty());
}
