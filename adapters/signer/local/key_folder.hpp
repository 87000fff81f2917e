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
  /// Reads what is there and makes nothing: a folder that is missing holds no key. ec::refused, with the command that
  /// mends it, when the folder or a key is open to other users; ec::corrupt when a file is no Ed25519 key.
  static caf::expected<key_folder> open(const std::string& folder);

  /// Public keys in lower-case hex by version, ascending.
  std::vector<std::pair<int, std::string>> public_keys() const;
  /// The public key in next.pem, which has no version yet; empty: there is none.
  std::string prepared() const;
  /// 64 bytes of Ed25519 by the key of `version`; ec::not_found: it is not here. Throws std::runtime_error when OpenSSL
  /// gives none.
  caf::expected<std::string> sign(int version, std::string_view bytes) const;
  /// Makes folder and next.pem, unless another process just did so. Open again afterwards.
  caf::error prepare();
  /// next.pem becomes v{version}.pem; done already is done. ec::conflict: there is another key of this version;
  /// ec::not_found: there is no next.pem. Open again afterwards.
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
