#pragma once
// Decisions of a worker as plain functions: no Redis, no actor.
#include "adapters/queue/messages.hpp"
#include "adapters/queue/options.hpp"
#include "adapters/redis/messages.hpp"

#include <boost/json/object.hpp>
#include <optional>

namespace arrakis::queue {

/// BullMQ's codes for a parent that cannot be completed.
inline constexpr int64_t pending_children = -4, failed_children = -9;
/// True when this answer to a repeated end of a job (the first try had an unknown outcome) means that an earlier try
/// succeeded or that another worker has the job. Codes about children do not: they would have refused every try.
bool is_already_finished(const redis::reply&);

/// Retention of finished jobs. `count`: -1 all, 0 none.
struct retention {
  int64_t count = -1;
  std::optional<int64_t> age_s;
};

/// An active job of this worker, as moveToActive returns it.
struct active_job {
  job what;
  boost::json::object options;  ///< The producer's options.
  std::string options_json;     ///< `options` as JSON text.
  std::string terms;            ///< The backend's encoding of `options`, reused for the next job with equal ones.
  std::string deferred_failure; ///< BullMQ's `defa`: the job fails with this text without a run.
  std::string scheduler;        ///< BullMQ's `rjk`: key of the job's schedule.
  std::string stacktrace;       ///< JSON array of texts, newest last; empty: none.
  int stalls = 0;
  bool has_parent = false;
};

/// Answer of moveToActive and moveToFinished.
struct next_job {
  std::optional<active_job> job;
  std::chrono::milliseconds limited{0}; ///< Time until the rate limiter allows a job.
  int64_t due_ms = 0;                   ///< Due time of the next delayed job, Unix ms; 0: none is known.
};
/// Reads the reply of either script. ec::corrupt: not the tuple that BullMQ documents.
caf::expected<next_job> read_next_job(redis::reply&&);
/// Reads the reply and reuses the parsed options of `earlier` when their text is equal: most jobs of a queue have equal
/// options, and parsing costs.
caf::expected<next_job> read_next_job(redis::reply&&, active_job&& earlier);

/// Decision on a job at the end of an attempt.
struct decision {
  /// Kinds of decision.
  enum kind { complete, retry, fail, postpone } what = complete;
  std::chrono::milliseconds wait{0}; ///< retry, postpone
  std::string text;                  ///< Return value as JSON (complete), or the reason.
};
/// Decides by the outcome and the job's attempts. `chance` in [0, 1): jitter; `custom`: strategy for unknown types.
decision decide(const active_job&, outcome&&, double chance, const back_off_strategy& custom = {});

/// Wait before attempt number `attempts_made + 2`. Types: `arrakis` (delay x 5^attempts_made: 5 s, 25 s), `fixed`,
/// `exponential` (delay x 2^attempts_made), the last two with BullMQ's jitter. An unknown type waits its plain delay.
std::chrono::milliseconds back_off(const boost::json::object& job_options, int attempts_made, double chance);

/// Retention by the job's removeOnComplete or removeOnFail (`option`), else `otherwise`.
retention keep(const boost::json::object& job_options, std::string_view option, std::chrono::seconds otherwise);

/// Adds `reason` to the stack traces of a job; the last 10 stay.
std::string with_stacktrace(std::string_view earlier, std::string_view reason);

/// Error text for a name, id or data that BullMQ would refuse or that is too large; empty: valid.
std::string validate(const add&, const options&);

/// Options of a job as BullMQ stores them.
boost::json::object options_of(const job_options&);

/// Connection name by which dashboards find a queue's workers: "bull:e2Rpc2NvcmQtc3ludGhlc2lzfQ==".
std::string connection_name(const options&);

} // namespace arrakis::queue
