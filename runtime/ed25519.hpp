#pragma once
// Public keys of Ed25519 (RFC 8032). Every key that comes from outside becomes one here, and nowhere else.
#include "runtime/error.hpp"

#include <memory>
#include <string_view>

namespace arrakis::ed25519 {

/// An Ed25519 public key. Thread-safe; copies share the key.
class public_key {
public:
  /// From 64 hex digits. ec::invalid for any other text, for bytes that are no canonical encoding of a point (RFC 8032,
  /// 5.1.3), and for the eight points of small order: anybody can make signatures that verify under one of those.
  static caf::expected<public_key> parse(std::string_view hex);

  /// True if `signature` (64 bytes) is this key's signature of `bytes`.
  bool verifies(std::string_view bytes, std::string_view signature) const;

private:
  std::shared_ptr<void> key_; // EVP_PKEY
};

} // namespace arrakis::ed25519
