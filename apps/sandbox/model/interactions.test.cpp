#include "apps/sandbox/model/interactions.hpp"

#include "apps/sandbox/model/messages.hpp"
#include "apps/sandbox/model/model_fixture.hpp"
#include "apps/sandbox/model/snapshot.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace arrakis;
using namespace arrakis::sandbox::model;

namespace {
struct conversation : model_fixture {
  conversation() {
    const auto commands = js::array{
      object(R"({"name":"onboard","description":"start","default_member_permissions":"8"})"),
      object(R"({"name":"hi","description":"greet","options":[
                                      {"type":3,"name":"whom","description":"who","required":true}]})")};
    REQUIRE(overwrite_commands(state, app(), {}, commands));
  }
  started onboard() {
    auto begun = invoke(state, owner, here().system_channel, "onboard", {});
    REQUIRE(begun);
    return *begun;
  }
  std::string token(const started& s) { return state.interactions.at(s.id).token; }
  outcome<js::object> reply(const started& s, std::string_view text) {
    return answer(state, s.id, token(s), object(text));
  }
  const interaction& interaction_of(const started& s) { return state.interactions.at(s.id); }
};
constexpr auto hello = R"({"type":4,"data":{"content":"hello"}})";
constexpr auto panel = R"({"type":4,"data":{"content":"panel","flags":64,"components":[{"type":1,"components":[
  {"type":2,"style":1,"label":"Go","custom_id":"go:1"},
  {"type":2,"style":2,"label":"No","custom_id":"no:1","disabled":true}]},
  {"type":1,"components":[{"type":3,"custom_id":"pick","options":[
    {"label":"A","value":"a"},{"label":"B","value":"b"}]}]}]}})";
} // namespace

TEST_CASE("interactions: a command goes only to who may use it, with its options checked") {
  conversation c;
  CHECK(!invoke(c.state, c.person, c.here().system_channel, "onboard", {}));
  CHECK(!invoke(c.state, c.owner, c.here().system_channel, "unheard", {}));
  CHECK(!invoke(c.state, c.person, c.here().system_channel, "hi", {}));
  CHECK(!invoke(c.state, c.person, c.here().system_channel, "hi", object(R"({"whom":"x","other":1})")));
  auto begun = invoke(c.state, c.person, c.here().system_channel, "hi", object(R"({"whom":"x"})"));
  REQUIRE(begun);
  CHECK(begun->payload.at("data").at("options").at(0).at("value") == "x");
  CHECK(begun->payload.at("member").at("permissions").is_string());
}

TEST_CASE("interactions: an answer within three seconds counts, one later is 10062 and the person sees a failure") {
  conversation c;
  const auto in_time = c.onboard();
  c.state.now_ms += 3'000;
  CHECK(expire(c.state).empty());
  REQUIRE(c.reply(in_time, hello));
  const auto late = c.onboard();
  c.state.now_ms += 3'001;
  CHECK(expire(c.state) == std::vector{late.id});
  CHECK(c.interaction_of(late).phase == interaction::failed);
  const auto refused = c.reply(late, hello);
  CHECK(refused.why().status == 404);
  CHECK(refused.why().code == 10062);
}

TEST_CASE("interactions: a second answer is 40060, an unknown token 10062") {
  conversation c;
  const auto it = c.onboard();
  CHECK(answer(c.state, it.id, "nonsense", object(hello)).why().code == 10062);
  REQUIRE(c.reply(it, hello));
  CHECK(c.reply(it, hello).why().code == 40060);
}

TEST_CASE("interactions: a token serves follow-ups for fifteen minutes and then is 401 with 50027") {
  conversation c;
  const auto it = c.onboard();
  const auto token = c.token(it);
  CHECK(edit_response(c.state, c.app_id, token, {}, object(R"({"content":"x"})")).why().code
        == 10015); // not answered yet
  REQUIRE(c.reply(it, R"({"type":5,"data":{"flags":64}})"));
  c.state.now_ms += 900'000;
  expire(c.state);
  REQUIRE(edit_response(c.state, c.app_id, token, {}, object(R"({"content":"x"})")));
  c.state.now_ms += 1;
  expire(c.state);
  const auto late = follow_up(c.state, c.app_id, token, object(R"({"content":"x"})"));
  CHECK(late.why().status == 401);
  CHECK(late.why().code == 50027);
  CHECK(follow_up(c.state, c.app_id, "foreign", object(R"({"content":"x"})")).why().code == 10015);
}

