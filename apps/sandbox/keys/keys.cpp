#include "apps/sandbox/keys/keys.hpp"

#include "runtime/assert.hpp"
#include "runtime/ed25519.hpp"
#include "runtime/hex.hpp"

#include <array>
#include <fmt/format.h>
#include <memory>
#include <openssl/evp.h>
#include <vector>

namespace arrakis::sandbox::keys {
namespace {
struct freed {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
};
using key = std::unique_ptr<EVP_PKEY, freed>;
using context = std::unique_ptr<EVP_MD_CTX, freed>;
using bytes = std::vector<unsigned char>;

std::string to_hex(const bytes& raw) {
  std::string out;
  for (const auto b : raw)
    out += fmt::format("{:02x}", b);
  return out;
}
const unsigned char* data_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
} // namespace

pair make() {
  key made(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  ARRAKIS_ASSERT(made, "OpenSSL makes an Ed25519 key");
  bytes public_raw(32), private_raw(32);
  size_t length = 32;
  EVP_PKEY_get_raw_public_key(made.get(), public_raw.data(), &length);
  EVP_PKEY_get_raw_private_key(made.get(), private_raw.data(), &length);
  return {to_hex(public_raw), to_hex(private_raw)};
}

std::string sign(std::string_view private_hex, std::string_view text) {
  const auto raw = from_hex(private_hex);
  ARRAKIS_ASSERT(raw, "a key of ours is hex");
  key with(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, data_of(*raw), raw->size()));
  context c(EVP_MD_CTX_new());
  bytes out(64);
  size_t length = out.size();
  const bool ok = with && EVP_DigestSignInit(c.get(), nullptr, nullptr, nullptr, with.get()) == 1
               && EVP_DigestSign(c.get(), out.data(), &length, data_of(text), text.size()) == 1;
  ARRAKIS_ASSERT(ok, "a key of ours signs");
  return to_hex(out);
}

std::vector<std::pair<std::string, std::string>> headers(std::string_view private_hex, std::string_view timestamp,
                                                         std::string_view body) {
  std::string signed_bytes{timestamp};
  signed_bytes += body;
  return {{"X-Signature-Ed25519", sign(private_hex, signed_bytes)}, {"X-Signature-Timestamp", std::string{timestamp}}};
}

bool verify(std::string_view public_hex, std::string_view text, std::string_view signature_hex) {
  const auto with = ed25519::public_key::parse(public_hex);
  const auto signature = from_hex(signature_hex);
  return with && signature && with->verifies(text, *signature);
}

} // namespace arrakis::sandbox::keys
