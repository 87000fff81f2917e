#include "adapters/chain/abi.hpp"
#include "adapters/chain/fetch.hpp"
#include "adapters/chain/inspect.hpp"
#include "adapters/chain/rpc.hpp"
#include "runtime/json.hpp"
#include "schemas/evm_address.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace arrakis;
using namespace arrakis::chain;

namespace {
std::string hex(std::string_view raw) {
  std::string out;
  for (const unsigned char c : raw)
    out += fmt::format("{:02x}", c);
  return out;
}
std::string word(uint64_t value) { return *abi::bytes(fmt::format("0x{:064x}", value)); }
std::string padded(std::string_view text) {
  std::string out{text};
  out.resize((text.size() + 31) / 32 * 32);
  return out;
}
std::string dynamic(std::string_view text) { return word(32) + word(text.size()) + padded(text); }
rpc::answer text_answer(std::string_view raw) {
  rpc::answer a;
  a.result = boost::json::value("0x" + hex(raw));
  return a;
}
rpc::answer failure(int64_t code, std::string message) {
  rpc::answer a;
  a.failed = true;
  a.code = code;
  a.message = std::move(message);
  return a;
}
/// The answers of a whole ERC-20; tests bend single ones.
std::vector<rpc::answer> token() {
  rpc::answer id;
  id.result = boost::json::value("0x7a69");
  const auto reverted = failure(3, "execution reverted");
  return {id,
          text_answer("\x60\x80"),
          text_answer(dynamic("SPICE")),
          text_answer(dynamic("Spice Melange")),
          text_answer(word(18)),
          text_answer(std::string(32, '\xff')),
          reverted,
          reverted,
          reverted,
          reverted};
}
std::vector<rpc::answer> nft(bool is721, bool is1155) {
  auto all = token();
  all[4] = failure(-32000, "execution reverted");
  all[6] = text_answer(word(1));
  all[7] = text_answer(word(is721));
  all[8] = text_answer(word(is1155));
  all[9] = text_answer(word(0));
  return all;
}
const std::string where = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
caf::expected<contract> read(const std::vector<rpc::answer>& all, const char* type) {
  return read_inspection(all, where, type, 31337, 12);
}
} // namespace

TEST_CASE("chain: selectors are the first bytes of Keccak-256") {
  const std::pair<const char*, std::string_view> table[] = {{"symbol()", abi::symbol},
                                                            {"name()", abi::name},
                                                            {"decimals()", abi::decimals},
                                                            {"totalSupply()", abi::total_supply},
                                                            {"supportsInterface(bytes4)", abi::supports_interface}};
  for (const auto& [signature, selector] : table)
    CHECK("0x" + hex(keccak256(signature)).substr(0, 8) == selector);
  CHECK(abi::ask_interface(abi::erc721) == "0x01ffc9a780ac58cd" + std::string(56, '0'));
}

TEST_CASE("chain: texts are read as strings and as bytes32, and malformed ones have no value") {
  CHECK(abi::text(dynamic("SPICE")) == "SPICE");
  CHECK(abi::text(dynamic("spice \xf0\x9f\x8f\x9c \"\\")) == "spice \xf0\x9f\x8f\x9c \"\\");
  CHECK(abi::text(padded("MKR")) == "MKR");
  CHECK(abi::text(std::string(32, 'x')) == std::string(32, 'x'));
  CHECK(abi::text(dynamic(std::string(1024, 'x')))->size() == 1024);
  for (const auto& bad :
       {std::string{}, std::string(31, 'x'), std::string(32, '\0'), dynamic(""), dynamic("a\nb"), dynamic("\xff\xfe"),
        dynamic("\xed\xa0\x80"), padded(std::string("a\0b", 3)), dynamic(std::string(1025, 'x')), word(32),
        word(32) + word(5), word(64) + word(5) + padded("SPICE"), word(~0ull) + word(5) + padded("SPICE"),
        word(32) + word(~0ull) + padded("SPICE"), std::string(64, '\xff') + padded("SPICE"),
        word(32) + word(64) + padded("SPICE")})
    CHECK_FALSE(abi::text(bad));
}

