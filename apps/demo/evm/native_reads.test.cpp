#include "adapters/chain/catalogue/catalogue.hpp"
#include "adapters/chain/reader/reader.hpp"
#include "apps/demo/evm/anvil.test.hpp"
#include "apps/demo/evm/evm.hpp"
#include "apps/demo/evm/fault_proxy.test.hpp"
#include "apps/demo/evm/multicall3.test.hpp"
#include "tests/contracts/asking.hpp"
#include "tests/support/scratch.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace arrakis;
using namespace std::chrono_literals;
namespace evm = arrakis::demo::evm;
namespace reader = arrakis::chain::reader;
using fault = evm::fault_proxy::fault;
using strings = std::vector<std::string>;

namespace {

evm_address address(const std::string& text) { return parse_evm_address(text).value(); }
/// A wallet that nobody has.
evm_address stranger(size_t n) { return address(fmt::format("0x{:040x}", 0xabc000 + n)); }

/// One node, behind as many proxies as the chain has endpoints.
struct fixture {
  arrakis::test::scratch tmp{"reads"};
  net::io io;
  caf::actor_system_config config;
  caf::actor_system sys{config};
  evm::node node;
  std::vector<std::unique_ptr<evm::fault_proxy>> proxies;
  reader::handle chain;

  explicit fixture(const std::string& anvil, size_t endpoints = 3, size_t quorum = 2)
    : node{io, {anvil, tmp.path() + "/chain"}} {
    for (size_t i = 0; i < endpoints; ++i)
      proxies.push_back(std::make_unique<evm::fault_proxy>(io, node.url()));
    start(quorum);
  }
  ~fixture() { caf::anon_send_exit(chain, caf::exit_reason::kill); }

