#include "adapters/embedded/embedded.hpp"
#include "adapters/objects/folder/folder.hpp"
#include "adapters/postgres/signing_keys/signing_keys.hpp"
#include "adapters/queue/queue.hpp"
#include "adapters/signer/anchored/anchored.hpp"
#include "adapters/signer/local/local.hpp"
#include "apps/arrakisctl/commands.hpp"
#include "apps/arrakisctl/daemon.hpp"
#include "apps/wiring/connections.hpp"
#include "apps/wiring/privileges.hpp"
#include "runtime/net/io.hpp"

#include <caf/actor_system_config.hpp>

namespace arrakis::ctl {
namespace {
/// The actors that stand behind the ports, for as long as one command runs.
class session {
public:
  session(const config& settings, const wiring::addresses& where)
    : link_(io_, wiring::redis_options(where.queue_url, "arrakisctl")),
      system_(quiet()),
      stores_(wiring::open_stores(system_, where.dsn, 1)),
      keyring_(signer::local::start(system_, {wiring::signer_folder(settings)})),
      signing_keys_(signing_keys::start(system_, stores_.pool)),
      to{system_,
         stores_.communities,
         stores_.manifests,
         stores_.deployments,
         stores_.audit,
         queue::start_queue(system_, link_, wiring::queue_options(settings)),
         objects::folder::start(system_, {wiring::objects_folder(settings)}),
         signer::anchored::start(system_, keyring_, signing_keys_, {.makes_first_key = false})} {}
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  ~session() {
    for (const auto& actor : {caf::actor_cast<caf::actor>(to.queue), caf::actor_cast<caf::actor>(to.objects),
                              caf::actor_cast<caf::actor>(to.signer), caf::actor_cast<caf::actor>(keyring_),
                              caf::actor_cast<caf::actor>(signing_keys_), caf::actor_cast<caf::actor>(to.communities),
                              caf::actor_cast<caf::actor>(to.manifests), caf::actor_cast<caf::actor>(to.deployments),
                              caf::actor_cast<caf::actor>(to.audit), caf::actor_cast<caf::actor>(stores_.pool)})
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    link_.stop();
  }

private:
  static caf::actor_system_config& quiet() {
    static caf::actor_system_config settings;
    settings.set("scheduler.max-threads", size_t{1});
    settings.set("logger.verbosity", caf::atom("quiet"));
    return settings;
  }
  net::io io_;
  const redis::client link_; // Before any actor: it throws for an address that is none.
  caf::actor_system system_;
  wiring::stores stores_;
  signer::keyring::handle keyring_;
  signing_keys::handle signing_keys_;

public:
  ports to;
};
} // namespace

std::function<int(const arguments&)> with_settings(result (*action)(const config&, const arguments&)) {
  return cli::printed([action](const arguments& given) -> result {
    const auto found = find_daemon(given.text("--config"));
    if (!found)
      return found.error();
    wiring::become_owner_of(found->settings.text("node.state_folder"));
    return action(found->settings, given);
  });
}

std::function<int(const arguments&)> with_ports(result (*action)(ports&, const arguments&)) {
  return cli::printed([action](const arguments& given) -> result {
    const auto found = find_daemon(given.text("--config"));
    if (!found)
      return found.error();
    wiring::become_owner_of(found->settings.text("node.state_folder"));
    const auto where = wiring::find_addresses(found->settings);
    if (!where)
      return where.error();
    if (auto bad = check_sockets(*found))
      return bad;
    session open{found->settings, *where};
    auto done = action(open.to, given);
    if (!done)
      return with_address(done.error(), *found, *where);
    return done;
  });
}
} // namespace arrakis::ctl
