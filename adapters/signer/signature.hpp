#pragma once
// Ed25519 signatures as text, and verification of stored manifest versions.
#include "runtime/error.hpp"
#include "schemas/canonical_json.hpp"
#include "schemas/manifest.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace arrakis {

/// A signature in the form of Vault's transit engine, vault:v{n}:{base64}: key version and the 64 bytes of RFC 8032.
struct signature_text {
  int key_version = 0;
  std::string bytes;
};
/// Parses that form. ec::invalid unless n is from 1 to 999,999 and the rest is 64 bytes in padded standard base64.
caf::expected<signature_text> parse_signature(std::string_view text);
/// Writes the text form of a signature.
std::string print_signature(int key_version, std::string_view bytes);

/// True when `signature` (64 bytes) of `bytes` verifies under the public key (64 hex digits). False for a malformed key
/// and for a key of small order (see ed25519::public_key).
bool ed25519_verifies(std::string_view public_key_hex, std::string_view bytes, std::string_view signature);

/// Public keys by version, as the signer's port answers.
using public_key_list = std::vector<std::pair<int, std::string>>;
/// Verifies a signature text under the key of its version. ec::corrupt with the reason.
caf::error check_signature(std::string_view bytes, std::string_view signature, const public_key_list&);

/// Verifies a stored manifest version: its bytes are canonical and have the digest, the digest is in the signed
/// statement with community, version, predecessor and time, and the signature verifies. ec::corrupt says which fails.
caf::error check_signed_manifest(const manifest_statement&, std::string_view canonical, std::string_view signature,
                                 const public_key_list&);

/// Verifies any record with these members: manifests::record, objects::snapshot.
template <class Record>
caf::error check_signed(const Record& r, const public_key_list& keys) {
  return check_signed_manifest({r.community, r.version, r.sha256, r.previous_sha256, r.created_at}, r.canonical,
                               r.signature, keys);
}

} // namespace arrakis
