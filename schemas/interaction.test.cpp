#include "schemas/interaction.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
namespace bj = boost::json;

namespace {

/// As Discord sends it to an administrator's click in a guild; `data` and `message` depend on the type.
bj::object sample(int type, const char* data) {
  auto object = bj::parse(R"({
    "id": "1100000000000000001", "application_id": "1100000000000000002", "token": "aW50ZXJhY3Rpb24", "version": 1,
    "guild_id": "1100000000000000003", "guild": {"id": "1100000000000000003", "locale": "en-US", "features": []},
    "guild_locale": "en-US", "locale": "de", "channel_id": "1100000000000000004",
    "channel": {"id": "1100000000000000004", "type": 0}, "app_permissions": "2147483648", "entitlements": [],
    "authorizing_integration_owners": {"0": "1100000000000000003"}, "context": 0, "attachment_size_limit": 10485760,
    "member": {"user": {"id": "1100000000000000005", "username": "stilgar"}, "roles": [], "permissions": "8"}
  })")
                  .as_object();
  object["type"] = type;
  if (data != nullptr)
    object["data"] = bj::parse(data);
  if (type == 3 || type == 5)
    object["message"] = {{"id", "1100000000000000006"}, {"type", 20}};
  return object;
}
constexpr const char* click =
  R"({"custom_id": "wizard:chain:x1", "component_type": 3, "id": 2, "values": ["base", "ethereum"]})";
constexpr const char* form = R"({"custom_id": "wizard:asset-address:x1", "components": [
  {"type": 1, "id": 1, "components": [{"type": 4, "id": 2, "custom_id": "address", "value": "0xABC"}]},
  {"type": 18, "id": 3, "component": {"type": 4, "id": 4, "custom_id": "amount", "value": ""}}]})";

std::string refusal(const bj::object& from) {
  const auto result = read_interaction(from);
  if (result)
    return "accepted";
  CHECK(code_of(result.error()) == ec::invalid);
  return text_of(result.error());
}
bool names(const bj::object& from, std::string_view path) {
  const auto text = refusal(from);
  INFO(text);
  return text.find("'" + std::string{path} + "'") != std::string::npos;
}
} // namespace

TEST_CASE("interaction: a command has its caller, place, permissions and options") {
  const auto read = read_interaction(sample(2, R"({"id": "1", "name": "resume", "type": 1, "options": [
    {"name": "session_id", "type": 3, "value": "abc"}, {"name": "size", "type": 4, "value": 12},
    {"name": "force", "type": 5, "value": true}]})"));
  REQUIRE(read);
  CHECK(read->kind == interaction_kind::command);
  CHECK(read->id == snowflake{1100000000000000001});
  CHECK(read->application == snowflake{1100000000000000002});
  CHECK(read->guild == snowflake{1100000000000000003});
  CHECK(read->channel == snowflake{1100000000000000004});
  CHECK(read->user == snowflake{1100000000000000005});
  CHECK(read->token == "aW50ZXJhY3Rpb24");
  CHECK(read->member_permissions == 8);
  CHECK(read->app_permissions == 2147483648);
  CHECK(read->locale == "de");
  CHECK(read->command == "resume");
  REQUIRE(read->options.size() == 3);
  CHECK(*read->option<std::string>("session_id") == "abc");
  CHECK(*read->option<int64_t>("size") == 12);
  CHECK(*read->option<bool>("force"));
  CHECK(read->option<std::string>("size") == nullptr);
  CHECK(read->option<std::string>("shape") == nullptr);
}

namespace {
bj::object with_option(int type, const char* value, int kind = 2) {
  auto from = sample(kind, R"({"id": "1", "name": "badge", "type": 1, "options": [{"name": "gift", "value": null}]})");
  auto& option = from["data"].at("options").at(0).as_object();
  option["type"] = type;
  option["value"] = bj::parse(value);
  return from;
}
} // namespace

