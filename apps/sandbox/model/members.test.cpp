#include "apps/sandbox/model/members.hpp"

#include "apps/sandbox/model/bans.hpp"
#include "apps/sandbox/model/messages.hpp"
#include "apps/sandbox/model/model_fixture.hpp"
#include "apps/sandbox/model/render.hpp"
#include "apps/sandbox/model/snapshot.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::sandbox::model;

namespace {
constexpr uint64_t administrator = 8;
outcome<js::object> edit(model_fixture& t, snowflake user, const js::object& body) {
  return edit_member(t.state, t.bot(), t.here(), user, body);
}
} // namespace

TEST_CASE("members: a timeout is a time of at most 28 days ahead, and null ends it") {
  model_fixture t(administrator);
  constexpr auto key = "communication_disabled_until";
  const auto day = 24ll * 3'600'000;
  const auto until = [&](int64_t ms) { return js::object{{key, time_text(t.state.now_ms + ms)}}; };
  CHECK(edit(t, t.person, until(day))->at(key) == js::value(time_text(t.state.now_ms + day)));
  CHECK(t.here().audit.back().changes.at(0).at("key") == key);
  CHECK(edit(t, t.person, object(R"({"communication_disabled_until":null})"))->at(key).is_null());
  CHECK(edit(t, t.person, until(-day))->at(key).is_null());
  CHECK(edit(t, t.person, until(29 * day)).why().errors.contains(key));
  for (const auto* bad : {R"("tomorrow")", "5", R"("2026-13-01T00:00:00Z")", R"("2026-12-01T00:00:00")"})
    CHECK_MESSAGE(edit(t, t.person, js::object{{key, js::parse(bad)}}).why().code == 50035, bad);
  CHECK(edit(t, t.owner, until(day)).why().code == 50013);
  CHECK(edit_member(t.state, t.as(t.person), t.here(), t.app().bot, until(day)).why().code == 50013);
}

TEST_CASE("members: who is in no voice channel is neither muted nor moved") {
  model_fixture t(administrator);
  for (const auto* body : {R"({"mute":true})", R"({"deaf":false})", R"({"channel_id":"5"})"})
    CHECK_MESSAGE(edit(t, t.person, object(body)).why().code == 40032, body);
  CHECK(edit(t, t.person, object(R"({"channel_id":null})")));
}

TEST_CASE("members: roles are ids, and one that is none is named by its place") {
  model_fixture t(administrator);
  const auto bad = edit(t, t.person, object(R"({"roles":["abc"]})"));
  REQUIRE(!bad);
  CHECK(bad.why().errors.at("roles").as_object().contains("0"));
  CHECK(edit(t, t.person, object(R"({"roles":[]})")));
}

TEST_CASE("bans: what the banned wrote goes with them as far back as is asked, a week at most") {
  model_fixture t(administrator);
  const auto write = [&] {
    return id_in(*send_message(t.state, t.as(t.person), t.general(), object(R"({"content":"x"})")));
  };
  const auto banned = [&](const char* body) { return ban(t.state, t.bot(), t.here(), t.person, object(body)); };
  const auto old = write();
  t.state.now_ms += 7'200'000;
  const auto fresh = write();
  CHECK(banned(R"({"delete_message_seconds":604801})").why().code == 50035);
  CHECK(banned(R"({"delete_message_days":8})").why().code == 50035);
  CHECK(t.here().members.contains(t.person));
  REQUIRE(banned(R"({"delete_message_seconds":3600})"));
  CHECK(t.state.find_message(t.general().channel->id, old));
  CHECK(!t.state.find_message(t.general().channel->id, fresh));
  CHECK(t.told("MESSAGE_DELETE_BULK") == 1);
}
