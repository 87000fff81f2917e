#include "adapters/queue/time_zone.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <date/tz.h>
#include <fmt/format.h>
#include <optional>
#include <stdexcept>

namespace arrakis::queue {
namespace {
constexpr int64_t minute_ms = 60'000;

zone fixed(int64_t offset_ms) {
  return [offset_ms](int64_t) { return offset_ms; };
}

bool same_letters(std::string_view a, std::string_view b) {
  auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return low(x) == low(y); });
}

// Offset of "UTC+5", "UTC-3:30", which BullMQ's date library accepts besides the names of the database.
std::optional<int64_t> offset_in(std::string_view name) {
  if (name.size() < 5 || !same_letters(name.substr(0, 3), "utc") || (name[3] != '+' && name[3] != '-'))
    return std::nullopt;
  const auto numbers = name.substr(4);
  const auto colon = std::min(numbers.find(':'), numbers.size());
  auto read = [](std::string_view digits) -> std::optional<int> {
    int made = 0;
    const auto [at, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), made);
    return fault == std::errc{} && at == digits.data() + digits.size() ? std::optional{made} : std::nullopt;
  };
  const auto hours = read(numbers.substr(0, colon));
  const auto minutes = colon == numbers.size() ? 0 : read(numbers.substr(colon + 1));
  if (!hours || !minutes || *hours < 0 || *hours > 18 || *minutes < 0 || *minutes > 59)
    return std::nullopt;
  return (name[3] == '-' ? -1 : 1) * (*hours * 60 + *minutes) * minute_ms;
}

zone of(const date::time_zone* place) {
  return [place](int64_t unix_ms) -> int64_t {
    const date::sys_time<std::chrono::milliseconds> at{std::chrono::milliseconds{unix_ms}};
    return std::chrono::milliseconds{place->get_info(at).offset}.count();
  };
}

// The C library reads $TZ and /etc/localtime, and falls back to UTC.
zone system_zone() {
  ::tzset();
  return [](int64_t unix_ms) -> int64_t {
    const auto seconds = static_cast<std::time_t>(
      std::chrono::floor<std::chrono::seconds>(std::chrono::milliseconds{unix_ms}).count());
    std::tm local{};
    return ::localtime_r(&seconds, &local) ? std::chrono::milliseconds{std::chrono::seconds{local.tm_gmtoff}}.count()
                                           : 0;
  };
}
} // namespace

caf::expected<zone> zone_named(std::string_view name) {
  if (name.empty())
    return system_zone();
  if (same_letters(name, "utc") || same_letters(name, "gmt"))
    return fixed(0);
  if (const auto offset = offset_in(name))
    return fixed(*offset);
  try {
    return of(date::locate_zone(std::string{name}));
  } catch (const std::runtime_error&) {
    return failed<zone>(ec::invalid, fmt::format("tz: no time zone is called '{}'", name));
  }
}
} // namespace arrakis::queue