TEST_CASE("interactions: a deferred answer loads until its first edit, and an ephemeral one is in no list") {
  conversation c;
  const auto it = c.onboard();
  c.state.events.clear();
  REQUIRE(c.reply(it, R"({"type":5,"data":{"flags":64}})"));
  CHECK(c.interaction_of(it).phase == interaction::deferred);
  auto loading = get_response(c.state, c.app_id, c.token(it), {});
  CHECK(loading->at("flags") == (ephemeral_flag | loading_flag));
  auto edited = edit_response(c.state, c.app_id, c.token(it), {}, object(R"({"content":"done"})"));
  CHECK(edited->at("flags") == ephemeral_flag);
  CHECK(c.told("MESSAGE_CREATE") == 0);
  auto listed = list_messages(c.state, c.as(c.owner), c.general(), {}, 50);
  CHECK(listed->empty());
}

TEST_CASE("interactions: a click needs a component that is there and enabled, a choice values that are offered") {
  conversation c;
  const auto it = c.onboard();
  REQUIRE(c.reply(it, panel));
  const auto message = c.interaction_of(it).response;
  const auto channel = c.here().system_channel;
  CHECK(!press(c.state, c.person, channel, message, "go:1", {})); // ephemeral: not his to click
  CHECK(!press(c.state, c.owner, channel, message, "gone", {}));
  CHECK(!press(c.state, c.owner, channel, message, "no:1", {}));
  CHECK(!press(c.state, c.owner, channel, message, "pick", {"z"}));
  CHECK(!press(c.state, c.owner, channel, message, "pick", {}));
  const auto refused = press(c.state, c.owner, channel, message, "pick", {std::string(100'000, 'z')});
  CHECK(refused.why().message.size() <= 300); // The error quotes the sent value and does not echo it raw.
  auto chosen = press(c.state, c.owner, channel, message, "pick", {"b"});
  REQUIRE(chosen);
  CHECK(chosen->payload.at("type") == 3);
  CHECK(chosen->payload.at("data").at("values").at(0) == "b");
  REQUIRE(answer(c.state, chosen->id, c.state.interactions.at(chosen->id).token,
                 object(R"({"type":7,"data":{"content":"b it is","components":[]}})")));
  CHECK(c.state.find_message(channel, message)->content == "b it is");
}

TEST_CASE("interactions: a select of users, roles or channels takes ids of the guild only, each once") {
  conversation c;
  const auto it = c.onboard();
  REQUIRE(c.reply(it, R"({"type":4,"data":{"content":"x","flags":64,"components":[
    {"type":1,"components":[{"type":6,"custom_id":"roles","max_values":2}]},
    {"type":1,"components":[{"type":8,"custom_id":"channels"}]},
    {"type":1,"components":[{"type":7,"custom_id":"any"}]}]}})"));
  const auto channel = c.here().system_channel;
  const auto chooses = [&](std::string_view select, const std::vector<std::string>& values) {
    return static_cast<bool>(press(c.state, c.owner, channel, c.interaction_of(it).response, select, values));
  };
  const auto everyone = c.here().id.text();
  CHECK(chooses("roles", {everyone}));
  CHECK_FALSE(chooses("roles", {everyone, everyone}));
  CHECK_FALSE(chooses("roles", {c.owner.text()}));
  CHECK_FALSE(chooses("roles", {std::string(100'000, '1')}));
  CHECK(chooses("channels", {channel.text()}));
  CHECK_FALSE(chooses("channels", {everyone + "9"}));
  CHECK(chooses("any", {c.owner.text()}));
}

TEST_CASE("interactions: an address that is clicked has a scheme that a browser may follow") {
  conversation c;
  const auto link = [&](const std::string& url) {
    const auto it = c.onboard();
    const js::object button{{"type", 2}, {"style", 5}, {"label", "x"}, {"url", url}};
    const js::object row{{"type", 1}, {"components", js::array{button}}};
    const auto got = c.reply(
      it,
      js::serialize(js::object{{"type", 4}, {"data", js::object{{"content", "x"}, {"components", js::array{row}}}}}));
    return got ? "" : js::serialize(got.why().errors);
  };
  for (const auto* good : {"https://arrakis.example/a?b#c", "HTTP://x", "discord://-/channels/1"})
    CHECK_MESSAGE(link(good) == "", good);
  for (const auto* bad : {"javascript:alert(1)", "JavaScript://%0aalert(1)", "data:text/html,x", "file:///etc/passwd",
                          "vbscript:x", "ftp://x"})
    CHECK_MESSAGE(link(bad).find("URL_TYPE_INVALID_SCHEME") != std::string::npos, bad);
  for (const auto* bad : {"x", "java\nscript:alert(1)", " https://x", "https:", "https://", "https:x", "//x"})
    CHECK_MESSAGE(link(bad).find("URL_TYPE_INVALID_URL") != std::string::npos, bad);
  const auto embed = [&](const char* text) { return !!c.reply(c.onboard(), text); };
  CHECK(
    embed(R"({"type":4,"data":{"embeds":[{"title":"x","url":"https://x","image":{"url":"attachment://a.png"}}]}})"));
  CHECK_FALSE(embed(R"({"type":4,"data":{"embeds":[{"title":"x","url":"javascript:x"}]}})"));
  CHECK_FALSE(embed(R"({"type":4,"data":{"embeds":[{"title":"x","author":{"name":"a","url":"javascript:x"}}]}})"));
}

TEST_CASE(
  "interactions: a form opens from a click, is checked when it is sent, and never follows a deferral or a form") {
  conversation c;
  const auto it = c.onboard();
  REQUIRE(c.reply(it, panel));
  const auto channel = c.here().system_channel;
  auto click = press(c.state, c.owner, channel, c.interaction_of(it).response, "go:1", {});
  REQUIRE(click);
  const auto form = R"({"type":9,"data":{"custom_id":"f","title":"Form","components":[{"type":1,"components":[
    {"type":4,"custom_id":"address","style":1,"label":"Address","min_length":42,"max_length":42}]}]}})";
  REQUIRE(c.reply(*click, form));
  CHECK(c.interaction_of(*click).phase == interaction::form);
  CHECK(!submit(c.state, c.owner, click->id, object(R"({"address":"short"})")));
  CHECK(!submit(c.state, c.person, click->id, {}));
  auto sent = submit(c.state, c.owner, click->id, js::object{{"address", std::string(42, 'a')}});
  REQUIRE(sent);
  CHECK(sent->payload.at("type") == 5);
  CHECK(sent->payload.at("data").at("components").at(0).at("components").at(0).at("custom_id") == "address");
  CHECK(sent->payload.contains("message"));
  CHECK(c.reply(*sent, form).why().code == 50035);
  REQUIRE(c.reply(*sent, R"({"type":6})"));
  CHECK(c.reply(*sent, form).why().code == 40060);
}

TEST_CASE("commands: an overwrite keeps the ids of names that stay and drops the rest") {
  conversation c;
  const auto before = find_command(c.app(), {}, "onboard")->id;
  REQUIRE(overwrite_commands(c.state, c.app(), {}, js::array{object(R"({"name":"onboard","description":"changed"})")}));
  CHECK(find_command(c.app(), {}, "onboard")->id == before);
  CHECK(find_command(c.app(), {}, "hi") == nullptr);
  CHECK(
    overwrite_commands(c.state, c.app(), {}, js::array{object(R"({"name":"Bad Name","description":"x"})")}).why().code
    == 50035);
}

TEST_CASE("snapshot: a state that was saved and loaded is the same state, and its ids go on upwards") {
  conversation c;
  const auto it = c.onboard();
  REQUIRE(c.reply(it, panel));
  const auto text = js::serialize(save(c.state));
  sandbox_state again;
  load(again, js::parse(text).as_object());
  CHECK(js::serialize(save(again)) == text);
  again.now_ms = c.state.now_ms - 86'400'000; // the clock went back a day
  CHECK(again.next_id().value > c.state.last_id);
}

TEST_CASE("interactions: who types is offered choices of the option's type, at most 25, and nothing else") {
  conversation c;
  const auto commands = js::array{object(R"({"name":"token","description":"find","options":[
    {"type":1,"name":"find","description":"find","options":[
      {"type":3,"name":"chain","description":"which","required":true},
      {"type":4,"name":"which","description":"which","required":true,"autocomplete":true}]}]})")};
  REQUIRE(overwrite_commands(c.state, c.app(), {}, commands));
  const auto type = [&](std::string_view option) {
    return invoke(c.state, c.person, c.here().system_channel, "token", object(R"({"find":{"which":8}})"), {}, option);
  };
  CHECK(!type("chain")); // "chain" has no autocomplete
  CHECK(!type("unheard"));
  auto typing = type("which");
  REQUIRE(typing);
  CHECK(typing->payload.at("type") == 4);
  const auto& option = typing->payload.at("data").at("options").at(0).at("options").at(0);
  CHECK(option.at("focused") == true);
  CHECK(option.at("value") == "8"); // A focused value is text.
  CHECK(c.reply(*typing, hello).why().code == 50035);
  CHECK(c.reply(*typing, R"({"type":8})").why().code == 50035);
  CHECK(c.reply(*typing, R"({"type":8,"data":{}})").why().code == 50035);
  for (const auto* bad : {R"({"name":"","value":1})", R"({"name":"a"})", R"({"name":"a","value":"1"})",
                          R"({"name":"a","value":1.5})", R"({"name":"a","value":9007199254740993})", "1"})
    CHECK(c.reply(*typing, fmt::format(R"({{"type":8,"data":{{"choices":[{}]}}}})", bad)).why().code == 50035);
  std::string many;
  for (int i = 0; i < 26; ++i)
    many += fmt::format(R"({}{{"name":"a","value":{}}})", i ? "," : "", i);
  CHECK(c.reply(*typing, fmt::format(R"({{"type":8,"data":{{"choices":[{}]}}}})", many)).why().code == 50035);
  CHECK(c.interaction_of(*typing).phase == interaction::waiting);
  REQUIRE(c.reply(*typing, R"({"type":8,"data":{"choices":[{"name":"eight","value":8}]}})"));
  CHECK(c.interaction_of(*typing).phase == interaction::answered);
  CHECK(c.interaction_of(*typing).choices.size() == 1);
  CHECK(follow_up(c.state, c.app_id, c.token(*typing), object(R"({"content":"x"})")).why().code == 10015);
  auto sent = invoke(c.state, c.person, c.here().system_channel, "token",
                     object(R"({"find":{"chain":"a","which":8}})"));
  REQUIRE(sent);
  CHECK(c.reply(*sent, R"({"type":8,"data":{"choices":[]}})").why().code == 50035);
}