TEST_CASE("interaction: an option has the type that Discord says, and each wrong value is refused by its name") {
  const auto read = read_interaction(with_option(6, R"("1100000000000000009")"));
  REQUIRE(read);
  CHECK(read->options[0].type == option_type::user);
  CHECK(*read->option<snowflake>("gift") == snowflake{1100000000000000009});
  CHECK(*read_interaction(with_option(10, "2"))->option<double>("gift") == 2.0);
  CHECK(*read_interaction(with_option(10, "-2.5"))->option<double>("gift") == -2.5);
  CHECK(*read_interaction(with_option(4, "9007199254740992"))->option<int64_t>("gift") == int64_t{1} << 53);
  const std::pair<int, const char*> table[] = {
    {3, "7"},
    {3, "true"},
    {3, "{}"},
    {4, "\"7\""},
    {4, "7.5"},
    {4, "9007199254740993"},
    {4, "18446744073709551615"},
    {4, "1e300"},
    {5, "1"},
    {5, "\"true\""},
    {6, "7"},
    {6, "\"x\""},
    {7, "true"},
    {8, "[]"},
    {9, "\"-1\""},
    {10, "\"0.5\""},
    {10, "1e16"},
    {10, "-1e300"},
    {10, "false"},
  };
  for (const auto& [type, value] : table) {
    const auto text = refusal(with_option(type, value));
    CHECK_MESSAGE(text.find("'gift'") != std::string::npos, (text + " for " + value));
    CHECK_MESSAGE(text.find("data.options[0].value") != std::string::npos, text);
  }
  for (const int unknown : {0, -1, 11, 99})
    CHECK(refusal(with_option(unknown, "\"x\"")).find("'gift' is of a type that is not known") != std::string::npos);
  CHECK(refusal(with_option(3, ("\"" + std::string(24'001, 'x') + "\"").c_str())).find("6000") != std::string::npos);
  auto twice = with_option(3, "\"x\"");
  auto& list = twice["data"].at("options").as_array();
  list.push_back(list[0]);
  CHECK(refusal(twice).find("'gift' is there twice") != std::string::npos);
}

TEST_CASE("interaction: while somebody types, the option in focus is text, whatever its type") {
  auto from = with_option(4, "\"1\"", 4);
  from["data"].at("options").at(0).as_object()["focused"] = true;
  const auto read = read_interaction(from);
  REQUIRE(read);
  CHECK(read->kind == interaction_kind::autocomplete);
  CHECK(read->options[0].focused);
  CHECK(*read->option<std::string>("gift") == "1");
}

TEST_CASE("interaction: an entry of a context menu has its type and what it was opened on") {
  const auto read = read_interaction(
    sample(2, R"({"id": "1", "name": "Who is this", "type": 2, "target_id": "1100000000000000009"})"));
  REQUIRE(read);
  CHECK(read->command_type == command_type::user);
  CHECK(read->command == "Who is this");
  CHECK(read->target == snowflake{1100000000000000009});
  CHECK(names(sample(2, R"({"id": "1", "name": "Who is this", "type": 3})"), "data.target_id"));
  CHECK(names(sample(2, R"({"id": "1", "name": "Who is this", "type": 4})"), "data.type"));
}

TEST_CASE("interaction: sub-commands join the command's name") {
  const auto read = read_interaction(sample(2, R"({"id": "1", "name": "arrakis", "type": 1, "options": [
    {"name": "migrate", "type": 2, "options": [{"name": "plan", "type": 1, "options": [
      {"name": "strategy", "type": 3, "value": "instant"}]}]}]})"));
  REQUIRE(read);
  CHECK(read->command == "arrakis migrate plan");
  CHECK(*read->option<std::string>("strategy") == "instant");
  for (const char* wrong : {R"([{"name": "a", "type": 1}, {"name": "b", "type": 1}])",
                            R"([{"name": "a", "type": 2, "options": [{"name": "b", "type": 2, "options": [
                                {"name": "c", "type": 1}]}]}])"})
    CHECK(refusal(sample(2, (R"({"id": "1", "name": "arrakis", "options": )" + std::string{wrong} + "}").c_str()))
            .find("sub-command")
          != std::string::npos);
}

TEST_CASE("interaction: a click has its custom id, values and message") {
  const auto read = read_interaction(sample(3, click));
  REQUIRE(read);
  CHECK(read->kind == interaction_kind::component);
  CHECK(read->custom_id == "wizard:chain:x1");
  CHECK(read->values == std::vector<std::string>{"base", "ethereum"});
  CHECK(read->message == snowflake{1100000000000000006});
}

TEST_CASE("interaction: a modal has its fields, in rows and in labels") {
  const auto read = read_interaction(sample(5, form));
  REQUIRE(read);
  CHECK(read->kind == interaction_kind::modal);
  CHECK(read->fields == std::map<std::string, std::string>{{"address", "0xABC"}, {"amount", ""}});
}

TEST_CASE("interaction: a ping needs no caller and no data") {
  const auto read = read_interaction(
    bj::parse(R"({"id": "1100000000000000001", "application_id": "1100000000000000002", "type": 1, "token": "t"})")
      .as_object());
  REQUIRE(read);
  CHECK(read->kind == interaction_kind::ping);
}

TEST_CASE("interaction: in a direct message the caller is the user, without permissions") {
  auto from = sample(2, R"({"name": "onboard", "type": 1})");
  from.erase("member");
  from.erase("guild_id");
  from["user"] = {{"id", "1100000000000000005"}};
  const auto read = read_interaction(from);
  REQUIRE(read);
  CHECK_FALSE(read->guild);
  CHECK(read->user == snowflake{1100000000000000005});
  CHECK(read->member_permissions == 0);
}

