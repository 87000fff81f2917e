#include "runtime/services.hpp"

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
  CHECK(subject.has<greeting>());
  CHECK_FALSE(subject.has<farewell>());
  CHECK_THROWS_WITH_AS(subject.get<farewell>(), doctest::Contains("farewell"), std::runtime_error);
}

TEST_CASE("services: a second value of one type is a fault of the program") {
  services subject;
  subject.provide(greeting{"hello"});
  CHECK_THROWS_WITH_AS(subject.provide(greeting{"hi"}), doctest::Contains("greeting"), std::logic_error);
  CHECK(subject.get<greeting>().text == "hello");
}
