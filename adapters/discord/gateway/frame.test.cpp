#include "adapters/discord/gateway/frame.hpp"
#include "schemas/trace.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::discord;
using namespace arrakis::discord::gateway;
using namespace std::chrono_literals;

namespace {
/// Decoded event of a dispatch of `type` with `data`.
caf::expected<event> decoded(const std::string& type, const std::string& data) {
  frame_reader reader;
  REQUIRE(reader.read(R"({"t":")" + type + R"(","s":5,"op":0,"d":)" + data + "}"));
  return reader.decode();
}
} // namespace

TEST_CASE("frame: the envelope is read whatever the order of its members") {
  frame_reader reader;
  for (const auto* text :
       {R"({"t":"X","s":7,"op":0,"d":{"a":[1,{"b":"}"}]}})", R"({"d":{"a":[1,{"b":"}"}]},"op":0,"s":7,"t":"X"})",
        R"( {"op" : 0, "d":{"a":[1,{"b":"}"}]}, "new": {"x":1}, "s":7, "t":"X"} )"}) {
    const auto frame = reader.read(text);
    REQUIRE_MESSAGE(frame, text);
    CHECK(frame->op == 0);
    CHECK(frame->sequence == 7);
    CHECK(frame->type == "X");
    CHECK(frame->data == R"({"a":[1,{"b":"}"}]})");
  }
  const auto ack = reader.read(R"({"op":11,"d":null,"s":null,"t":null})");
  REQUIRE(ack);
  CHECK((ack->op == 11 && ack->sequence == 0 && ack->type.empty()));
}

TEST_CASE("frame: what is no frame is corrupt") {
  frame_reader reader;
  for (const auto* text :
       {"", "[]", "null", "x", R"({"op":0)", R"({"op":"0"})", R"({"op":-1})", R"({"s":1})", R"({"op":0,"s":"1"})",
        R"({"op":0,"t":1})", R"({"op":0} {"op":0})", "{\"op\":0,\"t\":\"\xff\"}", R"({"op":0,"s":1e99})",
        R"({"op":0,"s":nul})", R"({"op":0,"t":ntll})"}) {
    const auto frame = reader.read(text);
    REQUIRE_MESSAGE(!frame, text);
    CHECK(code_of(frame.error()) == ec::corrupt);
  }
}

TEST_CASE("frame: HELLO, READY and op 9") {
  frame_reader reader;
  REQUIRE(reader.read(R"({"op":10,"d":{"heartbeat_interval":41250}})"));
  CHECK(*reader.hello() == 41'250ms);
  REQUIRE(reader.read(R"({"op":10,"d":{}})"));
  CHECK_FALSE(reader.hello());
  REQUIRE(reader.read(R"({"op":9,"d":true})"));
  CHECK(reader.resumable());
  REQUIRE(reader.read(R"({"op":9,"d":false})"));
  CHECK_FALSE(reader.resumable());
  REQUIRE(reader.read(
    R"({"t":"READY","s":1,"op":0,"d":{"v":10,"session_id":"s","resume_gateway_url":"wss://r","user":{"id":"2"},
    "application":{"id":"3","flags":0},"guilds":[{"id":"10","unavailable":true},{"id":"11","unavailable":true}]}})"));
  const auto ready = reader.ready();
  REQUIRE(ready);
  CHECK(ready->session_id == "s");
  CHECK(ready->resume_url == "wss://r");
  CHECK((ready->bot == snowflake{2} && ready->application == snowflake{3}));
  CHECK(ready->guilds == std::vector{snowflake{10}, snowflake{11}});
  REQUIRE(
    reader.read(R"({"t":"READY","s":1,"op":0,"d":{"session_id":"s","resume_gateway_url":"file:///","user":{"id":"2"},
    "application":{"id":"3"}}})"));
  CHECK(reader.ready()->resume_url == "file:///"); // address_policy refuses it.
  REQUIRE(reader.read(R"({"t":"READY","s":1,"op":0,"d":{"session_id":"s"}})"));
  CHECK_FALSE(reader.ready());
}

TEST_CASE("frame: guild events") {
  const auto here = decoded("GUILD_CREATE",
                            R"({"members":[{"user":{"id":"1"}}],"id":"10","name":"Sietch \"T\u00e4br\"",)"
                            R"("owner_id":"4",
    "roles":[{"id":"10","name":"@everyone"}]})");
  REQUIRE(here);
  const auto& guild = std::get<guild_available>(*here);
  CHECK(guild.guild == snowflake{10});
  CHECK(guild.owner == snowflake{4});
  CHECK(guild.name == "Sietch \"Täbr\"");
  CHECK(std::holds_alternative<std::monostate>(*decoded("GUILD_CREATE", R"({"id":"10","unavailable":true})")));
  CHECK_FALSE(decoded("GUILD_CREATE", R"({"name":"x"})"));
  CHECK_FALSE(decoded("GUILD_CREATE", "[]"));
  CHECK(std::get<guild_gone>(*decoded("GUILD_DELETE", R"({"id":"10"})")).kicked);
  CHECK_FALSE(std::get<guild_gone>(*decoded("GUILD_DELETE", R"({"id":"10","unavailable":true})")).kicked);
}

