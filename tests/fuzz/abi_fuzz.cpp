// Words that contracts return, alone and through Multicall3: a value is exactly the word that was there.
#include "adapters/chain/abi.hpp"
#include "adapters/chain/multicall.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace arrakis::fuzz {
namespace {
void read_word(std::string_view returned) {
  const evm_address where;
  for (const auto& question : {chain_read{"a", token_balance{where, where}}, chain_read{"a", token_owner{where, {}}}}) {
    const auto got = chain::read_returned(question, returned);
    const auto* answer = std::get_if<contract_answer>(&got);
    if (answer == nullptr)
      continue;
    ARRAKIS_ASSERT(to_word(std::get<uint256>(*answer)) == returned, "a value is the whole word");
  }
  if (const auto word = from_word(returned)) {
    ARRAKIS_ASSERT(parse_uint256(to_decimal(*word)) == *word, "decimal digits are exact");
    const int decimals = static_cast<int>(static_cast<unsigned char>(returned[0])) % (token_decimals_max + 1);
    ARRAKIS_ASSERT(parse_units(format_units(*word, decimals), decimals).value() == *word, "human units are exact");
  }
}
} // namespace

void abi(std::string_view bytes) {
  read_word(bytes);
  for (const size_t count : {0, 1, 2, 3, 8}) {
    const auto entries = chain::decode_aggregate3(bytes, count);
    if (!entries)
      continue;
    ARRAKIS_ASSERT(entries->size() == count, "every call has its entry");
    size_t total = 64 + 32 * count; // Each byte belongs to one entry: nothing is read twice or left out.
    for (const auto& entry : *entries) {
      total += 96 + (entry.returned.size() + 31) / 32 * 32;
      read_word(entry.returned);
    }
    ARRAKIS_ASSERT(total == bytes.size(), "the entries are the whole answer");
  }
  if (const auto amount = parse_units(bytes, 18))
    ARRAKIS_ASSERT(parse_units(format_units(*amount, 18), 18).value() == *amount, "an amount that was read is exact");
}
} // namespace arrakis::fuzz
