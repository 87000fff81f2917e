#include "adapters/signer/local/key_folder.hpp"

#include "runtime/file.hpp"
#include "runtime/secret.hpp"

#include <array>
#include <charconv>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <stdexcept>
#include <utility>

namespace arrakis::signer::local {
namespace {

constexpr size_t key_file_bytes_max = 4096; // A PKCS#8 Ed25519 key in PEM has 119.

constexpr std::string_view next_name = "next.pem";

using memory_bio = std::unique_ptr<BIO, int (*)(BIO*)>;

/// Fails for an encrypted key instead of asking at a terminal.
int no_password(char*, int, int, void*) { return -1; }

/// PEM text of a fresh private key.
secret make_key() {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> made{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"),
                                                            EVP_PKEY_free};
  const memory_bio out{BIO_new(BIO_s_secmem()), BIO_free};
  if (!made || !out || PEM_write_bio_PrivateKey(out.get(), made.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    throw std::runtime_error("OpenSSL made no Ed25519 key");
  char* data = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &data);
  return secret{std::string_view{data, static_cast<size_t>(size)}};
}

/// n of "v{n}.pem"; 0 for another name.
int version_of(std::string_view name) {
  int version = 0;
  if (!name.starts_with('v') || !name.ends_with(".pem") || name.size() < 6 || name[1] < '1' || name[1] > '9')
    return 0;
  const auto* end = name.data() + name.size() - 4;
  const auto [stop, error] = std::from_chars(name.data() + 1, end, version);
  return error == std::errc{} && stop == end ? version : 0;
}

} // namespace

std::string key_folder::path_of(int version) const { return fmt::format("{}/v{}.pem", folder_, version); }
std::string key_folder::next_path() const { return fmt::format("{}/{}", folder_, next_name); }

caf::expected<key_folder::key> key_folder::read(const std::string& path) {
  const auto text = file::read_secret(path, key_file_bytes_max);
  if (!text)
    return text.error();
  auto result = text->lend([](std::string_view pem) {
    const memory_bio in{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free};
    return key{in ? PEM_read_bio_PrivateKey(in.get(), nullptr, no_password, nullptr) : nullptr};
  });
  if (!result || EVP_PKEY_get_base_id(result.get()) != EVP_PKEY_ED25519)
    return fail(ec::corrupt,
                path + " is no Ed25519 private key (PKCS#8 PEM, without a password): restore it from a copy");
  return result;
}

caf::expected<key_folder> key_folder::open(const std::string& folder) {
  key_folder result{folder};
  if (auto error = file::check_secrets_folder(folder))
    return code_of(error) == ec::not_found ? caf::expected<key_folder>{std::move(result)} : std::move(error);
  auto names = file::list(folder);
  if (!names)
    return names.error();
  for (const auto& name : *names) {
    const auto version = version_of(name);
    const bool next = name == next_name;
    if (version == 0 && !next)
      continue;
    auto one = read(folder + "/" + name);
    if (!one && code_of(one.error()) == ec::not_found) // Another process has just given next.pem its version.
      continue;
    if (!one)
      return one.error();
    (next ? result.next_ : result.keys_[version]) = std::move(*one);
  }
  return result;
}

std::vector<std::pair<int, std::string>> key_folder::public_keys() const {
  std::vector<std::pair<int, std::string>> list;
  for (const auto& [version, one] : keys_)
    list.emplace_back(version, public_hex(one));
  return list;
}

std::string key_folder::prepared() const { return next_ ? public_hex(next_) : std::string{}; }

caf::expected<std::string> key_folder::sign(int version, std::string_view bytes) const {
  const auto found = keys_.find(version);
  if (found == keys_.end())
    return failed<std::string>(ec::not_found, path_of(version) + " is missing");
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
  std::string signature(64, '\0'); // RFC 8032: Ed25519 signatures have 64 bytes.
  size_t length = signature.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, found->second.get()) != 1
      || EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                        reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size())
           != 1)
    throw std::runtime_error("OpenSSL gave no Ed25519 signature");
  return signature;
}

std::string key_folder::public_hex(const key& one) {
  std::array<unsigned char, 32> raw{};
  size_t length = raw.size();
  if (EVP_PKEY_get_raw_public_key(one.get(), raw.data(), &length) != 1)
    throw std::runtime_error("OpenSSL gave no public key");
  std::string hex;
  for (const auto byte : raw)
    hex += fmt::format("{:02x}", byte);
  return hex;
}

caf::error key_folder::prepare() {
  if (auto error = file::make_folder(folder_))
    return error;
  auto error = make_key().lend([&](std::string_view pem) { return file::create(next_path(), pem); });
  return code_of(error) == ec::conflict ? caf::error{} : error;
}

caf::error key_folder::adopt(int version) {
  const auto path = path_of(version);
  const file::lock alone{folder_ + "/.lock"};
  if (alone.fault())
    return alone.fault();
  // Under the lock: between two steps of another process the key may have both names.
  const auto text = file::read_private(next_path(), key_file_bytes_max);
  if (!text)
    return text.error();
  if (auto error = text->lend([&](std::string_view pem) { return file::create(path, pem); })) {
    const auto there = read(path);
    const auto mine = read(next_path());
    if (code_of(error) != ec::conflict || !there || !mine || public_hex(*there) != public_hex(*mine))
      return error;
  }
  // A crash before this leaves the key under both names; the next adoption ends here.
  return file::remove(next_path());
}

} // namespace arrakis::signer::local
