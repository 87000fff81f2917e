// Further actions of a community bot: threads, webhooks, invites, bans, emojis, reactions, pins.
#include "apps/sandbox/model/bans.hpp"
#include "apps/sandbox/model/channels.hpp"
#include "apps/sandbox/model/emojis.hpp"
#include "apps/sandbox/model/form.hpp"
#include "apps/sandbox/model/invites.hpp"
#include "apps/sandbox/model/messages.hpp"
#include "apps/sandbox/model/model_fixture.hpp"
#include "apps/sandbox/model/render.hpp"
#include "apps/sandbox/model/roles.hpp"
#include "apps/sandbox/model/snapshot.hpp"
#include "apps/sandbox/model/threads.hpp"
#include "apps/sandbox/model/webhooks.hpp"
#include "runtime/json.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::sandbox::model;

namespace {
channel_ref at(model_fixture& t, snowflake id) { return {&t.here(), &t.here().channels.at(id)}; }
js::object sent(model_fixture& t, const std::string& body) {
  auto made = send_message(t.state, t.bot(), t.general(), object(body));
  REQUIRE(made);
  return *made;
}
constexpr uint64_t administrator = 8;
} // namespace

TEST_CASE("channels: every type has its fields, and a field outside its bounds is refused by name") {
  model_fixture t(administrator);
  const auto make = [&](const std::string& body) { return create_channel(t.state, t.bot(), t.here(), object(body)); };
  auto voice = make(R"({"name":"v","type":2,"bitrate":32000,"user_limit":9,"rtc_region":"rotterdam",
    "video_quality_mode":2})");
  CHECK(voice->at("bitrate") == 32000);
  CHECK(voice->at("user_limit") == 9);
  CHECK(voice->at("rtc_region") == "rotterdam");
  CHECK(voice->at("video_quality_mode") == 2);
  CHECK(make(R"({"name":"s","type":13})")->at("type") == 13);
  auto forum = make(R"({"name":"Ask Us","type":15,"available_tags":[{"name":"open"}]})");
  CHECK(forum->at("name") == "ask-us");
  CHECK(forum->at("available_tags").as_array().size() == 1);
  const auto long_topic = std::string(R"(,"topic":")") + std::string(1025, 'x') + "\"}"; // A forum's is its guidelines.
  CHECK(make(R"({"name":"f","type":15)" + long_topic));
  CHECK(make(R"({"name":"t","type":0)" + long_topic).why().errors.contains("topic"));
  CHECK(make(R"({"name":"v","type":2,"bitrate":1})").why().errors.contains("bitrate"));
  CHECK(make(R"({"name":"t","type":11})").why().errors.contains("type")); // A thread is no channel of its own.
}

TEST_CASE("channels: of an overwrite each field is refused by its own name") {
  model_fixture t(administrator);
  const auto bad = create_channel(
    t.state, t.bot(), t.here(),
    object(R"({"name":"c","permission_overwrites":[5,{"type":7},{"id":"x","type":0,"allow":"y"}]})"));
  REQUIRE(!bad);
  const auto& list = bad.why().errors.at("permission_overwrites");
  const auto code = [&](const char* index, const char* field) {
    const auto& at = *field ? list.at(index).at(field) : list.at(index);
    return std::string(at.at("_errors").at(0).at("code").as_string());
  };
  CHECK(code("0", "") == "MODEL_TYPE_CONVERT");
  CHECK(code("1", "id") == "BASE_TYPE_REQUIRED");
  CHECK(code("1", "type") == "NUMBER_TYPE_MAX");
  CHECK(code("2", "id") == "NUMBER_TYPE_COERCE");
  CHECK(code("2", "allow") == "NUMBER_TYPE_COERCE");
}

