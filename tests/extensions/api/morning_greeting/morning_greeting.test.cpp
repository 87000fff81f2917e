#include "actors/api/served.test.hpp"

using namespace arrakis;

namespace {
/// A listener with what the build has collected, as arrakisd opens it.
api::test::served listener() { return {api::listener::public_port, api::test::with({})}; }
const std::string path = "/greetings/{name}";
const std::string good_morning = R"({"word":"Good morning"})";
} // namespace

TEST_CASE("extension: an API route is served, refuses what its schema does not have, and is described") {
  auto f = listener();
  const auto greeted = f.ask("POST", "/greetings/Paul", {}, good_morning, path);
  CHECK(greeted.body == R"({"greeting":"Good morning, Paul!"})");
  CHECK(std::set{greeted.status} == f.described("POST", path));
  CHECK(f.ask("POST", "/greetings/Paul", {}, R"({"word":""})", path).status == 400);
  CHECK(f.ask("POST", "/greetings/Paul", {}, std::string(2'000, 'x'), path).status == 413);
  CHECK(f.ask("GET", "/greetings/Paul").status == 405);
  const auto schema = f.document().at_pointer(
    "/paths/~1greetings~1{name}/post/requestBody/content/application~1json/schema/properties/word/minLength");
  CHECK(schema.to_number<int>() == 1);
}

TEST_CASE("extension: negative control: without its folder nobody serves it") {
  api::test::served f{api::listener::public_port, api::test::with({}), {}};
  CHECK(f.ask("POST", "/greetings/Paul", {}, good_morning).status == 404);
}
