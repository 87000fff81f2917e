#include "apps/sandbox/rest/router.hpp"
#include "apps/sandbox/rest/body.hpp"

#include <doctest/doctest.h>
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
