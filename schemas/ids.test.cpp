#include "schemas/ids.hpp"
#include "schemas/permissions.hpp"

#include <doctest/doctest.h>
#include <set>

using namespace arrakis;

TEST_CASE("snowflake: reads decimal text of 64 bits and nothing else") {
  CHECK(parse_snowflake("175928847299117063")->value == 175928847299117063ull);
  CHECK(parse_snowflake("1")->value == 1);
  CHECK(parse_snowflake("18446744073709551615")->value == 18446744073709551615ull);
  for (const char* bad : {"", "0", "01", "-1", "+1", " 1", "1 ", "1.0", "0x10", "1e3", "18446744073709551616",
                          "100000000000000000000", "abc", "12a"})
    CHECK_MESSAGE(!parse_snowflake(bad), std::string{bad});
}

TEST_CASE("snowflake: tells when Discord made it") {
  // The example of https://discord.com/developers/docs/reference#snowflakes
  CHECK(snowflake{175928847299117063}.made_at_ms() == 1462015105796);
}

TEST_CASE("community id: a UUID in lower case, never nil") {
  CHECK(parse_community_id("6BA7B810-9DAD-11D1-80B4-00C04FD430C8")->value == "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  for (const char* bad : {"", "00000000-0000-0000-0000-000000000000", "6ba7b8109dad11d180b400c04fd430c8",
                          "6ba7b810-9dad-11d1-80b4-00c04fd430c", "6ba7b810-9dad-11d1-80b4-00c04fd430c8 ",
                          "6ba7b810_9dad-11d1-80b4-00c04fd430c8", "../a7b810-9dad-11d1-80b4-00c04fd430c8",
                          "6ba7b810-9dad-11d1-80b4-00c04fd430cg"})
    CHECK_MESSAGE(!parse_community_id(bad), std::string{bad});
}

TEST_CASE("permissions: every name has one bit, and masks go through their names") {
  std::set<std::string_view> names;
  uint64_t seen = 0;
  for (const auto& [name, bit] : permissions::all()) {
    CHECK(names.insert(name).second);
    CHECK((bit & (bit - 1)) == 0);
    CHECK((seen & bit) == 0);
    seen |= bit;
    CHECK(permissions::bit(name) == bit);
  }
  CHECK(permissions::bit("VIEW_CHANNEL") == permissions::view_channel);
  CHECK(permissions::bit("MANAGE_ROLES") == permissions::manage_roles);
  CHECK(permissions::bit("USE_APPLICATION_COMMANDS") == permissions::use_application_commands);
  CHECK(*permissions::mask({"VIEW_CHANNEL", "SEND_MESSAGES"}) == 3072);
  const auto unknown = permissions::mask({"VIEW_CHANNEL", "FLY"});
  REQUIRE_FALSE(unknown);
  CHECK(code_of(unknown.error()) == ec::invalid);
  CHECK(text_of(unknown.error()).find("'FLY'") != std::string::npos);
}

TEST_CASE("permissions: the text of a mask is decimal, and malformed text grants nothing") {
  CHECK(permissions::text(1ull << 52) == "4503599627370496");
  CHECK(permissions::parse("4503599627370496") == 1ull << 52);
  for (const char* bad : {"", "-1", "8x", "0x8", "18446744073709551616"})
    CHECK_MESSAGE(permissions::parse(bad) == 0, std::string{bad});
}
