#pragma once
// When the next job of a schedule is due (BullMQ's job schedulers), as plain functions. `repeat` has BullMQ's names:
// `every` (ms) or `pattern` (cron.hpp) with `tz`; `limit`, `startDate`, `endDate` (Unix ms), `count`, `immediately`.
#include "runtime/error.hpp"

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

namespace arrakis::queue {

/// The next run of a schedule that goes on. `at_ms` is absent with `every`, which the script works out inside Redis.
struct next_run {
  std::optional<int64_t> at_ms;
  int64_t count = 1; ///< Which run of the schedule it is.
};

/// nullopt: the schedule is over (limit, endDate, or a pattern that never comes again). `previous_ms`: when the last
/// run was due; 0: there was none. Errors: ec::invalid for a pattern or time zone that cannot be read, for both or
/// neither of `every` and `pattern`, and for `immediately` with `startDate`.
caf::expected<std::optional<next_run>> run_after(const boost::json::object& repeat, int64_t previous_ms,
                                                 int64_t now_ms);

/// The options of the job that `next` of the schedule `id` becomes, out of those of its template or of the run before.
boost::json::object options_of_run(boost::json::object options, const boost::json::object& repeat, std::string_view id,
                                   const next_run& next, int64_t now_ms);

} // namespace arrakis::queue
