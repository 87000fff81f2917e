#include "runtime/net/router/openapi.hpp"
#include "runtime/json.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::net::router;

TEST_CASE("openapi: a document comes out of the routes; tests/interop judges it by a validator") {
  const auto none = [](const call&) {};
  const std::vector<route> all{{.method = "GET",
                                .path = "/communities/{id:uuid}",
                                .summary = "One community.",
                                .query = {{.name = "at", .kind = value_kind::number, .description = "A version."}},
                                .answers = {{200, "It.", "application/json", R"({"type":"object"})"}},
                                .run = none},
                               {.method = "PUT",
                                .path = "/communities/{id:uuid}",
                                .summary = "Changes it.",
                                .authentication = "key",
                                .permission = "communities.write",
                                .body = request_body{.schema = R"({"type":"object"})"},
                                .answers = {{204, "Done.", "", ""}},
                                .run = none}};
  const auto text = openapi(all, {{.name = "key", .scheme = R"({"type":"http","scheme":"bearer"})"}}, {"A", "1"});
  const auto parsed = json::parse(text);
  REQUIRE(parsed);
  const auto at = [&](const char* pointer) { return boost::json::serialize(parsed->at_pointer(pointer)); };
  CHECK(at("/openapi") == R"("3.1.0")");
  CHECK(at("/paths/~1communities~1{id}/get/parameters/0/schema/format") == R"("uuid")");
  CHECK(at("/paths/~1communities~1{id}/get/parameters/1/in") == R"("query")");
  CHECK(at("/paths/~1communities~1{id}/get/responses/200/content/application~1json/schema/type") == R"("object")");
  CHECK(at("/paths/~1communities~1{id}/put/security/0/key") == "[]");
  CHECK(at("/paths/~1communities~1{id}/put/responses/204") == R"({"description":"Done."})");
  CHECK(at("/paths/~1communities~1{id}/put/operationId") == R"("putCommunitiesId")");
  CHECK(at("/components/securitySchemes/key/scheme") == R"("bearer")");
  CHECK_THROWS_WITH(openapi({{.method = "GET", .path = "/x", .answers = {{200, "", "application/json", "{"}}}}, {}, {}),
                    "route GET /x: a schema is no JSON object");
}
