#include "schemas/canonical_json.hpp"

#include "runtime/json.hpp"

#include <bit>
#include <boost/json.hpp>
#include <cmath>
#include <doctest/doctest.h>
#include <random>

using namespace arrakis;
namespace bj = boost::json;

namespace {
std::string canonical(std::string_view text) {
  // Not boost::json::parse: Boost 1.81 rounds 333333333.33333329 to a neighbour.
  const auto result = canonical_json(*json::parse(text));
  return result ? *result : "refused: " + text_of(result.error());
}
} // namespace

// Vectors: RFC 8785, 3.2.2 to 3.2.4, and the testdata of its authors (github.com/cyberphone/json-canonicalization).
TEST_CASE("canonical json: arrays keep their order, objects are sorted") {
  CHECK(canonical(R"([ 56, { "d": true, "10": null, "1": [ ] } ])") == R"([56,{"1":[],"10":null,"d":true}])");
}

TEST_CASE("canonical json: keys are sorted without regard to a locale") {
  CHECK(canonical(R"({"peach": "This sorting order", "péché": "is wrong according to French",
                      "pêche": "but canonicalization MUST", "sin": "ingnore locale"})")
        == R"({"peach":"This sorting order","péché":"is wrong according to French",)"
           R"("pêche":"but canonicalization MUST","sin":"ingnore locale"})");
}

TEST_CASE("canonical json: structures") {
  CHECK(canonical(
          R"({"1": {"f": {"f": "hi","F": 5} ,"\n": 56.0}, "10": { }, "": "empty", "a": { }, "111": [ { } ], "A": { }})")
        == R"({"":"empty","1":{"\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{}],"A":{},"a":{}})");
}

TEST_CASE("canonical json: Unicode is not normalized") {
  CHECK(canonical(R"({"Unnormalized Unicode":"\u1e0d\u0307"})") == "{\"Unnormalized Unicode\":\"\u1e0d\u0307\"}");
}

TEST_CASE("canonical json: values") {
  CHECK(canonical(R"({"numbers": [1E30, 4.50, 333333333.33333329, 2e-3, 0.000000000000000000000000001],
                      "escaping": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]})")
        == "{\"escaping\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\",\"literals\":[null,true,false],"
           "\"numbers\":[1e+30,4.5,333333333.3333333,0.002,1e-27]}");
}

TEST_CASE("canonical json: weird keys are sorted by UTF-16 code units") {
  CHECK(canonical(R"({"\u20ac": "Euro Sign", "1": "One", "\u0080": "Control\u007f", "\ud83d\ude02": "Smiley",
                      "\u00f6": "Latin Small Letter O With Diaeresis", "\ufb33": "Hebrew Letter Dalet With Dagesh",
                      "</script>": "Browser Challenge"})")
        == "{\"1\":\"One\",\"</script>\":\"Browser Challenge\",\"\u0080\":\"Control\u007f\","
           "\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😂\":\"Smiley\","
           "\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}");
}

TEST_CASE("canonical json: numbers have ECMAScript's shortest form") {
  const std::pair<uint64_t, const char*> table[] = {
    // RFC 8785, appendix B
    {0x0000000000000000, "0"},
    {0x8000000000000000, "0"},
    {0x0000000000000001, "5e-324"},
    {0x8000000000000001, "-5e-324"},
    {0x7fefffffffffffff, "1.7976931348623157e+308"},
    {0xffefffffffffffff, "-1.7976931348623157e+308"},
    {0x4340000000000000, "9007199254740992"},
    {0xc340000000000000, "-9007199254740992"},
    {0x4430000000000000, "295147905179352830000"},
    {0x44b52d02c7e14af5, "9.999999999999997e+22"},
    {0x44b52d02c7e14af6, "1e+23"},
    {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
    {0x444b1ae4d6e2ef4e, "999999999999999700000"},
    {0x444b1ae4d6e2ef4f, "999999999999999900000"},
    {0x444b1ae4d6e2ef50, "1e+21"},
    {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
    {0x3eb0c6f7a0b5ed8d, "0.000001"},
    {0x41b3de4355555553, "333333333.3333332"},
    {0x41b3de4355555554, "333333333.33333325"},
    {0x41b3de4355555555, "333333333.3333333"},
    {0x41b3de4355555556, "333333333.3333334"},
    {0x41b3de4355555557, "333333333.33333343"},
    {0xbecbf647612f3696, "-0.0000033333333333333333"},
    {0x43143ff3c1cb0959, "1424953923781206.2"},
  };
  for (const auto& [bits, text] : table)
    CHECK_MESSAGE(*canonical_json(std::bit_cast<double>(bits)) == text, std::string{text});
}

TEST_CASE("canonical json: NaN and infinities are refused") {
  for (const uint64_t bits : {0x7fffffffffffffffull, 0x7ff0000000000000ull, 0xfff0000000000000ull}) {
    const auto result = canonical_json(std::bit_cast<double>(bits));
    REQUIRE_FALSE(result);
    CHECK(code_of(result.error()) == ec::invalid);
  }
}

TEST_CASE("canonical json: integers beyond 2^53 are refused, those within are exact") {
  CHECK(canonical("9007199254740992") == "9007199254740992");
  CHECK(canonical("-9007199254740992") == "-9007199254740992");
  for (const char* large : {"9007199254740993", "-9007199254740993", "18446744073709551615"})
    CHECK(canonical(large).starts_with("refused"));
}

TEST_CASE("canonical json: malformed UTF-8 and lone surrogates are refused in keys and values") {
  for (const char* bad :
       {"\xED\xA0\x80", "\xED\xBF\xBF", "\xC0\xAF", "\xE0\x80\xAF", "\xF4\x90\x80\x80", "\xFF", "\xE2\x82"}) {
    const bj::string text{bad};
    CHECK_FALSE(canonical_json(bj::value(text)));
    bj::object object;
    object[text] = 1;
    CHECK_FALSE(canonical_json(bj::value(object)));
  }
}

TEST_CASE("canonical json: a number reads back as the same double, and the form is a fixed point") {
  std::mt19937_64 random{8785};
  for (int i = 0; i < 20'000; ++i) {
    const auto number = std::bit_cast<double>(random());
    if (!std::isfinite(number))
      continue;
    const auto text = *canonical_json(number);
    CHECK(std::strtod(text.c_str(), nullptr) == number);
  }
}

TEST_CASE("sha256: FIPS 180-4 examples") {
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
