#include "schemas/guild.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::guild;

TEST_CASE("guild: answers are read into values, and other shapes are named") {
  const auto r = read_role(R"({"id":"5","name":"Gold","color":16766720,"hoist":true,"mentionable":false,"managed":false,
                               "position":2,"permissions":"1024"})");
  REQUIRE(r);
  CHECK(r->name == "Gold");
  CHECK(r->permissions == 1024);
  const auto c = read_channels(R"([{"id":"7","type":0,"name":"general","topic":null,"parent_id":"6","position":1,
    "permission_overwrites":[{"id":"9","type":1,"allow":"1024","deny":"0"},
    {"id":"3","type":0,"allow":"0","deny":"1024"}]}])");
  REQUIRE(c);
  CHECK(c->front().parent == snowflake{6});
  CHECK(c->front().overwrites.front().id == snowflake{3});
  CHECK(read_member_roles(R"({"roles":["1","2"]})")->size() == 2);
  const auto log = read_audit_log(
    R"({"audit_log_entries":[{"id":"1","user_id":"2","target_id":"3","action_type":30,"reason":"x"}]})");
  REQUIRE(log);
  CHECK(log->front().target == snowflake{3});
  for (const auto* bad : {"", "{}", "[1]", "[{}]"}) {
    CHECK_FALSE(read_roles(bad));
    CHECK_FALSE(read_audit_log(bad));
  }
}

TEST_CASE("guild: member counts of roles are read, and other shapes are named") {
  const auto counts = arrakis::guild::read_role_member_counts(R"({"200000000000000001":3,"200000000000000002":0})");
  REQUIRE(counts);
  CHECK(counts->at(arrakis::snowflake{200000000000000001}) == 3);
  CHECK(counts->size() == 2);
  for (const auto* bad : {"[]", "7", R"({"x":1})", R"({"200000000000000001":"3"})", R"({"200000000000000001":1.5})"})
    CHECK_FALSE(arrakis::guild::read_role_member_counts(bad));
}
