#include "apps/sandbox/rest/router.hpp"
#include "apps/sandbox/rest/body.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <set>

using namespace arrakis::sandbox::rest;

TEST_CASE("router: a path finds its route, the ids in it and the id that splits the bucket") {
  const auto role = find("PATCH", "/guilds/1/roles/2");
  REQUIRE(role.what);
  CHECK(role.name() == "PATCH /guilds/{guild}/roles/{role}");
  CHECK(role.ids == std::vector<std::string>{"1", "2"});
  CHECK(role.major() == "1");
  const auto edit = find("PATCH", "/webhooks/3/token/messages/@original");
  REQUIRE(edit.what);
  CHECK(edit.what->open);
  CHECK(edit.major() == "3/token");
  CHECK(find("GET", "/guilds/1/roles/member-counts").name() == "GET /guilds/{guild}/roles/member-counts");
  CHECK(find("GET", "/guilds/1/roles/").what);
}

TEST_CASE("router: an unknown path or method finds nothing") {
  for (const auto* path : {"", "/", "/nothing", "/guilds", "/guilds/1/roles/2/3", "guilds/1"})
    CHECK(!find("GET", path).what);
  CHECK(!find("PUT", "/guilds/1/roles").what);
  CHECK(!find("GET", "/webhooks/1//messages/2").what); // An empty token is none.
}

TEST_CASE("router: what stands for an id and is none is 50035 by its name, and other names are free") {
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

TEST_CASE("router: a known path with another method is 405, an unknown path 404") {
  CHECK(find("PUT", "/guilds/1/roles").missing()->status == 405);
  CHECK(find("PUT", "/nothing").missing()->status == 404);
  CHECK(!find("GET", "/guilds/1/roles").missing());
}

TEST_CASE("router: a query outside its bounds is 50035 before the route runs") {
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
  CHECK(!fault("GET", "/guilds/1/roles", "limit=abc")); // It has no limit.
}

TEST_CASE("router: a body of the wrong kind is 50035, and none is none") {
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

TEST_CASE("router: no two routes have the same method and pattern") {
  std::set<std::string> seen;
  for (const auto* table : tables())
    for (const auto& each : *table)
      CHECK(seen.insert(std::string(each.method) + std::string(each.pattern)).second);
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
