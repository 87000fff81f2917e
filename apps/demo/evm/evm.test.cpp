#include "apps/demo/evm/evm.hpp"

#include "actors/rules/judgement.hpp"
#include "adapters/chain/chain.hpp"
#include "adapters/chain/question.hpp"
#include "apps/demo/evm/anvil.test.hpp"
#include "runtime/json.hpp"
#include "runtime/net/io.hpp"
#include "runtime/url.hpp"
#include "tests/contracts/asking.hpp"
#include "tests/support/scratch.hpp"

#include <boost/json.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>

using namespace arrakis;
using namespace std::chrono_literals;
namespace evm = arrakis::demo::evm;
namespace fs = std::filesystem;

namespace {

struct fixture {
  test::scratch tmp{"evm"};
  net::io io;
  caf::actor_system_config config;
  caf::actor_system sys{config};
  const std::string& folder = tmp.path();
  arrakis::chain::handle chain;
  ~fixture() {
    caf::anon_send_exit(chain, caf::exit_reason::kill); // Or its pending timeouts keep it, and the system, for seconds.
  }
  evm::options options(const std::string& anvil) const { return {anvil, folder + "/chain"}; }
  void read_from(const evm::node& node) {
    auto endpoint = url::parse(node.url(), "http");
    REQUIRE(endpoint);
    chain = arrakis::chain::start(sys, io, {{{"sandbox", evm::chain_id, {*endpoint}}}});
  }
  caf::expected<arrakis::chain::contract> inspect(const std::string& address, const std::string& type) {
    const arrakis::chain::inspect_contract question{"sandbox", address, type, contracts::soon()};
    return contracts::ask<arrakis::chain::contract>(sys, chain, question);
  }
};
} // namespace

TEST_CASE("demo evm: real contracts are recognized for what they are") {
  const auto anvil = evm::installed_anvil();
  if (anvil.empty())
    return;
  fixture at;
  evm::node node{at.io, at.options(anvil)};
  CHECK(node.fresh());
  at.read_from(node);
  const auto& [erc20, erc721, erc1155] = node.deployed();

  const auto token = at.inspect(erc20, "erc20");
  REQUIRE_MESSAGE(token, text_of(token.error()));
  CHECK(token->address == erc20);
  CHECK(token->has_code);
  CHECK(token->matches_type);
  CHECK(token->symbol == "SPICE");
  CHECK(token->name == "Spice Melange");
  CHECK(token->decimals == 18);
  CHECK(token->block > 0);

  const auto nft = at.inspect(erc721, "erc721");
  REQUIRE(nft);
  CHECK(nft->matches_type);
  CHECK(nft->symbol == "KNIFE");
  CHECK_FALSE(nft->decimals);
  const auto items = at.inspect(erc1155, "erc1155");
  REQUIRE(items);
  CHECK(items->matches_type);
  CHECK(items->symbol == "RELIC");

  CHECK_FALSE(at.inspect(erc20, "erc721")->matches_type);
  CHECK_FALSE(at.inspect(erc721, "erc20")->matches_type);
  CHECK_FALSE(at.inspect(erc721, "erc1155")->matches_type);
  CHECK_FALSE(at.inspect(erc1155, "erc721")->matches_type);
  const auto wallet = at.inspect(node.accounts().at(3), "erc20");
  REQUIRE(wallet);
  CHECK_FALSE(wallet->has_code);
  CHECK_FALSE(wallet->matches_type);
}

TEST_CASE(
  "demo evm: a contract that gives up, in whatever way, is read; one without decimals is a token all the same") {
  const auto anvil = evm::installed_anvil();
  if (anvil.empty())
    return;
  fixture at;
  evm::node node{at.io, at.options(anvil)};
  at.read_from(node);
  const std::string where = "0x00000000000000000000000000000000000000aa";
  const auto with_code = [&](const std::string& code) {
    REQUIRE(node.call("anvil_setCode", fmt::format(R"(["{}","0x{}"])", where, code)));
    return at.inspect(where, "erc20");
  };
  // INVALID, a jump to nowhere, an empty stack, no such opcode, a loop without end, a revert, nothing.
  for (const auto* code : {"fe", "600056", "01", "0c", "5b600056", "60006000fd", "00"}) {
    const auto got = with_code(code);
    REQUIRE_MESSAGE(got, code, ": ", text_of(got.error()));
    CHECK(got->has_code);
    CHECK_FALSE(got->matches_type);
    CHECK_FALSE(got->decimals);
  }
  // Answers totalSupply() (0x18160ddd) with 1, and reverts on everything else: decimals() is optional in ERC-20.
  const auto got = with_code("5f3560e01c6318160ddd14601257"
                             "5f5ffd"
                             "00"
                             "5b60015f5260205ff3");
  REQUIRE_MESSAGE(got, text_of(got.error()));
  CHECK(got->matches_type);
  CHECK_FALSE(got->decimals);
}

