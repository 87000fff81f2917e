#include "apps/sandbox/gateway/session.hpp"

#include "apps/sandbox/gateway/compression.hpp"

#include <doctest/doctest.h>
#include <zlib.h>

using namespace arrakis;
using namespace arrakis::sandbox;
using namespace arrakis::sandbox::gateway;

namespace {
constexpr snowflake bot{20}, someone{21}, app{10}, place{1ull << 22}; // shard 1 of 2
model::guild guild_with(snowflake member) {
  model::guild g;
  g.id = place;
  g.members[member] = {.user = member};
  return g;
}
session listening(uint64_t intents, int shard = 0, int shards = 1) {
  return {.id = "s", .application = app, .bot = bot, .shard = shard, .shards = shards, .intents = intents};
}
model::event about(std::string name, snowflake subject = {}) {
  return {.name = std::move(name), .guild = place, .data = {}, .only = {}, .subject = subject};
}
} // namespace

TEST_CASE("session: sequence numbers rise by one, and a replay begins after the last one seen") {
  auto s = listening(guilds);
  CHECK(s.next("A", "{}") == R"({"t":"A","s":1,"op":0,"d":{}})");
  s.next("B", "{}");
  s.next("C", "{}");
  const auto frames = s.replay(1);
  REQUIRE(frames);
  CHECK(frames->size() == 2);
  CHECK(frames->front().second.find("\"t\":\"B\"") != std::string::npos);
  CHECK(s.replay(3)->empty());
}

TEST_CASE("session: RESUME cannot replay events that are no longer stored") {
  auto s = listening(guilds);
  for (size_t i = 0; i < replay_max + 10; ++i)
    s.next("A", "{}");
  CHECK(!s.replay(5));
  CHECK(s.replay(10));
}

TEST_CASE("session: a dispatch is sent by shard, membership and gateway intent") {
  const auto in = guild_with(bot);
  CHECK(listening(guilds).hears(about("CHANNEL_CREATE"), &in));
  CHECK(!listening(0).hears(about("CHANNEL_CREATE"), &in));
  CHECK(!listening(guilds).hears(about("GUILD_MEMBER_UPDATE", someone), &in));
  CHECK(listening(guild_members).hears(about("GUILD_MEMBER_UPDATE", someone), &in));
  CHECK(!listening(guilds).hears(about("GUILD_AUDIT_LOG_ENTRY_CREATE"), &in));
  CHECK(listening(guild_moderation).hears(about("GUILD_AUDIT_LOG_ENTRY_CREATE"), &in));
  CHECK(!listening(guilds, 0, 2).hears(about("CHANNEL_CREATE"), &in));
  CHECK(listening(guilds, 1, 2).hears(about("CHANNEL_CREATE"), &in));
  const auto foreign = guild_with(someone);
  CHECK(!listening(guilds).hears(about("CHANNEL_CREATE"), &foreign));
}

TEST_CASE(
  "session: a bot receives GUILD_MEMBER_UPDATE of itself without the intent, and GUILD_DELETE when it was removed") {
  const auto in = guild_with(bot);
  CHECK(listening(0).hears(about("GUILD_MEMBER_UPDATE", bot), &in));
  auto gone = about("GUILD_DELETE");
  gone.only = app;
  CHECK(listening(guilds).hears(gone, nullptr));
  gone.only = snowflake{11};
  CHECK(!listening(guilds).hears(gone, nullptr));
}

TEST_CASE("session: without MESSAGE_CONTENT other people's texts are empty, its own are not") {
  const auto message = [](snowflake author) {
    auto e = about("MESSAGE_CREATE");
    e.data = {{"content", "secret"}, {"embeds", js::array{1}}, {"author", {{"id", author.text()}}}};
    return e;
  };
  CHECK(seen_by(listening(guild_messages), message(someone)).at("content") == "");
  CHECK(seen_by(listening(guild_messages), message(bot)).at("content") == "secret");
  CHECK(seen_by(listening(guild_messages | message_content), message(someone)).at("content") == "secret");
}

TEST_CASE("zlib_stream: messages of one connection inflate one after the other and each ends with a sync flush") {
  const auto out = zlib_stream();
  z_stream in{};
  REQUIRE(inflateInit(&in) == Z_OK);
  for (const auto& text : {std::string("hello"), std::string(100'000, 'x'), std::string(R"({"op":11})")}) {
    auto bytes = out->compress(text);
    REQUIRE(bytes.size() >= 4);
    CHECK(bytes.substr(bytes.size() - 4) == std::string("\x00\x00\xff\xff", 4));
    std::string back(text.size() + 16, '\0');
    in.next_in = reinterpret_cast<Bytef*>(bytes.data());
    in.avail_in = static_cast<uInt>(bytes.size());
    in.next_out = reinterpret_cast<Bytef*>(back.data());
    in.avail_out = static_cast<uInt>(back.size());
    inflate(&in, Z_SYNC_FLUSH);
    back.resize(back.size() - in.avail_out);
    CHECK(back == text);
  }
  inflateEnd(&in);
}

TEST_CASE("session: a direct message needs its own intent, goes to the first shard, and keeps its text") {
  const model::event letter{
    .name = "MESSAGE_CREATE", .guild = {}, .data = {{"content", "hidden?"}}, .only = app, .subject = {}};
  CHECK(listening(direct_messages).hears(letter, nullptr));
  CHECK(!listening(guild_messages).hears(letter, nullptr));
  CHECK(listening(direct_messages, 0, 2).hears(letter, nullptr));
  CHECK(!listening(direct_messages, 1, 2).hears(letter, nullptr));
  const model::event reaction{.name = "MESSAGE_REACTION_ADD", .guild = {}, .data = {}, .only = app, .subject = {}};
  CHECK(!listening(direct_messages).hears(reaction, nullptr));
  CHECK(listening(direct_reactions).hears(reaction, nullptr));
  CHECK(seen_by(listening(direct_messages), letter).at("content") == "hidden?");
  auto in_guild = letter;
  in_guild.guild = place;
  CHECK(seen_by(listening(guild_messages), in_guild).at("content") == "");
  in_guild.data["mentions"] = js::array{js::object{{"id", bot.text()}}};
  CHECK(seen_by(listening(guild_messages), in_guild).at("content") == "hidden?");
}
