#include "apps/arrakisctl/commands.hpp"
#include "apps/wiring/privileges.hpp"
#include "runtime/log.hpp"
#include "runtime/terminal.hpp"

namespace {
using namespace arrakis;

cli::command program() {
  cli::command root;
  root.name = "arrakisctl";
  root.help = "Manages a running Arrakis: communities, deployments, jobs, keys and the audit trail.";
  root.details =
    "It reads the configuration of arrakisd and speaks to the same servers. Name the configuration with"
    " --config, or the state folder with ARRAKIS_NODE_STATE_FOLDER. Without either it looks for the daemon"
    " in ./state, in ./state/arrakis and ./state/bot, where `make run` keeps it, and in /var/lib/arrakis, where the"
    " systemd unit does.";
  root.options = {{"--config", "FILE", "Read the settings of arrakisd from FILE.", {}, {}}, cli::json_option()};
  root.examples = {{"arrakisctl community list", "all communities"},
                   {"arrakisctl --config /etc/arrakis/arrakis.toml jobs list failed", "what has failed"},
                   {"arrakisctl --json manifest list 1400000000000000001 | jq .versions", "for a program"}};
  root.commands = {ctl::community_commands(), ctl::jobs_commands(),  ctl::manifest_commands(),
                   ctl::signer_commands(),    ctl::audit_commands(), ctl::quarantine_commands(),
                   ctl::wallets_commands(),   ctl::roles_commands(), ctl::invite_command(),
                   ctl::health_command(),     ctl::actors_command(), ctl::tree_command()};
  return root;
}
} // namespace

int main(int argc, char** argv) {
  wiring::harden_process();
  log::set_level(log::level::error);
  try {
    return cli::run(program(), ARRAKIS_VERSION, {argv + 1, argv + argc});
  } catch (const std::exception& e) {
    terminal::print_error("arrakisctl: {}\n", e.what());
    return cli::failure;
  }
}
