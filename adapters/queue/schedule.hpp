#pragma once
// Due times of a schedule's jobs (BullMQ's job schedulers), as plain functions. `repeat` has BullMQ's names:
// `every` (ms) or `pattern` (cron.hpp) with `tz`; `limit`, `startDate`, `endDate` (Unix ms), `count`, `immediately`.
#include "runtime/error.hpp"

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

namespace arrakis::queue {

/// Next run of a schedule. `at_ms` is absent with `every`: the script computes it inside Redis.
struct next_run {
  std::optional<int64_t> at_ms;
  int64_t count = 1; ///< Number of the run, from 1.
};

/// Computes the next run; nullopt: the schedule is over (limit, endDate, or a pattern that never matches again).
/// `previous_ms`: due time of the last run; 0: none. ec::invalid: a pattern or time zone that cannot be read, both or
/// neither of `every` and `pattern`, or `immediately` with `startDate`.
caf::expected<std::optional<next_run>> run_after(const boost::json::object& repeat, int64_t previous_ms,
                                                 int64_t now_ms);

/// Options of the job for run `next` of the schedule `id`, from those of its template or of the previous run.
boost::json::object options_of_run(boost::json::object options, const boost::json::object& repeat, std::string_view id,
                                   const next_run& next, int64_t now_ms);

} // namespace arrakis::queue
