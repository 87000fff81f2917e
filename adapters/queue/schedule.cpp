#include "adapters/queue/schedule.hpp"

#include "adapters/queue/cron.hpp"
#include "runtime/json.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fmt/format.h>

namespace arrakis::queue {
namespace {
constexpr int64_t runs_max = int64_t{1} << 53; // Lua counts with doubles, which are exact up to it.

std::optional<int64_t> date_in(const boost::json::object& repeat, std::string_view key) {
  const auto* given = repeat.if_contains(key);
  if (!given || !given->is_number())
    return std::nullopt;
  return static_cast<int64_t>(std::clamp(given->to_number<double>(), -9e15, 9e15));
}

caf::expected<std::optional<next_run>> by_pattern(const boost::json::object& repeat, int64_t now_ms, next_run next) {
  const auto pattern = cron::parse(json::text_or(repeat, "pattern"));
  if (!pattern)
    return pattern.error();
  const auto place = zone_named(json::bool_or(repeat, "utc") ? "UTC" : json::text_or(repeat, "tz"));
  if (!place)
    return place.error();
  if (json::bool_or(repeat, "immediately")) {
    next.at_ms = now_ms;
    return std::optional{next};
  }
  const auto from = std::max(now_ms, date_in(repeat, "startDate").value_or(now_ms));
  next.at_ms = pattern->next(from, *place, date_in(repeat, "endDate"));
  return next.at_ms ? std::optional{next} : std::nullopt;
}
} // namespace

caf::expected<std::optional<next_run>> run_after(const boost::json::object& repeat, int64_t previous_ms,
                                                 int64_t now_ms) {
  using result = std::optional<next_run>;
  const bool every = date_in(repeat, "every").value_or(0) > 0;
  const bool pattern = !json::text_or(repeat, "pattern").empty();
  if (every == pattern)
    return failed<result>(ec::invalid, "repeat: either `every`, at least 1 ms, or `pattern`");
  if (json::bool_or(repeat, "immediately") && repeat.contains("startDate"))
    return failed<result>(ec::invalid, "repeat: `immediately` or `startDate`, not both");
  next_run next{.count = std::clamp<int64_t>(json::integer_or(repeat, "count"), 0, runs_max) + 1};
  const auto limit = date_in(repeat, "limit"), end = date_in(repeat, "endDate");
  if ((limit && next.count > *limit) || (end && now_ms > *end))
    return result{};
  if (every)
    return result{next};
  return by_pattern(repeat, std::max(previous_ms, now_ms), next);
}

boost::json::object options_of_run(boost::json::object options, const boost::json::object& repeat, std::string_view id,
                                   const next_run& next, int64_t now_ms) {
  auto own = repeat;
  own.erase("immediately"); // Applies to the first run only.
  own["count"] = next.count;
  options["repeat"] = std::move(own);
  options["repeatJobKey"] = boost::json::string_view{id.data(), id.size()};
  options["timestamp"] = now_ms;
  options.erase("jobId"); // The script names the job itself.
  if (next.at_ms) {
    options["prevMillis"] = *next.at_ms;
    options["delay"] = std::max<int64_t>(*next.at_ms - now_ms, 0);
  }
  return options;
}
} // namespace arrakis::queue
