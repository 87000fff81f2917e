#pragma once
// config/arrakis.toml as a schema: the sentence and the limits are read out of the comments above each key.
#include "runtime/config.hpp"

namespace arrakis::config_schema {
/// The text of config/arrakis.toml, embedded by the build.
std::string_view embedded_text();

struct open_table {
  std::string name; ///< "chains.rpc"
  std::string sentence;
  std::string key_kind; ///< What its keys are: "id of a chain".
  std::string schemes;  ///< Of its values, lists of addresses.

  /// Is `key` one of those that there are? Of an id of a chain: config/chains has it.
  bool knows(std::string_view key) const;
  /// "; did you mean chains.rpc.ethereum?", or the keys that there are.
  std::string advice(std::string_view key) const;
};
struct schema {
  std::vector<config::key> keys;
  std::vector<open_table> tables;

  const config::key* find(std::string_view name) const;
  const open_table* table_of(std::string_view name) const; ///< The open table that `name` is a key of.
  bool knows_section(std::string_view section) const;
  /// The known name with the fewest edits from `name`, at most 3; empty when none is that near.
  std::string nearest(std::string_view name) const;
};
/// Aborts when the embedded file breaks its own rules: each key has a sentence, each integer a range with a unit.
const schema& get();
schema read(std::string_view text);

/// The files of config/chains, without their ending.
const std::vector<std::string>& chain_ids();

/// "must be a number, 0–65535", "must be one of debug, info".
std::string must_be(const config::key&);
/// What is wrong with `value`: "http.port is 70000; it must be a number, 0–65535". Empty when it is allowed.
std::string fault_of(const config::key&, const config::value&);
} // namespace arrakis::config_schema
