#pragma once
// Carries out what committed decisions still owe the world, each kind of work item by its target (targets/target.hpp):
// manifests into the object store, jobs into their queues.
//
// Every step may be repeated, so several relays may run at once, and a crash anywhere costs only the repetition.
// A row is closed by the recorded end of its work, whoever records it: the store's answer closes those of the object
// store, the transaction that ends a deployment closes those of its job. A row that is still open past its deadline is
// reported once (log, metric, arrakisctl jobs overdue) and no longer counts against its tenant.
#include "actors/jobs/messages.hpp"
#include "actors/outbox_relay/messages.hpp"
#include "adapters/postgres/outbox/messages.hpp"
#include "adapters/queue/messages.hpp"
#include "runtime/services.hpp"

#include <caf/actor_system.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace arrakis::targets {
struct target;
/// All targets, as targets/target.hpp declares them.
const std::vector<const target*>& all();
} // namespace arrakis::targets

namespace arrakis::outbox_relay {

/// A queue, and the limit of one tenant's jobs in it over all kinds.
struct queue_port {
  queue::handle port;
  int per_tenant_max = 4;
};

/// Queues and job kinds of this process, as one service.
struct job_queues {
  std::map<std::string, queue_port, std::less<>> queues; ///< By the name of the job_queue.
  std::vector<const jobs::job_terms*> kinds;             ///< Rows of other kinds wait for a node that knows them.
};

/// Tunables of the relay.
struct options {
  std::chrono::milliseconds poll{250};             ///< Poll interval without hints.
  std::chrono::milliseconds poll_max{5'000};       ///< Longest interval while the outbox cannot be read.
  std::chrono::milliseconds step{5'000};           ///< Deadline of each question to a port.
  std::chrono::milliseconds look_up{10'000};       ///< A job sent longer ago than this is looked up in the queue.
  std::chrono::milliseconds look_up_late{900'000}; ///< The same of an overdue one.
  std::chrono::milliseconds report_every{10'000};  ///< Interval of the poll for overdue rows.
  size_t rows_max = 100;                           ///< Rows in work at a time.
  int job_attempts = 3;                            ///< Of jobs whose kind names no number.
  bool counts_overdue = false;                     ///< As in outbox::due.
};

/// Starts a relay. Each target finds its services by type. When this process does not provide one, the relay starts
/// without that target, and a log line names it: its rows wait for a node that has it.
handle start(caf::actor_system&, outbox::handle, const services&, options = {},
             const std::vector<const targets::target*>& = targets::all());

} // namespace arrakis::outbox_relay
