#include "apps/demo/membership.hpp"

#include "runtime/json.hpp"
#include "schemas/evm_address.hpp"
#include "schemas/uint256.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>

namespace arrakis::demo {
namespace js = boost::json;
namespace {
using namespace std::chrono_literals;

constexpr uint64_t tokens_sold = 2500; // Account 2 of the node begins with these.
constexpr int blocks_to_take = 4;      // Above the revoke depth of config/chains/sandbox.toml.

struct member {
  std::string name, wallet, user;
};

class story {
public:
  story(local_stack& stack, const teller& say) : stack_(stack), say_(say) {}

  void join(member& one) {
    const auto made = stack_.sandbox("POST", "users",
                                     js::object{{"name", one.name}, {"guild", stack_.discord().guild}});
    one.user = json::text_or(made.as_object(), "user_id");
    say_(fmt::format("{} ({}) joins, with the wallet {}", one.name, one.user, one.wallet));
  }

  void import(const std::vector<member>& all) {
    const auto path = stack_.folder() + "/wallets.csv";
    std::ofstream file{path};
    for (const auto& one : all)
      file << one.user << ',' << one.wallet << ",," << one.name << '\n';
    file.close();
    std::filesystem::permissions(path, std::filesystem::perms{0644}); // The terminal reads it as the daemon's user.
    const auto [code, text] = stack_.ctl({"wallets", "import", path, "demo"});
    if (code != 0)
      throw std::runtime_error("arrakisctl wallets import: " + text);
    say_("the operator imports the wallets: " + text.substr(0, text.find('\n')));
  }

  /// Types the command until its answer has `text`: a reader uses what it read for half a second more.
  void type(const member& one, const std::string& command, const std::string& text) {
    person who{stack_, one.user};
    const bool seen = eventually(
      [&] {
        who.type(command);
        return who.sees(text, 3s);
      },
      60s);
    if (!seen)
      throw std::runtime_error(
        fmt::format("/{} of {}: expected '{}', and saw:\n{}", command, one.name, text, who.text()));
    say_(fmt::format("{} types /{}:\n{}", one.name, command, with_names(who.text())));
  }

  /// Waits until the member has, or has no more, a role beside @everyone; tells which.
  void await_role(const member& one, bool wanted) {
    std::string roles;
    if (!eventually(
          [&] {
            roles = roles_of(one.user);
            return roles.empty() != wanted;
          },
          30s))
      throw std::runtime_error(fmt::format("{} has the roles '{}'", one.name, roles));
    say_(fmt::format("  in the guild: {} has {}", one.name, wanted ? roles : "no role any more"));
  }

  void sell(const member& one) {
    auto& node = *stack_.chain();
    std::string amount;
    for (const unsigned char byte : to_word(parse_units(std::to_string(tokens_sold), 18).value()))
      amount += fmt::format("{:02x}", byte);
    // transfer(address,uint256) to the first account.
    const auto receipt = node.send(one.wallet,
                                   fmt::format(R"("to":"{}","data":"0xa9059cbb{:0>64}{}")", node.deployed().erc20,
                                               node.accounts().at(0).substr(2), amount));
    say_(fmt::format("{} sells {} SPICE in the transaction {}", one.name, tokens_sold,
                     json::text_or(receipt.as_object(), "transactionHash")));
  }

  void mine() {
    if (const auto done = stack_.chain()->call("anvil_mine", fmt::format("[{}]", blocks_to_take)); !done)
      throw std::runtime_error("anvil_mine: " + text_of(done.error()));
    say_(fmt::format("{} blocks pass", blocks_to_take));
  }

private:
  js::value guild() { return stack_.sandbox("GET", "state?guild=" + stack_.discord().guild).at("guilds").at(0); }

  /// Calls `use` with id and name of each role.
  template <class Use>
  void each_role(const js::value& guild, Use use) const {
    for (const auto& role : guild.at("roles").as_array())
      use(std::string{json::text_or(role.as_object(), "id")}, std::string{json::text_or(role.as_object(), "name")});
  }

  std::string roles_of(const std::string& user) {
    const auto now = guild();
    std::string list;
    for (const auto& each : now.at("members").as_array())
      if (json::text_or(each.at("user").as_object(), "id") == user)
        for (const auto& id : each.at("roles").as_array())
          each_role(now, [&](const std::string& role, const std::string& name) {
            if (role == std::string_view{id.as_string()})
              list += fmt::format("{}@{} ({})", list.empty() ? "" : ", ", name, role);
          });
    return list;
  }

  /// Shows the names of roles, as Discord does.
  std::string with_names(std::string text) {
    each_role(guild(), [&](const std::string& role, const std::string& name) {
      const auto mention = "<@&" + role + ">";
      for (size_t at = 0; (at = text.find(mention, at)) != std::string::npos;)
        text.replace(at, mention.size(), "@" + name);
    });
    return text;
  }

  local_stack& stack_;
  const teller& say_;
};

/// An EVM node that answers nobody, until the object ends.
class frozen_node {
public:
  explicit frozen_node(const evm::node& node) : pid_(node.pid()) { ::kill(pid_, SIGSTOP); }
  ~frozen_node() { ::kill(pid_, SIGCONT); }
  frozen_node(const frozen_node&) = delete;
  frozen_node& operator=(const frozen_node&) = delete;

private:
  int pid_;
};
} // namespace

void check_members(local_stack& stack, const teller& say) {
  story tell{stack, say};
  const auto wallet = [&](size_t account) {
    return parse_evm_address(stack.chain()->accounts().at(account)).value().text();
  };
  std::vector<member> members{{"Stilgar", wallet(1), {}}, {"Jamis", wallet(2), {}}};
  for (auto& one : members)
    tell.join(one);
  tell.import(members);
  tell.mine();
  for (const auto& one : members) {
    tell.type(one, "check", "was asked for");
    tell.await_role(one, true);
  }
  const auto &keeps = members[0], &sells = members[1];
  tell.sell(sells);
  tell.type(sells, "check", "says no near the tip, but");
  tell.mine();
  tell.type(sells, "check", "The end of ");
  tell.await_role(sells, false);
  tell.type(sells, "why", "The end of ");
  say("the EVM node stops answering");
  {
    const frozen_node silent{*stack.chain()};
    tell.type(keeps, "check", "could not be decided");
    tell.await_role(keeps, true);
  }
  say("the EVM node answers again");
  tell.type(keeps, "check", "stays: tier");
}
} // namespace arrakis::demo
