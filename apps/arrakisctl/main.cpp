#include "adapters/objects/folder/folder.hpp"
#include "adapters/postgres/signing_keys/signing_keys.hpp"
#include "adapters/queue/queue.hpp"
#include "adapters/signer/anchored/anchored.hpp"
#include "adapters/signer/local/local.hpp"
#include "apps/arrakisctl/command.hpp"
#include "apps/wiring/connections.hpp"
#include "apps/wiring/privileges.hpp"
#include "runtime/config.hpp"
#include "runtime/log.hpp"
#include "runtime/net/io.hpp"
#include "runtime/terminal.hpp"

#include <caf/actor_system_config.hpp>

namespace {
using namespace arrakis;

constexpr auto usage = R"(arrakisctl - the console of Arrakis in a terminal

  arrakisctl [--config FILE] community list | show ID | freeze ID [REASON] | thaw ID [REASON]
  arrakisctl [--config FILE] jobs list [STATE] | show ID | retry ID | dead | replay ID | pause | resume
  arrakisctl [--config FILE] manifest list ID | show ID [VERSION] | verify ID | reindex ID | keys
  arrakisctl [--config FILE] manifest restore ID VERSION | restore ID --from-objects VERSION [HASH] [--yes]
  arrakisctl [--config FILE] signer status | rotate | anchor
  arrakisctl [--config FILE] audit verify [ID]
  arrakisctl [--config FILE] invite      the link that invites the bot into a server, with the least permissions
  arrakisctl [--config FILE] health      0: the daemon is ready; 1: it is not, and why

ID is a community's UUID or its guild's snowflake. It reads the configuration of arrakisd and speaks to the same
servers.
)";

struct area {
  std::string_view name;
  ctl::verb run;
  ctl::local_verb run_locally = nullptr; ///< Instead of `run`.
};
constexpr area areas[] = {{"community", ctl::community},   {"jobs", ctl::jobs},       {"manifest", ctl::manifest},
                          {"signer", ctl::signing},        {"audit", ctl::audit_log}, {"invite", nullptr, ctl::invite},
                          {"health", nullptr, ctl::health}};

int report(const caf::expected<caf::unit_t>& done) {
  if (!done)
    terminal::print_error("arrakisctl: {}\n", text_of(done.error()));
  return done ? 0 : 1;
}

int run(const config& settings, ctl::verb verb, const std::vector<std::string>& words) {
  auto where = wiring::find_addresses(settings);
  if (!where) {
    terminal::print_error("{}\n", text_of(where.error()));
    return 1;
  }
  net::io io;
  // Before any actor: it throws for an address that is none, and a system waits for its actors without end.
  const redis::client link{io, wiring::redis_options(where->queue_url, "arrakisctl")};
  caf::actor_system_config cfg;
  cfg.set("scheduler.max-threads", size_t{1});
  cfg.set("logger.verbosity", caf::atom("quiet"));
  caf::actor_system sys{cfg};
  const auto stores = wiring::open_stores(sys, where->dsn, 1);
  const auto keyring = signer::local::start(sys, {wiring::signer_folder(settings)});
  const auto signing_keys = signing_keys::start(sys, stores.pool);
  ctl::ports to{sys,
                stores.communities,
                stores.manifests,
                stores.deployments,
                stores.audit,
                queue::start_queue(sys, link, wiring::queue_options(settings)),
                objects::folder::start(sys, {wiring::objects_folder(settings)}),
                signer::anchored::start(sys, keyring, signing_keys, {.makes_first_key = false})};
  const auto done = verb(to, words);
  for (const auto& actor : {caf::actor_cast<caf::actor>(to.queue), caf::actor_cast<caf::actor>(to.objects),
                            caf::actor_cast<caf::actor>(to.signer), caf::actor_cast<caf::actor>(keyring),
                            caf::actor_cast<caf::actor>(signing_keys), caf::actor_cast<caf::actor>(to.communities),
                            caf::actor_cast<caf::actor>(to.manifests), caf::actor_cast<caf::actor>(to.deployments),
                            caf::actor_cast<caf::actor>(to.audit), caf::actor_cast<caf::actor>(stores.pool)})
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  link.stop();
  return report(done);
}
} // namespace

int main(int argc, char** argv) {
  wiring::harden_process();
  log::set_level(log::level::error);
  std::vector<std::string> words(argv + 1, argv + argc);
  std::string file;
  if (words.size() > 1 && words[0] == "--config") {
    file = words[1];
    words.erase(words.begin(), words.begin() + 2);
  }
  const area* chosen = nullptr;
  for (const auto& a : areas)
    if (!words.empty() && words[0] == a.name)
      chosen = &a;
  if (!chosen) {
    const bool asked = !words.empty() && words[0] == "--help";
    terminal::print_lines(asked ? terminal::stream::output : terminal::stream::error, usage);
    return asked ? 0 : 2;
  }
  words.erase(words.begin());
  auto settings = config::load(file, config::process_environment());
  if (!settings) {
    terminal::print_lines(terminal::stream::error, text_of(settings.error()) + "\n");
    return 1;
  }
  try {
    wiring::become_owner_of(settings->text("node.state_folder"));
    if (chosen->run_locally)
      return report(chosen->run_locally(*settings, words));
    return run(*settings, chosen->run, words);
  } catch (const std::exception& e) {
    terminal::print_error("arrakisctl: {}\n", e.what());
    return 1;
  }
}