TEST_CASE("chain: numbers and booleans are whole words in range") {
  CHECK(abi::number(word(18), 255) == 18);
  CHECK_FALSE(abi::number(word(256), 255));
  CHECK_FALSE(abi::number(std::string(32, '\xff'), 255));
  CHECK_FALSE(abi::number(std::string(31, '\0'), 255));
  CHECK(abi::boolean(word(1)) == true);
  CHECK(abi::boolean(word(0)) == false);
  CHECK_FALSE(abi::boolean(word(2)).has_value());
  CHECK_FALSE(abi::boolean("").has_value());
  for (const char* bad : {"", "0", "0x0", "0xg0", "ff", "0X00"})
    CHECK_FALSE(abi::bytes(bad).has_value());
  CHECK(abi::bytes("0x")->empty());
}

TEST_CASE("chain: a batch names its calls, and answers come back in any order") {
  const auto text = rpc::print({rpc::chain_id(), rpc::code_at(where, 255)});
  CHECK(text
        == R"([{"jsonrpc":"2.0","id":0,"method":"eth_chainId","params":[]},)"
           R"({"jsonrpc":"2.0","id":1,"method":"eth_getCode","params":[")"
             + where + R"(","0xff"]}])");
  const auto read = rpc::read(
    R"([{"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"execution reverted","data":"0x"}},
                                  {"jsonrpc":"2.0","id":0,"result":"0x7a69"}])",
    2);
  REQUIRE(read);
  CHECK(rpc::quantity((*read)[0], "chain id") == 31337);
  CHECK((*read)[1].failed);
  for (const char* bad :
       {"", "{}", "[]", R"([{"id":0,"result":1}])", R"([{"id":0,"result":1},{"id":0,"result":1}])",
        R"([{"id":0,"result":1},{"id":2,"result":1}])", R"([{"id":0,"result":1},{"id":1}])",
        R"([{"id":0,"result":1},7])", R"({"jsonrpc":"2.0","error":{"code":-32600,"message":"no batches"}})"})
    CHECK(code_of(rpc::read(bad, 2).error()) == ec::corrupt);
}

TEST_CASE("chain: the words of a node are cut between characters") {
  std::string words = "x"; // Three bytes a character from an odd place: both bounds fall into one.
  for (int i = 0; i < 100; ++i)
    words += "沙";
  const auto is_utf8 = [](const std::string& text) { return json::parse('"' + text + '"').engaged(); };
  const auto answers = rpc::read(
    R"([{"id":0,"error":{"code":1,"message":")" + words + R"("}},{"id":1,"result":")" + words + "\"}]", 2);
  REQUIRE(answers);
  CHECK(answers->at(0).message.size() == 199);
  CHECK(is_utf8(answers->at(0).message));
  auto refused = text_of(rpc::quantity(answers->at(1), "block").error());
  std::erase(refused, '"');
  CHECK(is_utf8(refused));
}

TEST_CASE("chain: quantities are hexadecimal and fit") {
  rpc::answer a;
  for (const char* bad : {"", "0x", "12", "0xg", "-0x1", "0x-1", "0xffffffffffffffff"}) {
    a.result = boost::json::value(bad);
    CHECK_FALSE(rpc::quantity(a, "block"));
  }
  a.result = boost::json::value("0x0");
  CHECK(*rpc::quantity(a, "block") == 0);
}

TEST_CASE("chain: an ERC-20 is known by decimals and total supply") {
  const auto c = read(token(), "erc20");
  REQUIRE(c);
  CHECK(c->has_code);
  CHECK(c->matches_type);
  CHECK(c->symbol == "SPICE");
  CHECK(c->name == "Spice Melange");
  CHECK(c->decimals == 18);
  CHECK(c->block == 12);
  CHECK(c->address == where);
  CHECK_FALSE(read(token(), "erc721")->matches_type);
  CHECK_FALSE(read(nft(true, false), "erc20")->matches_type);
}

