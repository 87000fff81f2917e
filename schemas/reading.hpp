#pragma once
// A value that was read on a chain, or the reason why it is not known. There is no third case and no default: who wants
// the value says what happens without it. The block that it was read at is part of the type.
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace arrakis {

/// Tags: the two blocks of a chain that a rule is judged at. A role is given on the first, and taken only when the
/// second agrees.
struct grant_block {};  ///< Near the tip: "latest" less some blocks, or "safe".
struct revoke_block {}; ///< Deep: "finalized", or so many blocks below the tip. Its values have a quorum.

/// Where and when a value was read.
struct sighting {
  std::string chain; ///< A chain of config/chains.
  int64_t block = 0;
  std::string block_hash;             ///< 0x and 64 lower-case hex digits.
  std::vector<std::string> endpoints; ///< Hosts that gave this value for this hash. Where it is one, it is its word.
  int64_t read_at_ms = 0;             ///< Unix time.
  bool operator==(const sighting&) const = default;
};

/// Why a value is not known.
struct unknown_reason {
  enum cause : uint8_t {
    not_read,    ///< Nobody asked for it.
    no_answer,   ///< No endpoint could say: away, refused, out of gas, an answer that is none.
    malformed,   ///< The contract returned something else than the value that was asked for.
    other_block, ///< The values of one judgement would be of two blocks.
  };
  cause why = not_read;
  /// For a member, the end of "could not be read: ...": "no endpoint of Base answered". In words of this project alone:
  /// nothing that a node or contract said.
  std::string detail;
  std::string heard{}; ///< For the log alone: what the node said, cut and cleaned.
  bool operator==(const unknown_reason&) const = default;
};

/// Of either block.
template <class T>
class any_reading {
public:
  struct known {
    T value;
    sighting at;
    bool operator==(const known&) const = default;
  };
  // A value of 0 is known, and an unknown one is no "no": neither is a truth.
  explicit operator bool() const = delete;

  /// Calls the function of the case.
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

/// At the block `At`: grant_block or revoke_block. One does not convert to the other.
template <class T, class At>
class reading : public any_reading<T> {
public:
  reading(T value, sighting at) : any_reading<T>{typename any_reading<T>::known{std::move(value), std::move(at)}} {}
  reading(unknown_reason why) : any_reading<T>{std::move(why)} {}
};

} // namespace arrakis
