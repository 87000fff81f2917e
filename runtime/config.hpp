#pragma once
// Configuration: config/arrakis.toml has the schema and the defaults, a user's file overrides it, the environment wins.
#include "runtime/error.hpp"
#include "runtime/secret.hpp"
#include "runtime/url.hpp"

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace arrakis {

/// The settings of a process. Immutable after load; readable from any thread.
class config {
public:
  /// Variables by name. Each value may be a secret.
  using environment = std::map<std::string, arrakis::secret, std::less<>>;
  /// A key that can hold a secret has one of the last two types, and no other.
  using value =
    std::variant<std::string, int64_t, bool, std::vector<std::string>, arrakis::secret, std::vector<arrakis::secret>>;

  /// Entry of one key in config/arrakis.toml.
  struct key {
    std::string name;     ///< "section.key"
    std::string sentence; ///< The comment above it.
    std::string unit;     ///< Unit of integers: "milliseconds", "jobs", ...
    config::value standard;
    int64_t least = 0, most = 0;      ///< Range of integers.
    std::vector<std::string> choices; ///< Allowed texts; empty: any text.
    bool several = false;             ///< Several choices, separated by commas.
    std::string schemes;              ///< Allowed schemes of an address: "http https"; empty: any text.
  };

  /// Reads `path` (empty: defaults only) and `env` (ARRAKIS_<SECTION>_<KEY>). ec::invalid with one line for each fault:
  /// file, line, key, fault and allowed values. ec::not_found when `path` cannot be read.
  static caf::expected<config> load(const std::string& path, const environment& env);
  /// Loads anew in a running process. A secret's file that the process's user may not read keeps its previous value,
  /// with a notice: a daemon that was started as root has read root's files, and runs as another user now.
  static caf::expected<config> reload(const config& before, const std::string& path, const environment& env);
  /// The ARRAKIS_ variables of this process.
  static environment process_environment();
  /// All keys, in the order of the file.
  static const std::vector<key>& keys();

  /// Getters of values by type. They abort on a key that the schema lacks or of another type: a bug of ours.
  const std::string& text(std::string_view name) const;
  int64_t integer(std::string_view name) const;
  bool boolean(std::string_view name) const;
  /// Duration of an integer whose unit is seconds or milliseconds.
  std::chrono::milliseconds milliseconds(std::string_view name) const;
  const std::vector<std::string>& list(std::string_view name) const;
  /// The secret `name` ("discord.token"): from the environment, else out of the file that `<name>_file` names, else the
  /// key `name` itself where there is one (a connection string without a password). Empty when it is set nowhere.
  arrakis::secret secret(std::string_view name) const;
  /// The addresses of an open table ("chains.rpc"), by key. They may hold keys and passwords: see url.
  std::map<std::string, std::vector<url>> addresses(std::string_view table) const;

  /// Sorted names of the keys, secrets and entries of open tables whose values differ from those of `other`. A key that
  /// names a secret's file counts as different only if the secret is.
  std::vector<std::string> differences(const config& other) const;
  /// Listing of all keys: one line for each, with value and origin. Secrets are not shown; of addresses in an open
  /// table only the origin.
  std::string describe() const;
  /// Notices about ignored variables of a known section, a sentence each.
  const std::vector<std::string>& notices() const { return notices_; }

private:
  friend class config_loader;
  static caf::expected<config> load(const config* before, const std::string& path, const environment& env);
  struct setting {
    config::value value;
    std::string source; ///< "default", "arrakis.toml:12" or the name of the variable.
  };
  const config::value& at(std::string_view name) const;
  std::map<std::string, setting, std::less<>> settings_;
  std::map<std::string, arrakis::secret, std::less<>> secrets_;
  std::vector<std::string> notices_;
};

} // namespace arrakis
