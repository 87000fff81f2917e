#include "runtime/json.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace arrakis;

namespace {
std::string refusal(std::string_view bytes, json::limits allowed = {}) {
  auto result = json::parse(bytes, allowed);
  REQUIRE_FALSE(result);
  CHECK(code_of(result.error()) == ec::invalid);
  return text_of(result.error());
}
bool mentions(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
std::string nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }
} // namespace

TEST_CASE("json: a document keeps its values and the order of its keys") {
  const auto text = R"({"b":1,"a":[true,null,-2,18446744073709551615,1.5E0,"\u00e9\ud83d\ude00"],"c":{}})";
  auto tree = json::parse(text);
  REQUIRE(tree);
  CHECK(json::print(*tree)
        == "{\"b\":1,\"a\":[true,null,-2,18446744073709551615,1.5E0,\"\xc3\xa9\xf0\x9f\x98\x80\"],\"c\":{}}");
}

TEST_CASE("json: a key that appears twice is refused with its path") {
  CHECK(refusal(R"({"tiers":[{"name":"a","name":"b"}]})") == "JSON: $.tiers[0].name: the key appears twice; keep one");
  CHECK(mentions(refusal(R"({"a":1,"\u0061":2})"), "$.a: the key appears twice"));
}

TEST_CASE("json: depth is limited, and the limit itself is allowed") {
  CHECK(json::parse(nested(32)));
  CHECK(mentions(refusal(nested(33)), "nested deeper than 32"));
  CHECK(mentions(refusal(nested(100'000)), "nested too deep"));
  CHECK(json::parse("1", {.depth_max = 0}));
  CHECK_FALSE(json::parse("{}", {.depth_max = 0}));
}

TEST_CASE("json: size is limited, and the limit itself is allowed") {
  CHECK(json::parse("[1,2]", {.bytes_max = 5}));
  CHECK(refusal("[1,22]", {.bytes_max = 5}) == "JSON: 6 bytes, at most 5 are allowed");
}

TEST_CASE("json: invalid UTF-8 is refused") {
  for (auto bytes : {"\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\""})
    CHECK(mentions(refusal(bytes), "invalid UTF-8"));
}

TEST_CASE("json: a lone surrogate is refused in values and in keys") {
  for (auto bytes : {R"("\ud800")", R"("\udc00")", R"("\ud800x")", R"("\ud800\ud800")", R"("\udc00\ud800")",
                     R"({"\udfff":1})", R"({"a":["\udead"]})", R"("\ud800\u0041")"})
    CHECK(mentions(refusal(bytes), "surrogate"));
  CHECK(json::parse(R"("\ud83d\ude00")"));
  CHECK(json::parse("\"\xed\x9f\xbf\"")); // U+D7FF, the last character before the surrogates.
}

TEST_CASE("json: numbers that do not fit and malformed text are refused") {
  CHECK_FALSE(json::parse(std::string_view{})); // Points nowhere.
  for (auto bytes : {"",
                     "  ",
                     "18446744073709551616",
                     "-9223372036854775809",
                     "1e400",
                     "01",
                     "+1",
                     ".5",
                     "1.",
                     "NaN",
                     "tru",
                     "[1,]",
                     "{\"a\"}",
                     "{a:1}",
                     "\"a\nb\"",
                     "\"",
                     "[1] 2",
                     "{}x",
                     "[1",
                     "'a'",
                     "\"\\x\"",
                     "\xef\xbb\xbf{}"}) {
    CAPTURE(bytes);
    CHECK_FALSE(json::parse(bytes));
  }
}

TEST_CASE("json: typed reads name the field that is missing or of another kind") {
  auto tree = json::parse(R"({"s":"x","i":7,"u":18446744073709551615,"b":true,"o":{"k":1},"a":[1]})");
  REQUIRE(tree);
  const auto& o = tree->as_object();
  CHECK(*json::string_at(o, "s") == "x");
  CHECK(*json::integer_at(o, "i") == 7);
  CHECK(text_of(json::string_at(o, "i").error()) == "field 'i': must be a string");
  CHECK(text_of(json::integer_at(o, "u").error()) == "field 'u': must be an integer");
  CHECK(text_of(json::integer_at(o, "none").error()) == "field 'none': is missing");
  CHECK(json::text_or(o, "b", "else") == "else");
  CHECK(json::integer_or(o, "s", 3) == 3);
  CHECK(json::bool_or(o, "b"));
  CHECK(json::object_in(o, "o")->size() == 1);
  CHECK(json::object_in(o, "a") == nullptr);
  CHECK(json::array_in(o, "a")->size() == 1);
}
