#include "adapters/chain/question.hpp"

#include "adapters/chain/abi.hpp"
#include "adapters/chain/abi_vectors.test.hpp"
#include "adapters/chain/multicall.hpp"
#include "runtime/hex.hpp"

#include <boost/json/value.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace arrakis;
using namespace arrakis::chain;

namespace {
const auto one = parse_evm_address("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed").value();
const auto two = parse_evm_address("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359").value();
const chain_read balance{"base", token_balance{one, two}}, owner{"base", token_owner{one, uint256{7}}},
  coins{"base", native_balance{one}}, word{"base", contract_word{one, "f(address)", {as_number(two)}}};

std::string raw(std::string_view hex) { return from_hex(hex).value(); }
std::string data_of(const chain_read& question) { return as_contract_call(question).value().data; }
std::string told(const value_or_reason& v) {
  if (const auto* why = std::get_if<unknown_reason>(&v))
    return why->why == unknown_reason::malformed ? "malformed" : "no answer";
  const auto& answer = std::get<contract_answer>(v);
  return std::holds_alternative<reverted>(answer) ? "reverted" : to_decimal(std::get<uint256>(answer));
}
rpc::answer result(boost::json::value value) {
  rpc::answer out;
  out.result = std::move(value);
  return out;
}
rpc::answer text(std::string_view words) { return result(boost::json::value(std::string{words})); }
rpc::answer failure(int64_t code, std::string message) {
  rpc::answer out;
  out.failed = true;
  out.code = code;
  out.message = std::move(message);
  return out;
}
} // namespace

TEST_CASE("question: call data is as another library encodes it") {
  CHECK(data_of({"base", token_balance{two, one}}) == raw(vectors::token_balance));
  CHECK(data_of({"base", token_owner{two, uint256::max()}}) == raw(vectors::token_owner_of_most));
  const auto id = parse_uint256("18446744073709551616").value();
  CHECK(data_of({"base", item_balance{one, two, id}}) == raw(vectors::item_balance));
  auto bytes4 = raw("deadbeef");
  bytes4.resize(32);
  CHECK(data_of({"base", contract_word{two,
                                       "f(address,uint64,bool,bytes4)",
                                       {as_number(one), uint256{~0ull}, uint256{1}, from_word(bytes4).value()}}})
        == raw(vectors::four_arguments));
  CHECK_FALSE(as_contract_call(coins));
}

TEST_CASE("question: a node is asked at one block, by number or by hash") {
  const auto call = as_rpc_call({"base", token_balance{two, one}}, block_selector::number(255));
  CHECK(call.method == "eth_call");
  CHECK(call.params_json == fmt::format(R"([{{"to":"{}","data":"0x{}"}},"0xff"])", two.text(), vectors::token_balance));
  const auto by_hash = as_rpc_call(coins, block_selector::hash("0xab"));
  CHECK(by_hash.method == "eth_getBalance");
  CHECK(by_hash.params_json == fmt::format(R"(["{}",{{"blockHash":"0xab","requireCanonical":true}}])", one.text()));
}

TEST_CASE("question: exactly one word is a value; short, empty, long and dirty ones are unknown") {
  CHECK(told(read_returned(balance, std::string(32, '\0'))) == "0");
  CHECK(told(read_returned(balance, to_word(uint256::max()))) == to_decimal(uint256::max()));
  for (const size_t size : {0, 1, 20, 31, 33, 64, 1'000'000})
    for (const auto& question : {balance, owner, word})
      CHECK(told(read_returned(question, std::string(size, '\0'))) == "malformed");
  CHECK(told(read_returned(owner, to_word(as_number(two)))) == to_decimal(as_number(two)));
  auto dirty = to_word(as_number(two));
  dirty[11] = '\1';
  CHECK(told(read_returned(owner, dirty)) == "malformed");
  dirty[11] = '\0';
  dirty[0] = '\x80';
  CHECK(told(read_returned(owner, dirty)) == "malformed");
  CHECK(told(read_returned(word, dirty)) != "malformed"); // Only the rule knows the type.
}

