#pragma once
// Carries out what committed decisions still owe the world: manifests into the object store, jobs into the queue.
//
// Every step may be repeated, so several relays may run at once and a crash anywhere costs nothing but the repetition.
// A row is closed by the recorded end of its work: the relay closes those of the object store, the deployment closes
// those of its job. A row that was sent long ago is looked up in the queue, and sent again when Redis no longer knows
// its job.
#include "actors/outbox_relay/messages.hpp"
#include "adapters/objects/messages.hpp"
#include "adapters/postgres/manifests/messages.hpp"
#include "adapters/postgres/outbox/messages.hpp"
#include "adapters/queue/messages.hpp"
#include "adapters/signer/messages.hpp"

#include <caf/actor_system.hpp>
#include <chrono>

namespace arrakis::outbox_relay {

struct deps {
  outbox::handle outbox;
  manifests::handle manifests;
  objects::handle objects;
  signer::handle signer; ///< Its public keys: what an object may lose its place to.
  queue::handle queue;
};

struct options {
  std::chrono::milliseconds poll{250};          ///< Between two looks without a kick.
  std::chrono::milliseconds poll_max{5'000};    ///< While the outbox itself cannot be read.
  std::chrono::milliseconds step{5'000};        ///< Deadline of each question to a port.
  std::chrono::milliseconds look_up{10'000};    ///< A job sent longer ago than this is looked up in the queue.
  size_t rows_max = 100;                        ///< Rows in work at a time.
  int jobs_per_tenant_max = 4;                  ///< Jobs of a tenant in the queue at a time.
  int job_attempts = 3;                         ///< Of each job.
  std::chrono::milliseconds job_backoff{5'000}; ///< The delay of its back-off {type: 'arrakis'}: 5 s, 25 s.
};

handle start(caf::actor_system&, deps, options = {});

} // namespace arrakis::outbox_relay