TEST_CASE("interaction: an unknown kind is unsupported, not malformed") {
  const auto read = read_interaction(sample(6, "{}"));
  REQUIRE_FALSE(read);
  CHECK(code_of(read.error()) == ec::unsupported);
}

TEST_CASE("interaction: each missing field is named") {
  for (const char* field : {"id", "application_id", "token", "type", "data", "message"}) {
    auto from = sample(3, click);
    from.erase(field);
    CHECK_MESSAGE(names(from, field), std::string{field});
  }
  auto from = sample(3, click);
  from.erase("member");
  CHECK(names(from, "member"));
  from.erase("guild_id");
  CHECK(names(from, "user"));
  from = sample(3, click);
  from["member"].as_object().erase("permissions");
  CHECK(names(from, "member.permissions"));
  from = sample(3, click);
  from["member"].at("user").as_object().erase("id");
  CHECK(names(from, "member.user.id"));
  from = sample(3, click);
  from["data"].as_object().erase("custom_id");
  CHECK(names(from, "data.custom_id"));
}

TEST_CASE("interaction: each field of a wrong kind is named") {
  const std::tuple<int, const char*, const char*, const char*> table[] = {
    {3, "/id", "12", "id"},
    {3, "/id", "\"12x\"", "id"},
    {3, "/type", "\"3\"", "type"},
    {3, "/type", "3.5", "type"},
    {3, "/token", "\"\"", "token"},
    {3, "/guild_id", "\"-1\"", "guild_id"},
    {3, "/channel_id", "{}", "channel_id"},
    {3, "/app_permissions", "8", "app_permissions"},
    {3, "/app_permissions", "\"8x\"", "app_permissions"},
    {3, "/member", "[]", "member"},
    {3, "/member/user", "\"x\"", "member.user"},
    {3, "/member/permissions", "\"99999999999999999999\"", "member.permissions"},
    {3, "/message", "1", "message"},
    {3, "/data", "[]", "data"},
    {3, "/data/custom_id", "7", "data.custom_id"},
    {3, "/data/values", "{}", "data.values"},
    {3, "/data/values/1", "7", "data.values[1]"},
    {5, "/data/components", "null", "data.components"},
    {5, "/data/components/0", "7", "data.components[0]"},
    {5, "/data/components/0/type", "99", "data.components[0].type"},
    {5, "/data/components/0/components", "7", "data.components[0].components"},
    {5, "/data/components/0/components/0/custom_id", "7", "data.components[0].components[0].custom_id"},
    {5, "/data/components/0/components/0/custom_id", "\"amount\"", "data.components[1].component.custom_id"},
    {5, "/data/components/1/component/value", "7", "data.components[1].component.value"},
  };
  for (const auto& [type, pointer, value, path] : table) {
    bj::value from = sample(type, type == 3 ? click : form);
    from.at_pointer(pointer) = bj::parse(value);
    CHECK_MESSAGE(names(from.get_object(), path), (std::string{pointer} + " = " + value));
  }
}

TEST_CASE("interaction: more entries than Discord sends are refused") {
  bj::value from = sample(3, click);
  from.at_pointer("/data/values").as_array().resize(26, "x");
  CHECK(names(from.get_object(), "data.values"));
}

TEST_CASE("interaction: an answer is its type and its data") {
  CHECK(to_json_text({interaction_answer::pong, ""}) == R"({"type":1})");
  CHECK(to_json_text({interaction_answer::modal, R"({"title":"x"})"}) == R"({"type":9,"data":{"title":"x"}})");
}

TEST_CASE("interaction: the roles of the caller, and of the members that a command names") {
  auto from = sample(2, R"({"id": "1", "name": "Check", "type": 2, "target_id": "7",
    "resolved": {"users": {"7": {"id": "7"}}, "members": {"7": {"roles": ["21", "22"], "permissions": "0"}}}})");
  from["member"].as_object()["roles"] = bj::array{"31"};
  auto read = read_interaction(from);
  REQUIRE_MESSAGE(read, text_of(read.error()));
  CHECK(read->roles_by_member
        == std::map<snowflake, std::vector<snowflake>>{{{7}, {{21}, {22}}}, {{1100000000000000005}, {{31}}}});
  from["member"].as_object()["roles"] = bj::array{};
  CHECK(read_interaction(from)->roles_by_member.at({1100000000000000005}).empty()); // Known to be none.
  from["member"].as_object().erase("roles");
  CHECK_FALSE(read_interaction(from)->roles_by_member.contains({1100000000000000005}));
  from["member"].as_object()["roles"] = bj::array(251, "1");
  CHECK(names(from, "member.roles"));
  from["member"].as_object()["roles"] = bj::array{"x"};
  CHECK(names(from, "member.roles"));
}
