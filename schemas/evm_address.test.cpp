#include "schemas/evm_address.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using namespace arrakis;

namespace {
const std::string where = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
} // namespace

TEST_CASE("evm_address: Keccak-256 is Ethereum's") {
  CHECK(keccak256("").starts_with("\xc5\xd2\x46\x01\x86\xf7\x23\x3c"));
  CHECK(keccak256("symbol()").starts_with("\x95\xd8\x9b\x41"));
}

TEST_CASE("evm_address: an address that begins with 0X is the same address") {
  CHECK(parse_evm_address("0X" + where.substr(2))->text() == where);
  auto mistyped = "0X" + where.substr(2);
  mistyped[4] = 'a' ^ 'A' ^ mistyped[4];
  CHECK_FALSE(parse_evm_address(mistyped));
}

TEST_CASE("evm_address: the addresses of EIP-55 are read as they are, and in one case") {
  for (const char* good :
       {"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        "0x52908400098527886E0F7030069857D2E4169EE7", "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
        "0xde709f2102306220921060314715629080e2fb77", "0x27b1fdb04752bbc536007a920d24acb045561c26"}) {
    CHECK(parse_evm_address(good)->text() == good);
    std::string lower{good};
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    CHECK(parse_evm_address(lower)->text() == good);
  }
  for (const char* bad :
       {"", "0x", "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAedd", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg",
        "0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0XAeb6053F3E94C9b9A09f33669435E7Ef1BeAed0x"})
    CHECK(code_of(parse_evm_address(bad).error()) == ec::invalid);
}