TEST_CASE(
  "channels: a move emits CHANNEL_UPDATE, is audited, and with lock_permissions takes the category's overwrites") {
  model_fixture t(administrator);
  const auto everyone = t.guild_id.text();
  const auto category = id_in(*create_channel(
    t.state, t.bot(), t.here(),
    object(R"({"name":"c","type":4,"permission_overwrites":[{"id":")" + everyone + R"(","type":0,"deny":"1024"}]})")));
  const auto free = id_in(*create_channel(t.state, t.bot(), t.here(), object(R"({"name":"x"})")));
  t.state.events.clear();
  const auto move = [&](const std::string& more) {
    return move_channels(
      t.state, t.bot(), t.here(),
      js::array{object(R"({"id":)" + free.text() + R"(,"parent_id":")" + category.text() + "\"" + more + "}")});
  };
  REQUIRE(move(""));
  CHECK(t.here().channels.at(free).overwrites.empty());
  CHECK(t.told("CHANNEL_UPDATE") == 1);
  CHECK(t.here().audit.back().what == action::channel_update);
  REQUIRE(move(R"(,"lock_permissions":true)"));
  CHECK(t.here().channels.at(free).overwrites.size() == 1);
  const auto entries = t.here().audit.size();
  REQUIRE(move("")); // Nothing changes, so nothing is told.
  CHECK(t.here().audit.size() == entries);
}

TEST_CASE("roles: the audit log of a creation knows no old value") {
  model_fixture t(administrator);
  REQUIRE(create_role(t.state, t.bot(), t.here(), object(R"({"name":"Gold","color":7})")));
  for (const auto& change : t.here().audit.back().changes)
    CHECK(!change.as_object().contains("old_value"));
}

TEST_CASE("interactions: an option that names a user, role or channel comes resolved, with the channel's permissions") {
  model_fixture t(administrator);
  REQUIRE(create_command(t.state, t.app(), {}, object(R"({"name":"x","description":"d","options":[
    {"name":"who","description":"d","type":6},{"name":"where","description":"d","type":7}]})")));
  const auto general = t.here().system_channel;
  const auto invoked = [&](snowflake who) {
    return invoke(t.state, t.owner, general, "x", {{"who", who.text()}, {"where", general.text()}});
  };
  const auto resolved = invoked(t.person)->payload.at("data").at("resolved").as_object();
  CHECK(resolved.at("users").as_object().contains(t.person.text()));
  CHECK(!resolved.at("members").at(t.person.text()).as_object().contains("user"));
  CHECK(!json::text_or(resolved.at("channels").at(general.text()).as_object(), "permissions").empty());
  CHECK(!invoked(snowflake{5})); // Discord's client offers only who is there.
}

TEST_CASE("messages: a reply refers to its message and rings its author, unless nobody is to be rung") {
  model_fixture t(administrator);
  const auto first = sent(t, R"({"content":"first","nonce":"n"})");
  CHECK(first.at("nonce") == "n");
  const auto id = first.at("id").as_string();
  const auto to = R"("message_reference":{"message_id":")" + std::string(id) + "\"}";
  const auto reply = sent(t, R"({"content":"hi <@)" + t.person.text() + R"(>",)" + to + "}");
  CHECK(reply.at("type") == reply_message);
  CHECK(reply.at("referenced_message").at("id") == id);
  CHECK(reply.at("mentions").as_array().size() == 2);
  const auto silent = sent(t, R"({"content":"hi <@)" + t.person.text() + R"(>","allowed_mentions":{"parse":[]},)" + to
                                + "}");
  CHECK(silent.at("mentions").as_array().empty());
  CHECK(send_message(t.state, t.bot(), t.general(), object(R"({"content":"x","message_reference":{"message_id":"5"}})"))
          .why()
          .errors.contains("message_reference"));
}