TEST_CASE("frame: a guild's roles and their positions, wherever they stand in the frame") {
  for (const auto* text :
       {R"({"t":"GUILD_CREATE","s":5,"op":0,"d":{"id":"10","roles":[{"id":"10","position":0},{"position":7,)"
        R"("id":"20"}],"owner_id":"4"}})",
        R"({"d":{"roles":[{"id":"10"},{"color":1,"position":7,"id":"20"}],"owner_id":"4","id":"10"},"op":0,)"
        R"("s":5,"t":"GUILD_CREATE"})"}) {
    frame_reader reader;
    REQUIRE(reader.read(text));
    REQUIRE(reader.decode());
    const auto places = reader.take_role_positions();
    REQUIRE(places.size() == 2);
    CHECK((places[0].role == snowflake{10} && places[0].position == 0));
    CHECK((places[1].role == snowflake{20} && places[1].position == 7));
  }
  CHECK_FALSE(decoded("GUILD_CREATE", R"({"id":"10","owner_id":"4","roles":[{"position":7}]})"));
  CHECK_FALSE(decoded("GUILD_CREATE", R"({"id":"10","owner_id":"4","roles":{}})"));
}

namespace {
const std::string message =
  R"({"type":0,"content":"Sietch \"T\u00e4br\"","author":{"username":"n","id":"5","bot":true},"id":"40",)"
  R"("channel_id":"30",
    "mentions":[{"id":"1","member":{"roles":["7"]}}],"guild_id":"10"})";
const std::string member =
  R"({"user":{"id":"5","username":"n"},"roles":["20","21"],"guild_id":"10","pending":true,"nick":null})";

void check_gathered(const activity& all) {
  REQUIRE((all.messages.size() == 1 && all.members.size() == 1));
  const auto& m = all.messages[0];
  CHECK((m.id == snowflake{40} && m.channel == snowflake{30} && m.guild == snowflake{10} && m.author == snowflake{5}));
  CHECK((m.bot && m.content == "Sietch \"Täbr\""));
  const auto& u = all.members[0];
  CHECK((u.guild == snowflake{10} && u.user == snowflake{5} && u.pending));
  CHECK((u.roles.size() == 2 && u.roles[1] == snowflake{21}));
}
} // namespace

TEST_CASE("frame: what members do is gathered, whatever the order of the members, and only what was not seen") {
  activity all;
  frame_reader reader;
  reader.gather(&all, 4);
  const auto read = [&](const std::string& text) {
    REQUIRE(reader.read(text));
    const auto got = reader.decode();
    REQUIRE(got);
    CHECK(std::holds_alternative<std::monostate>(*got));
  };
  read(R"({"t":"MESSAGE_CREATE","s":5,"op":0,"d":)" + message + "}");
  read(R"({"d":)" + member + R"(,"op":0,"s":6,"t":"GUILD_MEMBER_UPDATE"})");
  check_gathered(all);
  REQUIRE(reader.read(R"({"t":"MESSAGE_CREATE","s":4,"op":0,"d":)" + message + "}"));
  CHECK(all.messages.size() == 1);
  read(R"({"t":"MESSAGE_CREATE","s":7,"op":0,"d":{"id":"1","channel_id":"2","author":{"id":"3"}}})"); // Direct.
  CHECK(all.messages.size() == 1);
}

TEST_CASE("frame: what is gathered is there whole or not at all") {
  activity all;
  frame_reader reader;
  reader.gather(&all, 0);
  for (const auto* d : {"{}", "[]", R"({"id":"x","guild_id":"10","channel_id":"1","author":{"id":"5"}})",
                        R"({"id":"1","guild_id":"10","channel_id":"1","author":{}})",
                        R"({"id":"1","guild_id":"10","channel_id":"1","author":{"id":"5"},"content":7})",
                        R"({"id":"01","guild_id":"10","channel_id":"1","author":{"id":"5"}})",
                        R"({"id":"99999999999999999999","guild_id":"10","channel_id":"1","author":{"id":"5"}})"}) {
    if (reader.read(std::string{R"({"t":"MESSAGE_CREATE","s":5,"op":0,"d":)"} + d + "}"))
      (void)reader.decode();
    CHECK(all.messages.empty());
  }
  for (const auto* d : {R"({"guild_id":"10","user":{"id":"5"}})", R"({"guild_id":"10","user":{},"roles":[]})",
                        R"({"guild_id":"10","user":{"id":"5"},"roles":[7]})"}) {
    REQUIRE(reader.read(std::string{R"({"t":"GUILD_MEMBER_UPDATE","s":5,"op":0,"d":)"} + d + "}"));
    CHECK_FALSE(reader.decode());
  }
  CHECK_FALSE(reader.read(R"({"t":"MESSAGE_CREATE","s":5,"op":0,"d":)" + message + "}}")); // A tail.
  CHECK_FALSE(reader.read(R"({"t":"GUILD_MEMBER_UPDATE","s":5,"op":0,"d":)" + member));
  CHECK((all.messages.empty() && all.members.empty()));
}

