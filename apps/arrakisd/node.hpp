#pragma once
// One node: all actors and listeners of this process, from start to end. tree/ declares the actors.
#include "apps/wiring/addresses.hpp"
#include "runtime/config.hpp"

#include <caf/actor_system.hpp>
#include <memory>
#include <string>
#include <vector>

namespace arrakis {

/// A running node. All its actors end with it.
class node {
public:
  /// Starts all actors and opens the HTTP listeners. `where` are the servers, already migrated.
  /// Throws std::runtime_error with a sentence for the operator: a port in use, a key file that others may read.
  node(const config&, const wiring::addresses& where);
  /// Drains (no new work is taken, work in flight gets node.shutdown_grace_s), then ends the children in reverse order.
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;
  /// Applies settings that may change at run time; `at_once` are the names of reload::changes. With
  /// `certificates` peers are verified by the newest certificate files. (The signer reads its keys at each use.)
  void apply(std::shared_ptr<const config> next, const std::vector<std::string>& at_once, bool certificates);
  /// Applies the public port's certificates if their files have changed. Call it every few seconds.
  void follow_certificates();
  /// http://address:port of the public port; empty: this process has none.
  std::string url() const;
  /// http://address:port of the admin port.
  std::string admin_url() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace arrakis
