#pragma once
// To add one: make a folder beside this file with a .cpp that defines `const job_kind& <folder>::definition()` in
// arrakis::jobs, and a test; the build finds it. Its terms (messages.hpp) name its queue, which may be one of its own.
// Smallest example: tests/extensions/jobs. A kind must bear being started twice (the queue delivers at least once) and
// being ended anywhere: what it does must be found again by its successor.
#include "actors/gate/messages.hpp"
#include "actors/guild/messages.hpp"
#include "actors/jobs/messages.hpp"
#include "adapters/discord/identity/messages.hpp"
#include "adapters/postgres/deployments/messages.hpp"
#include "adapters/postgres/manifests/messages.hpp"
#include "adapters/queue/messages.hpp"
#include "adapters/signer/messages.hpp"
#include "runtime/services.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::jobs {

/// Services of jobs. A kind finds everything that only it needs in `available`.
struct services {
  gate::handle gate;    ///< All writes to Discord.
  guild::handle guilds; ///< All reads of a guild.
  manifests::handle manifests;
  deployments::handle deployments;
  signer::handle signer;
  discord::identity_port identity;
  std::string worker; ///< This incarnation of this process: a lease that bears it is no other's.
  std::function<void(queue::progress)> report; ///< To the queue of the job, as the processor sets it; may be empty.
  /// Lease of the row that a job works on, renewed four times in this time. As long as the queue's lock
  /// (queue.lock_ms), so that both expire together when a worker dies (P8).
  std::chrono::milliseconds lease{8'000};
  /// Addresses of the process by type, as arrakisd's tree provides them. Outlives the jobs. Never null for a job:
  /// jobs::start treats null as "nothing is provided".
  const arrakis::services* available = nullptr;
  bool adopts = true; ///< Off only in the negative control of the crash tests: an interrupted create then leaves two.
};

/// Job kind: its public terms and the actor that processes one job.
struct job_kind {
  job_terms terms;
  std::chrono::milliseconds within; ///< A job that runs longer is ended and counts as failed, retryable.
  /// Starts the actor of one job, which answers `process` once and ends.
  std::function<queue::processor(caf::actor_system&, const services&)> start;
};

/// All kinds, in the order of their folders' names.
const std::vector<const job_kind*>& all();

/// All queues that the kinds name, without repetition, sorted by name.
std::vector<const job_queue*> queues(const std::vector<const job_kind*>& kinds = all());

} // namespace arrakis::jobs
