#pragma once
// The keys of the local signer, as files and in memory.
#include "runtime/error.hpp"

#include <map>
#include <memory>
#include <openssl/evp.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace arrakis::signer::local {

/// Private keys as files of a folder.
class key_folder {
public:
  /// Opens a folder and creates nothing: a missing folder has no key. ec::refused, with the command that repairs it,
  /// when the folder or a key is open to other users; ec::corrupt when a file is no Ed25519 key.
  static caf::expected<key_folder> open(const std::string& folder);

  /// Public keys in lower-case hex by version, ascending.
  std::vector<std::pair<int, std::string>> public_keys() const;
  /// Public key in next.pem, which has no version yet; empty: there is none.
  std::string prepared() const;
  /// Signs with the key of `version` (Ed25519, 64 bytes); ec::not_found: it is not here. Throws std::runtime_error when
  /// OpenSSL fails.
  caf::expected<std::string> sign(int version, std::string_view bytes) const;
  /// Creates folder and next.pem, unless another process did so. Open the folder again afterwards.
  caf::error prepare();
  /// Renames next.pem to v{version}.pem; idempotent. ec::conflict: another key has this version; ec::not_found: there
  /// is no next.pem. Open the folder again afterwards.
  caf::error adopt(int version);

private:
  struct free_key {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  using key = std::unique_ptr<EVP_PKEY, free_key>;
  static caf::expected<key> read(const std::string& path);
  static std::string public_hex(const key&);
  explicit key_folder(std::string folder) : folder_(std::move(folder)) {}
  std::string path_of(int version) const;
  std::string next_path() const;

  std::string folder_;
  std::map<int, key> keys_;
  key next_;
};

} // namespace arrakis::signer::local