  /// A new reader, which knows nothing of the endpoints yet.
  void start(size_t quorum = 2) {
    if (chain)
      caf::anon_send_exit(chain, caf::exit_reason::kill);
    const auto& known = *arrakis::chain::find("sandbox");
    reader::options one;
    one.terms.id = known.id;
    one.terms.name = known.name;
    one.terms.grant = known.grant;
    one.terms.revoke = known.revoke;
    one.terms.quorum = quorum;
    one.terms.block_max = 0ms; // Each question reads the newest block.
    one.terms.answer_max = patient;
    one.chain_id = known.chain_id;
    one.multicall = known.multicall;
    one.multicall_code_hash = known.multicall_code_hash;
    for (const auto& each : proxies)
      one.endpoints.push_back(url::parse(each->url(), "http").value());
    chain = reader::start(sys, io, std::move(one));
  }
  void set_code(const std::string& where, std::string_view code) {
    REQUIRE(node.call("anvil_setCode", fmt::format(R"(["{}","0x{}"])", where, code)));
    mine(1);
  }
  void mine(int blocks) { REQUIRE(node.call("anvil_mine", fmt::format("[{}]", blocks))); }
  void put_multicall() {
    set_code(arrakis::chain::find("sandbox")->multicall, evm::multicall3_code);
    mine(5); // So that the revoke block has it.
  }
  int64_t tip() { return std::stoll(node.call("eth_blockNumber", "[]").value().substr(3), nullptr, 16); }
  /// "7", "reverted", "unknown: ...".
  template <class At = grant_block>
  strings read(std::vector<chain_read> questions) {
    const auto got = contracts::ask<reader::values_read<At>>(
      sys, chain, reader::read_values<At>{"sandbox", std::move(questions), contracts::soon()});
    REQUIRE_MESSAGE(got, text_of(got.error()));
    strings out;
    for (const auto& each : got->answers)
      out.push_back(each.match(
        [&](const auto& known) {
          CHECK(known.at.block_hash.size() == 66);
          last = known.at;
          return std::holds_alternative<reverted>(known.value) ? std::string{"reverted"}
                                                               : to_decimal(std::get<uint256>(known.value));
        },
        [](const unknown_reason& why) { return "unknown: " + why.detail; }));
    return out;
  }
  chain_read spice(size_t account) const {
    return {"sandbox", token_balance{address(node.deployed().erc20), address(node.accounts().at(account))}};
  }
  chain_read knife(uint64_t id) const { return {"sandbox", token_owner{address(node.deployed().erc721), uint256{id}}}; }
  chain_read relic(size_t account, uint64_t id) const {
    return {"sandbox",
            item_balance{address(node.deployed().erc1155), address(node.accounts().at(account)), uint256{id}}};
  }
  chain_read coins(const evm_address& of) const { return {"sandbox", native_balance{of}}; }
  void sell(size_t account) {
    // transfer(address,uint256) of all that it has.
    const auto word = to_word(parse_uint256(read({spice(account)}).at(0)).value());
    std::string hex;
    for (const unsigned char byte : word)
      hex += fmt::format("{:02x}", byte);
    node.send(node.accounts().at(account), fmt::format(R"("to":"{}","data":"0xa9059cbb{:0>64}{}")",
                                                       node.deployed().erc20, node.accounts().at(9).substr(2), hex));
  }
  static constexpr std::chrono::milliseconds patient{6'000};
  provenance last;
};

const std::string ten_thousand = "10000000000000000000000", ten_thousand_word = "21e19e0c9bab2400000";
} // namespace

TEST_CASE("native reads: the code of Multicall3 has the hash that is pinned") {
  std::string raw;
  for (size_t i = 0; i < evm::multicall3_code.size(); i += 2)
    raw += static_cast<char>(std::stoi(std::string{evm::multicall3_code.substr(i, 2)}, nullptr, 16));
  std::string hex = "0x";
  for (const unsigned char byte : keccak256(raw))
    hex += fmt::format("{:02x}", byte);
  for (const auto& each : arrakis::chain::catalogue())
    CHECK(each.multicall_code_hash == hex);
}

TEST_CASE("native reads: every kind of question, by aggregate3 where its code is the pinned one and else by a batch") {
  const auto anvil = evm::installed_anvil();
  if (anvil.empty())
    return;
  fixture at{anvil};
  const std::vector<chain_read> all{at.spice(0),  at.spice(9),    at.knife(1),
                                    at.knife(77), at.relic(0, 1), at.coins(stranger(1))};
  const auto owner = to_decimal(as_number(address(at.node.accounts().at(0))));
  const strings right{ten_thousand, "0", owner, "reverted", at.read({at.relic(0, 1)}).at(0), "0"};
  CHECK(right[4] != "0");
  CHECK(at.read(all) == right); // There is no Multicall3.
  CHECK(at.last.endpoints.size() == 2);
  CHECK_FALSE(at.proxies[0]->saw("82ad56cb"));
  CHECK(at.proxies[0]->saw("requireCanonical"));
  at.set_code(arrakis::chain::find("sandbox")->multicall, "60075f5260205ff3"); // Another contract stands there.
  at.start();
  CHECK(at.read(all) == right);
  CHECK_FALSE(at.proxies[0]->saw("82ad56cb"));
  at.put_multicall();
  at.start();
  CHECK(at.read(all) == right);
  CHECK(at.proxies[0]->saw("82ad56cb"));
  CHECK(at.read<revoke_block>(all) == right);
  CHECK(at.last.block == at.tip() - 2);
}

TEST_CASE("native reads: five hundred questions are a handful of calls") {
  const auto anvil = evm::installed_anvil();
  if (anvil.empty())
    return;
  fixture at{anvil};
  at.put_multicall();
  at.read({at.spice(0)}); // The dialect of each endpoint is known from then on.
  std::vector<chain_read> many;
  for (size_t i = 0; i < 500; ++i)
    many.push_back({"sandbox", token_balance{address(at.node.deployed().erc20), stranger(i)}});
  many.push_back(at.spice(0));
  const auto before = at.proxies[0]->calls();
  auto said = at.read(many);
  CHECK(said.back() == ten_thousand);
  said.pop_back();
  CHECK(said == strings(500, "0"));
  CHECK(at.proxies[0]->calls() - before < 12);
}

TEST_CASE("native reads: each fault of one endpoint is outvoted; of two it is unknown, and never zero") {
  const auto anvil = evm::installed_anvil();
  if (anvil.empty())
    return;
  fixture at{anvil};
  at.put_multicall();
  for (const auto what : {fault::silent, fault::reset, fault::truncated, fault::wrong_id, fault::html,
                          fault::status_429, fault::wrong_chain, fault::other_hash}) {
    CAPTURE(static_cast<int>(what));
    for (auto& each : at.proxies)
      each->set(fault::none);
    at.start();
    at.proxies[0]->set(what);
    CHECK(at.read({at.spice(0), at.spice(9)}) == strings{ten_thousand, "0"});
    CHECK(at.read<revoke_block>({at.spice(0)}) == strings{ten_thousand});
    at.proxies[1]->set(what);
    for (const auto& each : at.read({at.spice(0), at.spice(9)}))
      CHECK_MESSAGE(each.starts_with("unknown: "), each);
  }
}

TEST_CASE("native reads: an endpoint without hashes is read by number, one without batches call by call") {
  const auto anvil = evm::installed_anvil();
  if (anvil.empty())
    return;
  fixture at{anvil};
  for (const auto what : {fault::no_hashes, fault::no_batches}) {
    at.start();
    for (auto& each : at.proxies)
      each->set(what);
    CHECK(at.read({at.spice(0), at.spice(9), at.knife(77)}) == strings{ten_thousand, "0", "reverted"});
    CHECK(at.last.endpoints.size() == 2);
  }
}

TEST_CASE("native reads: an endpoint that is behind does not tell an old balance") {
  const auto anvil = evm::installed_anvil();
  if (anvil.empty())
    return;
  fixture at{anvil};
  const auto before = at.tip();
  at.sell(0);
  at.mine(30); // More than 20 s of blocks.
  at.proxies[0]->stale_at(before);
  CHECK(at.read({at.spice(0)}) == strings{"0"});
  at.proxies[1]->set(fault::reset);
  CHECK(at.read({at.spice(0)}) == strings{"unknown: the endpoints of Sandbox are at blocks far apart"});
}

TEST_CASE("native reads: a liar is outvoted; negative control: alone it is believed, near the tip") {
  const auto anvil = evm::installed_anvil();
  if (anvil.empty())
    return;
  for (const bool with_multicall : {false, true}) {
    fixture at{anvil};
    if (with_multicall)
      at.put_multicall();
    at.proxies[0]->lie(ten_thousand_word, "0000000000000000000");
    CHECK(at.read({at.spice(0), at.spice(9)}) == strings{ten_thousand, "0"});
    CHECK(at.last.endpoints.size() == 2);
    at.start(1);
    CHECK(at.read({at.spice(0), at.spice(9)}) == strings{"0", "0"});
    CHECK(at.last.endpoints.size() == 1);
    CHECK(at.read<revoke_block>({at.spice(0), at.spice(9)}) == strings{ten_thousand, "0"});
  }
}

TEST_CASE("native reads: what was sold is gone near the tip first, and at the revoke block two blocks later") {
  const auto anvil = evm::installed_anvil();
  if (anvil.empty())
    return;
  fixture at{anvil};
  at.sell(0);
  CHECK(at.read({at.spice(0)}) == strings{"0"});
  CHECK(at.read<revoke_block>({at.spice(0)}) == strings{ten_thousand});
  at.mine(2);
  CHECK(at.read<revoke_block>({at.spice(0)}) == strings{"0"});
}

TEST_CASE("native reads: one endpoint alone takes only what two blocks say") {
  const auto anvil = evm::installed_anvil();
  if (anvil.empty())
    return;
  fixture at{anvil, 1};
  at.sell(0);
  at.mine(2);
  CHECK(at.read({at.spice(0)}) == strings{"0"});
  CHECK(at.last.endpoints.size() == 1);
  CHECK(at.read<revoke_block>({at.spice(0)}) == strings{"unknown: the endpoints of the chain disagree"});
  at.mine(1);
  CHECK(at.read<revoke_block>({at.spice(0)}) == strings{"0"});
}

TEST_CASE("native reads: an odd contract is unknown or reverts, and harms no other question beside it") {
  const auto anvil = evm::installed_anvil();
  if (anvil.empty())
    return;
  fixture at{anvil};
  const std::string where = "0x00000000000000000000000000000000000000aa";
  const chain_read odd{"sandbox", token_balance{address(where), address(where)}};
  for (const bool with_multicall : {false, true}) {
    if (with_multicall) {
      at.put_multicall();
      at.start();
    }
    const auto said = [&](std::string_view code) {
      at.set_code(where, code);
      const auto both = at.read({odd, at.spice(0)});
      CHECK_MESSAGE(both.at(1) == ten_thousand, code);
      return both.at(0);
    };
    CAPTURE(with_multicall);
    CHECK(said("60075f5260205ff3") == "7");
    CHECK(said("") == "unknown: the contract returned nothing");
    CHECK(said("601f5ff3") == "unknown: the contract returned 31 bytes in the place of 32");
    CHECK(said("60406000f3") == "unknown: the contract returned 64 bytes in the place of 32");
    CHECK(said("60006000fd") == "reverted");
    for (const auto* code : {"fe", "5b5f56", "62a000005ff3"}) // INVALID, a loop that burns all gas, ten megabytes.
      CHECK_MESSAGE(said(code).starts_with("unknown: "), code);
  }
}

TEST_CASE("native reads: a reorganisation is followed, and no answer mixes two blocks") {
  const auto anvil = evm::installed_anvil();
  if (anvil.empty())
    return;
  fixture at{anvil};
  const auto snapshot = at.node.call("evm_snapshot", "[]").value();
  at.sell(0);
  CHECK(at.read({at.spice(0)}) == strings{"0"});
  const auto left = at.last;
  REQUIRE(at.node.call("evm_revert", "[" + snapshot + "]"));
  at.mine(1);
  CHECK(at.read({at.spice(0)}) == strings{ten_thousand});
  CHECK(at.last.block == left.block);
  CHECK(at.last.block_hash != left.block_hash);
}

TEST_CASE("native reads: a chain without endpoints, or of another name, is unknown") {
  const auto anvil = evm::installed_anvil();
  if (anvil.empty())
    return;
  fixture at{anvil, 1};
  const auto got = contracts::ask<reader::values_read<grant_block>>(
    at.sys, at.chain, reader::read_values<grant_block>{"base", {{"base", native_balance{}}}, contracts::soon()});
  REQUIRE(got);
  CHECK(got->answers.at(0).match([](const auto&) { return false; }, [](const auto&) { return true; }));
}
