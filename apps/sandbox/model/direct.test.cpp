#include "apps/sandbox/model/direct.hpp"

#include "apps/sandbox/model/messages.hpp"
#include "apps/sandbox/model/model_fixture.hpp"
#include "apps/sandbox/model/snapshot.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::sandbox::model;

namespace {
js::object to(snowflake user) { return {{"recipient_id", user.text()}}; }
struct letters : model_fixture {
  snowflake id = id_in(*open_direct(state, bot(), to(person)));
  channel_ref with(const actor& by) { return *conversation_for(state, by, id); }
  outcome<js::object> write(const actor& by, std::string_view text) {
    return send_message(state, by, with(by), {{"content", text}});
  }
};
const auto text_of_last = [](const model_fixture& t) { return t.state.events.back().data.at("content"); };
} // namespace

TEST_CASE("direct messages: the channel of two is the same however often and from whichever side it is opened") {
  letters t;
  auto again = open_direct(t.state, t.bot(), to(t.person));
  REQUIRE(again);
  CHECK(id_in(*again) == t.id);
  CHECK(again->at("type") == 1);
  CHECK(again->at("recipients").at(0).at("id") == js::value(t.person.text()));
  auto from_there = open_direct(t.state, t.as(t.person), to(t.app().bot));
  CHECK(id_in(*from_there) == t.id);
  CHECK(from_there->at("recipients").at(0).at("id") == js::value(t.app().bot.text()));
  CHECK(open_direct(t.state, t.bot(), {}).why().code == 50035);
  CHECK(open_direct(t.state, t.bot(), to(t.app().bot)).why().code == 50033);
  CHECK(open_direct(t.state, t.bot(), to(snowflake{5})).why().code == 50033);
}

TEST_CASE("direct messages: what is written goes to the bot alone, without a guild") {
  letters t;
  REQUIRE(t.write(t.as(t.person), "salaam"));
  const auto& told = t.state.events.back();
  CHECK(told.name == "MESSAGE_CREATE");
  CHECK(!told.guild);
  CHECK(told.only == t.app_id);
  CHECK(!told.data.contains("guild_id"));
  CHECK(!told.data.contains("member"));
  CHECK(told.data.at("channel_type") == 1);
  auto mine = t.write(t.bot(), "be greeted <@&1> @everyone");
  REQUIRE(mine);
  CHECK(mine->at("mention_everyone") == false);
  REQUIRE(edit_message(t.state, t.bot(), t.with(t.bot()), id_in(*mine), object(R"({"content":"again"})")));
  CHECK(text_of_last(t) == "again");
  CHECK(list_messages(t.state, t.bot(), t.with(t.bot()), {}, 10)->size() == 2);
  REQUIRE(pin(t.state, t.bot(), t.with(t.bot()), id_in(*mine), true));
  REQUIRE(react(t.state, t.as(t.person), t.with(t.as(t.person)), id_in(*mine), "👍"));
  CHECK(!t.state.events.back().data.contains("guild_id"));
  CHECK(delete_message(t.state, t.as(t.person), t.with(t.as(t.person)), id_in(*mine)).why().code == 50003);
  REQUIRE(delete_message(t.state, t.bot(), t.with(t.bot()), id_in(*mine)));
  CHECK(t.state.events.back().name == "MESSAGE_DELETE");
}

TEST_CASE(
  "direct messages: disabled direct messages, no guild in common and another bot are 50007; strangers see nothing") {
  letters t;
  t.state.users.at(t.person).closed = true;
  CHECK(t.write(t.bot(), "?").why().code == 50007);
  t.state.users.at(t.person).closed = false;
  REQUIRE(t.write(t.bot(), "!"));
  t.here().members.erase(t.person);
  CHECK(t.write(t.bot(), "?").why().code == 50007);
  const auto other = t.add_user("other bot", true);
  join(t.state, t.here(), other);
  const auto between = id_in(*open_direct(t.state, t.bot(), to(other)));
  CHECK(send_message(t.state, t.bot(), *conversation_for(t.state, t.bot(), between), object(R"({"content":"?"})"))
          .why()
          .code
        == 50007);
  CHECK(conversation_for(t.state, t.as(t.owner), t.id).why().code == 50001);
}

TEST_CASE("direct messages: what needs a guild is refused with 50003, and a restart keeps channel and messages") {
  letters t;
  CHECK(channel_for(t.state, t.bot(), t.id).why().code == 50003);
  CHECK(delete_messages(t.state, t.bot(), t.with(t.bot()), {}).why().code == 50003);
  REQUIRE(t.write(t.bot(), "kept"));
  t.state.users.at(t.person).closed = true;
  sandbox_state again;
  load(again, save(t.state));
  CHECK(again.direct.at(t.id).recipients == t.state.direct.at(t.id).recipients);
  CHECK(again.messages.at(t.id).size() == 1);
  CHECK(again.users.at(t.person).closed);
}

TEST_CASE("direct messages: a command that is for them reaches the bot without guild or member, and is answered") {
  letters t;
  const auto declare = [&](std::string_view contexts) {
    auto definition = object(R"({"name":"mine","description":"x","default_member_permissions":"8",
      "options":[{"type":6,"name":"who","description":"who"}]})");
    definition["contexts"] = js::parse(contexts);
    REQUIRE(create_command(t.state, t.app(), {}, definition));
  };
  declare("[0]");
  CHECK(!invoke(t.state, t.person, t.id, "mine", {}));
  declare("[0,1]");
  CHECK(!invoke(t.state, t.owner, t.id, "mine", {}));                         // not one of the two
  CHECK(!invoke(t.state, t.person, t.id, "mine", {{"who", t.owner.text()}})); // nor is the one who is named
  auto begun = invoke(t.state, t.person, t.id, "mine", {{"who", t.person.text()}});
  REQUIRE(begun);
  const auto& told = begun->payload;
  CHECK(told.at("context") == 1);
  CHECK(!told.contains("guild_id"));
  CHECK(!told.contains("member"));
  CHECK(told.at("user").at("id") == js::value(t.person.text()));
  CHECK(told.at("data").at("resolved").at("users").as_object().contains(t.person.text()));
  REQUIRE(answer(t.state, begun->id, t.state.interactions.at(begun->id).token,
                 object(R"({"type":4,"data":{"content":"yours","components":[{"type":1,"components":[
                   {"type":2,"style":1,"label":"Go","custom_id":"go"}]}]}})")));
  CHECK(text_of_last(t) == "yours");
  CHECK(!t.state.events.back().guild);
  auto clicked = press(t.state, t.person, t.id, t.state.interactions.at(begun->id).response, "go", {});
  REQUIRE(clicked);
  CHECK(clicked->payload.at("context") == 1);
}
