#pragma once
// A value that was read on a chain, or the reason why it is unknown. There is no third case and no default: a caller
// who wants the value says what happens without it. The block of the reading is part of the type.
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace arrakis {

/// Tag of the block that gives roles. Rules are judged at two blocks of a chain: a role is given at this one, and taken
/// only when the other one agrees.
struct grant_block {}; ///< Near the tip: "latest" less some blocks, or "safe".
/// Tag of the block that takes roles.
struct revoke_block {}; ///< Deep: "finalized", or so many blocks below the tip. Its values have a quorum.

/// Where and when a value was read.
struct provenance {
  std::string chain; ///< A chain of config/chains.
  int64_t block = 0;
  std::string block_hash;             ///< 0x and 64 lower-case hex digits.
  std::vector<std::string> endpoints; ///< Hosts that gave this value for this hash; a single one has no confirmation.
  int64_t read_at_ms = 0;             ///< Unix time.
  bool operator==(const provenance&) const = default;
};

/// The reason why a value is unknown.
struct unknown_reason {
  /// Kinds of reasons.
  enum cause : uint8_t {
    not_read,    ///< Not asked for.
    no_answer,   ///< No endpoint answered: unreachable, refused, out of gas, or an invalid answer.
    malformed,   ///< The contract returned something other than the value that was asked for.
    other_block, ///< The values of one judgement would be of two blocks.
  };
  cause why = not_read;
  /// Text for a member, the end of "could not be read: ...": "no endpoint of Base answered". It holds no text of a node
  /// or contract.
  std::string detail;
  std::string node_text{}; ///< The node's text, cut and cleaned, for the log alone.
  bool operator==(const unknown_reason&) const = default;
};

/// A reading of either block.
template <class T>
class any_reading {
public:
  /// A value with its block.
  struct known {
    T value;
    provenance at;
    bool operator==(const known&) const = default;
  };
  // No conversion to bool: a value of 0 is known, and an unknown value is not "no".
  explicit operator bool() const = delete;

  /// Calls the function of the case with `known` or the `unknown_reason`.
  template <class Known, class Unknown>
  auto match(Known&& if_known, Unknown&& if_unknown) const {
    if (const auto* found = std::get_if<known>(&state_))
      return std::forward<Known>(if_known)(*found);
    return std::forward<Unknown>(if_unknown)(*std::get_if<unknown_reason>(&state_));
  }
  bool operator==(const any_reading&) const = default;

protected:
  explicit any_reading(known found) : state_{std::move(found)} {}
  explicit any_reading(unknown_reason why) : state_{std::move(why)} {}

private:
  std::variant<known, unknown_reason> state_;
};

/// A reading at the block `At`: grant_block or revoke_block. One does not convert to the other.
template <class T, class At>
class reading : public any_reading<T> {
public:
  reading(T value, provenance at) : any_reading<T>{typename any_reading<T>::known{std::move(value), std::move(at)}} {}
  reading(unknown_reason why) : any_reading<T>{std::move(why)} {}
};

} // namespace arrakis
