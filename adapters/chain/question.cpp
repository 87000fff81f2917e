#include "adapters/chain/question.hpp"

#include "adapters/chain/abi.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace arrakis::chain {
namespace {

template <class... Ts>
struct cases : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
cases(Ts...) -> cases<Ts...>;

std::string hex(std::string_view raw) {
  std::string out = "0x";
  for (const unsigned char byte : raw)
    out += fmt::format("{:02x}", byte);
  return out;
}

unknown_reason malformed(std::string detail) { return {unknown_reason::malformed, std::move(detail)}; }

/// A quantity of up to 256 bits: 0x and 1 to 64 hex digits.
std::optional<uint256> quantity(std::string_view text) {
  if (!text.starts_with("0x") || text.size() < 3 || text.size() > 2 + 64)
    return std::nullopt;
  const auto raw = abi::bytes("0x" + std::string(66 - text.size(), '0') + std::string{text.substr(2)});
  return raw ? from_word(*raw) : std::nullopt;
}

/// Did the contract itself give up? Nodes agree neither on a code nor on a text (decode.test.cpp has their words);
/// where one says less than "reverted", it is unknown.
bool has_reverted(const rpc::answer& a) {
  constexpr int64_t reverted_code = 3; // geth, anvil, erigon
  if (a.code == reverted_code)
    return true;
  auto words = a.message;
  std::transform(words.begin(), words.end(), words.begin(), [](unsigned char c) { return std::tolower(c); });
  constexpr std::array said{"execution reverted", "transaction reverted",
                            "vm exception while processing transaction: revert", "evm error revert"};
  return std::any_of(said.begin(), said.end(), [&](auto each) { return words.find(each) != std::string::npos; });
}

} // namespace

std::string selector(std::string_view signature) { return keccak256(signature).substr(0, 4); }

std::optional<contract_call> as_contract_call(const chain_read& question) {
  using call = std::optional<contract_call>;
  return std::visit(
    cases{
      [](const native_balance&) { return call{}; },
      [](const token_balance& x) {
        return call{{x.contract, selector("balanceOf(address)") + to_word(as_number(x.of))}};
      },
      [](const token_owner& x) {
        return call{{x.contract, selector("ownerOf(uint256)") + to_word(x.id)}};
      },
      [](const item_balance& x) {
        return call{{x.contract, selector("balanceOf(address,uint256)") + to_word(as_number(x.of)) + to_word(x.id)}};
      },
      [](const contract_word& x) {
        auto data = selector(x.function);
        for (const auto& argument : x.arguments)
          data += to_word(argument);
        return call{{x.contract, std::move(data)}};
      }},
    question.what);
}

block_selector block_selector::number(int64_t block) { return {fmt::format(R"("0x{:x}")", block)}; }
block_selector block_selector::hash(std::string_view hash) {
  return {fmt::format(R"({{"blockHash":"{}","requireCanonical":true}})", hash)};
}

rpc::call as_rpc_call(const contract_call& call, const block_selector& block) {
  return {"eth_call", fmt::format(R"([{{"to":"{}","data":"{}"}},{}])", call.to.text(), hex(call.data), block.json)};
}
rpc::call as_rpc_call(const chain_read& question, const block_selector& block) {
  if (const auto call = as_contract_call(question))
    return as_rpc_call(*call, block);
  return {"eth_getBalance", fmt::format(R"(["{}",{}])", std::get<native_balance>(question.what).of.text(), block.json)};
}

value_or_reason read_returned(const chain_read& question, std::string_view returned) {
  if (returned.empty())
    return malformed("the contract returned nothing");
  const auto word = from_word(returned);
  if (!word)
    return malformed(fmt::format("the contract returned {} bytes in the place of 32", returned.size()));
  if (std::holds_alternative<token_owner>(question.what) && (word->limbs[3] != 0 || word->limbs[2] >> 32 != 0))
    return malformed("the contract returned an owner that is no address");
  return contract_answer{*word};
}

value_or_reason read_answer(const chain_read& question, const rpc::answer& answer) {
  const bool coins = std::holds_alternative<native_balance>(question.what);
  if (answer.failed && !coins && has_reverted(answer))
    return contract_answer{reverted{}};
  if (answer.failed)
    return unknown_reason{unknown_reason::no_answer, "the node answered with an error", rpc::for_log(answer)};
  const auto* text = answer.result.if_string();
  const std::string_view hex_text = text == nullptr ? std::string_view{} : std::string_view{text->data(), text->size()};
  if (coins) {
    if (const auto balance = quantity(hex_text))
      return contract_answer{*balance};
    return malformed("the node gave a balance that is no number");
  }
  const auto returned = abi::bytes(hex_text);
  if (!returned)
    return malformed("the node gave bytes that are no hex text");
  return read_returned(question, *returned);
}

} // namespace arrakis::chain
