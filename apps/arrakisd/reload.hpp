#pragma once
// SIGHUP: settings that apply at once, settings that need a restart, and further files that are read again.
#include "apps/wiring/implementations.hpp"
#include "runtime/config.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace arrakis::reload {

/// The newest configuration. Thread-safe.
class latest {
public:
  explicit latest(const config& first) : held_(std::make_shared<const config>(first)) {}
  std::shared_ptr<const config> get() const {
    const std::lock_guard lock{guard_};
    return held_;
  }
  void set(std::shared_ptr<const config> next) {
    const std::lock_guard lock{guard_};
    held_ = std::move(next);
  }

private:
  mutable std::mutex guard_;
  std::shared_ptr<const config> held_;
};

/// Settings that differ after a reload.
struct changes {
  std::vector<std::string> at_once; ///< Names of settings that apply from now on.
  std::vector<std::string> restart; ///< Names of settings that apply after a restart.
};
/// Compares three configurations: `running` of the start, `last` read before, and `next`. A setting that needs a
/// restart is returned each time until the restart. Log level, chains and discord.token apply at once; the first token,
/// or no token any more, needs a restart, since the whole bot starts or ends with it.
changes compare(const config& running, const config& last, const config& next);

/// Files beside the settings: the signer's keys and the certificates that verify peers.
class files {
public:
  /// `certificates`: a PEM file, which need not exist.
  files(wiring::key_files keys, std::string certificates);
  /// State of the files.
  struct found {
    std::string keys_state, certificates_state; ///< For `accept`.
    bool keys = false, certificates = false;    ///< True if they differ from the accepted ones.
    std::vector<std::string> faults;            ///< Messages; if there are any, ignore the other fields.
  };
  found read() const;
  void accept(const found&);

private:
  wiring::key_files keys_;
  std::string certificates_, keys_state_, certificates_state_;
};

/// Returns the file of the system's certificates for OpenSSL: SSL_CERT_FILE, or its built-in default.
std::string system_certificates();

} // namespace arrakis::reload
