#pragma once
// The members that leaves have in common, and how they are read.
#include "actors/rules/amounts.hpp"
#include "actors/rules/leaf.hpp"

#include <boost/json/fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::rules {

/// The JSON Schema of the members beside "leaf": the parameters of the kind, those of an amount
/// where it compares one, and the shared definitions.
std::string leaf_schema(const leaf_kind&);

/// The members "chain" and "contract" of a leaf.
struct chain_contract {
  std::string chain;      ///< A chain of config/chains.
  std::string chain_name; ///< "Base".
  evm_address address;
};
/// Checks the member "chain" at the pointer `at`. ec::invalid for an unknown chain, with the known ones.
caf::error check_chain(const boost::json::object& parameters, const std::string& at);
/// Reads the members "chain" and "contract". Errors as of check_chain, and ec::invalid for no address.
caf::expected<chain_contract> read_contract(const boost::json::object& parameters, const std::string& at);

/// The members that all leaves over a token have: "chain", "contract", "symbol", "decimals" (0 where there is none),
/// "min", "max" and "wallets".
struct token_parameters {
  chain_contract contract;
  amount_range range;
  over how = over::sum;
};
/// Reads them. Errors as of read_contract, read_range and read_over.
caf::expected<token_parameters> read_token(const boost::json::object& parameters, const std::string& at);

/// Limit of token ids of one leaf, which are read one by one.
inline constexpr size_t token_ids_max = 1000;
/// Reads the members "ids" (single ids) and "idRanges" (half-open) as a sorted list without duplicates; empty: neither
/// is present. At most token_ids_max in all.
caf::expected<std::vector<uint256>> read_token_ids(const boost::json::object& parameters, const std::string& at);
/// Text of a list of ids: "#1, #2, #3 and 7 more".
std::string describe_ids(const std::vector<uint256>&);

/// Returns the number that answers a question; empty: unknown, or reverted. Adds any answer to the finding's evidence.
std::optional<uint256> note(const chain_read&, const lookup&, finding& into);

} // namespace arrakis::rules