TEST_CASE("interactions: autocomplete belongs to text and numbers without choices of their own") {
  conversation c;
  const auto declare = [&](std::string_view option) {
    return create_command(c.state, c.app(), {},
                          object(fmt::format(R"({{"name":"x","description":"x","options":[{}]}})", option)));
  };
  CHECK(declare(R"({"type":3,"name":"a","description":"a","autocomplete":true})"));
  CHECK(!declare(R"({"type":6,"name":"a","description":"a","autocomplete":true})"));
  CHECK(!declare(R"({"type":3,"name":"a","description":"a","autocomplete":true,
                     "choices":[{"name":"b","value":"b"}]})"));
  CHECK(!declare(R"({"type":3,"name":"a","description":"a","choices":[{"name":"b","value":1}]})"));
}

TEST_CASE("interactions: a command of a user's or a message's menu comes with its target resolved") {
  conversation c;
  for (const auto* command : {R"({"name":"Report","type":2})", R"({"name":"Report","type":3})"})
    REQUIRE(create_command(c.state, c.app(), {}, object(command)));
  const auto channel = c.here().system_channel;
  auto on_user = invoke_on(c.state, c.person, channel, "Report", c.owner);
  REQUIRE(on_user);
  const auto& about_user = on_user->payload.at("data").as_object();
  CHECK(about_user.at("type") == 2);
  CHECK(about_user.at("target_id") == js::value(c.owner.text()));
  CHECK(about_user.at("resolved").at("users").as_object().contains(c.owner.text()));
  REQUIRE(c.reply(*on_user, hello));
  const auto answer = c.interaction_of(*on_user).response;
  CHECK(c.state.find_message(channel, answer)->kind == 23);
  auto on_message = invoke_on(c.state, c.person, channel, "Report", answer);
  REQUIRE(on_message);
  CHECK(on_message->payload.at("data").at("type") == 3);
  CHECK(on_message->payload.at("data").at("resolved").at("messages").as_object().contains(answer.text()));
  CHECK(!invoke_on(c.state, c.person, channel, "Report", snowflake{5}));
  CHECK(!invoke_on(c.state, c.person, channel, "onboard", c.owner)); // "water" is a slash command.
  CHECK(!invoke(c.state, c.person, channel, "Report", {}));
}
