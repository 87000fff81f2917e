#pragma once
// The verdict on a soak: a plain function over measurements from outside.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace arrakis::soak {

/// One look at everything while it runs.
struct sample {
  double t_s = 0;            ///< Since the first admin began.
  int64_t rss_bytes = 0;     ///< Of arrakisd alone, without its PostgreSQL and Redis.
  int64_t fds = 0;           ///< Of arrakisd.
  int64_t redis_keys = 0;    ///< All of them.
  int64_t deployments = 0;   ///< Finished so far.
  int64_t rest_requests = 0; ///< Requests that arrived at Discord so far.
  int64_t rate_limited = 0;  ///< Of those: answered 429.
  int64_t invalid = 0;       ///< Of those: 401, 403, 429.
};

/// The keys of one kind in Redis.
struct keys {
  int64_t count = 0;
  int64_t bytes = 0;   ///< MEMORY USAGE, all nested values counted.
  int64_t forever = 0; ///< Without a time to live.
};

/// The state before the first and after the last click.
struct rest {
  int64_t fds = 0;
  std::map<std::string, soak::keys> redis; ///< By kind: see kind_limits.
  int64_t jobs_open = 0;                   ///< Waiting, active, delayed or locked.
  int64_t slots_held = 0;                  ///< Of the global budget.
  bool operator==(const rest&) const = default;
};

/// The work of a run: the bounds of what may be left of it.
struct deeds {
  int64_t communities = 0;
  int64_t deployments = 0;
  int64_t interactions = 0; ///< Clicks, commands and forms, all within the 15 minutes that their keys live.
};

/// The most that may be left in Redis of one kind of keys.
struct kind_limit {
  const char* kind;
  int64_t count_max;
  int64_t bytes_each_max;
  bool expires; ///< Each must have a time to live.
};
/// Sessions: one a community. Interactions: one each, for 15 minutes. Jobs: one a deployment, for
/// queue.keep_completed_s, removed by the queue itself. Events: cut at a number. The rest is there once, whatever
/// happened.
std::vector<kind_limit> kind_limits(const deeds&);

/// The result of judge().
struct verdict {
  std::vector<std::string> faults; ///< Empty: it holds.
  std::vector<std::string> notes;  ///< Measurements, or why they were not judged.
};

/// Resident memory at the end is at most this multiple of that after a third of the run.
inline constexpr double growth_max = 1.05;
/// A shorter run is all warm-up, and its memory is not judged.
inline constexpr double memory_from_s = 120;

/// Judges a run by its samples and by its state before and after.
verdict judge(const std::vector<sample>&, const rest& before, const rest& after, const deeds&);

/// Resident memory around the moment `t_s`: the median over a fifteenth of the run to both sides.
double rss_around(const std::vector<sample>&, double t_s);

} // namespace arrakis::soak
