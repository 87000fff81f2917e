#include "adapters/signer/signature.hpp"

#include "runtime/base64.hpp"
#include "runtime/ed25519.hpp"
#include "runtime/json.hpp"

#include <algorithm>
#include <array>
#include <boost/json/value.hpp>
#include <charconv>
#include <fmt/format.h>
#include <openssl/evp.h>

namespace arrakis {
namespace {

constexpr std::string_view prefix = "vault:v";
constexpr size_t signature_bytes = 64;        // RFC 8032, 5.1.6
constexpr size_t signature_base64_chars = 88; // 64 bytes, padded

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() != signature_base64_chars)
    return std::nullopt;
  std::array<unsigned char, signature_base64_chars> buffer{};
  const auto* from = reinterpret_cast<const unsigned char*>(text.data());
  // 88 characters carry 66 bytes, of which the padding "==" makes two void.
  if (!text.ends_with("==") || EVP_DecodeBlock(buffer.data(), from, static_cast<int>(text.size())) != 66)
    return std::nullopt;
  std::string bytes{reinterpret_cast<const char*>(buffer.data()), signature_bytes};
  // Two texts must not stand for one signature: stray bits under the padding are refused.
  return print_signature(1, bytes).ends_with(text) ? std::optional{bytes} : std::nullopt;
}

} // namespace

std::string print_signature(int key_version, std::string_view bytes) {
  return fmt::format("{}{}:{}", prefix, key_version, base64(bytes));
}

caf::expected<signature_text> parse_signature(std::string_view text) {
  const auto malformed = [] {
    return failed<signature_text>(ec::invalid, "a signature must read vault:v{n}:{base64 of 64 bytes}");
  };
  if (!text.starts_with(prefix))
    return malformed();
  text.remove_prefix(prefix.size());
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon > 6 || text.front() < '1')
    return malformed();
  signature_text result;
  const auto [end, error] = std::from_chars(text.data(), text.data() + colon, result.key_version);
  auto bytes = decode_base64(text.substr(colon + 1));
  if (error != std::errc{} || end != text.data() + colon || !bytes)
    return malformed();
  result.bytes = std::move(*bytes);
  return result;
}

bool ed25519_verifies(std::string_view public_key_hex, std::string_view bytes, std::string_view signature) {
  const auto key = ed25519::public_key::parse(public_key_hex);
  return key && key->verifies(bytes, signature);
}

caf::error check_signature(std::string_view bytes, std::string_view signature, const public_key_list& keys) {
  const auto parsed = parse_signature(signature);
  if (!parsed)
    return fail(ec::corrupt, text_of(parsed.error()));
  const auto key = std::find_if(keys.begin(), keys.end(),
                                [&](const auto& k) { return k.first == parsed->key_version; });
  if (key == keys.end())
    return fail(ec::corrupt,
                fmt::format("it is signed by key version {}, which is not kept here", parsed->key_version));
  if (!ed25519_verifies(key->second, bytes, parsed->bytes))
    return fail(ec::corrupt, fmt::format("the signature does not verify under key version {}", parsed->key_version));
  return {};
}

caf::error check_signed_manifest(const manifest_statement& statement, std::string_view canonical,
                                 std::string_view signature, const public_key_list& keys) {
  const auto refuse = [&](const std::string& why) {
    return fail(ec::corrupt, fmt::format("manifest {} v{}: {}", statement.community.value, statement.version, why));
  };
  const auto tree = json::parse(canonical);
  if (!tree)
    return refuse("its bytes are no JSON: " + text_of(tree.error()));
  const auto again = canonical_json(*tree);
  if (!again || *again != canonical)
    return refuse("its bytes are not in canonical form (RFC 8785)");
  if (const auto digest = sha256_hex(canonical); digest != statement.sha256)
    return refuse("its bytes have SHA-256 " + digest + ", the record says " + statement.sha256.substr(0, 64));
  if (const auto error = check_signature(signing_bytes(statement), signature, keys))
    return refuse(text_of(error));
  return {};
}

} // namespace arrakis
