// A cron pattern and a time zone's name, as any producer of the queue may write them: read or refused, and a next time
// is later, within its end, on a whole second, and in this calendar. "PATTERN\nZONE".
#include "adapters/queue/cron.hpp"

#include "tests/fuzz/fuzz.hpp"

namespace arrakis::fuzz {
void cron(std::string_view bytes) {
  const auto cut = std::min(bytes.find('\n'), bytes.size());
  const auto read = queue::cron::parse(bytes.substr(0, cut));
  const auto in = queue::zone_named(bytes.substr(std::min(cut + 1, bytes.size())));
  if (!read || !in)
    return;
  constexpr int64_t after = 1'790'211'600'123; // 2026-09-23: both turns of the clock are near.
  constexpr int64_t end = after + int64_t{400} * 24 * 3600 * 1000;
  const auto next = read->next(after, *in, end);
  if (!next)
    return;
  ARRAKIS_ASSERT(*next > after && *next <= end + 1000, "a next time lies ahead");
  ARRAKIS_ASSERT(*next % 1000 == 0, "a next time is a whole second");
  const auto later = read->next(*next, *in);
  ARRAKIS_ASSERT(!later || *later > *next, "times go on");
}
} // namespace arrakis::fuzz
