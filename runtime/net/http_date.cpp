#include "runtime/net/http_date.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <fmt/format.h>

namespace arrakis::net {
namespace {
using namespace std::chrono;

constexpr std::array<std::string_view, 7> day_names{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::string_view form = "ddd, 00 mmm 0000 00:00:00 GMT";

/// Digits where the form has zeros, letters where it has small ones, and otherwise what it has.
bool has_form(std::string_view text) {
  return text.size() == form.size() && std::ranges::equal(text, form, [](char c, char f) {
           const bool digit = c >= '0' && c <= '9';
           return f == '0' ? digit : f == 'd' || f == 'm' ? !digit && c != ' ' : c == f;
         });
}

unsigned number(std::string_view text, size_t at, size_t size) {
  unsigned value = 0;
  std::from_chars(text.data() + at, text.data() + at + size, value);
  return value;
}
} // namespace

std::optional<int64_t> parse_http_date(std::string_view text) {
  if (!has_form(text) || std::ranges::find(day_names, text.substr(0, 3)) == day_names.end())
    return std::nullopt;
  const auto month_at = std::ranges::find(month_names, text.substr(8, 3));
  const year_month_day date{year{static_cast<int>(number(text, 12, 4))},
                            month{static_cast<unsigned>(month_at - month_names.begin()) + 1}, day{number(text, 5, 2)}};
  const auto h = number(text, 17, 2), m = number(text, 20, 2), s = number(text, 23, 2);
  if (!date.ok() || h > 23 || m > 59 || s > 60) // 60: a leap second.
    return std::nullopt;
  return (sys_days{date} + hours{h} + minutes{m} + seconds{s}).time_since_epoch().count();
}

std::string http_date(int64_t unix_s) {
  const sys_seconds at{seconds{unix_s}};
  const auto midnight = floor<days>(at);
  const year_month_day date{midnight};
  const hh_mm_ss time{at - midnight};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", day_names[weekday{midnight}.c_encoding()],
                     static_cast<unsigned>(date.day()), month_names[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
                     time.seconds().count());
}

} // namespace arrakis::net
