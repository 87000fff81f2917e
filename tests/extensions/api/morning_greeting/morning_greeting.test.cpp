#include "tests/extensions/api/morning_greeting/morning_greeting.hpp"
#include "actors/api/served.test.hpp"

using namespace arrakis;

namespace {
using api::morning_greeting::guest_book;

/// A listener with what the build has collected, as arrakisd opens it. The book outlives it.
api::test::served listener(std::vector<std::string>& book) {
  services available;
  available.provide(guest_book{[&book](std::string_view name) { book.emplace_back(name); }});
  return {api::listener::public_port, available};
}
const std::string path = "/greetings/{name}";
const std::string good_morning = R"({"word":"Good morning"})";
} // namespace

TEST_CASE("extension: an API route is served, refuses what its schema does not have, and is described") {
  std::vector<std::string> book;
  auto f = listener(book);
  const auto greeted = f.ask("POST", "/greetings/Paul", {}, good_morning, path);
  CHECK(greeted.body == R"({"greeting":"Good morning, Paul!"})");
  CHECK(book == std::vector<std::string>{"Paul"});
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

TEST_CASE("extension: a resource whose service this process lacks is left out, and the listener opens") {
  api::test::served f{api::listener::public_port, services{}};
  CHECK(f.ask("POST", "/greetings/Paul", {}, good_morning).status == 404);
  CHECK(f.ask("GET", "/openapi.json").status == 200);
}