namespace {
/// Returns the answer of the node to a question at a block.
arrakis::chain::value_or_reason ask(evm::node& node, const chain_read& question,
                                    const arrakis::chain::block_selector& at) {
  const auto call = arrakis::chain::as_rpc_call(question, at);
  const auto result = node.call(call.method, call.params_json);
  arrakis::chain::rpc::answer answer;
  answer.failed = !result;
  if (result)
    answer.result = json::parse(*result, {.bytes_max = 4 << 20}).value();
  else
    answer.message = text_of(result.error());
  return arrakis::chain::read_answer(question, answer);
}

/// Members, and rules about the contracts of the node.
struct gated {
  evm::node& node;
  std::string block_hash = {};

  rules::wallets member(std::initializer_list<size_t> accounts) const {
    rules::wallets out;
    for (const auto i : accounts)
      out.push_back(parse_evm_address(node.accounts().at(i)).value());
    std::sort(out.begin(), out.end());
    return out;
  }
  rules::verdict<grant_block> judge(const std::string& when, const rules::wallets& who) {
    const auto written = read_rules(
      fmt::format(R"({{"rules":[{{"id":"r","name":"R","grants":{{"tiers":true}},"when":{}}}]}})", when));
    REQUIRE_MESSAGE(written, text_of(written.error()));
    const auto compiled = rules::compile(*written);
    REQUIRE_MESSAGE(compiled, text_of(compiled.error()));
    const auto block = json::parse(node.call("eth_getBlockByNumber", R"(["latest",false])").value()).value();
    block_hash = block.at("hash").as_string().c_str();
    rules::answers<grant_block> answers;
    for (const auto& question : rules::reads(compiled->at(0), who))
      std::visit(
        [&](const auto& found) {
          if constexpr (std::is_same_v<std::decay_t<decltype(found)>, unknown_reason>)
            answers.add(question, found);
          else
            answers.add(question, {found, {"sandbox", 1, block_hash, {"127.0.0.1"}, 0}});
        },
        ask(node, question, arrakis::chain::block_selector::hash(block_hash)));
    return rules::judge<grant_block>(compiled->at(0), who, answers);
  }
  rules::truth say(const std::string& when, const rules::wallets& who) {
    return std::visit([](const auto& ruling) { return ruling.details().answer; }, judge(when, who));
  }
};
} // namespace

TEST_CASE("demo evm: rules are judged from real contracts, at one block by its hash") {
  const auto anvil = evm::installed_anvil();
  if (anvil.empty())
    return;
  fixture at;
  evm::node node{at.io, at.options(anvil)};
  gated here{node};
  const auto& [erc20, erc721, erc1155] = node.deployed();
  const auto leaf = [](std::string_view kind, const std::string& contract, std::string_view rest) {
    return fmt::format(R"({{"leaf":"{}","chain":"sandbox","contract":"{}",{}}})", kind, contract, rest);
  };
  using enum rules::truth;
  // The first account has 10,000 SPICE, the second half of that.
  const auto spice = leaf("erc20", erc20, R"("symbol":"SPICE","decimals":18,"min":"15000")");
  CHECK(here.say(spice, here.member({0})) == no);
  CHECK(here.say(spice, here.member({0, 1})) == yes);
  CHECK(here.say(leaf("erc20", erc20, R"("symbol":"SPICE","decimals":18,"min":"15000.000000000000000001")"),
                 here.member({0, 1}))
        == no);
  const auto knife = leaf("erc721", erc721, R"("symbol":"KNIFE","min":"1")");
  CHECK(here.say(knife, here.member({0})) == yes);
  CHECK(here.say(knife, here.member({9})) == no);
  // Knife 2 is the second account's; 77 was never made, so ownerOf reverts.
  const auto second = leaf("erc721", erc721, R"("symbol":"KNIFE","min":"1","ids":["2","77"])");
  CHECK(here.say(second, here.member({0})) == no);
  CHECK(here.say(second, here.member({0, 1})) == yes);
  CHECK(here.say(leaf("erc1155", erc1155, R"("symbol":"RELIC","ids":["1"],"min":"10")"), here.member({0})) == yes);
  CHECK(here.say(leaf("erc1155", erc1155, R"("symbol":"RELIC","ids":["2"],"min":"1")"), here.member({0})) == no);
  CHECK(here.say(R"({"leaf":"native","chain":"sandbox","min":"1"})", here.member({0})) == yes);
  const auto supply = leaf("contract_call", erc20,
                           R"j("function":"balanceOf(address)","arguments":["wallet"],)j"
                           R"j("returns":"uint256","decimals":18,"min":"5000")j");
  CHECK(here.say(supply, here.member({1})) == yes);
  CHECK(here.say(R"({"all":[)" + knife + R"(,{"not":)" + spice + "}]}", here.member({0})) == yes);
  CHECK(here.say(R"({"all":[)" + knife + R"(,{"not":)" + spice + "}]}", here.member({0, 1})) == no);

  // transfer(address,uint256): the second account sells all that it has.
  const auto sale = fmt::format("0xa9059cbb{:0>64}{:0>64}", node.accounts().at(9).substr(2), "10f0cf064dd59200000");
  node.send(node.accounts().at(1), fmt::format(R"("to":"{}","data":"{}")", erc20, sale));
  REQUIRE(node.call("anvil_mine", "[1]"));
  CHECK(here.say(spice, here.member({0, 1})) == no);
}

