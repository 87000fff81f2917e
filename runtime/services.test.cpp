#include "runtime/services.hpp"

#include "runtime/log.hpp"

#include <doctest/doctest.h>

using namespace arrakis;

namespace {
struct greeting {
  std::string text;
};
struct farewell {};
} // namespace

TEST_CASE("services: a value is found by its type, and one that nobody provides is named") {
  services subject;
  subject.provide(greeting{"hello"});
  CHECK(subject.get<greeting>().text == "hello");
  REQUIRE(subject.find<greeting>());
  CHECK(subject.find<greeting>()->text == "hello");
  CHECK(subject.find<farewell>() == nullptr);
  CHECK_THROWS_WITH_AS(subject.get<farewell>(), doctest::Contains("farewell"), missing_service);
}

TEST_CASE(
  "services: an extension whose service is not provided is left out and named, and another fault is thrown on") {
  static std::string line;
  line.clear();
  log::set_sink([](std::string_view x) { line += x; });
  services subject;
  const auto greet = [&] { return subject.get<greeting>().text; };
  CHECK_FALSE(if_provided("command", "greet", greet));
  CHECK(line.find("services.extension_left_out") != line.npos);
  CHECK(line.find("greeting") != line.npos);
  line.clear();
  CHECK_THROWS_AS(if_provided("command", "greet", []() -> int { throw std::runtime_error{"another"}; }),
                  std::runtime_error);
  subject.provide(greeting{"hello"});
  CHECK(if_provided("command", "greet", greet) == "hello");
  CHECK(line.empty());
  log::set_sink(nullptr);
}

TEST_CASE("services: a second value of one type is a fault of the program") {
  services subject;
  subject.provide(greeting{"hello"});
  CHECK_THROWS_WITH_AS(subject.provide(greeting{"hi"}), doctest::Contains("greeting"), std::logic_error);
  CHECK(subject.get<greeting>().text == "hello");
}
