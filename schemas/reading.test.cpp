#include "schemas/reading.hpp"

#include "schemas/chain_read.hpp"

#include <doctest/doctest.h>
#include <map>
#include <type_traits>

using namespace arrakis;

namespace {
using at_grant = reading<uint256, grant_block>;
using at_revoke = reading<uint256, revoke_block>;
const provenance where{"base", 12, "0xab", {"rpc.example"}, 1000};

std::string told(const any_reading<uint256>& r) {
  return r.match([](const auto& found) { return to_decimal(found.value) + "@" + std::to_string(found.at.block); },
                 [](const unknown_reason& why) { return "unknown: " + why.detail; });
}
} // namespace

TEST_CASE("reading: it is a value with its place, or a reason, and each case is asked for by name") {
  CHECK(told(at_grant{uint256{0}, where}) == "0@12");
  CHECK(told(at_revoke{unknown_reason{unknown_reason::no_answer, "silence"}}) == "unknown: silence");
  CHECK(at_grant{uint256{1}, where} == at_grant{uint256{1}, where});
  CHECK_FALSE(at_grant{uint256{0}, where} == at_grant{unknown_reason{}});
}

TEST_CASE("reading: it is no truth, and one block's does not become the other's") { // More in tests/must_not_compile.
  static_assert(!std::is_constructible_v<bool, at_grant> && !std::is_convertible_v<at_grant, bool>);
  static_assert(!std::is_convertible_v<at_grant, uint256> && !std::is_constructible_v<uint256, at_grant>);
  static_assert(!std::is_constructible_v<at_grant, at_revoke> && !std::is_constructible_v<at_revoke, at_grant>);
  static_assert(!std::is_constructible_v<at_revoke, any_reading<uint256>>
                && !std::is_default_constructible_v<at_grant>);
}

TEST_CASE("chain_read: equal questions are one question") {
  const evm_address a{{1}}, b{{2}};
  const std::map<chain_read, int> asked{
    {{"base", token_balance{a, b}}, 1},       {{"base", token_balance{a, b}}, 2},
    {{"base", token_balance{b, a}}, 3},       {{"polygon", token_balance{a, b}}, 4},
    {{"base", native_balance{a}}, 5},         {{"base", token_owner{a, uint256{1}}}, 6},
    {{"base", token_owner{a, uint256{2}}}, 7}};
  CHECK(asked.size() == 6);
  CHECK(to_decimal(as_number(parse_evm_address("0x00000000000000000000000000000000000000ff").value())) == "255");
}
