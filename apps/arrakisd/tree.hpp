#pragma once
// One node: everything that runs in this process, from the outside inwards. Read tree.cpp top-down: children are
// declared in the order of their dependencies.
#include "actors/fences/messages.hpp"
#include "apps/wiring/connections.hpp"
#include "runtime/config.hpp"

#include <caf/actor_system.hpp>
#include <memory>

namespace arrakis {

class node {
public:
  /// Starts all actors and the HTTP door. `where` are the servers, which are migrated already.
  /// Throws std::runtime_error with a sentence for the operator: a port in use, a key file that others may read.
  node(const config&, const wiring::addresses& where);
  /// Drains (no new work is taken, work in flight gets node.shutdown_grace_s), then ends the children in reverse order.
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;
  /// http://address:port of the door.
  std::string url() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace arrakis
