#pragma once
// SIGHUP: which settings hold at once, which need a restart, and which files besides them are read anew.
#include "apps/wiring/implementations.hpp"
#include "runtime/config.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace arrakis::reload {

/// The configuration as it was read last. Thread-safe.
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
  std::vector<std::string> at_once; ///< Names of settings that hold from now on.
  std::vector<std::string> restart; ///< Names of settings that hold after a restart.
};
/// `running`: what the process was started with; `last`: what was read last. What needs a restart is named each time,
/// until the process has it. Log level, chains and discord.token hold at once; a token that appears or goes away
/// needs a restart, since with it the whole bot does.
changes compare(const config& running, const config& last, const config& next);

/// Files that no setting holds: the signer's keys and the certificates that peers are verified by.
class files {
public:
  /// `certificates`: a PEM file, which need not exist.
  files(wiring::key_files keys, std::string certificates);
  /// Result of a look at the files.
  struct found {
    std::string keys_state, certificates_state; ///< For `accept`.
    bool keys = false, certificates = false;    ///< True if they differ from the accepted ones.
    std::vector<std::string> faults;            ///< Sentences; then nothing else counts.
  };
  found look() const;
  void accept(const found&);

private:
  wiring::key_files keys_;
  std::string certificates_, keys_state_, certificates_state_;
};

/// The file that OpenSSL takes the system's certificates from: SSL_CERT_FILE, or where it was built to look.
std::string system_certificates();

} // namespace arrakis::reload
