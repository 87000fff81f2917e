#pragma once
// To add one: make a folder beside this file with a .cpp that defines `const leaf_kind& <folder>::definition()` in
// arrakis::rules, and a test; the build finds it. Smallest example: tests/extensions/rules. A leaf decides from what
// was read and nothing else: it asks nobody, knows no clock, and where a reading is unknown it says unknown, unless
// every value that could stand there leads to the same answer.
#include "actors/rules/truth.hpp"
#include "runtime/error.hpp"
#include "schemas/chain_read.hpp"

#include <boost/json/fwd.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::rules {

/// The wallets of one member: sorted, each once.
using wallets = std::vector<evm_address>;

/// Finds a reading of one judgement. A question that nobody asked is unknown.
using lookup = std::function<const any_reading<contract_answer>&(const chain_read&)>;

/// A question with its answer.
struct evidence {
  chain_read question;
  any_reading<contract_answer> answer;
};
/// The answer of a leaf for one member, with its evidence. It is stored, and the sentence is made of it alone.
struct finding {
  truth answer = truth::unknown;
  std::string required;             ///< The condition: "at least 100 SPICE on Base".
  std::string found;                ///< A clause: "you hold 12.5 SPICE on Base".
  std::vector<evidence> evidence{}; ///< Every reading that it looked at.
};

/// A condition on the wallets of a member, without the logic around it.
class leaf {
public:
  virtual ~leaf() = default;
  /// Questions whose answers `judge` needs.
  virtual std::vector<chain_read> reads(const wallets&) const = 0;
  /// Judges the wallets of one member by what `lookup` finds.
  virtual finding judge(const wallets&, const lookup&) const = 0;
  /// ec::invalid by refuse_field("rules", ...) if the leaf must not have this polarity. `at`: its JSON pointer.
  virtual caf::error check_sign(polarity, const std::string& at [[maybe_unused]]) const { return {}; }
  /// Sentence for `/why`: what was found, where, and the condition. Foreign text is escaped for a Discord message.
  virtual std::string sentence(const finding&, polarity) const = 0;
};

/// An input of the form in which an admin writes a leaf.
struct form_input {
  /// Kinds of values.
  enum type : uint8_t { text, integer, list }; ///< A list is written with commas between its texts.
  std::string_view member;                     ///< Of the leaf's JSON.
  type is = text;
  std::string_view label; ///< At most 45 characters, as Discord allows.
  std::string_view example;
  bool required = true;
};

/// The definition of a kind of leaves.
struct leaf_kind {
  std::string_view name; ///< {"leaf": name, ...}; equal to the folder's name.
  std::string_view help; ///< One sentence for an admin.
  /// JSON text {"required": [...], "properties": {...}}: the members beside "leaf", as JSON Schema. "$ref" may lead to
  /// #/definitions/chain, address, symbol, amount, decimals, tokenId(s), idRanges and wallets (parameters.cpp).
  std::string_view parameters;
  /// Adds "min", "max" and "wallets" to `parameters`: the leaf compares an amount (amounts.hpp).
  bool compares_amount = false;
  /// The inputs of its form beside a name and the chain, at most four. Empty: a leaf of this kind is written as JSON.
  std::span<const form_input> form = {};
  /// Reads what `parameters` accepts. `at` is the JSON pointer of the leaf. ec::invalid by refuse_field("rules", ...).
  caf::expected<std::unique_ptr<const leaf>> (*read)(const boost::json::object& parameters, const std::string& at);
};

/// All kinds, in the order of their folders' names.
const std::vector<const leaf_kind*>& all();

} // namespace arrakis::rules