TEST_CASE("messages: a list is the newest, those that follow one, or those around one") {
  model_fixture t;
  std::vector<snowflake> ids;
  for (const auto* text : {"0", "1", "2", "3", "4"})
    ids.push_back(id_in(sent(t, std::string(R"({"content":")") + text + "\"}")));
  const auto texts = [&](message_window window, size_t count) {
    std::string all;
    const auto listed = *list_messages(t.state, t.bot(), t.general(), window, count);
    for (const auto& each : listed)
      all += each.at("content").as_string();
    return all;
  };
  CHECK(texts({}, 2) == "43");
  CHECK(texts({.before = ids[3]}, 2) == "21");
  CHECK(texts({.after = ids[1]}, 2) == "32");
  CHECK(texts({.after = snowflake{}}, 2) == "10");
  CHECK(texts({.around = ids[2]}, 3) == "321");
  CHECK(texts({.around = ids[0]}, 3) == "210");
  CHECK(texts({.around = ids[4]}, 3) == "43");
}

TEST_CASE("messages: a file needs no text, and has size and addresses; one that a client only claims is left out") {
  model_fixture t(administrator);
  const auto made = sent(
    t, R"({"attachments":[{"upload":true,"filename":"a.txt","size":3,"content_type":"text/plain"}]})");
  const auto& file = made.at("attachments").at(0).as_object();
  CHECK(file.at("size") == 3);
  CHECK(file.at("url").as_string().ends_with("/a.txt"));
  CHECK(file.contains("proxy_url"));
  const auto claimed = sent(t, R"({"content":"x","attachments":[{"id":"5","filename":"b.txt","size":3}]})");
  CHECK(claimed.at("attachments").as_array().empty());
}

TEST_CASE("reactions: counted by emoji, once for each user, and `me` is the viewer") {
  model_fixture t(administrator);
  const auto id = id_in(sent(t, R"({"content":"x"})"));
  REQUIRE(react(t.state, t.bot(), t.general(), id, "👍"));
  REQUIRE(react(t.state, t.bot(), t.general(), id, "👍"));
  REQUIRE(react(t.state, t.as(t.person), t.general(), id, "👍"));
  CHECK(react(t.state, t.bot(), t.general(), id, "1️⃣"));
  CHECK(react(t.state, t.bot(), t.general(), id, "1").why().code == 10014);
  const auto seen = *get_message(t.state, t.bot(), t.general(), id);
  CHECK(seen.at("reactions").at(0).at("count") == 2);
  CHECK(seen.at("reactions").at(0).at("me") == true);
  CHECK(get_message(t.state, t.as(t.owner), t.general(), id)->at("reactions").at(0).at("me") == false);
  CHECK(react(t.state, t.bot(), t.general(), id, "thumb").why().code == 10014);
  CHECK(!unreact(t.state, t.as(t.person), t.general(), id, "👍", t.app().bot)); // Another's, without the permission.
  REQUIRE(clear_reactions(t.state, t.bot(), t.general(), id, ""));
  CHECK(!get_message(t.state, t.bot(), t.general(), id)->contains("reactions"));
}

TEST_CASE("threads: a thread has its message's id, its channel's overwrites, and stands in no list of channels") {
  model_fixture t(administrator);
  const auto message = id_in(sent(t, R"({"content":"x"})"));
  const auto before = list_channels(t.here()).size();
  const auto thread = id_in(*start_thread_from(t.state, t.bot(), t.general(), message, object(R"({"name":"talk"})")));
  CHECK(thread == message);
  CHECK(list_channels(t.here()).size() == before);
  CHECK(start_thread_from(t.state, t.bot(), t.general(), message, object(R"({"name":"again"})")).why().code == 160004);
  t.general().channel->overwrites = {{t.guild_id, overwrite::of_role, 0, permissions::view_channel}};
  CHECK(permissions_in(t.here(), t.here().channels.at(thread), t.person) == 0);
  t.general().channel->overwrites.clear();
  const auto quiet = id_in(*start_thread(t.state, t.bot(), t.general(), object(R"({"name":"quiet","type":12})")));
  CHECK(permissions_in(t.here(), t.here().channels.at(quiet), t.person) == 0);
  REQUIRE(join_thread(t.state, t.bot(), at(t, quiet), t.person));
  CHECK(permissions_in(t.here(), t.here().channels.at(quiet), t.person) != 0);
  REQUIRE(edit_thread(t.state, t.bot(), at(t, thread), object(R"({"archived":true})")));
  CHECK(archived_threads(t.state, t.bot(), t.general(), false, 50).at("threads").as_array().size() == 1);
}

