#include "schemas/uint256.hpp"

#include <boost/multiprecision/cpp_int.hpp>
#include <doctest/doctest.h>
#include <random>
#include <type_traits>

using namespace arrakis;

namespace {
const std::string most = "115792089237316195423570985008687907853269984665640564039457584007913129639935";
uint256 num(std::string_view digits) { return parse_uint256(digits).value(); }

/// Of any size up to 256 bits: small ones are as likely as large ones.
uint256 draw(std::mt19937_64& from) {
  uint256 out;
  const auto bits = from() % 257;
  for (size_t i = 0; i < 4; ++i) {
    const auto left = bits > 64 * i ? bits - 64 * i : 0;
    out.limbs[i] = left >= 64 ? from() : left == 0 ? 0 : from() >> (64 - left);
  }
  return out;
}
boost::multiprecision::cpp_int as_cpp_int(const uint256& x) { return boost::multiprecision::cpp_int{to_decimal(x)}; }
} // namespace

TEST_CASE("uint256: digits are read and written, up to the last value that fits") {
  for (const auto* text : {"0", "1", "18446744073709551615", "18446744073709551616",
                           "340282366920938463463374607431768211456", most.c_str()})
    CHECK(to_decimal(num(text)) == text);
  CHECK(num(most) == uint256::max());
  CHECK(num("18446744073709551616").limbs == std::array<uint64_t, 4>{0, 1, 0, 0});
  auto over = most;
  over.back() = '6';
  for (const auto& bad :
       {std::string{}, std::string{"00"}, std::string{"01"}, std::string{"-1"}, std::string{"+1"}, std::string{"1.0"},
        std::string{"0x10"}, std::string{" 1"}, std::string{"1e3"}, over, most + "0", std::string(100'000, '9')})
    CHECK_FALSE(parse_uint256(bad));
}

TEST_CASE("uint256: a sum that does not fit has no value") {
  CHECK(checked_add(uint256{~0ull}, uint256{1}) == num("18446744073709551616"));
  CHECK(checked_add(uint256::max(), uint256{}) == uint256::max());
  CHECK_FALSE(checked_add(uint256::max(), uint256{1}));
  CHECK_FALSE(checked_add(uint256::max(), uint256::max()));
}

TEST_CASE("uint256: sums, order, words and texts agree with Boost's integers of any size") {
  std::mt19937_64 seed{20261130};
  const boost::multiprecision::cpp_int limit = boost::multiprecision::cpp_int{1} << 256;
  for (int i = 0; i < 3000; ++i) {
    const auto a = draw(seed), b = draw(seed);
    const boost::multiprecision::cpp_int sum = as_cpp_int(a) + as_cpp_int(b);
    const auto ours = checked_add(a, b);
    REQUIRE(ours.has_value() == (sum < limit));
    if (ours)
      REQUIRE(as_cpp_int(*ours) == sum);
    REQUIRE((a < b) == (as_cpp_int(a) < as_cpp_int(b)));
    REQUIRE((a == b) == (as_cpp_int(a) == as_cpp_int(b)));
    REQUIRE(from_word(to_word(a)) == a);
    const auto decimals = static_cast<int>(seed() % (token_decimals_max + 1));
    const auto text = format_units(a, decimals);
    REQUIRE(parse_units(text, decimals).value() == a);
  }
}

TEST_CASE("uint256: a word is 32 bytes, the most significant first; anything else is none") {
  auto word = std::string(32, '\0');
  CHECK(from_word(word) == uint256{});
  word.back() = '\x07';
  CHECK(from_word(word) == uint256{7});
  word.front() = '\x01';
  CHECK(from_word(word)->limbs == std::array<uint64_t, 4>{7, 0, 0, 1ull << 56});
  for (const size_t size : {0, 1, 31, 33, 64})
    CHECK_FALSE(from_word(std::string(size, '\0')));
}

TEST_CASE("uint256: human units are exact to the last wei") {
  struct row {
    const char* text;
    int decimals;
    const char* smallest;
  };
  for (const auto& [text, decimals, smallest] :
       {row{"6.9", 18, "6900000000000000000"},
        {"0.000000000000000001", 18, "1"},
        {"1000", 6, "1000000000"},
        {"1", 0, "1"},
        {"1.000", 0, "1"},
        {"0", 18, "0"},
        {"0.0", 18, "0"},
        {"1", 77, nullptr},
        {"115792089237316195423570985008687907853269984665640564039457.584007913129639935", 18, most.c_str()}}) {
    CAPTURE(text);
    CHECK(to_decimal(parse_units(text, decimals).value()) == (smallest ? smallest : "1" + std::string(77, '0')));
  }
  CHECK(format_units(uint256{1}, 18) == "0.000000000000000001");
  CHECK(format_units(num("6900000000000000000"), 18) == "6.9");
  CHECK(format_units(uint256{1000}, 3) == "1");
  CHECK(format_units(uint256{}, 18) == "0");
  CHECK(format_units(uint256{120}, 0) == "120");
}

TEST_CASE("uint256: what is no amount is refused with what to do") {
  const auto refusal = [](std::string_view text, int decimals) {
    const auto read = parse_units(text, decimals);
    REQUIRE_FALSE(read);
    CHECK(code_of(read.error()) == ec::invalid);
    return text_of(read.error());
  };
  for (const auto* bad : {"", ".", "1.", ".5", "-1", "+1", "1e18", "1,000", "01", "0x1", " 1", "1 ", "1.2.3", "NaN"})
    CHECK_MESSAGE(refusal(bad, 18).starts_with("must be a decimal number"), bad);
  CHECK(refusal("1.5", 0) == "must be a whole number");
  CHECK(refusal("0.1234567", 6) == "has 7 places after the point; the token has 6: use at most that many");
  CHECK(refusal("115792089237316195423570985008687907853269984665640564039457.584007913129639936", 18)
          .starts_with("is more than any balance"));
  CHECK(refusal(std::string(5000, '9'), 18).starts_with("is more than any balance"));
  static_assert(!std::is_convertible_v<uint256, bool> && !std::is_constructible_v<bool, uint256>);
}
