#pragma once
// What a worker decides, as plain functions: no Redis, no actor.
#include "adapters/queue/messages.hpp"
#include "adapters/queue/options.hpp"
#include "adapters/redis/messages.hpp"

#include <boost/json/object.hpp>
#include <optional>

namespace arrakis::queue {

/// BullMQ's codes for a parent that cannot be completed.
inline constexpr int64_t pending_children = -4, failed_children = -9;
/// Whether this answer to the end of a job, sent again after a try whose outcome nobody knows, says that an earlier try
/// was heard or that the job is no longer ours. One about its children does not: they would have stopped each try.
bool is_already_finished(const redis::reply&);

/// How long a finished job is kept. `count`: -1 all, 0 none.
struct retention {
  int64_t count = -1;
  std::optional<int64_t> age_s;
};

/// A job that this worker holds, as moveToActive hands it out.
struct active_job {
  job what;
  boost::json::object options;  ///< As its producer gave them.
  std::string options_json;     ///< Their text.
  std::string terms;            ///< What a backend has made of them, for the next job with the same.
  std::string deferred_failure; ///< BullMQ's `defa`: fail it with this text and do not run it.
  std::string scheduler;        ///< BullMQ's `rjk`: the schedule that made it.
  std::string stacktrace;       ///< A JSON array of texts, newest last; empty: none.
  int stalls = 0;
  bool has_parent = false;
};

/// The answer of moveToActive and moveToFinished.
struct next_job {
  std::optional<active_job> job;
  std::chrono::milliseconds limited{0}; ///< The limiter is used up for so long.
  int64_t due_ms = 0;                   ///< When the next delayed job is due; 0: none is known.
};
/// ec::corrupt for a reply that is no such tuple.
caf::expected<next_job> read_next_job(redis::reply&&);
/// The same into the place of `earlier`, whose options it keeps when the text is the same: most jobs of a queue have
/// the same options, and need not be parsed each time.
caf::expected<next_job> read_next_job(redis::reply&&, active_job&& earlier);

/// What to do with a job at its end.
struct decision {
  enum kind { complete, retry, fail, postpone } what = complete;
  std::chrono::milliseconds wait{0}; ///< retry, postpone
  std::string text;                  ///< The value as JSON (complete), or the reason.
};
/// `chance` in [0, 1) draws the jitter of a back-off that has one; `custom` decides on types that are nobody's.
decision decide(const active_job&, outcome&&, double chance, const back_off_strategy& custom = {});

/// The wait before attempt number `attempts_made + 2`. Types: `arrakis` (delay x 5^attempts_made: 5 s, 25 s), `fixed`,
/// `exponential` (delay x 2^attempts_made), the last two with BullMQ's jitter. An unknown type waits its plain delay.
std::chrono::milliseconds back_off(const boost::json::object& job_options, int attempts_made, double chance);

/// removeOnComplete / removeOnFail of the job, else `otherwise`.
retention keep(const boost::json::object& job_options, std::string_view option, std::chrono::seconds otherwise);

/// The stack traces of a job with `reason` added; the last 10 are kept.
std::string with_stacktrace(std::string_view earlier, std::string_view reason);

/// The sentence for a name, id or data that BullMQ would refuse or that is too large; empty: all is well.
std::string validate(const add&, const options&);

/// The options of a job as BullMQ stores them.
boost::json::object options_of(const job_options&);

/// "bull:e2Rpc2NvcmQtc3ludGhlc2lzfQ==": the connection name by which dashboards find the workers of a queue.
std::string connection_name(const options&);

} // namespace arrakis::queue
