#include "runtime/ed25519.hpp"

#include "runtime/hex.hpp"

#include <algorithm>
#include <array>
#include <openssl/evp.h>
#include <optional>

namespace arrakis::ed25519 {
namespace {
constexpr size_t signature_bytes = 64; // RFC 8032, 5.1.6
using encoding = std::array<unsigned char, 32>;

std::optional<encoding> encoding_of(std::string_view hex) {
  encoding out{};
  const auto bytes = from_hex(hex);
  if (!bytes || bytes->size() != out.size())
    return std::nullopt;
  std::ranges::copy(*bytes, out.begin());
  return out;
}

/// The encoding of y without the sign of x, its highest bit.
encoding y_of(encoding key) {
  key.back() &= 0x7f;
  return key;
}

/// p = 2^255 - 19, least byte first: a canonical y is below it.
constexpr encoding prime = [] {
  encoding p{};
  p.fill(0xff);
  p.front() = 0xed;
  p.back() = 0x7f;
  return p;
}();

bool is_canonical(const encoding& key) {
  const auto y = y_of(key);
  return std::lexicographical_compare(y.rbegin(), y.rend(), prime.rbegin(), prime.rend());
}

/// The order of the curve is eight times a prime, so eight points have an order of 1, 2, 4 or 8. They have five values
/// of y: 1 and -1 with x = 0, 0 with two values of x, and two more with two values of x each. The test computes them
/// anew from the equation of the curve.
bool has_small_order(const encoding& key) {
  static const std::array<encoding, 5> small = [] {
    std::array<encoding, 5> ys{};
    ys[1][0] = 1;
    ys[2] = prime;
    ys[2][0] -= 1;
    ys[3] = *encoding_of("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
    ys[4] = *encoding_of("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
    return ys;
  }();
  return std::ranges::find(small, y_of(key)) != small.end();
}
} // namespace

caf::expected<public_key> public_key::parse(std::string_view hex) {
  const auto raw = encoding_of(hex);
  if (!raw)
    return failed<public_key>(ec::invalid, "an Ed25519 public key has 64 hex digits");
  if (!is_canonical(*raw))
    return failed<public_key>(ec::invalid, "these 64 hex digits are no Ed25519 public key");
  if (has_small_order(*raw))
    return failed<public_key>(ec::invalid,
                              "this Ed25519 public key has a small order: anybody can sign for it, so it is no key");
  public_key out;
  out.key_ = {EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw->data(), raw->size()),
              [](void* key) { EVP_PKEY_free(static_cast<EVP_PKEY*>(key)); }};
  if (!out.key_)
    return failed<public_key>(ec::invalid, "OpenSSL takes these 64 hex digits for no Ed25519 public key");
  return out;
}

bool public_key::verifies(std::string_view bytes, std::string_view signature) const {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
  return signature.size() == signature_bytes && context
      && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, static_cast<EVP_PKEY*>(key_.get())) == 1
      && EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                          reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size())
           == 1;
}
} // namespace arrakis::ed25519
