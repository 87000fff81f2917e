#include "apps/demo/evm/evm.hpp"

#include "adapters/chain/chain.hpp"
#include "runtime/net/io.hpp"
#include "runtime/url.hpp"
#include "tests/contracts/asking.hpp"
#include "tests/support/scratch.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

using namespace arrakis;
using namespace std::chrono_literals;
namespace evm = arrakis::demo::evm;
namespace fs = std::filesystem;

namespace {

/// The binary that apps/demo/evm/setup installs; empty (and told) when it is not there.
std::string installed() {
  const char* source = std::getenv("ARRAKIS_SOURCE_DIR");
  const auto path = std::string{source == nullptr ? "." : source} + "/build/evm/anvil";
  if (::access(path.c_str(), X_OK) == 0)
    return path;
  MESSAGE("skipped: there is no EVM node at " << path << "; apps/demo/evm/setup installs it");
  return {};
}

struct house {
  test::scratch tmp{"evm"};
  net::io io;
  caf::actor_system_config config;
  caf::actor_system sys{config};
  const std::string& folder = tmp.path();
  arrakis::chain::handle chain;
  ~house() {
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
  const auto anvil = installed();
  if (anvil.empty())
    return;
  house at;
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
  const auto anvil = installed();
  if (anvil.empty())
    return;
  house at;
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

TEST_CASE("demo evm: the chain comes back as it was, and a node that is gone is unknown") {
  const auto anvil = installed();
  if (anvil.empty())
    return;
  house at;
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
  CHECK(node.stop()); // It cannot save, and says so.
}

TEST_CASE("demo evm: a missing binary is told with the remedy") {
  house at;
  CHECK_THROWS_WITH(evm::node(at.io, at.options("/nowhere/anvil")),
                    "EVM node: there is no program at '/nowhere/anvil': run apps/demo/evm/setup, which installs it");
}
