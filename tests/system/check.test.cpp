// /check and /why as a member lives them: real tokens on a real node, real roles at the sandbox's Discord.
#include "runtime/file.hpp"
#include "runtime/json.hpp"
#include "schemas/evm_address.hpp"
#include "schemas/uint256.hpp"
#include "tests/system/records.hpp"

#include <boost/json/object.hpp>
#include <csignal>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fstream>

namespace {
using namespace arrakis;
using namespace arrakis::system_test;
using namespace std::chrono_literals;
namespace js = boost::json;

test_stack& here() { return shared(true); }
demo::evm::node& node() { return *here().stack().chain(); }

void mine(int blocks) { REQUIRE(node().call("anvil_mine", fmt::format("[{}]", blocks))); }

/// Sends so many whole SPICE.
void transfer(const std::string& from, const std::string& to, uint64_t amount) {
  std::string hex;
  for (const unsigned char byte : to_word(parse_units(std::to_string(amount), 18).value()))
    hex += fmt::format("{:02x}", byte);
  node().send(from,
              fmt::format(R"("to":"{}","data":"0xa9059cbb{:0>64}{}")", node().deployed().erc20, to.substr(2), hex));
}

/// Links the account to the user, as an operator does.
void import_wallet(const std::string& user, const std::string& account) {
  const auto path = here().folder() + "/wallets.csv";
  std::ofstream{path} << user << ',' << parse_evm_address(account).value().text() << '\n';
  std::filesystem::permissions(path, std::filesystem::perms{0644});
  const auto [code, text] = here().stack().ctl({"wallets", "import", path, "test"});
  CHECK_MESSAGE(code == 0, text);
}

/// A community whose tiers go by rank among the holders of at least 100 SPICE. Its owner is the member.
struct community {
  place at = here().create_guild("Sietch Makab");
  demo::person owner = here().admin(at);
  std::string wallet = node().accounts().at(9), rich = node().accounts().at(0);

  community() {
    demo::onboarding_options o;
    o.name = "Sietch Makab";
    o.tiers = "simple";
    o.token = node().deployed().erc20;
    demo::walk_to_review(owner, o);
    REQUIRE(demo::deploy(owner));
    import_wallet(at.owner, wallet);
  }
  /// Types the command until the answer has this text: the reader keeps a block for half a second.
  bool answers(const std::string& command, const std::string& text) {
    return demo::eventually(
      [&] {
        owner.type(command);
        owner.sees("ecked <t:", 10s);
        return contains(owner.text(), text);
      },
      30s);
  }
  bool has_role(const std::string& name) {
    const auto guild = read_guild(here(), at).guild;
    const auto member = here().rest_call(at.owner, "GET", fmt::format("/guilds/{}/members/{}", at.guild, at.owner));
    for (const auto& id : member.at("roles").as_array())
      for (const auto& role : guild.roles)
        if (role.name == name && role.id.text() == std::string_view{id.as_string()})
          return true;
    return false;
  }
  bool gets(const std::string& role) {
    return demo::eventually([&] { return has_role(role); }, 20s);
  }
  bool loses(const std::string& role) {
    return demo::eventually([&] { return !has_role(role); }, 20s);
  }
};
} // namespace

TEST_CASE("check: a role follows what a member holds: bought, sold, bought again, sold for good, and no node left") {
  if (anvil().empty()) {
    MESSAGE("skipped: build/evm/anvil is not installed (apps/demo/evm/setup)");
    return;
  }
  community c;
  c.owner.type("why");
  CHECK(c.owner.sees("There is no verdict about this member yet"));
  CHECK(c.answers("check", "No tier"));
  CHECK_FALSE(c.has_role("Gold"));

  transfer(c.rich, c.wallet, 500);
  mine(4);
  REQUIRE(c.answers("check", "was asked for"));
  CHECK(contains(c.owner.text(), "Tier **Gold**. You hold 500 SPICE, rank 1 of 1"));
  CHECK(c.gets("Gold"));
  CHECK(c.answers("why", "You hold 500 SPICE on Sandbox (block "));
  CHECK(contains(c.owner.text(), "Asked for: at least 100 SPICE on Sandbox"));

  // Sold: near the tip it is gone, at the block that takes it is still there.
  transfer(c.wallet, c.rich, 500);
  CHECK(c.answers("check", "says no near the tip, but"));
  CHECK(c.has_role("Gold"));
  // Bought again meanwhile: the block that takes would say no, and nothing is taken.
  transfer(c.rich, c.wallet, 200);
  mine(1);
  CHECK(c.answers("check", "stays: tier"));
  CHECK(c.has_role("Gold"));
  mine(4);
  CHECK(c.answers("check", "You hold 200 SPICE"));
  CHECK(c.has_role("Gold"));
  // Sold for good.
  transfer(c.wallet, c.rich, 200);
  mine(6);
  CHECK(c.answers("check", "The end of "));
  CHECK(c.loses("Gold"));
  CHECK(c.answers("why", "The end of "));

  // No endpoint is left: what is there stays, and the answer says so.
  transfer(c.rich, c.wallet, 300);
  mine(4);
  REQUIRE(c.answers("check", "was asked for"));
  CHECK(c.gets("Gold"));
  transfer(c.wallet, c.rich, 300);
  mine(6);
  ::kill(node().pid(), SIGSTOP);
  const bool unknown = c.answers("check", "could not be decided");
  const auto text = c.owner.text();
  ::kill(node().pid(), SIGCONT);
  CHECK_MESSAGE(unknown, text);
  CHECK(contains(text, "nothing is taken for what is unknown"));
  CHECK(c.has_role("Gold"));
}
