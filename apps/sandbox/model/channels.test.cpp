#include "apps/sandbox/model/channels.hpp"

#include "apps/sandbox/model/messages.hpp"
#include "apps/sandbox/model/model_fixture.hpp"
#include "apps/sandbox/model/roles.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace arrakis;
using namespace arrakis::sandbox::model;

namespace {
channel_ref at(model_fixture& t, snowflake id) { return {&t.here(), &t.here().channels.at(id)}; }
} // namespace

TEST_CASE("channels: text names are lower case with hyphens, categories keep theirs") {
  CHECK(normal_name(text_channel, "  Council Rock!  ") == "council-rock");
  CHECK(normal_name(text_channel, "a -- b") == "a-b");
  CHECK(normal_name(category_channel, "NAIB COUNCIL") == "NAIB COUNCIL");
  CHECK(normal_name(text_channel, "ÄRGER\u3000Ωm") == "ärger-ωm");
  CHECK(normal_name(category_channel, "\u3000ÄRGER\u00a0") == "ÄRGER");
}

TEST_CASE("channels: one without overwrites of its own starts with those of its category") {
  model_fixture t;
  const auto category = id_in(
    *create_channel(t.state, t.bot(), t.here(), object(R"({"name":"c","type":4,"permission_overwrites":[
    {"id":")" + t.guild_id.text() + R"(","type":0,"deny":"1024"}]})")));
  const auto inside = id_in(
    *create_channel(t.state, t.bot(), t.here(), object(R"({"name":"x","parent_id":")" + category.text() + "\"}")));
  CHECK(t.here().channels.at(inside).overwrites.size() == 1);
  CHECK(permissions_in(t.here(), t.here().channels.at(inside), t.person) == 0);
}

TEST_CASE("channels: overwrites are read as everyone, then roles, then the member") {
  model_fixture t;
  const auto role = id_in(*create_role(t.state, t.bot(), t.here(), object(R"({"name":"r"})")));
  auto& where = *t.general().channel;
  where.overwrites = {{t.guild_id, overwrite::of_role, 0, permissions::view_channel}};
  CHECK(permissions_in(t.here(), where, t.person) == 0);
  REQUIRE(grant_role(t.state, t.bot(), t.here(), t.person, role));
  where.overwrites.push_back({role, overwrite::of_role, permissions::view_channel, permissions::send_messages});
  CHECK((permissions_in(t.here(), where, t.person) & permissions::view_channel));
  CHECK(!(permissions_in(t.here(), where, t.person) & permissions::send_messages));
  where.overwrites.push_back({t.person, overwrite::of_member, permissions::send_messages, 0});
  CHECK((permissions_in(t.here(), where, t.person) & permissions::send_messages));
  CHECK(permissions_in(t.here(), where, t.owner) == every_permission);
}

TEST_CASE("channels: who may not see one gets 50001, who may not manage it 50013, and an unknown one is 10003") {
  model_fixture t;
  const auto id = id_in(
    *create_channel(t.state, t.as(t.owner), t.here(), object(R"({"name":"secret","permission_overwrites":[
    {"id":")" + t.guild_id.text() + R"(","type":0,"allow":"0","deny":"1024"}]})")));
  CHECK(channel_for(t.state, t.bot(), id).why().code == 50001);
  CHECK(channel_for(t.state, t.bot(), snowflake{5}).why().code == 10003);
  CHECK(edit_channel(t.state, t.as(t.person), t.general(), object(R"({"name":"x"})")).why().code == 50013);
  CHECK(guild_for(t.state, t.bot(), snowflake{5}).why().code == 10004);
}

