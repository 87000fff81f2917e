#pragma once
// Discord's side of a signed interaction: its key pair, and the requests that it signs.
// https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint
#include "runtime/clock.hpp"
#include "runtime/net/http.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <span>
#include <string>

namespace arrakis::test {

/// A key pair as Discord has one for each application.
class discord_key {
public:
  discord_key() = default;
  ~discord_key() { EVP_PKEY_free(key_); }
  discord_key(const discord_key&) = delete;
  discord_key& operator=(const discord_key&) = delete;

  /// As the configuration has it: 64 hex digits.
  std::string public_hex() const {
    unsigned char raw[32];
    size_t size = sizeof raw;
    EVP_PKEY_get_raw_public_key(key_, raw, &size);
    return hex({raw, size});
  }
  /// The signature of `timestamp` and `body`, in hex digits.
  std::string sign(const std::string& timestamp, const std::string& body) const {
    const auto message = timestamp + body;
    unsigned char raw[64];
    size_t size = sizeof raw;
    auto* context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key_);
    EVP_DigestSign(context, raw, &size, reinterpret_cast<const unsigned char*>(message.data()), message.size());
    EVP_MD_CTX_free(context);
    return hex({raw, size});
  }
  net::http_request request(const std::string& body, const std::string& timestamp) const {
    return {"POST",
            "/webhooks/discord",
            {{"x-signature-ed25519", sign(timestamp, body)}, {"x-signature-timestamp", timestamp}},
            body,
            "127.0.0.1"};
  }
  /// Signed now.
  net::http_request request(const std::string& body) const { return request(body, std::to_string(wall_ms() / 1'000)); }

private:
  static std::string hex(std::span<const unsigned char> bytes) {
    std::string out;
    for (const auto byte : bytes)
      out += fmt::format("{:02x}", byte);
    return out;
  }
  EVP_PKEY* key_ = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
};
} // namespace arrakis::test
