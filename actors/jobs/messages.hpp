#pragma once
// The public facts of a job kind: the queue that its jobs wait in, what they carry, how often they are tried, how many
// of them one tenant may have there, and what closes the work item that owes one.
#include "runtime/error.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

namespace arrakis::jobs {

/// A queue with its workers. To add one: declare a constant beside the first kind that uses it. The build finds queues
/// through the kinds of jobs; kinds may share one.
struct job_queue {
  std::string_view name; ///< The operator's name for it: "discord-synthesis". In Redis it is "{discord-synthesis}".
  std::string_view help; ///< One sentence.
  /// The key of the configuration that may give it another name in Redis; empty: it has no other.
  std::string_view name_setting{};
  unsigned concurrency = 0; ///< Jobs at once in one process; 0: as queue.concurrency says.
  /// Rate limit over all processes: at most `starts_max` jobs start in each `starts_within`; 0: no limit.
  int64_t starts_max = 0;
  std::chrono::milliseconds starts_within{1'000};
};

/// Queue of jobs that write to a guild. BullMQ clients know it by this name; queue.name may change it.
inline constexpr job_queue discord_synthesis{
  .name = "discord-synthesis", .help = "Deployments and repairs of guilds.", .name_setting = "queue.name"};

/// A field of a job's data. Further fields are allowed: an older or a newer process may write them.
struct field {
  enum type { text, uuid, snowflake, positive } is = text; ///< positive: an integer from 1.
  std::string_view name;
  bool required = true;
};

/// Events that close a job's work item.
enum class closed_by {
  store, ///< The transaction of a store that records the end of the work (outbox::close_job).
  /// For a kind that keeps no row of its own: the worker notes a success in the work item, and does not run again what
  /// was done; a failure the relay reads from the queue. Its payload has `community_field`.
  queue,
};

/// The tenant of a job.
inline constexpr field community_field{field::uuid, "communityId"};

/// Public terms of a job kind.
struct job_terms {
  std::string_view name; ///< As in the queue: "SYNTHESIZE_COMMUNITY".
  std::string_view help; ///< One sentence.
  const job_queue* queue = nullptr;
  std::vector<field> payload;                ///< Fields of an object; empty: any data.
  int attempts = 0;                          ///< 0: as queue.attempts says.
  std::chrono::milliseconds back_off{5'000}; ///< Before the second attempt; five times as long before each further one.
  /// Limit of one tenant's jobs of this kind in the queue at once; 0: only the tenant's limit over all kinds applies.
  int per_tenant = 0;
  closed_by closed = closed_by::store;
  /// Time after the first sending at which an open work item is reported as overdue and no longer counts against its
  /// tenant. Longer than any job of this kind takes.
  std::chrono::milliseconds closes_within = std::chrono::hours{72};
};

/// Checks a payload. ec::invalid names the field of `data_json` that is missing or of another type.
caf::error check_payload(const job_terms&, std::string_view data_json);

} // namespace arrakis::jobs
