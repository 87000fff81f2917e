#include "apps/sandbox/model/form.hpp"

#include "apps/sandbox/model/model_fixture.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::sandbox::model;

TEST_CASE("form: an id is text or a number, and nothing else") {
  CHECK(id_of(js::value("123456789012345678"))->value == 123456789012345678u);
  CHECK(id_of(js::value(123456789012345678))->value == 123456789012345678u);
  CHECK(!id_of(js::value(-1)));
  CHECK(!id_of(js::value(1.5)));
  CHECK(!id_of(js::value("x")));
}

TEST_CASE("form: what is no number is named as it was sent") {
  const auto body = object(R"({"text":"red","list":[1]})");
  form f(body);
  CHECK(!f.integer("text", 0, 9));
  CHECK(!f.id("list"));
  const auto& errors = f.why().errors;
  CHECK(errors.at("text").at("_errors").at(0).at("message") == R"(Value "red" is not int.)");
  CHECK(errors.at("list").at("_errors").at(0).at("message") == R"(Value "[1]" is not snowflake.)");
}

// As discord.js prints Discord's own: "limit[NUMBER_TYPE_MAX]: int value should be less than or equal to 100."
TEST_CASE("form: a number outside its bounds is told the bound that it passed") {
  const auto body = object(R"({"low":0,"high":101})");
  form f(body);
  CHECK(!f.integer("low", 1, 100));
  CHECK(!f.integer("high", 1, 100));
  const auto first = [&](const char* key) { return f.why().errors.at(key).at("_errors").at(0); };
  CHECK(first("low").at("code") == "NUMBER_TYPE_MIN");
  CHECK(first("low").at("message") == "int value should be greater than or equal to 1.");
  CHECK(first("high").at("code") == "NUMBER_TYPE_MAX");
  CHECK(first("high").at("message") == "int value should be less than or equal to 100.");
}

TEST_CASE("form: a time has a date that exists, a time of day and a zone") {
  const auto ms = [](const char* text) {
    const js::object body{{"at", text}};
    form f(body);
    return f.time("at").value_or(-1);
  };
  CHECK(ms("1970-01-01T00:00:01.250Z") == 1'250);
  CHECK(ms("1970-01-02T00:00:00+00:00") == 86'400'000);
  CHECK(ms("1970-01-01T02:00:00+02:00") == 0);
  CHECK(ms("1969-12-31T22:00:00-0200") == 0);
  CHECK(ms("1970-01-01T00:00:00.123456+00:00") == 123);
  for (const auto* bad : {"", "now", "1970-02-30T00:00:00Z", "1970-01-01T24:00:00Z", "1970-01-01T00:00:00",
                          "1970-01-01T00:00:00Zz", "1970-01-01", "-970-01-01T00:00:00Z"})
    CHECK_MESSAGE(ms(bad) == -1, bad);
}

TEST_CASE("form: a choice is one of the numbers, and a list of ids names the entry that is none") {
  const auto body = object(R"({"minutes":61,"ids":["1",2,"x"]})");
  form f(body);
  CHECK(f.choice("minutes", {60, 61}) == 61);
  CHECK(f.clean());
  CHECK(!f.choice("minutes", {60, 1440}));
  CHECK(f.ids("ids", 3)->size() == 2);
  CHECK(f.why().errors.at("ids").as_object().contains("2"));
  CHECK(!f.ids("ids", 2));
}
