#include "runtime/ed25519.hpp"

#include <array>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <string>

using namespace arrakis;

namespace {
using key_ptr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;

// Least byte first. With x = 0 the sign has no meaning, so four of the ten texts stand for two points.
constexpr std::array small{
  "0100000000000000000000000000000000000000000000000000000000000000", // 1: the neutral point
  "0100000000000000000000000000000000000000000000000000000000000080",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // -1: order 2
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "0000000000000000000000000000000000000000000000000000000000000000", // 0: order 4
  "0000000000000000000000000000000000000000000000000000000000000080",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
};

std::string raw(std::string_view hex) {
  std::string out;
  for (size_t i = 0; i < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string{hex.substr(i, 2)}, nullptr, 16));
  return out;
}
const unsigned char* data(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }

/// The check without a look at the key: OpenSSL takes any 32 bytes.
bool verifies_without_the_check(const std::string& key, const std::string& bytes, const std::string& signature) {
  const key_ptr made{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, data(key), key.size()), &EVP_PKEY_free};
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
  return made && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, made.get()) == 1
      && EVP_DigestVerify(context.get(), data(signature), signature.size(), data(bytes), bytes.size()) == 1;
}

/// Messages of which one or another is taken for signed by a key of small order: S is 0 and R the neutral point, which
/// is right whenever the digest is a multiple of the order.
int forged(const std::string& key) {
  std::string signature(64, '\0');
  signature[0] = 1;
  int count = 0;
  for (int i = 0; i < 64; ++i)
    count += verifies_without_the_check(key, fmt::format("interaction {}", i), signature) ? 1 : 0;
  return count;
}

number from(const std::string& little_endian) {
  return {BN_lebin2bn(data(little_endian), static_cast<int>(little_endian.size()), nullptr), &BN_free};
}
} // namespace

TEST_CASE("ed25519: a key of small order is refused") {
  for (const auto* each : small) {
    const auto got = ed25519::public_key::parse(each);
    REQUIRE_FALSE(got);
    CHECK(code_of(got.error()) == ec::invalid);
    CHECK(text_of(got.error()).find("small order") != std::string::npos);
    std::string upper{each};
    std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return std::toupper(c); });
    CHECK_FALSE(ed25519::public_key::parse(upper));
  }
}

TEST_CASE(
  "ed25519: negative control: without the check a signature that anybody can make verifies under each of them") {
  for (const auto* each : small)
    CHECK_MESSAGE(forged(raw(each)) > 0, each);
  CHECK(forged(raw("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")) == 0); // RFC 8032, 7.1, test 3
}

TEST_CASE("ed25519: the two values of y with order 8 solve d y^4 + 2 y^2 = 1") {
  // A point of order 8, doubled, has order 4 and so y = 0: then y^2 = -x^2, and the curve -x^2 + y^2 = 1 + d x^2 y^2
  // (RFC 8032, 5.1) becomes the equation above.
  const std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)> room{BN_CTX_new(), &BN_CTX_free};
  auto* c = room.get();
  const auto p = from(raw("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"));
  const number d{BN_new(), &BN_free}, below{BN_new(), &BN_free}, y2{BN_new(), &BN_free}, sum{BN_new(), &BN_free};
  BN_set_word(below.get(), 121'666);
  BN_mod_inverse(below.get(), below.get(), p.get(), c);
  BN_set_word(d.get(), 121'665);
  BN_mod_mul(d.get(), d.get(), below.get(), p.get(), c); // -d
  for (const size_t i : {6, 8}) {
    const auto y = from(raw(small[i]));
    BN_mod_sqr(y2.get(), y.get(), p.get(), c);
    BN_mod_sqr(sum.get(), y2.get(), p.get(), c);
    BN_mod_mul(sum.get(), sum.get(), d.get(), p.get(), c); // -d y^4
    BN_mod_sub(sum.get(), y2.get(), sum.get(), p.get(), c);
    BN_mod_add(sum.get(), sum.get(), y2.get(), p.get(), c);
    CHECK(BN_is_one(sum.get()));
  }
}

TEST_CASE("ed25519: bytes that are no canonical point are refused, and so is any other text") {
  for (const auto* each : {"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p, that is 0
                           "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p + 1
                           "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", // p, the other sign
                           "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                           "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"})
    CHECK_MESSAGE(text_of(ed25519::public_key::parse(each).error()).find("no Ed25519") != std::string::npos, each);
  for (const auto& each : {std::string{}, std::string(63, 'a'), std::string(66, 'a'), std::string(64, 'x'),
                           "+1" + std::string(62, '1'), " " + std::string(63, 'a')})
    CHECK_MESSAGE(text_of(ed25519::public_key::parse(each).error()).find("64 hex digits") != std::string::npos, each);
}

TEST_CASE("ed25519: a key that somebody made is taken, and verifies what it signed and nothing else") {
  for (int i = 0; i < 20; ++i) {
    const key_ptr pair{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), &EVP_PKEY_free};
    unsigned char bytes[32], signature[64];
    size_t length = sizeof bytes, signed_length = sizeof signature;
    REQUIRE(EVP_PKEY_get_raw_public_key(pair.get(), bytes, &length) == 1);
    std::string hex;
    for (const auto b : bytes)
      hex += fmt::format("{:02x}", b);
    const auto key = ed25519::public_key::parse(hex);
    REQUIRE(key);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
    REQUIRE(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, pair.get()) == 1);
    REQUIRE(EVP_DigestSign(context.get(), signature, &signed_length, reinterpret_cast<const unsigned char*>("x"), 1)
            == 1);
    const std::string text{reinterpret_cast<const char*>(signature), signed_length};
    CHECK(key->verifies("x", text));
    CHECK_FALSE(key->verifies("y", text));
    CHECK_FALSE(key->verifies("x", text.substr(1)));
    CHECK_FALSE(key->verifies("x", text + "x"));
  }
  CHECK_FALSE(ed25519::public_key{}.verifies("x", std::string(64, '\0')));
}
