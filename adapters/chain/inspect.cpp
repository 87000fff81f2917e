#include "adapters/chain/inspect.hpp"

#include "adapters/chain/abi.hpp"

#include <boost/json/value.hpp>
#include <fmt/format.h>

namespace arrakis::chain {
namespace {

// ERC-20 says uint8.
constexpr uint64_t decimals_max = 255;

// Places of the answers, in the order of inspection_calls.
enum place : size_t {
  chain_id_at,
  code_place,
  symbol_at,
  name_at,
  decimals_at,
  supply_at,
  erc165_at,
  erc721_at,
  erc1155_at,
  nonsense_at,
  places
};

} // namespace

std::vector<rpc::call> inspection_calls(const std::string& address, int64_t block) {
  std::vector<rpc::call> calls{rpc::chain_id(), rpc::code_at(address, block)};
  for (const auto data : {abi::symbol, abi::name, abi::decimals, abi::total_supply})
    calls.push_back(rpc::call_at(address, data, block));
  for (const auto interface : {abi::erc165, abi::erc721, abi::erc1155, abi::no_interface})
    calls.push_back(rpc::call_at(address, abi::ask_interface(interface), block));
  return calls;
}

caf::expected<contract> read_inspection(const std::vector<rpc::answer>& answers, const std::string& address,
                                        const std::string& type, int64_t chain_id, int64_t block) {
  if (answers.size() != places)
    return fail(ec::internal, "an inspection with another number of answers");
  const auto served = rpc::quantity(answers[chain_id_at], "chain id");
  if (!served)
    return fail(ec::unknown, text_of(served.error()));
  if (chain_id != 0 && *served != chain_id)
    return fail(ec::refused, fmt::format("serves chain {}, not {}", *served, chain_id));

  std::vector<rpc::outcome> outcomes;
  for (size_t i = code_place; i < places; ++i) {
    outcomes.push_back(rpc::outcome_of(answers[i]));
    if (outcomes.back().kind == rpc::outcome::unknown)
      return fail(ec::unknown, outcomes.back().why);
  }
  const auto data = [&](place at) -> const std::string& { return outcomes[at - code_place].data; };
  contract c;
  c.address = address;
  c.block = block;
  c.has_code = !data(code_place).empty();
  if (!c.has_code)
    return c; // A precompiled address answers calls but has no contract.
  c.symbol = abi::text(data(symbol_at));
  c.name = abi::text(data(name_at));
  if (const auto decimals = abi::number(data(decimals_at), decimals_max))
    c.decimals = static_cast<int>(*decimals);
  // ERC-165: a contract that claims every interface, or not ERC-165 itself, claims none.
  const bool honest = abi::boolean(data(erc165_at)) == true && abi::boolean(data(nonsense_at)) == false;
  const bool is_erc721 = honest && abi::boolean(data(erc721_at)) == true;
  const bool is_erc1155 = honest && abi::boolean(data(erc1155_at)) == true;
  // ERC-20 makes decimals() optional, but an answer that is no uint8 is no token's. An NFT may have a supply, too.
  const bool decimals_fit = c.decimals.has_value() || data(decimals_at).empty();
  if (type == "erc20")
    c.matches_type = decimals_fit && abi::is_word(data(supply_at)) && (c.decimals || (!is_erc721 && !is_erc1155));
  else if (type == "erc721")
    c.matches_type = is_erc721;
  else if (type == "erc1155")
    c.matches_type = is_erc1155;
  return c;
}

bool agree(const contract& a, const contract& b) {
  return a.address == b.address && a.has_code == b.has_code && a.matches_type == b.matches_type && a.symbol == b.symbol
      && a.name == b.name && a.decimals == b.decimals;
}

} // namespace arrakis::chain
