#include "adapters/signer/signature.hpp"

#include "runtime/hex.hpp"

#include <doctest/doctest.h>

using namespace arrakis;

namespace {
// RFC 8032, 7.1, test 3.
constexpr const char* public_key = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
const std::string message{"\xaf\x82", 2};
const std::string signature = *from_hex("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                                        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
} // namespace

TEST_CASE("signature: the vector of RFC 8032 verifies, and nothing close to it") {
  CHECK(ed25519_verifies(public_key, message, signature));
  CHECK_FALSE(ed25519_verifies(public_key, message + "x", signature));
  for (size_t i = 0; i < signature.size(); ++i) {
    auto bent = signature;
    bent[i] = static_cast<char>(bent[i] ^ 1);
    CHECK_FALSE(ed25519_verifies(public_key, message, bent));
  }
  CHECK_FALSE(ed25519_verifies("fc51", message, signature));
  CHECK_FALSE(ed25519_verifies(std::string(64, 'x'), message, signature));
}

TEST_CASE("signature: nothing verifies under a key of small order, which the neutral point signs for everybody") {
  std::string forged(64, '\0');
  forged[0] = 1;
  const std::string neutral = "01" + std::string(62, '0');
  CHECK_FALSE(ed25519_verifies(neutral, message, forged));
  CHECK(code_of(check_signature(message, print_signature(3, forged), {{3, neutral}})) == ec::corrupt);
}

TEST_CASE("signature: its text carries the key version and has one form") {
  const auto text = print_signature(12, signature);
  CHECK(text.starts_with("vault:v12:Y"));
  const auto parsed = parse_signature(text);
  REQUIRE(parsed);
  CHECK(parsed->key_version == 12);
  CHECK(parsed->bytes == signature);
  const auto base64 = text.substr(10);
  for (const auto& bad :
       {std::string{}, std::string{"vault:v1:"}, "vault:v0:" + base64, "vault:v01:" + base64, "vault:v-1:" + base64,
        "vault:v1234567:" + base64, "vault:1:" + base64, "vault:v1:" + base64 + "=", "vault:v1: " + base64,
        "vault:v1:" + base64.substr(0, 86), "vault:v1:\n" + base64.substr(1),
        "vault:v1:" + base64.substr(0, 85) + "h==", std::string{"vault:v1:"} + std::string(88, '=')})
    CHECK_MESSAGE(!parse_signature(bad), std::string{bad});
}

TEST_CASE("signature: the key of the named version decides") {
  const public_key_list keys{{2, public_key}};
  CHECK_FALSE(check_signature(message, print_signature(2, signature), keys));
  CHECK(code_of(check_signature(message, print_signature(1, signature), keys)) == ec::corrupt);
  CHECK(code_of(check_signature("other", print_signature(2, signature), keys)) == ec::corrupt);
}
