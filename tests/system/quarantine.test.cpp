// A tenant whose actor kept crashing, as its admin and the operator see it.
#include "adapters/embedded/embedded.hpp"
#include "runtime/json.hpp"
#include "tests/system/records.hpp"

#include <boost/json/object.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <pqxx/pqxx>

namespace {
using namespace arrakis;
using namespace arrakis::system_test;
using namespace std::chrono_literals;

test_stack& here() { return shared(false); }

/// As another process of the cluster tells it, where the actor crashed.
void crash_elsewhere(const place& at) {
  pqxx::connection db{embedded::dsn(here().stack().folder() + "/arrakis", "arrakis_owner")};
  pqxx::nontransaction{db}.exec_params("select add_quarantine('community', $1::text, $1::text::bigint, 'it threw', "
                                       "'arrakis::community::deploy', 'elsewhere')",
                                       at.guild);
}
/// The number in the operator's list.
int64_t number_of(const place& at) {
  const auto listed = json::parse(here().stack().ctl({"--json", "quarantine", "list"}).second);
  REQUIRE(listed);
  for (const auto& each : listed->as_object().at("quarantines").as_array())
    if (json::text_or(each.as_object(), "key") == at.guild)
      return json::integer_or(each.as_object(), "number");
  return 0;
}
} // namespace

TEST_CASE("quarantine: interactions of its guild are answered so until an operator releases it; jobs then go on") {
  auto& w = here();
  auto& t = w.stack();
  const auto at = w.create_guild("Set aside"), other = w.create_guild("At work");
  auto admin = w.at_review(at, "Set aside", "simple", "minimal");
  REQUIRE(demo::deploy(admin));
  admin.type("onboard");
  REQUIRE(admin.sees("at version 1"));
  crash_elsewhere(at);
  REQUIRE(demo::eventually(
    [&] {
      admin.type("onboard");
      return admin.sees("set aside until an operator", 500ms);
    },
    30s));
  for (const char* command : {"reconcile", "resume"}) {
    auto again = w.admin(at);
    again.type(command);
    CHECK(again.sees("set aside until an operator"));
  }
  auto neighbour = w.at_review(other, "At work", "simple", "minimal");
  CHECK(demo::deploy(neighbour));

  // The quarantine outlives a restart.
  CHECK(t.stop_arrakis() == 0);
  t.start_arrakis();
  REQUIRE(demo::eventually(
    [&] {
      admin.type("onboard");
      return admin.sees("set aside until an operator", 500ms);
    },
    30s));

  const auto number = number_of(at);
  REQUIRE(number > 0);
  const auto shown = t.ctl({"quarantine", "show", std::to_string(number)});
  INFO(shown.second);
  CHECK(shown.first == 0);
  for (const auto& part : {std::string{"community"}, at.guild, community_of(w, at), std::string{"it threw"},
                           std::string{"arrakis::community::deploy"}, std::string{"elsewhere"}})
    CHECK(contains(shown.second, part));
  CHECK(t.ctl({"quarantine", "release", std::to_string(number), "mended"}).first == 0);
  CHECK(t.ctl({"quarantine", "release", std::to_string(number)}).first == 1);
  CHECK(contains(t.ctl({"quarantine", "list"}).second, "Nothing is in quarantine"));
  CHECK(contains(t.ctl({"audit", "log", at.guild}).second, "QUARANTINE_RELEASED"));
  CHECK(demo::eventually(
    [&] {
      admin.type("onboard");
      return admin.sees("Your last setup is open", 500ms);
    },
    30s));
  INFO(admin.text());
  CHECK(t.ctl({"quarantine", "show", "12345"}).first == 1);
  CHECK(t.ctl({"quarantine", "release", "many"}).first == 2);
}
