#include "actors/rules/contract_call/signature.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::rules::contract_call;

TEST_CASE("signature: types of one word are known by their canonical names") {
  CHECK(parse_type("address")->size == 160);
  CHECK(parse_type("bool")->size == 1);
  CHECK(parse_type("uint8")->size == 8);
  CHECK(parse_type("uint256")->size == 256);
  CHECK(parse_type("bytes1")->is == word_type::bytes);
  CHECK(parse_type("bytes32")->size == 32);
  for (const auto* bad : {"", "uint", "uint0", "uint7", "uint264", "uint08", "uint256[]", "uint-8", "uint 8", "int256",
                          "bytes", "bytes0", "bytes33", "string", "Address", "(uint256)", "uint99999999999"})
    CHECK_FALSE_MESSAGE(parse_type(bad), bad);
}

TEST_CASE("signature: parameters are read, and other forms are refused with what to do") {
  CHECK(parse_signature("name()")->empty());
  CHECK(parse_signature("getVotes(address)")->size() == 1);
  CHECK(parse_signature("$_a9(address,uint256,bool,bytes32)")->size() == 4);
  for (const auto* bad :
       {"", "getVotes", "getVotes(address", "getVotes (address)", "getVotes(address) ", "(address)", "9a(address)",
        "a(address,)", "a(,address)", "a(address, uint256)", "a(address who)", "a(uint)", "a((address))",
        "a(address)(bool)", "a(bool,bool,bool,bool,bool,bool,bool,bool,bool,bool,bool,bool,bool,bool,bool,bool,bool)"})
    CHECK_FALSE_MESSAGE(parse_signature(bad), bad);
  CHECK(text_of(parse_signature("a(uint)").error()).find("write the size") != std::string::npos);
}

TEST_CASE("signature: arguments become words, and what is no value of the type is refused") {
  const auto word = [](std::string_view text, std::string_view type) {
    const auto read = parse_argument(text, *parse_type(type));
    return read ? to_decimal(*read) : "refused";
  };
  CHECK(word("255", "uint8") == "255");
  CHECK(word("256", "uint8") == "refused");
  CHECK(word("18446744073709551616", "uint64") == "refused");
  CHECK(word("18446744073709551616", "uint72") == "18446744073709551616");
  CHECK(word("true", "bool") == "1");
  CHECK(word("1", "bool") == "refused");
  CHECK(word("0x00000000000000000000000000000000000000ff", "address") == "255");
  CHECK(word("0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "address") == "refused");
  CHECK(parse_argument("0xff", *parse_type("bytes1"))->limbs == std::array<uint64_t, 4>{0, 0, 0, 0xffull << 56});
  CHECK(word("0x0" + std::string(62, '0') + "7", "bytes32") == "7");
  for (const auto* bad : {"0x", "0xf", "ff", "0xgg", "0xffff", "0x+f"})
    CHECK_MESSAGE(word(bad, "bytes1") == "refused", bad);
}

TEST_CASE("signature: a word with bits where its type has none is no value") {
  CHECK(is_clean(uint256{1}, *parse_type("bool")));
  CHECK_FALSE(is_clean(uint256{2}, *parse_type("bool")));
  CHECK(is_clean(uint256{255}, *parse_type("uint8")));
  CHECK_FALSE(is_clean(uint256{256}, *parse_type("uint8")));
  CHECK(is_clean(uint256::max(), *parse_type("uint256")));
  uint256 high;
  high.limbs[2] = 1ull << 32; // Bit 160.
  CHECK_FALSE(is_clean(high, *parse_type("address")));
  high.limbs[2] = 1ull << 31;
  CHECK(is_clean(high, *parse_type("address")));
  CHECK(is_clean(parse_argument("0xabcd", *parse_type("bytes2")).value(), *parse_type("bytes2")));
  CHECK_FALSE(is_clean(uint256{1}, *parse_type("bytes31")));
}