TEST_CASE("threads: an archived one is unarchived before it is edited, and a post is a message") {
  model_fixture t(administrator);
  const auto thread = id_in(*start_thread(t.state, t.bot(), t.general(), object(R"({"name":"talk","type":11})")));
  const auto edit = [&](const char* body) { return edit_channel(t.state, t.bot(), at(t, thread), object(body)); };
  REQUIRE(edit(R"({"archived":true,"locked":true})"));
  CHECK(edit(R"({"name":"other"})").why().code == 50083);
  CHECK(edit(R"({"name":"other","archived":false})"));
  const auto forum = id_in(*create_channel(t.state, t.bot(), t.here(), object(R"({"name":"f","type":15})")));
  const auto bad = start_thread(t.state, t.bot(), at(t, forum), object(R"({"name":"post","message":5})"));
  REQUIRE(!bad);
  CHECK(bad.why().errors.contains("message"));
}

TEST_CASE("threads: a post has tags of its forum; elsewhere tags mean nothing") {
  model_fixture t(administrator);
  const auto forum = *create_channel(t.state, t.bot(), t.here(),
                                     object(R"({"name":"f","type":15,"available_tags":[{"name":"open"}]})"));
  const auto tag = std::string(forum.at("available_tags").at(0).at("id").as_string());
  const auto start = [&](const std::string& id) {
    return start_thread(t.state, t.bot(), at(t, id_in(forum)),
                        object(R"({"name":"post","message":{"content":"x"},"applied_tags":[")" + id + "\"]}"));
  };
  CHECK(start("7").why().code == 10087);
  auto post = start(tag);
  REQUIRE(post);
  const auto edit = [&](const std::string& body) {
    return edit_channel(t.state, t.bot(), at(t, id_in(*post)), object(body));
  };
  CHECK(edit(R"({"applied_tags":["7"]})").why().code == 10087);
  CHECK(!edit(R"({"applied_tags":[]})")->contains("applied_tags"));
  CHECK(start_thread(t.state, t.bot(), t.general(), object(R"({"name":"t","type":11,"applied_tags":["7"]})")));
}

TEST_CASE("invites and webhooks: a category has none") {
  model_fixture t(administrator);
  const auto id = id_in(*create_channel(t.state, t.bot(), t.here(), object(R"({"name":"c","type":4})")));
  CHECK(create_invite(t.state, t.bot(), at(t, id), {}).why().code == 50024);
  CHECK(create_webhook(t.state, t.bot(), at(t, id), object(R"({"name":"Herald"})")).why().code == 50024);
}

