#pragma once
// Cron patterns with the reading that BullMQ 5.66.4 gives them (its cron-parser 4.9.0): any worker of a queue may work
// out a schedule's next time, so all must come to the same.
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
class cron {
public:
  /// ec::invalid names the field that cannot be read, or that can never be.
  static caf::expected<cron> parse(std::string_view pattern);
  /// The first time after `after_ms` that fits; nullopt: none up to `end_ms`, or none in sight.
  std::optional<int64_t> next(int64_t after_ms, const zone& in, std::optional<int64_t> end_ms = {}) const;

  enum part { second, minute, hour, day, month, weekday, part_count };
  /// One field: its numbers in order, and its words with an L. Repetitions stay: a field is "every" by its length.
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