TEST_CASE("channels: an overwrite gives no more than its author may, and MANAGE_ROLES only by an administrator") {
  model_fixture t;
  const auto body = [](uint64_t allow) {
    return js::object{{"type", 0}, {"allow", std::to_string(allow)}, {"deny", "0"}};
  };
  CHECK(put_overwrite(t.state, t.bot(), t.general(), t.guild_id, body(permissions::ban_members)).why().code == 50013);
  CHECK(put_overwrite(t.state, t.bot(), t.general(), t.guild_id, body(permissions::manage_roles)).why().code == 50013);
  CHECK(put_overwrite(t.state, t.bot(), t.general(), snowflake{9}, body(0)).why().code == 10009);
  REQUIRE(put_overwrite(t.state, t.bot(), t.general(), t.guild_id, body(permissions::send_messages)));
  CHECK(t.told("CHANNEL_UPDATE") == 1);
  REQUIRE(put_overwrite(t.state, t.bot(), t.general(), t.guild_id, body(permissions::send_messages)));
  CHECK(t.told("CHANNEL_UPDATE") == 1);
  REQUIRE(put_overwrite(t.state, t.as(t.owner), t.general(), t.guild_id, body(permissions::manage_roles)));
}

TEST_CASE("channels: the five hundred and first is refused with 30013, the fifty-first of a category with 50035") {
  model_fixture t;
  const auto category = id_in(*create_channel(t.state, t.bot(), t.here(), object(R"({"name":"c","type":4})")));
  const auto inside = js::object{{"name", "x"}, {"parent_id", category.text()}};
  for (size_t i = 0; i < channels_per_category_max; ++i)
    REQUIRE(create_channel(t.state, t.bot(), t.here(), inside));
  CHECK(create_channel(t.state, t.bot(), t.here(), inside).why().code == 50035);
  while (t.here().channels.size() < channels_max)
    REQUIRE(create_channel(t.state, t.bot(), t.here(), object(R"({"name":"y"})")));
  CHECK(create_channel(t.state, t.bot(), t.here(), object(R"({"name":"y"})")).why().code == 30013);
}

TEST_CASE("channels: deleting a category leaves its channels without one") {
  model_fixture t;
  const auto category = id_in(*create_channel(t.state, t.bot(), t.here(), object(R"({"name":"c","type":4})")));
  const auto inside = id_in(
    *create_channel(t.state, t.bot(), t.here(), js::object{{"name", "x"}, {"parent_id", category.text()}}));
  REQUIRE(delete_channel(t.state, t.bot(), at(t, category)));
  CHECK(t.here().channels.at(inside).parent == snowflake{});
  CHECK(t.told("CHANNEL_DELETE") == 1);
}

TEST_CASE("messages: empty ones are 50006, long ones 50035, and foreign ones are not edited") {
  model_fixture t;
  CHECK(send_message(t.state, t.bot(), t.general(), {}).why().code == 50006);
  CHECK(send_message(t.state, t.bot(), t.general(), js::object{{"content", std::string(2001, 'x')}}).why().code
        == 50035);
  CHECK(send_message(t.state, t.bot(), t.general(), object(R"({"content":" \n "})")).why().code == 50006);
  const auto id = id_in(*send_message(t.state, t.as(t.person), t.general(), object(R"({"content":"hi"})")));
  CHECK(t.told("MESSAGE_CREATE") == 1);
  CHECK(edit_message(t.state, t.as(t.person), t.general(), id, object(R"({"content":""})")).why().code == 50006);
  CHECK(get_message(t.state, t.as(t.person), t.general(), id)->at("content") == "hi");
  CHECK(edit_message(t.state, t.bot(), t.general(), id, object(R"({"content":"ho"})")).why().code == 50005);
  REQUIRE(delete_message(t.state, t.bot(), t.general(), id));
  CHECK(get_message(t.state, t.bot(), t.general(), id).why().code == 10008);
}

