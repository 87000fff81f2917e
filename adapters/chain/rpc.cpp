#include "adapters/chain/rpc.hpp"

#include "adapters/chain/abi.hpp"
#include "runtime/foreign_text.hpp"
#include "runtime/json.hpp"
#include "runtime/utf8.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <fmt/format.h>

namespace arrakis::chain::rpc {
namespace {

constexpr size_t body_bytes_max = 4 << 20; // Eight answers, of which the code has at most 48 KiB on mainnet (EIP-170).
constexpr size_t depth_max = 16;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Did the EVM run and give up? Nodes agree neither on a code nor on a text; each of these is of a node that was asked,
/// or of an answer that somebody recorded (decode.test.cpp says of which). A node that cannot say uses none of them.
bool gave_up(const answer& a) {
  constexpr int64_t reverted = 3;                // geth, anvil, erigon
  constexpr int64_t vm_execution_error = -32015; // nethermind, openethereum, gnosis
  if (a.code == reverted || a.code == vm_execution_error)
    return true;
  std::string message = a.message;
  std::transform(message.begin(), message.end(), message.begin(), [](unsigned char c) { return std::tolower(c); });
  constexpr std::array words{
    "execution reverted",
    "invalid opcode",
    "out of gas",
    "stack underflow",
    "invalid jump",
    "vm execution error",
    "stack overflow",
    "opcode 0x",
    "vm exception while processing transaction",
    "transaction reverted",
    "evm error invalidfeopcode",
    "evm error opcodenotfound",
    "evm error invalidjump",
    "evm error stackunderflow",
    "evm error stackoverflow",
    "evm error outofgas",
    "evm error revert",
  };
  return std::any_of(words.begin(), words.end(), [&](auto word) { return contains(message, word); });
}

/// One answer of a node, whatever its id. ec::corrupt without a result and an error.
caf::expected<answer> read_one(const boost::json::object& from) {
  answer a;
  if (const auto* error = json::object_in(from, "error")) {
    a.failed = true;
    a.code = json::integer_or(*error, "code");
    a.message = std::string{utf8_head(json::text_or(*error, "message"), 200)};
  } else if (const auto* result = from.if_contains("result")) {
    a.result = *result;
  } else {
    return fail(ec::corrupt, "no JSON-RPC answer: neither result nor error");
  }
  return a;
}

} // namespace

call chain_id() { return {"eth_chainId", "[]"}; }
call newest_block() { return {"eth_getBlockByNumber", R"(["latest",false])"}; }
call code_at(const std::string& address, int64_t block) {
  return {"eth_getCode", fmt::format(R"(["{}","0x{:x}"])", address, block)};
}
call call_at(const std::string& address, std::string_view data, int64_t block) {
  return {"eth_call", fmt::format(R"([{{"to":"{}","data":"{}"}},"0x{:x}"])", address, data, block)};
}

std::string print(const std::vector<call>& calls) {
  std::string out;
  for (size_t i = 0; i < calls.size(); ++i)
    out += fmt::format(R"({}{{"jsonrpc":"2.0","id":{},"method":"{}","params":{}}})", i == 0 ? "" : ",", i,
                       calls[i].method, calls[i].params_json);
  return calls.size() == 1 ? out : "[" + out + "]";
}

caf::expected<std::vector<answer>> read(std::string_view body, size_t count) {
  const auto corrupt = [](std::string why) { return fail(ec::corrupt, "no JSON-RPC answer: " + std::move(why)); };
  const auto tree = json::parse(body, {.bytes_max = body_bytes_max, .depth_max = depth_max});
  if (!tree)
    return corrupt(text_of(tree.error()));
  if (const auto* alone = tree->if_object()) {
    auto a = read_one(*alone);
    if (!a)
      return std::move(a.error());
    if (count != 1)
      return corrupt(a->failed ? "the batch was refused: " + a->message : "one answer to a batch");
    if (!a->failed && json::integer_or(*alone, "id", -1) != 0) // An error may have no id.
      return corrupt("an id that was not asked");
    return std::vector<answer>{std::move(*a)};
  }
  const auto* batch = tree->if_array();
  if (batch == nullptr || batch->size() != count)
    return corrupt(fmt::format("expected a batch of {}", count));
  std::vector<answer> answers(count);
  std::vector<bool> seen(count);
  for (const auto& item : *batch) {
    const auto* one = item.if_object();
    const auto id = one == nullptr ? -1 : json::integer_or(*one, "id", -1);
    if (id < 0 || static_cast<size_t>(id) >= count || seen[static_cast<size_t>(id)])
      return corrupt("an id that was not asked");
    seen[static_cast<size_t>(id)] = true;
    auto a = read_one(*one);
    if (!a)
      return std::move(a.error());
    answers[static_cast<size_t>(id)] = std::move(*a);
  }
  return answers;
}

bool refuses_batch(const answer& a) {
  std::string message = a.message;
  std::transform(message.begin(), message.end(), message.begin(), [](unsigned char c) { return std::tolower(c); });
  return a.failed && contains(message, "batch");
}

std::string for_log(const answer& a) {
  constexpr size_t bytes_max = 200;
  std::string words;
  for (size_t from = 0; from < a.message.size();) {
    const auto end = std::min(a.message.find_first_of(" \t\r\n", from), a.message.size());
    const auto word = std::string_view{a.message}.substr(from, end - from);
    words.append(word.find("://") == std::string_view::npos ? word : "(an address)").append(" ");
    from = end + 1;
  }
  return std::string{utf8_head(fmt::format("error {}: {}", a.code, for_terminal(words)), bytes_max)};
}

caf::expected<int64_t> quantity(const answer& a, std::string_view what) {
  const auto* text = a.failed ? nullptr : a.result.if_string();
  int64_t value = -1;
  if (text != nullptr && text->starts_with("0x")) {
    const auto [end, error] = std::from_chars(text->data() + 2, text->data() + text->size(), value, 16);
    if (error != std::errc{} || end != text->data() + text->size() || text->size() == 2)
      value = -1;
  }
  if (value < 0)
    return failed<int64_t>(ec::corrupt,
                           fmt::format("no {}: {}", what, a.failed ? for_log(a) : "a result that is none"));
  return value;
}

outcome outcome_of(const answer& a) {
  if (a.failed)
    return gave_up(a) ? outcome{outcome::nothing, {}, {}} : outcome{outcome::unknown, {}, for_log(a)};
  const auto* hex = a.result.if_string();
  auto data = hex == nullptr ? std::nullopt : abi::bytes({hex->data(), hex->size()});
  if (!data)
    return {outcome::unknown, {}, "a result that is no hex text"};
  if (data->empty())
    return {outcome::nothing, {}, {}};
  return {outcome::value, std::move(*data), {}};
}

} // namespace arrakis::chain::rpc