TEST_CASE("chain: an ERC-20 may lack decimals, which is absent and not zero; an NFT is none") {
  for (const auto& missing : {failure(3, "execution reverted"), text_answer("")}) {
    auto all = token();
    all[4] = missing;
    const auto c = read(all, "erc20");
    REQUIRE(c);
    CHECK(c->matches_type);
    CHECK_FALSE(c->decimals);
    all[5] = missing; // No supply either.
    CHECK_FALSE(read(all, "erc20")->matches_type);
  }
  for (const auto& odd : {word(256), std::string(32, '\xff')}) {
    auto all = token();
    all[4] = text_answer(odd);
    CHECK_FALSE(read(all, "erc20")->matches_type);
  }
  for (const int decimals : {0, 19, 77, 255}) {
    auto all = token();
    all[4] = text_answer(word(static_cast<uint64_t>(decimals)));
    CHECK(read(all, "erc20")->decimals == decimals);
  }
  CHECK_FALSE(read(nft(false, true), "erc20")->matches_type);
}

namespace {
/// Errors of nodes for a reverted call; of nodes that do not run here, as documented by others.
struct recorded {
  const char* node;
  const char* answer;
};
constexpr recorded given_up[]{
  // anvil 1.7.1, asked here with eth_call at contracts of the code 0xfe, 0x600056, 0x01, 0x0c, 0x5b600056,
  // 0x60006000fd.
  {"anvil", R"j({"code":-32603,"message":"EVM error InvalidFEOpcode"})j"},
  {"anvil", R"j({"code":-32603,"message":"EVM error InvalidJump"})j"},
  {"anvil", R"j({"code":-32603,"message":"EVM error StackUnderflow"})j"},
  {"anvil", R"j({"code":-32603,"message":"EVM error OpcodeNotFound"})j"},
  {"anvil", R"j({"code":-32603,"message":"EVM error OutOfGas"})j"},
  {"anvil", R"j({"code":3,"message":"execution reverted","data":"0x"})j"},
  // https://github.com/cowprotocol/ethcontract-rs/issues/92 and https://github.com/ApeWorX/web3.py/issues/1717
  {"ganache", R"j({"message":"VM Exception while processing transaction: revert","code":-32000,"data":{}})j"},
  {"ganache", R"j({"message":"VM Exception while processing transaction: invalid opcode","code":-32000})j"},
  // https://github.com/MetaMask/metamask-extension/issues/14963
  {"hardhat", R"j({"code":-32603,"message":"Error: Transaction reverted: function selector was not recognized)j"
              R"j( and there's no fallback function"})j"},
  // https://github.com/NomicFoundation/hardhat/issues/8040 (as it stands in the node's log)
  {"hardhat", R"j({"code":-32603,"message":"Error: VM Exception while processing transaction: reverted with an)j"
              R"j( unrecognized custom error (return data: 0xb427cbbb)"})j"},
  // https://github.com/ethereum/go-ethereum/pull/24017: the text before and after it.
  {"geth", R"j({"code":-32000,"message":"invalid opcode: opcode 0xfe not defined"})j"},
  {"geth", R"j({"code":-32000,"message":"invalid opcode: INVALID"})j"},
  {"geth",
   R"j({"code":-32000,"message":"invalid jump destination"})j"}, // https://github.com/ethereum/go-ethereum/issues/24094
  {"geth", R"j({"code":-32000,"message":"stack underflow (0 <=> 1)"})j"}, // core/vm/errors.go, ErrStackUnderflow
  // https://github.com/openethereum/openethereum/issues/571
  {"openethereum", R"j({"code":-32015,"message":"VM execution error.","data":"Stack underflow DUP15 15/0"})j"},
  // https://github.com/hiero-ledger/hiero-json-rpc-relay/issues/2457
  {"hedera", R"j({"code":-32008,"message":"[Request ID: bf1be79b] execution reverted:)j"
             R"j( CONTRACT_REVERT_EXECUTED","data":"0x6ca7b806"})j"},
};
} // namespace

TEST_CASE("chain: a contract that gave up is known from the words of every node") {
  for (const auto& one : given_up) {
    const auto answers = rpc::read(fmt::format(R"({{"jsonrpc":"2.0","id":0,"error":{}}})", one.answer), 1);
    REQUIRE_MESSAGE(answers, one.answer);
    CHECK_MESSAGE(rpc::outcome_of(answers->at(0)).kind == rpc::outcome::nothing, one.node, ": ", one.answer);
  }
  // https://github.com/NomicFoundation/hardhat/issues/8040: this says nothing, so it is unknown.
  CHECK(rpc::outcome_of(failure(-32603, "Internal error")).kind == rpc::outcome::unknown);
  CHECK(rpc::outcome_of(failure(-32000, "EVM error: database is away")).kind == rpc::outcome::unknown);
}

