#include "adapters/chain/multicall.hpp"

namespace arrakis::chain {
namespace {

constexpr size_t word_bytes = 32;

std::string number(size_t x) { return to_word(uint256{x}); }
size_t padded(size_t bytes) { return (bytes + word_bytes - 1) / word_bytes * word_bytes; }

/// Reads a text of words from the front.
class word_reader {
public:
  explicit word_reader(std::string_view text) : all_{text} {}
  size_t at() const { return at_; }
  bool at_end() const { return at_ == all_.size(); }
  /// Reads the next word; true when it is this number.
  bool skip(size_t expected) {
    const auto word = next();
    return word && *word == uint256{expected};
  }
  std::optional<uint256> next() {
    if (all_.size() - at_ < word_bytes)
      return std::nullopt;
    at_ += word_bytes;
    return from_word(all_.substr(at_ - word_bytes, word_bytes));
  }
  /// Reads `count` bytes and their zero padding.
  std::optional<std::string_view> bytes(size_t count) {
    if (all_.size() - at_ < count || all_.size() - at_ < padded(count))
      return std::nullopt;
    const auto out = all_.substr(at_, count);
    const auto rest = all_.substr(at_ + count, padded(count) - count);
    at_ += padded(count);
    return rest.find_first_not_of('\0') == std::string_view::npos ? std::optional{out} : std::nullopt;
  }

private:
  std::string_view all_;
  size_t at_ = 0;
};

/// (bool success, bytes returnData)
std::optional<aggregate_entry> read_entry(word_reader& in) {
  const auto success = in.next();
  if (!success || *success > uint256{1} || !in.skip(2 * word_bytes))
    return std::nullopt;
  const auto length = in.next();
  if (!length || length->limbs[1] != 0 || length->limbs[2] != 0 || length->limbs[3] != 0 || length->limbs[0] > 1u << 30)
    return std::nullopt;
  const auto returned = in.bytes(length->limbs[0]);
  if (!returned)
    return std::nullopt;
  return aggregate_entry{*success == uint256{1}, std::string{*returned}};
}

} // namespace

std::string encode_aggregate3(const std::vector<contract_call>& calls) {
  std::string offsets, tuples;
  for (const auto& call : calls) {
    offsets += number(calls.size() * word_bytes + tuples.size());
    tuples += to_word(as_number(call.to)) + number(1) + number(3 * word_bytes) + number(call.data.size()) + call.data;
    tuples.resize(tuples.size() + padded(call.data.size()) - call.data.size(), '\0');
  }
  return selector("aggregate3((address,bool,bytes)[])") + number(word_bytes) + number(calls.size()) + offsets + tuples;
}

contract_call native_balance_call(const evm_address& multicall, const evm_address& of) {
  return {multicall, selector("getEthBalance(address)") + to_word(as_number(of))};
}

std::optional<std::vector<aggregate_entry>> decode_aggregate3(std::string_view returned, size_t count) {
  word_reader in{returned};
  if (!in.skip(word_bytes) || !in.skip(count) || returned.size() / word_bytes < count)
    return std::nullopt;
  const auto start = in.at();
  std::vector<uint256> offsets;
  for (size_t i = 0; i < count; ++i) {
    const auto offset = in.next();
    if (!offset)
      return std::nullopt;
    offsets.push_back(*offset);
  }
  std::vector<aggregate_entry> out;
  for (const auto& offset : offsets) {
    if (offset != uint256{in.at() - start})
      return std::nullopt;
    auto entry = read_entry(in);
    if (!entry)
      return std::nullopt;
    out.push_back(std::move(*entry));
  }
  return in.at_end() ? std::optional{std::move(out)} : std::nullopt;
}

} // namespace arrakis::chain