TEST_CASE("demo evm: what odd contracts return is unknown, and a revert is a revert") {
  const auto anvil = evm::installed_anvil();
  if (anvil.empty())
    return;
  fixture at;
  evm::node node{at.io, at.options(anvil)};
  const std::string where = "0x00000000000000000000000000000000000000aa";
  const auto contract = parse_evm_address(where).value();
  const chain_read question{"sandbox", token_balance{contract, contract}};
  const auto told = [&](const std::string& code) -> std::string {
    REQUIRE(node.call("anvil_setCode", fmt::format(R"(["{}","0x{}"])", where, code)));
    const auto latest = ask(node, question, {R"("latest")"});
    if (const auto* why = std::get_if<unknown_reason>(&latest))
      return why->detail;
    const auto& answer = std::get<contract_answer>(latest);
    return std::holds_alternative<reverted>(answer) ? "reverted" : to_decimal(std::get<uint256>(answer));
  };
  CHECK(told("") == "the contract returned nothing"); // Destroyed.
  CHECK(told("00") == "the contract returned nothing");
  CHECK(told("60006000fd") == "reverted");
  CHECK(told("60075f5260205ff3") == "7");
  CHECK(told("601f5ff3") == "the contract returned 31 bytes in the place of 32");
  CHECK(told("60405ff3") == "the contract returned 64 bytes in the place of 32");
  CHECK(told("620f42405ff3") == "the contract returned 1000000 bytes in the place of 32");
  for (const auto* gives_up : {"fe", "5b5f56"}) // INVALID, a loop that burns all gas.
    CHECK_MESSAGE(told(gives_up) == "the node answered with an error", gives_up);
}

TEST_CASE("demo evm: the chain comes back as it was, and a node that is gone is unknown") {
  const auto anvil = evm::installed_anvil();
  if (anvil.empty())
    return;
  fixture at;
  evm::contracts before;
  std::string balance, block;
  // balanceOf(address), of the first account.
  const auto question = [](const evm::node& node) {
    return fmt::format(R"([{{"to":"{}","data":"0x70a08231{:0>64}"}},"latest"])", node.deployed().erc20,
                       node.accounts().at(0).substr(2));
  };
  {
    evm::node node{at.io, at.options(anvil)};
    before = node.deployed();
    balance = *node.call("eth_call", question(node));
    block = *node.call("eth_blockNumber", "[]");
    CHECK_FALSE(node.stop());
  }
  CHECK(balance == fmt::format(R"("0x{:0>64}")", "21e19e0c9bab2400000")); // 10,000 with 18 decimals.
  evm::node node{at.io, at.options(anvil)};
  CHECK_FALSE(node.fresh());
  CHECK(node.deployed() == before);
  CHECK(*node.call("eth_call", question(node)) == balance);
  CHECK(*node.call("eth_blockNumber", "[]") == block);
  at.read_from(node);
  REQUIRE(at.inspect(before.erc20, "erc20"));
  ::kill(node.pid(), SIGKILL);
  CHECK(code_of(at.inspect(before.erc20, "erc20").error()) == ec::unknown);
  CHECK(node.stop()); // A dead node cannot save, and stop() returns that error.
}

TEST_CASE("demo evm: a missing binary is told with the remedy") {
  fixture at;
  CHECK_THROWS_WITH(evm::node(at.io, at.options("/nowhere/anvil")),
                    "EVM node: there is no program at '/nowhere/anvil': run apps/demo/evm/setup, which installs it");
}