TEST_CASE("webhooks: an avatar is an address, and a thread is started in a forum alone") {
  model_fixture t(administrator);
  const auto id = id_in(*create_webhook(t.state, t.bot(), t.general(), object(R"({"name":"Herald"})")));
  auto hook = find_webhook(t.state, id);
  REQUIRE(hook);
  const auto send = [&](const char* body) { return execute_webhook(t.state, *hook, {}, object(body)); };
  CHECK(send(R"({"content":"x","avatar_url":"https://example.org/a.png"})"));
  CHECK(send(R"({"content":"x","avatar_url":"nope"})").why().code == 50035);
  CHECK(send(R"({"content":"x","thread_name":"post"})").why().code == 220003);
}

TEST_CASE("bans, invites, webhooks, emojis: made, listed, taken away; who may not is refused") {
  model_fixture t(administrator);
  REQUIRE(ban(t.state, t.bot(), t.here(), t.person));
  CHECK(!t.here().members.contains(t.person));
  CHECK(get_ban(t.state, t.bot(), t.here(), t.person));
  REQUIRE(unban(t.state, t.bot(), t.here(), t.person));
  CHECK(get_ban(t.state, t.bot(), t.here(), t.person).why().code == 10026);

  const auto invite = *create_invite(t.state, t.bot(), t.general(), object(R"({"max_age":60})"));
  const std::string code(invite.at("code").as_string());
  CHECK(get_invite(t.state, code, false));
  t.state.now_ms += 61'000;
  CHECK(get_invite(t.state, code, false).why().code == 10006);

  const auto hook = *create_webhook(t.state, t.bot(), t.general(), object(R"({"name":"Herald"})"));
  const auto token = std::string(hook.at("token").as_string());
  CHECK(find_webhook(t.state, id_in(hook), "wrong").why().code == 50027);
  auto found = find_webhook(t.state, id_in(hook), token);
  REQUIRE(found);
  const auto told = *execute_webhook(t.state, *found, {}, object(R"({"content":"x","username":"Voice"})"));
  CHECK(told.at("author").at("username") == "Voice");
  CHECK(told.at("webhook_id") == hook.at("id"));
  CHECK(edit_webhook_message(t.state, *found, {}, id_in(told), object(R"({"content":""})")).why().code == 50006);
  CHECK(create_webhook(t.state, t.bot(), t.general(), object(R"({"name":"my DisCord"})")).why().code == 50035);
  CHECK(execute_webhook(t.state, *found, {}, object(R"({"content":"x","username":"Clyde"})")).why().code == 50035);
  const auto forum = *create_channel(t.state, t.bot(), t.here(), object(R"({"name":"f","type":15})"));
  const auto poster = id_in(*create_webhook(t.state, t.bot(), at(t, id_in(forum)), object(R"({"name":"Post"})")));
  auto there = find_webhook(t.state, poster);
  REQUIRE(there);
  CHECK(execute_webhook(t.state, *there, {}, object(R"({"content":"x"})")).why().code == 220001);

  join(t.state, t.here(), t.person);
  const auto picture = object(R"({"name":"spice","image":"data:image/png;base64,AAAA"})");
  CHECK(create_emoji(t.state, t.as(t.person), t.here(), picture).why().code == 50013);
  const auto emoji = id_in(*create_emoji(t.state, t.bot(), t.here(), picture));
  REQUIRE(delete_emoji(t.state, t.bot(), t.here(), emoji));
}

TEST_CASE("snapshot: what a community made comes back, and one of an earlier version is read as well") {
  model_fixture t(administrator);
  const auto message = id_in(sent(t, R"({"content":"x"})"));
  REQUIRE(react(t.state, t.bot(), t.general(), message, "👍"));
  REQUIRE(start_thread_from(t.state, t.bot(), t.general(), message, object(R"({"name":"talk"})")));
  REQUIRE(create_webhook(t.state, t.bot(), t.general(), object(R"({"name":"Herald"})")));
  REQUIRE(create_invite(t.state, t.bot(), t.general(), {}));
  REQUIRE(ban(t.state, t.bot(), t.here(), t.person));
  const auto saved = save(t.state);
  sandbox_state back;
  load(back, saved);
  CHECK(save(back) == saved);

  auto older = saved;
  for (auto& guild : older.at("guilds").as_array()) {
    for (const auto* key : {"bans", "webhooks", "invites", "emojis"})
      guild.as_object().erase(key);
    for (auto& channel : guild.at("channels").as_array())
      for (const auto* key : {"bitrate", "user_limit", "rtc_region", "video_quality", "thread_slowmode_s",
                              "archive_after_min", "tags", "thread"})
        channel.as_object().erase(key);
  }
  for (auto& each : older.at("messages").as_array())
    for (const auto* key : {"webhook", "author_name", "reference", "mentions", "mention_roles", "mention_everyone",
                            "pinned", "thread", "reactions"})
      each.as_object().erase(key);
  sandbox_state read;
  load(read, older);
  CHECK(read.guilds.at(t.guild_id).channels.at(t.here().system_channel).bitrate == 64'000);
}
