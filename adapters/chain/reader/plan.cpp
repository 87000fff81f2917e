#include "adapters/chain/reader/plan.hpp"

#include "adapters/chain/abi.hpp"
#include "adapters/chain/multicall.hpp"
#include "runtime/hex.hpp"
#include "runtime/json.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace arrakis::chain::reader {
namespace {

// No block has this hash, so an endpoint that answers for it does not look at hashes.
constexpr std::string_view no_hash = "0x00000000000000000000000000000000000000000000000000000000deadbeef";
constexpr int64_t invalid_params = -32602; // JSON-RPC 2.0.

std::string_view text_in(const rpc::answer& a) {
  const auto* text = a.failed ? nullptr : a.result.if_string();
  return text == nullptr ? std::string_view{} : std::string_view{text->data(), text->size()};
}

bool is_hash(std::string_view text) {
  return text.size() == 66 && text.starts_with("0x")
      && text.find_first_not_of("0123456789abcdef", 2) == std::string_view::npos;
}

std::vector<chain_read> part(const std::vector<chain_read>& all, size_t from) {
  const auto first = all.begin() + static_cast<std::ptrdiff_t>(from);
  return {first, first + static_cast<std::ptrdiff_t>(std::min(aggregate_max, all.size() - from))};
}

rpc::call balance_call(const block_selector& at) {
  return {"eth_getBalance", fmt::format(R"(["0x0000000000000000000000000000000000000000",{}])", at.json)};
}

} // namespace

block_selector selector_of(const block_id& at, const dialect& how) {
  return how.by_hash ? block_selector::hash(at.hash) : block_selector::number(at.number);
}

std::vector<rpc::call> pin(std::vector<rpc::call> calls, const block_id& at, const dialect& how) {
  if (how.by_hash)
    return calls;
  calls.insert(calls.begin(), header_call(at.number));
  calls.push_back(header_call(at.number));
  return calls;
}

caf::expected<std::vector<rpc::answer>> unpin(std::vector<rpc::answer> answers, const block_id& at,
                                              const dialect& how) {
  if (how.by_hash)
    return answers;
  for (const auto* each : {&answers.front(), &answers.back()}) {
    const auto header = read_header(*each);
    if (!header || header->id != at)
      return fail(ec::conflict, fmt::format("it has no block {} with the hash {}", at.number, at.hash));
  }
  answers.erase(answers.begin());
  answers.pop_back();
  return answers;
}

std::vector<rpc::call> aggregate_calls(const std::vector<chain_read>& questions, const block_id& at,
                                       const dialect& how) {
  std::vector<rpc::call> out;
  for (size_t from = 0; from < questions.size(); from += aggregate_max) {
    std::vector<contract_call> entries;
    for (const auto& question : part(questions, from)) {
      const auto call = as_contract_call(question);
      entries.push_back(call ? *call : native_balance_call(*how.multicall, std::get<native_balance>(question.what).of));
    }
    out.push_back(as_rpc_call(contract_call{*how.multicall, encode_aggregate3(entries)}, selector_of(at, how)));
  }
  return out;
}

std::vector<std::optional<value_or_reason>> read_aggregates(const std::vector<chain_read>& questions,
                                                            const std::vector<rpc::answer>& answers) {
  std::vector<std::optional<value_or_reason>> out(questions.size());
  for (size_t i = 0; i < answers.size(); ++i) {
    const auto from = i * aggregate_max;
    const auto asked = part(questions, from);
    const auto returned = abi::bytes(text_in(answers[i]));
    const auto entries = returned ? decode_aggregate3(*returned, asked.size()) : std::nullopt;
    for (size_t k = 0; entries && k < asked.size(); ++k)
      if (entries->at(k).success)
        out[from + k] = read_returned(asked[k], entries->at(k).returned);
  }
  return out;
}

rpc::call header_call(std::string_view tag) { return {"eth_getBlockByNumber", fmt::format(R"(["{}",false])", tag)}; }
rpc::call header_call(int64_t number) { return {"eth_getBlockByNumber", fmt::format(R"(["0x{:x}",false])", number)}; }

std::optional<block_header> read_header(const rpc::answer& a) {
  const auto* header = a.failed ? nullptr : a.result.if_object();
  if (header == nullptr)
    return std::nullopt;
  const auto quantity = [&](std::string_view name) -> caf::expected<int64_t> {
    rpc::answer one;
    if (const auto* value = header->if_contains(name))
      one.result = *value;
    return rpc::quantity(one, name);
  };
  const auto number = quantity("number"), time = quantity("timestamp");
  const auto hash = json::text_or(*header, "hash");
  if (!number || !time || !is_hash(hash))
    return std::nullopt;
  return block_header{{*number, std::string{hash}}, *time};
}

std::vector<rpc::call> probe_calls(const block_id& at, const std::string& multicall) {
  std::vector<rpc::call> out{rpc::chain_id(), balance_call(block_selector::hash(at.hash)),
                             balance_call(block_selector::hash(no_hash))};
  if (!multicall.empty())
    out.push_back(rpc::code_at(multicall, at.number));
  return out;
}

caf::expected<probed> read_probe(const std::vector<rpc::answer>& answers, int64_t chain_id,
                                 const std::string& multicall, const std::string& code_hash) {
  const auto chain = rpc::quantity(answers.at(0), "chain id");
  if (!chain)
    return chain.error();
  if (*chain != chain_id)
    return fail(ec::refused, fmt::format("it serves the chain {} in the place of {}", *chain, chain_id));
  probed out;
  const auto &of_block = answers.at(1), &of_none = answers.at(2);
  out.speaks.by_hash = text_in(of_block).starts_with("0x") && of_none.failed;
  out.is_certain = !of_block.failed || of_block.code == invalid_params;
  if (!multicall.empty()) {
    const auto code = abi::bytes(text_in(answers.at(3)));
    out.is_certain = out.is_certain && code.has_value();
    if (code && !code->empty() && code_hash.size() == 66 && from_hex(code_hash.substr(2)) == keccak256(*code))
      out.speaks.multicall = parse_evm_address(multicall).value();
  }
  return out;
}

rpc::call code_call(const evm_address& contract, const block_selector& at) {
  return {"eth_getCode", fmt::format(R"(["{}",{}])", contract.text(), at.json)};
}
bool has_code(const rpc::answer& a) {
  const auto code = abi::bytes(text_in(a));
  return code && !code->empty();
}

} // namespace arrakis::chain::reader
