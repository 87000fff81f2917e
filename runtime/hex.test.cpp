#include "runtime/hex.hpp"

#include <doctest/doctest.h>

using namespace arrakis;

TEST_CASE("hex: pairs of digits in either case are bytes, and nothing else is") {
  CHECK(from_hex("") == "");
  CHECK(from_hex("00ff7Fa0") == std::string("\x00\xff\x7f\xa0", 4));
  for (const auto* text : {"0", "0g", "g0", "0x", " 0", "+1", "-1", "00 ", "0\xc3"}) {
    CAPTURE(text);
    CHECK_FALSE(from_hex(text));
  }
}

TEST_CASE("hex: of all bytes exactly the 22 digits have a value") {
  int digits = 0;
  for (int c = 0; c < 256; ++c)
    digits += hex_digit(static_cast<char>(c)) >= 0;
  CHECK(digits == 22);
  CHECK(hex_digit('9') == 9);
  CHECK(hex_digit('f') == 15);
  CHECK(hex_digit('A') == 10);
}