TEST_CASE("frame: role and channel events") {
  const auto role = std::get<role_changed>(*decoded("GUILD_ROLE_UPDATE", R"({"guild_id":"10","role":{"id":"20"}})"));
  CHECK((role.guild == snowflake{10} && role.role == snowflake{20} && !role.deleted));
  const auto gone = std::get<role_changed>(*decoded("GUILD_ROLE_DELETE", R"({"guild_id":"10","role_id":"20"})"));
  CHECK((gone.role == snowflake{20} && gone.deleted));
  const auto channel = std::get<channel_changed>(*decoded("CHANNEL_DELETE", R"({"guild_id":"10","id":"30",)"
                                                                            R"("type":0})"));
  CHECK((channel.channel == snowflake{30} && channel.deleted));
  CHECK(std::holds_alternative<std::monostate>(*decoded("CHANNEL_CREATE", R"({"id":"30","type":1})")));
  CHECK_FALSE(decoded("GUILD_ROLE_CREATE", R"({"guild_id":"10"})"));
  CHECK_FALSE(decoded("CHANNEL_UPDATE", R"({"guild_id":10,"id":"30"})"));
}

TEST_CASE("frame: an interaction is read whole, and one that hides something is refused") {
  const std::string fields =
    R"("id":"1","application_id":"2","type":2,"token":"tok","version":1,"guild_id":"10","channel_id":"30",
    "locale":"en-US","member":{"user":{"id":"5"},"permissions":"8"},"app_permissions":"8",
    "data":{"id":"6","name":"onboard","type":1})";
  const auto read = decoded("INTERACTION_CREATE", "{" + fields + "}");
  REQUIRE_MESSAGE(read, text_of(read.error()));
  const auto& what = *std::get<interaction_created>(*read).what;
  CHECK(what.command == "onboard");
  CHECK(what.user == snowflake{5});
  CHECK(what.received_ms > 0);
  CHECK(is_trace_id(what.trace));
  CHECK_FALSE(decoded("INTERACTION_CREATE", "{" + fields + R"(,"token":"other"})"));
  CHECK_FALSE(decoded("INTERACTION_CREATE", "{" + fields + R"(,"x":"\ud800"})"));
  CHECK_FALSE(
    decoded("INTERACTION_CREATE", "{" + fields + R"(,"x":)" + std::string(100, '[') + std::string(100, ']') + "}"));
}

TEST_CASE("frame: events that nobody reads are not parsed") {
  CHECK(std::holds_alternative<std::monostate>(*decoded("MESSAGE_CREATE", R"({"id":1})")));
  CHECK_FALSE(is_read("TYPING_START"));
  CHECK(is_read("GUILD_DELETE"));
}

TEST_CASE("frame: what we send") {
  const secret token{"to\"ken"};
  CHECK(identify_text(token, 1, 2, 7)
        == R"({"op":2,"d":{"token":"to\"ken","intents":7,)"
           R"("properties":{"os":"linux","browser":"arrakis","device":"arrakis"},)"
           R"("compress":false,"large_threshold":50,"shard":[1,2]}})");
  CHECK(resume_text(token, "s", 9) == R"({"op":6,"d":{"token":"to\"ken","session_id":"s","seq":9}})");
  CHECK(heartbeat_text(std::nullopt) == R"({"op":1,"d":null})");
  CHECK(heartbeat_text(9) == R"({"op":1,"d":9})");
  CHECK(with_query("wss://gateway.discord.gg", true)
        == "wss://gateway.discord.gg/?v=10&encoding=json&compress=zlib-stream");
  CHECK(with_query("ws://127.0.0.1:80/?x=1", false) == "ws://127.0.0.1:80/?v=10&encoding=json");
}

TEST_CASE("frame: no damage to a frame does more than refuse it") {
  const std::string good =
    R"({"t":"GUILD_CREATE","s":5,"op":0,"d":{"id":"10","name":"T\u00e4br \"x\"","owner_id":"4","a":[1,{"b":null}]}})";
  frame_reader reader;
  uint32_t seed = 1;
  const auto chance = [&seed](size_t below) { return (seed = seed * 1664525 + 1013904223) / 65536 % below; };
  for (int round = 0; round < 20'000; ++round) {
    auto text = good;
    for (size_t i = 0; i <= chance(3); ++i)
      text[chance(text.size())] = static_cast<char>(chance(256));
    if (chance(4) == 0)
      text.resize(chance(text.size()));
    if (const auto frame = reader.read(text); frame && frame->op == 0)
      (void)reader.decode();
  }
  REQUIRE(reader.read(good));
  CHECK(std::get<guild_available>(*reader.decode()).owner == snowflake{4});
}
