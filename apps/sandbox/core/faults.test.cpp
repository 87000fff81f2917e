#include "apps/sandbox/core/faults.hpp"

#include "apps/sandbox/core/statistics.hpp"

#include <doctest/doctest.h>

using namespace arrakis::sandbox;

TEST_CASE("faults: one strikes what it names, after what it skips, as often as it says") {
  faults all;
  fault f;
  REQUIRE(faults::read(boost::json::parse(
                         R"({"kind":"status","code":502,"method":"POST","path":"/guilds/*/roles","skip":1,"times":2})")
                         .as_object(),
                       f)
            .empty());
  all.add(f);
  CHECK(!all.strike("GET", "/guilds/1/roles"));
  CHECK(!all.strike("POST", "/guilds/1/channels"));
  CHECK(!all.strike("POST", "/guilds/1/roles")); // skipped
  CHECK(all.strike("POST", "/guilds/1/roles")->code == 502);
  CHECK(all.strike("POST", "/guilds/2/roles"));
  CHECK(!all.strike("POST", "/guilds/1/roles"));
  CHECK(all.list().at(0).at("struck") == 2);
}

TEST_CASE("faults: a malformed one is refused with the field's name") {
  fault f;
  CHECK(faults::read(boost::json::parse(R"({"kind":"explode"})").as_object(), f).find("kind") != std::string::npos);
  CHECK(faults::read(boost::json::parse(R"({"code":9})").as_object(), f).find("code") != std::string::npos);
  CHECK(faults::read(boost::json::parse(R"({"kind":"late"})").as_object(), f).find("until") != std::string::npos);
  CHECK(faults::read(boost::json::parse(R"({"kind":"late","until":"/x"})").as_object(), f).empty());
  f = {};
  CHECK(faults::read(boost::json::parse(R"({"scope":"mine"})").as_object(), f).find("scope") != std::string::npos);
}

TEST_CASE(
  "faults: a status is answered in Discord's shape of an error, with the code and the fields that were asked for") {
  const auto body = [](const char* order) {
    fault f;
    CHECK(faults::read(boost::json::parse(order).as_object(), f).empty());
    return boost::json::serialize(faults::body_of(f));
  };
  CHECK(body(R"({"code":403})") == R"({"message":"403: Fault","code":0})");
  CHECK(body(R"({"code":403,"json_code":40333,"message":"internal network error"})")
        == R"({"message":"internal network error","code":40333})");
  CHECK(body(R"({"code":400,"json_code":50035,"message":"Invalid Form Body","errors":{"name":{"_errors":[]}}})")
        == R"({"message":"Invalid Form Body","code":50035,"errors":{"name":{"_errors":[]}}})");
}

TEST_CASE("faults: a star stands for any run of characters") {
  CHECK(like("/guilds/*/roles", "/guilds/123/roles"));
  CHECK(like("*", ""));
  CHECK(like("wizard:continue:*", "wizard:continue:abc"));
  CHECK(!like("/guilds/*/roles", "/guilds/123/roles/4"));
}

TEST_CASE("statistics: 429s by scope, invalid requests without the shared ones, and effects by route") {
  statistics figures;
  const auto add = [&](int status, std::string scope, bool effect) {
    figures.add({.method = "POST",
                 .path = "/x",
                 .route = "POST /x",
                 .scope = std::move(scope),
                 .status = status,
                 .effect = effect});
  };
  add(200, "", true);
  add(429, "user", false);
  add(429, "shared", false);
  add(403, "", false);
  const auto totals = figures.totals();
  CHECK(totals.at("rate_limited").at("user") == 1);
  CHECK(totals.at("rate_limited").at("shared") == 1);
  CHECK(totals.at("invalid_requests") == 2);
  CHECK(totals.at("effects").at("POST /x") == 1);
  CHECK(figures.requests(3, 10).size() == 1);
}
