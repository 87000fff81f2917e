#pragma once
// The ports of a program that runs one command, each opened when it is first asked for: a command that asks the queue
// alone works while PostgreSQL is away.
#include "apps/wiring/implementations.hpp"
#include "runtime/net/io.hpp"

#include <caf/actor_system.hpp>
#include <map>
#include <optional>
#include <vector>

namespace arrakis::wiring {

/// Not thread-safe: of the thread that made it.
class ports {
public:
  /// Opens nothing. `program` is the name that Redis shows an operator.
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
  outbox::overview work_items();
  /// Throws std::runtime_error for an address of Redis that is none.
  queue::handle queue(const jobs::job_queue&);
  objects::handle objects();
  signer::handle signer();
  /// Gives a hint to all processes, and waits until it went out, at most 1 s. One that is lost costs nothing but the
  /// time until the processes look by themselves, so no error comes back.
  void give_hint(std::string_view topic);

private:
  postgres::handle pool();
  /// What `start` gives, once.
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
  postgres::handle pool_;
  communities::handle communities_;
  manifests::handle manifests_;
  deployments::handle deployments_;
  audit::handle audit_;
  quarantines::handle quarantines_;
  outbox::overview work_items_;
  std::map<std::string_view, queue::handle> queues_;
  objects::handle objects_;
  signer::keyring::handle keyring_;
  signing_keys::handle signing_keys_;
  signer::handle signer_;
};
} // namespace arrakis::wiring
