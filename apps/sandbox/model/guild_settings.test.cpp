#include "apps/sandbox/model/guild_settings.hpp"

#include "apps/sandbox/model/channels.hpp"
#include "apps/sandbox/model/model_fixture.hpp"
#include "apps/sandbox/model/snapshot.hpp"
#include "runtime/json.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace arrakis;
using namespace arrakis::sandbox::model;

namespace {
constexpr uint64_t administrator = 8;
} // namespace

TEST_CASE("guild settings: each is checked, kept, told once and audited with its change") {
  model_fixture t(administrator);
  const auto edit = [&](const std::string& body) { return edit_guild(t.state, t.bot(), t.here(), object(body)); };
  auto set = edit(R"({"name":"Sietch","verification_level":2,"afk_timeout":900,"system_channel_id":null})");
  REQUIRE(set);
  CHECK(set->at("name") == "Sietch");
  CHECK(set->at("verification_level") == 2);
  CHECK(set->at("afk_timeout") == 900);
  CHECK(set->at("system_channel_id").is_null());
  CHECK(t.here().audit.back().changes.size() == 4);
  REQUIRE(edit(R"({"name":"Sietch"})"));
  CHECK(t.told("GUILD_UPDATE") == 1);
  const auto voice = id_in(*create_channel(t.state, t.bot(), t.here(), object(R"({"name":"v","type":2})"))).text();
  CHECK(edit(fmt::format(R"({{"afk_channel_id":"{}"}})", voice))->at("afk_channel_id") == js::value(voice));
  CHECK(edit(fmt::format(R"({{"system_channel_id":"{}"}})", voice)).why().errors.contains("system_channel_id"));
}

TEST_CASE("guild settings: what is outside its bounds is 50035 by its name, and nothing changes") {
  model_fixture t(administrator);
  const std::vector<std::pair<std::string, js::value>> outside{{"name", js::value("")},
                                                               {"name", js::value("x")},
                                                               {"name", js::value(5)},
                                                               {"name", js::value(std::string(101, 'x'))},
                                                               {"verification_level", js::value(5)},
                                                               {"default_message_notifications", js::value(2)},
                                                               {"explicit_content_filter", js::value(3)},
                                                               {"afk_timeout", js::value(61)},
                                                               {"afk_channel_id", js::value("5")}};
  for (const auto& [key, value] : outside) {
    const auto bad = edit_guild(t.state, t.bot(), t.here(), js::object{{key, value}});
    REQUIRE_MESSAGE(!bad, key);
    CHECK_MESSAGE(bad.why().errors.contains(key), key);
  }
  CHECK(t.told("GUILD_UPDATE") == 0);
  CHECK(edit_guild(t.state, t.as(t.person), t.here(), {}).why().code == 50013);
}