TEST_CASE("messages: an embed shows something, and its color is one") {
  model_fixture t;
  const auto code = [&](std::string_view embed) {
    auto made = send_message(t.state, t.bot(), t.general(), object(fmt::format(R"({{"embeds":[{}]}})", embed)));
    return made ? 0 : made.why().code;
  };
  CHECK(code("{}") == 50035);
  CHECK(code(R"({"color":5})") == 50035);
  CHECK(code(R"({"title":"x","color":16777216})") == 50035);
  CHECK(code(R"({"title":"x","color":"red"})") == 50035);
  CHECK(code(R"({"title":"x","color":16777215})") == 0);
  CHECK(code(R"({"image":{"url":"https://example.org/a.png"}})") == 0);
}

TEST_CASE("messages: components are checked: rows, custom ids, labels, options") {
  model_fixture t;
  const auto refused = [&](std::string_view components) {
    const auto out = send_message(
      t.state, t.bot(), t.general(),
      object(std::string(R"({"content":"x","components":)") + std::string(components) + "}"));
    return !out && out.why().code == 50035;
  };
  const std::string button = R"({"type":2,"style":1,"label":"a","custom_id":"a"})";
  CHECK(refused("[" + button + "]")); // a button outside a row
  CHECK(refused(R"([{"type":1,"components":[]}])"));
  CHECK(refused(R"([{"type":1,"components":[)" + button + "," + button + "]}]"));        // the same id twice
  CHECK(refused(R"([{"type":1,"components":[{"type":2,"style":1,"custom_id":"a"}]}])")); // nothing to read on it
  CHECK(refused(R"([{"type":1,"components":[{"type":3,"custom_id":"s","options":[]}]}])"));
  CHECK(!refused(R"([{"type":1,"components":[)" + button + "]}]"));
}

TEST_CASE("channels: a text channel becomes an announcement channel and back, and no other type changes") {
  model_fixture t;
  const auto edit = [&](const char* body) { return edit_channel(t.state, t.bot(), t.general(), object(body)); };
  CHECK(edit(R"({"type":5})")->at("type") == 5);
  CHECK(t.here().audit.back().changes.at(0).at("key") == "type");
  CHECK(edit(R"({"type":0})")->at("type") == 0);
  CHECK(edit(R"({"type":2})").why().errors.contains("type"));
  const auto voice = id_in(*create_channel(t.state, t.bot(), t.here(), object(R"({"name":"v","type":2})")));
  CHECK(edit_channel(t.state, t.bot(), at(t, voice), object(R"({"type":0})")).why().errors.contains("type"));
  CHECK(edit_channel(t.state, t.bot(), at(t, voice), object(R"({"type":2})")));
}

TEST_CASE("channels: a forum has flags, a default reaction, an order and a layout, each within its bounds") {
  model_fixture t;
  const auto id = id_in(*create_channel(t.state, t.bot(), t.here(), object(R"({"name":"f","type":15})")));
  const auto edit = [&](const std::string& body) { return edit_channel(t.state, t.bot(), at(t, id), object(body)); };
  auto forum = edit(R"({"flags":16,"default_reaction_emoji":{"emoji_name":"👍"},"default_sort_order":1,
    "default_forum_layout":2})");
  REQUIRE(forum);
  CHECK(forum->at("flags") == 16);
  CHECK(forum->at("default_reaction_emoji").at("emoji_name") == "👍");
  CHECK(forum->at("default_sort_order") == 1);
  CHECK(forum->at("default_forum_layout") == 2);
  CHECK(edit(R"({"default_sort_order":null})")->at("default_sort_order").is_null());
  const auto long_tag = R"({"available_tags":[{"name":")" + std::string(21, 'x') + "\"}]}";
  for (const auto& [key, body] : std::vector<std::pair<const char*, std::string>>{
         {"flags", R"({"flags":32768})"}, // A media channel's.
         {"default_sort_order", R"({"default_sort_order":7})"},
         {"default_forum_layout", R"({"default_forum_layout":3})"},
         {"default_reaction_emoji", R"({"default_reaction_emoji":{"emoji_id":"5","emoji_name":"x"}})"},
         {"available_tags", long_tag}}) {
    const auto bad = edit(body);
    REQUIRE_MESSAGE(!bad, key);
    CHECK_MESSAGE(bad.why().errors.contains(key), key);
  }
}
