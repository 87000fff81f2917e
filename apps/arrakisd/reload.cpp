#include "apps/arrakisd/reload.hpp"

#include "runtime/file.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

namespace arrakis::reload {
namespace {
constexpr std::string_view chains = "chains.";
constexpr const char* token = "discord.token";

/// Empty: no file, or no folder.
std::string state_of_folder(const std::string& folder) {
  std::string all;
  if (folder.empty())
    return all;
  if (const auto names = file::list(folder))
    for (const auto& name : *names)
      all += fmt::format("{} {};", name, file::state_of(folder + "/" + name));
  return all;
}

bool holds_certificates(const std::string& path) {
  const std::unique_ptr<X509_STORE, void (*)(X509_STORE*)> store{X509_STORE_new(), X509_STORE_free};
  return store && X509_STORE_load_file(store.get(), path.c_str()) == 1;
}
} // namespace

changes compare(const config& running, const config& last, const config& next) {
  changes result;
  const bool bot_comes_or_goes = running.secret(token).empty() != next.secret(token).empty();
  const auto holds_at_once = [&](const std::string& name) {
    return name == "log.level" || name.starts_with(chains) || (name == token && !bot_comes_or_goes);
  };
  result.at_once = last.differences(next);
  std::erase_if(result.at_once, [&](const auto& name) { return !holds_at_once(name); });
  result.restart = running.differences(next);
  std::erase_if(result.restart, holds_at_once);
  return result;
}

files::files(wiring::key_files keys, std::string certificates)
  : keys_(std::move(keys)),
    certificates_(std::move(certificates)),
    keys_state_(state_of_folder(keys_.folder)),
    certificates_state_(file::state_of(certificates_)) {}

files::found files::read() const {
  found result{.keys_state = state_of_folder(keys_.folder), .certificates_state = file::state_of(certificates_)};
  result.keys = result.keys_state != keys_state_;
  result.certificates = result.certificates_state != certificates_state_;
  if (result.keys && result.keys_state.empty())
    result.faults.push_back(fmt::format("{}: the signer's keys are gone; restore them from a copy", keys_.folder));
  else if (result.keys)
    if (const auto bad = keys_.check())
      result.faults.push_back(text_of(bad));
  if (result.certificates && result.certificates_state != "none" && !holds_certificates(certificates_))
    result.faults.push_back(fmt::format("{}: it holds no certificates in PEM form", certificates_));
  return result;
}

void files::accept(const found& seen) {
  keys_state_ = seen.keys_state;
  certificates_state_ = seen.certificates_state;
}

std::string system_certificates() {
  const char* given = ::secure_getenv(X509_get_default_cert_file_env()); // As OpenSSL asks for it.
  return given ? given : X509_get_default_cert_file();
}

} // namespace arrakis::reload