TEST_CASE("question: answers of a node are values, reverts, or unknown with its words") {
  CHECK(told(read_answer(balance, text("0x" + std::string(63, '0') + "7"))) == "7");
  for (const boost::json::value& bad : {boost::json::value{}, boost::json::value{7}, boost::json::value{"0x7"},
                                        boost::json::value{"0x"}, boost::json::value{"7"}, boost::json::value{"0xgg"}})
    CHECK(told(read_answer(balance, result(bad))) == "malformed");
  for (const auto& [code, message] : {std::pair{3, "execution reverted"},
                                      {3, ""},
                                      {-32000, "execution reverted: ERC721: invalid token ID"},
                                      {-32603, "Error: Transaction reverted without a reason"},
                                      {-32000, "VM Exception while processing transaction: revert"}}) {
    CHECK(told(read_answer(owner, failure(code, message))) == "reverted");
    CHECK(told(read_answer(coins, failure(code, message))) == "no answer"); // There is nothing that could revert.
  }
  for (const auto& [code, message] : {std::pair{-32000, "out of gas"},
                                      {-32000, "invalid opcode: INVALID"},
                                      {-32603, "EVM error OutOfGas"},
                                      {-32015, "VM execution error."},
                                      {-32000, "header not found"},
                                      {-32001, "block is not canonical"},
                                      {-32005, "limit exceeded"},
                                      {429, "Too Many Requests"},
                                      {0, ""}})
    CHECK_MESSAGE(told(read_answer(balance, failure(code, message))) == "no answer", message);
}

TEST_CASE("question: what a node says in an error is for the log, cut and cleaned, and in no word to a member") {
  const std::string key = "https://user:hunter2@planted.example/v2/hunter2";
  for (const auto& question : {balance, owner, word, coins})
    for (const auto& message :
         {key, "see " + key + " now", "a\n" + key, key + "\t" + key, std::string(190, 'x') + key,
          std::string(10'000, 'y') + " " + key, "\x1b[2J\xff\u202e" + key + " [x](" + key + ")"}) {
      const auto got = read_answer(question, failure(-32000, message));
      const auto& why = std::get<unknown_reason>(got);
      CHECK(why.detail == "the node answered with an error");
      CAPTURE(why.node_text);
      CHECK(why.node_text.starts_with("error -32000: "));
      CHECK(why.node_text.size() <= 200);
      for (const auto* hidden : {"://", "planted", "hunter2", "\x1b", "\xff", "\u202e", "\n"})
        CHECK_MESSAGE(why.node_text.find(hidden) == std::string::npos, hidden);
    }
  const auto plain = read_answer(balance, failure(-32005, "limit exceeded"));
  CHECK(std::get<unknown_reason>(plain).node_text == "error -32005: limit exceeded ");
}

TEST_CASE("question: coins are a quantity of up to 256 bits") {
  CHECK(told(read_answer(coins, text("0x0"))) == "0");
  CHECK(told(read_answer(coins, text("0xde0b6b3a7640000"))) == "1000000000000000000");
  CHECK(told(read_answer(coins, text("0x" + std::string(64, 'f')))) == to_decimal(uint256::max()));
  for (const auto& bad : {std::string{"0x"}, std::string{}, std::string{"1"}, "0x1" + std::string(64, '0'),
                          std::string{"0x-1"}, std::string{"0x1g"}, std::string{"1000000000000000000"}})
    CHECK_MESSAGE(told(read_answer(coins, text(bad))) == "malformed", bad);
}

TEST_CASE("multicall: calls and answers are laid out as another library does it") {
  std::string many(33, '\0');
  for (size_t i = 0; i < many.size(); ++i)
    many[i] = static_cast<char>(i);
  CHECK(encode_aggregate3({}) == raw(vectors::aggregate_of_none));
  CHECK(encode_aggregate3({{one, raw(vectors::token_balance)}, {two, ""}, {two, many}})
        == raw(vectors::aggregate_of_three));
  CHECK(native_balance_call(one, two) == contract_call{one, raw(vectors::get_eth_balance)});
  CHECK(decode_aggregate3(raw(vectors::returned_none), 0) == std::vector<aggregate_entry>{});
  const auto three = decode_aggregate3(raw(vectors::returned_three), 3);
  REQUIRE(three);
  CHECK(*three == std::vector<aggregate_entry>{{true, to_word(uint256::max())}, {false, ""}, {true, many}});
}

TEST_CASE("multicall: an answer that is torn, longer, of another count or bent anywhere is none") {
  const auto good = raw(vectors::returned_three);
  for (size_t size = 0; size < good.size(); ++size)
    CHECK_FALSE(decode_aggregate3(good.substr(0, size), 3));
  CHECK_FALSE(decode_aggregate3(good + std::string(32, '\0'), 3));
  CHECK_FALSE(decode_aggregate3(good + "x", 3));
  for (const size_t count : {0u, 2u, 4u, 1u << 31})
    CHECK_FALSE(decode_aggregate3(good, count));
  const auto right = decode_aggregate3(good, 3);
  for (size_t i = 0; i < good.size(); ++i) // Each byte is layout, or a value that then differs.
    for (const int bit : {0, 7}) {
      auto bent = good;
      bent[i] = static_cast<char>(bent[i] ^ (1 << bit));
      const auto got = decode_aggregate3(bent, 3);
      CHECK((!got || *got != *right));
    }
}
