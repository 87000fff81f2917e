#pragma once
// config/arrakis.toml as a schema: the sentence and the limits are read out of the comments above each key.
#include "runtime/config.hpp"

namespace arrakis::config_schema {
/// The text of config/arrakis.toml, embedded by the build.
std::string_view embedded_text();

/// A table whose keys are not fixed.
struct open_table {
  std::string name; ///< "chains.rpc"
  std::string sentence;
  std::string key_kind; ///< Kind of its keys: "id of a chain".
  std::string schemes;  ///< Allowed schemes of its values, lists of addresses.

  /// True for an allowed key: in a table by chain, an id of a chain in config/chains.
  bool knows(std::string_view key) const;
  /// Hint for an unknown key: "; did you mean chains.rpc.ethereum?", or the known keys.
  std::string advice(std::string_view key) const;
};
/// All keys and open tables.
struct schema {
  std::vector<config::key> keys;
  std::vector<open_table> tables;

  const config::key* find(std::string_view name) const;
  const open_table* table_of(std::string_view name) const; ///< The open table that `name` is a key of.
  bool knows_section(std::string_view section) const;
  /// The known name with the fewest edits from `name`, at most 3; empty when none is that near.
  std::string nearest(std::string_view name) const;
};
/// The embedded schema. Aborts when the file breaks its rules: each key has a sentence, each integer a range and unit.
const schema& get();
/// Reads the schema out of the text of config/arrakis.toml.
schema read(std::string_view text);

/// The files of config/chains, without their ending.
const std::vector<std::string>& chain_ids();

/// Text of the allowed values: "must be a number, 0–65535", "must be one of debug, info".
std::string must_be(const config::key&);
/// Error text for `value`: "http.port is 70000; it must be a number, 0–65535". Empty: valid.
std::string fault_of(const config::key&, const config::value&);
} // namespace arrakis::config_schema
