#pragma once
// The ports of a program that runs one command. Each is opened at its first use, so a command that uses only the queue
// works while PostgreSQL is away.
#include "apps/wiring/implementations.hpp"
#include "runtime/net/io.hpp"

#include <caf/actor_system.hpp>
#include <map>
#include <optional>
#include <vector>

namespace arrakis::wiring {

/// Ports that start at their first use. Not thread-safe: only for the thread that created it.
class ports {
public:
  /// Opens nothing. `program` is the connection name that Redis shows.
  ports(const config&, addresses, std::string program);
  /// Ends every actor that was started.
  ~ports();
  ports(const ports&) = delete;
  ports& operator=(const ports&) = delete;

  caf::actor_system& system() { return system_; }
  communities::handle communities();
  manifests::handle manifests();
  deployments::handle deployments();
  audit::handle audit();
  quarantines::handle quarantines();
  member_roles::handle member_roles();
  outbox::overview work_items();
  wallets::handle wallets();
  /// ec::invalid if no connection string of arrakis_admin is set; the same for platform_audit.
  caf::expected<wallets::editor> wallet_editor();
  caf::expected<audit::platform> platform_audit();
  /// Throws std::runtime_error if the address of Redis is not valid.
  queue::handle queue(const jobs::job_queue&);
  objects::handle objects();
  signer::handle signer();
  /// Publishes a hint to all processes and waits at most 1 s until it is sent. Returns no error: if a hint is lost, the
  /// processes find the change at their next poll.
  void give_hint(std::string_view topic);

private:
  postgres::handle pool();
  caf::expected<postgres::handle> admin_pool();
  /// Calls `start` at the first use only, and returns its handle.
  template <class Handle, class Start>
  Handle once(Handle& known, Start start) {
    if (!known) {
      known = start();
      running_.push_back(caf::actor_cast<caf::actor>(known));
    }
    return known;
  }

  const config& settings_;
  const addresses where_;
  const std::string program_;
  net::io io_; // Outlives the connections of the actors.
  std::optional<redis::link> queue_link_, cache_link_;
  caf::actor_system system_;
  std::vector<caf::actor> running_; // In the order of their start.
  postgres::handle pool_, admin_pool_;
  communities::handle communities_;
  manifests::handle manifests_;
  deployments::handle deployments_;
  audit::handle audit_;
  quarantines::handle quarantines_;
  member_roles::handle member_roles_;
  outbox::overview work_items_;
  wallets::handle wallets_;
  wallets::editor wallet_editor_;
  audit::platform platform_audit_;
  std::map<std::string_view, queue::handle> queues_;
  objects::handle objects_;
  signer::keyring::handle keyring_;
  signing_keys::handle signing_keys_;
  signer::handle signer_;
};
} // namespace arrakis::wiring
