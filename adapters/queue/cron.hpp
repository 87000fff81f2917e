#pragma once
// Cron patterns, read as BullMQ 5.66.4 reads them (its cron-parser 4.9.0). Any worker of a queue may compute a
// schedule's next time, so all workers must agree.
//   [second] minute hour day-of-month month day-of-week, or @yearly @monthly @weekly @daily @hourly.
//   *  ?  1,2  1-5  */10  5/15  jan  fri  L (last day)  5L (last Friday)  5#3 (third Friday)
// Day of month and day of week: when both are restricted, either of them suffices.
// A time that the clock skips in spring is moved by the hour that it jumps; one that it repeats in autumn runs once,
// unless the pattern names every hour.
#include "adapters/queue/time_zone.hpp"
#include "runtime/error.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::queue {
/// A parsed cron pattern.
class cron {
public:
  /// Parses a pattern. ec::invalid names the field that cannot be read or that never matches.
  static caf::expected<cron> parse(std::string_view pattern);
  /// First matching time after `after_ms`; nullopt: none up to `end_ms`, or none within the search limit.
  std::optional<int64_t> next(int64_t after_ms, const zone& in, std::optional<int64_t> end_ms = {}) const;

  /// Fields of a pattern, in its order.
  enum part { second, minute, hour, day, month, weekday, part_count };
  /// One field: its numbers in order, and its terms with an L. Repetitions stay: the length decides whether it is
  /// "every".
  struct values {
    std::vector<int> numbers;
    std::vector<std::string> last;
    size_t size() const { return numbers.size() + last.size(); }
    bool has(int) const;
  };

private:
  friend class cron_search;
  std::array<values, part_count> fields_;
  int nth_ = 0; // 5#3: the third; 0: any.
};
} // namespace arrakis::queue
