#include "apps/sandbox/rest/routes.hpp"
#include "apps/sandbox/rest/body.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <set>

using namespace arrakis::sandbox::rest;

namespace {
match find(std::string_view method, std::string_view path) {
  static const auto table = make_table([](const match&, const arrakis::net::router::call&) {});
  return arrakis::sandbox::rest::find(*table, method, path);
}
} // namespace

TEST_CASE("routes: a path finds its route, the ids in it and the id that splits the bucket") {
  const auto role = find("PATCH", "/guilds/1/roles/2");
  REQUIRE(role.what);
  CHECK(role.what->name == "PATCH /guilds/{guild}/roles/{role}");
  CHECK(role.ids == std::vector<std::string>{"1", "2"});
  CHECK(role.major() == "1");
  const auto edit = find("PATCH", "/webhooks/3/token/messages/@original");
  REQUIRE(edit.what);
  CHECK(edit.what->open);
  CHECK(edit.major() == "3/token");
  CHECK(find("GET", "/guilds/1/roles/member-counts").what->name == "GET /guilds/{guild}/roles/member-counts");
  CHECK(find("GET", "/guilds/1/roles/").what);
}

TEST_CASE("routes: an unknown path or method finds nothing") {
  for (const auto* path : {"", "/", "/nothing", "/guilds", "/guilds/1/roles/2/3", "guilds/1"})
    CHECK(!find("GET", path).what);
  CHECK(!find("PUT", "/guilds/1/roles").what);
  CHECK(!find("GET", "/webhooks/1//messages/2").what); // An empty token is none.
}

TEST_CASE("routes: what stands for an id and is none is 50035 by its name, and other names are free") {
  const auto fault = find("GET", "/channels/undefined/messages/2").fault();
  REQUIRE(fault);
  CHECK(fault->status == 400);
  CHECK(fault->code == 50035);
  CHECK(fault->errors.at("channel_id").at("_errors").at(0).at("message") == "Value \"undefined\" is not snowflake.");
  CHECK(!fault->errors.contains("message_id"));
  CHECK(find("GET", "/guilds/1/emojis/x").fault());
  CHECK(!find("PUT", "/channels/1/messages/2/reactions/x/@me").fault());
  CHECK(!find("PATCH", "/webhooks/1/token/messages/@original").fault());
  CHECK(!find("GET", "/invites/code").fault());
}

TEST_CASE("routes: a known path with another method is 405, an unknown path 404") {
  CHECK(find("PUT", "/guilds/1/roles").missing()->status == 405);
  CHECK(find("PUT", "/nothing").missing()->status == 404);
  CHECK(!find("GET", "/guilds/1/roles").missing());
}

TEST_CASE("routes: a query outside its bounds is 50035 before the route runs") {
  const auto fault = [](std::string_view method, std::string_view path, const char* query) {
    return find(method, path).fault(fmt::format("{}?{}", path, query));
  };
  for (const auto* bad : {"limit=0", "limit=101", "limit=abc", "limit=5x", "limit=-1", "after=abc", "around=x"})
    CHECK_MESSAGE(fault("GET", "/channels/1/messages", bad)->code == 50035, bad);
  CHECK(fault("GET", "/channels/1/messages", "limit=0&after=x")->errors.size() == 2);
  for (const auto* good : {"limit=1", "limit=100", "after=0", "before=5&limit=7", ""})
    CHECK_MESSAGE(!fault("GET", "/channels/1/messages", good), good);
  CHECK(!fault("GET", "/guilds/1/members", "limit=1000"));
  CHECK(fault("GET", "/guilds/1/members", "limit=1001"));
  CHECK(fault("POST", "/webhooks/1/token", "thread_id=abc"));
  CHECK(!fault("GET", "/guilds/1/roles", "limit=abc")); // This route has no limit.
}

TEST_CASE("routes: a body of the wrong kind is 50035, and none is none") {
  const auto fault = [](std::string_view method, std::string_view path, std::string_view body) {
    const auto value = js::parse(body);
    return find(method, path).fault(path, &value);
  };
  for (const auto* bad : {"[]", R"("x")", "5", "null"})
    CHECK_MESSAGE(fault("POST", "/guilds/1/roles", bad)->errors.at("_errors").at(0).at("code") == "MODEL_TYPE_CONVERT",
                  bad);
  CHECK(!fault("POST", "/guilds/1/roles", "{}"));
  CHECK(!find("POST", "/guilds/1/roles").fault());
  for (const auto* path : {"/guilds/1/roles", "/guilds/1/channels"}) {
    CHECK(fault("PATCH", path, "{}"));
    CHECK(fault("PATCH", path, "[{},5]")->errors.contains("1"));
    CHECK(find("PATCH", path).fault());
    CHECK(!fault("PATCH", path, "[{}]"));
  }
  CHECK(fault("PUT", "/applications/1/commands", "{}"));
  CHECK(!fault("GET", "/guilds/1/roles", "5")); // Nothing reads it.
}

TEST_CASE("routes: a segment is read as clients encode it, and a slash in it ends nothing") {
  CHECK(find("GET", "/users/%40me").what->name == "GET /users/@me");
  CHECK(find("PATCH", "/webhooks/1/a%2Fb/messages/%40original").ids
        == std::vector<std::string>{"1", "a/b", "@original"});
  const auto reaction = find("PUT", "/channels/1/messages/2/reactions/%F0%9F%91%8D/%40me");
  REQUIRE(reaction.what);
  CHECK(reaction.what->name == "PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me");
  CHECK(reaction.ids[2] == "\xF0\x9F\x91\x8D");
}

TEST_CASE("routes: the names, by which buckets are known, are all different") {
  std::set<std::string> seen;
  for (const auto& each : all_routes())
    CHECK_MESSAGE(seen.insert(each.name).second, each.name);
}

TEST_CASE("body: JSON as it is, or the payload_json of a form with files; anything else is refused") {
  const auto with = [](std::string type, std::string text) {
    return body_of({.method = "POST",
                    .target = "/",
                    .headers = {{"Content-Type", std::move(type)}},
                    .body = std::move(text),
                    .peer = {}});
  };
  CHECK(with("application/json", R"({"a":1})")->at("a") == 1);
  CHECK(with("application/json", "")->is_null());
  CHECK(!with("application/json", "{"));
  CHECK(!with("application/json", R"({"a":1,"a":2})"));
  const auto form = with("multipart/form-data; boundary=xx",
                         "--xx\r\nContent-Disposition: form-data; name=\"payload_json\"\r\n"
                         "Content-Type: application/json\r\n\r\n{\"content\":\"hi\"}\r\n--xx\r\nContent-Disposition: "
                         "form-data; name=\"files[0]\"; filename=\"a.txt\"\r\n\r\nabc\r\n--xx--\r\n");
  REQUIRE(form);
  CHECK(form->at("content") == "hi");
}
