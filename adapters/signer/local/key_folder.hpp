#pragma once
// The keys of the local signer, as files and in memory.
#include "runtime/error.hpp"

#include <memory>
#include <openssl/evp.h>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::signer::local {

class key_folder {
public:
  /// Reads all versions; makes folder and first key when there are none. Errors as local::check.
  static caf::expected<key_folder> open(const std::string& folder);

  /// The newest version; versions begin at 1 and have no gap.
  int newest() const { return static_cast<int>(keys_.size()); }
  /// 64 bytes of Ed25519 by the newest key. Throws std::runtime_error when OpenSSL gives none.
  std::string sign(std::string_view bytes) const;
  /// Lower-case hex of the public key of `version`, which is from 1 to newest().
  std::string public_key(int version) const;
  /// Adds a version. ec::conflict when another process added it first: open again.
  caf::error rotate();

private:
  struct free_key {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  using key = std::unique_ptr<EVP_PKEY, free_key>;
  static caf::expected<key> read(const std::string& path);
  explicit key_folder(std::string folder) : folder_(std::move(folder)) {}
  std::string path_of(int version) const;

  std::string folder_;
  std::vector<key> keys_; // keys_[n - 1] is version n.
};

} // namespace arrakis::signer::local
