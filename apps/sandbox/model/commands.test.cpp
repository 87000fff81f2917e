#include "apps/sandbox/model/commands.hpp"

#include "apps/sandbox/model/model_fixture.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace arrakis;
using namespace arrakis::sandbox::model;

namespace {
/// The code with which a command is refused; 0: it is made.
int refused(const std::string& body) {
  model_fixture t;
  auto out = create_command(t.state, t.app(), {}, object(body));
  return out ? 0 : out.why().code;
}
int refused_options(std::string_view options) {
  return refused(fmt::format(R"({{"name":"x","description":"d","options":[{}]}})", options));
}
std::string option(int type, std::string_view more = {}, std::string_view name = "a") {
  return fmt::format(R"({{"type":{},"name":"{}","description":"d"{}}})", type, name, more);
}
} // namespace

TEST_CASE("commands: options differ by name, and sub-commands stand where they may") {
  CHECK(refused_options(option(3) + "," + option(3, {}, "b")) == 0);
  CHECK(refused_options(option(3) + "," + option(3)) == 50035);
  const auto holding = [](int type, const std::string& inner) {
    return option(type, fmt::format(R"(,"options":[{}])", inner));
  };
  CHECK(refused_options(holding(2, holding(1, option(3)))) == 0);
  CHECK(refused_options(holding(1, option(1))) == 50035);
  CHECK(refused_options(holding(2, option(3))) == 50035);
  CHECK(refused_options(holding(2, option(2))) == 50035);
}

TEST_CASE("commands: the bounds of an option lie within Discord's, the least not above the greatest") {
  CHECK(refused_options(option(4, R"(,"min_value":1,"max_value":5)")) == 0);
  CHECK(refused_options(option(4, R"(,"min_value":5,"max_value":1)")) == 50035);
  CHECK(refused_options(option(4, R"(,"min_value":1.5)")) == 50035);
  CHECK(refused_options(option(10, R"(,"min_value":1.5)")) == 0);
  CHECK(refused_options(option(3, R"(,"min_length":0,"max_length":6000)")) == 0);
  CHECK(refused_options(option(3, R"(,"min_length":-1)")) == 50035);
  CHECK(refused_options(option(3, R"(,"max_length":6001)")) == 50035);
}

TEST_CASE("commands: contexts are known, and only a slash command has a description") {
  CHECK(refused(R"({"name":"x","description":"d","contexts":[0,2]})") == 0);
  CHECK(refused(R"({"name":"x","description":"d","contexts":[9]})") == 50035);
  CHECK(refused(R"({"name":"x","description":"d","integration_types":[2]})") == 50035);
  CHECK(refused(R"({"name":"Look At","type":2})") == 0);
  CHECK(refused(R"({"name":"Look At","type":2,"description":"d"})") == 50035);
}

TEST_CASE("commands: a name that is missing is one fault") {
  model_fixture t;
  const auto out = create_command(t.state, t.app(), {}, object(R"({"description":"d"})"));
  REQUIRE(!out);
  CHECK(out.why().errors.at("name").at("_errors").as_array().size() == 1);
}

TEST_CASE("commands: a creation replaces what has its name and type, also when there is room for no more") {
  model_fixture t;
  const auto body = object(R"({"name":"x","description":"d"})");
  CHECK(!replaces_command(t.app(), {}, body));
  REQUIRE(create_command(t.state, t.app(), {}, body));
  CHECK(replaces_command(t.app(), {}, body));
  CHECK(!replaces_command(t.app(), t.guild_id, body));
  CHECK(!replaces_command(t.app(), {}, object(R"({"name":"x","type":2})")));
  for (size_t i = 1; i < commands_max; ++i)
    REQUIRE(create_command(t.state, t.app(), {}, object(fmt::format(R"({{"name":"x{}","description":"d"}})", i))));
  CHECK(create_command(t.state, t.app(), {}, body));
  CHECK(create_command(t.state, t.app(), {}, object(R"({"name":"y","description":"d"})")).why().code == 30032);
}
