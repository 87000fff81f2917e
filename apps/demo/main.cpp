// The program of `make run`: starts a stack, performs one onboarding, checks members, prints the addresses, waits for
// Ctrl-C.
#include "apps/demo/local_stack.hpp"
#include "apps/demo/membership.hpp"
#include "apps/demo/onboarding.hpp"
#include "runtime/folder_claim.hpp"
#include "runtime/json.hpp"
#include "runtime/log.hpp"
#include "runtime/process.hpp"
#include "runtime/terminal.hpp"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <optional>
#include <unistd.h>

namespace {
using namespace arrakis;
using namespace arrakis::demo;
namespace fs = std::filesystem;
constexpr auto folder_of_bot = "bot"; ///< In the state folder: the daemon with a bot in the real Discord.

void say(const std::string& line) { terminal::print_lines(terminal::stream::output, line + "\n"); }

bool set(const char* name) {
  const char* value = std::getenv(name);
  return value && *value && std::string_view{value} != "0";
}

std::string text_of_variable(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value && *value ? value : otherwise;
}

/// Writes the addresses and ids of the stack as JSON, for scripts such as the interop tests.
void write_card(local_stack& t, const std::string& path) {
  const auto& d = t.discord();
  boost::json::object card{{"discord", d.url},
                           {"token", d.token},
                           {"application", d.application},
                           {"bot", d.bot},
                           {"guild", d.guild},
                           {"owner", d.owner},
                           {"channel", d.channel},
                           {"public", t.public_url()},
                           {"admin", t.admin_url()},
                           {"state", fs::absolute(t.folder()).string()}};
  if (t.chain()) {
    card["chain"] = t.chain()->url();
    card["erc20"] = t.chain()->deployed().erc20;
    card["erc721"] = t.chain()->deployed().erc721;
    card["erc1155"] = t.chain()->deployed().erc1155;
  }
  std::ofstream{path} << json::print(card) << "\n";
}

/// Builds the community in the first run; a later run finds it and runs /reconcile.
void show(local_stack& t) {
  const auto known = t.ctl({"community", "show", t.discord().guild});
  person admin{t};
  admin.say_waits(say);
  if (known.first == 0) {
    say("\nThe community of an earlier run is there:\n" + known.second);
    admin.type("reconcile");
    admin.sees("Matches the plan", std::chrono::seconds{20});
    say("/reconcile says:\n" + admin.text());
    return;
  }
  onboarding_options o;
  if (t.chain())
    o.token = t.chain()->deployed().erc20;
  say("");
  walk_to_review(admin, o, say);
  say("\n" + admin.text() + "\n");
  if (!deploy(admin, say))
    throw std::runtime_error("the onboarding did not complete; the admin sees:\n" + admin.text());
  say("\n" + admin.text());
  if (t.chain()) {
    say("");
    check_members(t, say);
  } else {
    say("\nWithout an EVM node nobody holds tokens, and no member is checked.");
  }
  say("\nWhat was recorded:\n" + t.ctl({"community", "show", t.discord().guild}).second
      + t.ctl({"manifest", "list", t.discord().guild}).second + t.ctl({"manifest", "verify", t.discord().guild}).second
      + t.ctl({"audit", "verify", t.discord().guild}).second + t.ctl({"jobs", "list", "completed"}).second
      + t.ctl({"audit", "log", t.discord().guild}).second + t.ctl({"audit", "log", "platform"}).second);
}

void tell_addresses(local_stack& t) {
  say(fmt::format("\n  Discord (sandbox)   {}/   type /onboard there", t.discord().url));
  if (t.chain())
    say(fmt::format("  EVM node            {}   ERC-20 {}  ERC-721 {}  ERC-1155 {}", t.chain()->url(),
                    t.chain()->deployed().erc20, t.chain()->deployed().erc721, t.chain()->deployed().erc1155));
  say(fmt::format("  Arrakis             {}/health   {}/metrics", t.public_url(), t.admin_url()));
  say(fmt::format("  State               {}   (FRESH=1 starts anew)", t.folder()));
  say(fmt::format("  Log                 {}", t.log_file()));
}

/// Refuses FRESH=1 for a folder with other files, which may be somebody's own.
void check_forgettable(const std::string& folder) {
  constexpr std::array ours{"discord", "discord.log", "arrakis", "arrakisd.log", folder_of_bot};
  const bool is_of_a_run = std::ranges::any_of(ours, [&](auto* name) { return fs::exists(fs::path{folder} / name); });
  if (fs::exists(folder) && !fs::is_empty(folder) && !is_of_a_run)
    throw std::runtime_error(folder + " holds files, and none of a run: FRESH=1 removes nothing; choose another STATE");
}

/// Deletes what the runs with the sandbox left, for FRESH=1: neither the claim of this run, nor the keys and the
/// database of a bot in the real Discord.
void forget(const std::string& folder) {
  for (const auto& each : fs::directory_iterator{folder})
    if (const auto name = each.path().filename(); name != folder_of_bot && name != "in-use")
      fs::remove_all(each.path());
}

/// Waits for one of the signals. Returns what ended before; nothing after a signal.
std::optional<std::string> wait_for(const sigset_t& signals, local_stack& t) {
  constexpr timespec look_again{0, 500'000'000};
  while (::sigtimedwait(&signals, nullptr, &look_again) < 0)
    if (auto what = t.ended())
      return what;
  return std::nullopt;
}

int run(const std::string& folder, const std::string& programs) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  log::set_level(log::level::error);
  if (set("FRESH"))
    check_forgettable(folder);
  make_stack_folder(folder);
  const folder_claim alone{folder, "STATE"};
  if (set("FRESH"))
    forget(folder);
  local_stack_options o;
  o.folder = folder;
  o.programs = programs;
  o.anvil = text_of_variable("ANVIL", "");
  o.discord_listen = "127.0.0.1:" + text_of_variable("DISCORD_PORT", "0");
  o.keep_ports = true;
  o.say = say;
  local_stack t{o};
  say("starting the sandbox's Discord ...");
  t.start_discord();
  say(
    fmt::format("  guild {}  admin {}  application {}", t.discord().guild, t.discord().owner, t.discord().application));
  say("starting the EVM node ...");
  t.start_chain();
  say("starting arrakisd with its own PostgreSQL and Redis ...");
  t.start_arrakis();
  if (!set("EMPTY")) // Tests that onboard by themselves begin with an empty guild.
    show(t);
  tell_addresses(t);
  write_card(t, folder + "/stack.json");
  std::optional<std::string> broken;
  if (!set("ONCE")) {
    say("\nCtrl-C ends everything.");
    broken = wait_for(ends, t);
  }
  say("\nstopping ...");
  fs::remove(folder + "/stack.json");
  if (broken)
    throw std::runtime_error(*broken);
  return t.stop_arrakis() == 0 ? 0 : 1;
}
/// Replaces this process by the daemon: with a bot token in the environment it talks to the real Discord, where an
/// admin types /onboard.
int become_daemon(const std::string& folder, const std::string& programs) {
  say("a bot token is set: arrakisd talks to the real Discord. Invite the bot to a server and type /onboard there; "
      "Ctrl-C "
      "ends it.");
  const auto program = programs + "/apps/arrakisd/arrakisd";
  ::setenv("ARRAKIS_NODE_STATE_FOLDER", (folder + "/" + folder_of_bot).c_str(), 0);
  ::execl(program.c_str(), program.c_str(), "--roles", "all", nullptr);
  throw std::runtime_error("cannot start " + program);
}
} // namespace

int main(int argc, char** argv) {
  arrakis::open_standard_descriptors();
  const auto programs = fs::canonical(fs::path(argv[0])).parent_path().parent_path().parent_path().string();
  const std::string folder = argc > 1 ? argv[1] : text_of_variable("STATE", "state");
  try {
    if (set("ARRAKIS_DISCORD_TOKEN") || set("ARRAKIS_DISCORD_TOKEN_FILE"))
      return become_daemon(folder, programs);
    return run(folder, programs);
  } catch (const std::exception& e) {
    terminal::print_lines(terminal::stream::error, fmt::format("\n{}\n", e.what()));
    return 1;
  }
}