TEST_CASE("chain: one call is no batch, and its answer may come either way") {
  CHECK(rpc::print({rpc::chain_id()}) == R"({"jsonrpc":"2.0","id":0,"method":"eth_chainId","params":[]})");
  for (const auto* good :
       {R"({"jsonrpc":"2.0","id":0,"result":"0x1"})", R"([{"jsonrpc":"2.0","id":0,"result":"0x1"}])"})
    CHECK(rpc::quantity(rpc::read(good, 1)->at(0), "chain id") == 1);
  CHECK(
    rpc::read(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request"}})", 1)->at(0).failed);
  for (const auto* bad : {R"({"jsonrpc":"2.0","id":1,"result":"0x1"})", R"({"jsonrpc":"2.0","id":0})", "7", "\"0x1\""})
    CHECK_MESSAGE(code_of(rpc::read(bad, 1).error()) == ec::corrupt, bad);
}

TEST_CASE("chain: NFTs are known by ERC-165, unless they claim everything") {
  CHECK(read(nft(true, false), "erc721")->matches_type);
  CHECK_FALSE(read(nft(true, false), "erc1155")->matches_type);
  CHECK(read(nft(false, true), "erc1155")->matches_type);
  auto liar = nft(true, true);
  liar[9] = text_answer(word(1));
  CHECK_FALSE(read(liar, "erc721")->matches_type);
  auto silent = nft(true, false);
  silent[6] = text_answer("");
  CHECK_FALSE(read(silent, "erc721")->matches_type);
}

TEST_CASE("chain: an address without code is no contract, whatever it answers") {
  auto all = token();
  all[1] = text_answer("");
  const auto c = read(all, "erc20");
  REQUIRE(c);
  CHECK_FALSE(c->has_code);
  CHECK_FALSE(c->matches_type);
  CHECK_FALSE(c->symbol);
}

TEST_CASE("chain: a function that is missing is absent; a node that cannot say is unknown, never absent") {
  const rpc::answer missing[] = {
    failure(3, "execution reverted"),           failure(-32000, "execution reverted: no such function"),
    failure(-32000, "invalid opcode: INVALID"), failure(-32000, "out of gas"),
    failure(-32015, "VM execution error."),     text_answer("")};
  for (const auto& one : missing) {
    auto all = token();
    all[2] = one;
    const auto c = read(all, "erc20");
    REQUIRE(c);
    CHECK_FALSE(c->symbol);
  }
  rpc::answer null, number;
  number.result = 7;
  const rpc::answer unable[] = {failure(-32005, "limit exceeded"),
                                failure(-32000, "header not found"),
                                failure(-32000, "missing trie node"),
                                failure(-32601, "method not found"),
                                failure(429, "Too Many Requests"),
                                null,
                                number};
  for (size_t i = 1; i < 10; ++i)
    for (const auto& one : unable) {
      auto all = token();
      all[i] = one;
      CHECK(code_of(read(all, "erc20").error()) == ec::unknown);
    }
}

TEST_CASE("chain: the words of a node about a contract are for the log, cut and cleaned, without addresses") {
  const std::string key = "https://user:hunter2@planted.example/v2/hunter2";
  for (const auto& message : {key, "a\n" + key, std::string(10'000, 'y') + " " + key, "\x1b[2J\xff\u202e " + key}) {
    auto all = token();
    for (const size_t i : {size_t{0}, size_t{2}}) { // The chain id, and the symbol.
      all[i] = failure(-32000, message);
      const auto why = text_of(read(all, "erc20").error());
      CAPTURE(why);
      CHECK(why.size() <= 250);
      CHECK(why.find("error -32000: ") != std::string::npos); // Negative control: they are there.
      for (const auto* hidden : {"://", "planted", "hunter2", "\x1b", "\xff", "\u202e", "\n"})
        CHECK_MESSAGE(why.find(hidden) == std::string::npos, hidden);
      all = token();
    }
  }
}

TEST_CASE("chain: an endpoint of another chain is refused") {
  auto all = token();
  all[0].result = boost::json::value("0x1");
  CHECK(code_of(read(all, "erc20").error()) == ec::refused);
}
