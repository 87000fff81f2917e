#include "adapters/queue/cron.hpp"

#include <algorithm>
#include <charconv>
#include <date/date.h>
#include <fmt/format.h>
#include <span>

namespace arrakis::queue {
namespace {
struct bounds {
  const char* name;
  int min, max;
  std::string_view letters; ///< Allowed beside digits.
};
constexpr std::array<bounds, cron::part_count> limits{{{"second", 0, 59, ",*/-"},
                                                       {"minute", 0, 59, ",*/-"},
                                                       {"hour", 0, 23, ",*/-"},
                                                       {"day of month", 1, 31, "?,*L/-"},
                                                       {"month", 1, 12, ",*/-"},
                                                       {"day of week", 0, 7, "?,*L#/-"}}};
constexpr std::array<int, 12> days_max{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
constexpr std::array<std::string_view, 12> months{"jan", "feb", "mar", "apr", "may", "jun",
                                                  "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> weekdays{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr size_t every_weekday = 8; // "*" is 0-7, both of which are Sunday.
constexpr size_t every_hour = 24;
constexpr size_t pattern_bytes_max = 256;
// Step limit of the search, equal to BullMQ's: it decides which patterns never match.
constexpr int steps_max = 10'000;
constexpr int64_t last_ms = 253'402'300'799'999; // End of the year 9999, the last that is supported.

template <size_t N>
std::optional<int> index_of(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? std::nullopt : std::optional{static_cast<int>(found - names.begin())};
}

// Reads a number; empty text is zero, as in JavaScript, the language of cron-parser. nullopt: not a number.
std::optional<int> number(std::string_view text) {
  int made = 0;
  if (text.empty())
    return made;
  const auto [at, fault] = std::from_chars(text.data(), text.data() + text.size(), made);
  return fault == std::errc{} && at == text.data() + text.size() && made >= 0 ? std::optional{made} : std::nullopt;
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  for (;;) {
    const auto cut = text.find(at);
    parts.emplace_back(text.substr(0, cut));
    if (cut == std::string_view::npos)
      return parts;
    text.remove_prefix(cut + 1);
  }
}

/// Reads one field.
class field_reader {
public:
  explicit field_reader(cron::part which) : which_(which), in_(limits[which]) {}

  caf::expected<cron::values> read(std::string text) {
    if (!name_to_number(text) || text.find_first_not_of(std::string{in_.letters} + "0123456789") != std::string::npos)
      return wrong(text, "cannot be read");
    replace(text, text.find('*') != std::string::npos ? '*' : '?');
    for (const auto& item : split(text, ','))
      if (!read_item(item))
        return wrong(item, fmt::format("is not within {}-{}", in_.min, in_.max));
    std::sort(made_.numbers.begin(), made_.numbers.end());
    return std::move(made_);
  }

private:
  caf::expected<cron::values> wrong(std::string_view text, std::string_view why) const {
    return failed<cron::values>(ec::invalid, fmt::format("pattern: {}: '{}' {}", in_.name, text, why));
  }

  // Replaces names by numbers: "jan-mar" to "1-3". False: an unknown name.
  bool name_to_number(std::string& text) const {
    if (which_ != cron::month && which_ != cron::weekday)
      return true;
    std::string made;
    auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    for (size_t i = 0; i < text.size();) {
      if (i + 3 > text.size()
          || !std::all_of(text.begin() + static_cast<long>(i), text.begin() + static_cast<long>(i) + 3, letter)) {
        made.push_back(text[i++]);
        continue;
      }
      auto word = text.substr(i, 3);
      std::transform(word.begin(), word.end(), word.begin(), [](char c) { return static_cast<char>(c | 0x20); });
      const auto found = which_ == cron::month ? index_of(months, word) : index_of(weekdays, word);
      if (!found)
        return false;
      made += std::to_string(*found + (which_ == cron::month ? 1 : 0));
      i += 3;
    }
    text = std::move(made);
    return true;
  }

  void replace(std::string& text, char wildcard) const {
    const auto all = fmt::format("{}-{}", in_.min, in_.max);
    for (auto at = text.find(wildcard); at != std::string::npos; at = text.find(wildcard, at + all.size()))
      text.replace(at, 1, all);
  }

  bool within(int value) const { return value >= in_.min && value <= in_.max; }

  // Reads one item: "5", "5-10", "5/15", "5-10/2", "L", "5L".
  bool read_item(const std::string& item) {
    if (item.empty())
      return false;
    const auto parts = split(item, '/');
    if (parts.size() > 2)
      return false;
    if (parts.size() == 1)
      return read_range(item, 1);
    const auto step = number(parts[1]);
    const bool from_one = number(parts[0]).has_value();
    return step && *step > 0 && read_range(from_one ? fmt::format("{}-{}", parts[0], in_.max) : parts[0], *step);
  }

  bool read_range(const std::string& text, int step) {
    const auto ends = split(text, '-');
    if (ends.size() == 1)
      return read_one(text);
    const auto first = number(ends[0]), last = number(ends[1]);
    if (ends[0].empty() || !first || !last || !within(*first) || !within(*last) || *first > *last)
      return false;
    // A range of weekdays that ends with Sunday also gets it in front, as one of the present values.
    const size_t begin = made_.numbers.size();
    if (which_ == cron::weekday && *last % 7 == 0)
      made_.numbers.push_back(0);
    int turn = step;
    for (int value = *first; value <= *last; ++value) {
      const auto own = std::span{made_.numbers}.subspan(begin);
      if (std::find(own.begin(), own.end(), value) == own.end() && turn % step == 0) {
        turn = 1;
        made_.numbers.push_back(value);
      } else {
        ++turn;
      }
    }
    return true;
  }

  bool read_one(const std::string& text) {
    if (const auto value = number(text)) {
      if (!within(*value))
        return false;
      made_.numbers.push_back(which_ == cron::weekday ? *value % 7 : *value);
      return true;
    }
    if (text.find('L') == std::string::npos)
      return false;
    made_.last.push_back(text);
    return true;
  }

  cron::part which_;
  const bounds& in_;
  cron::values made_;
};

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> made;
  constexpr std::string_view blank = " \t\r\n";
  for (auto at = text.find_first_not_of(blank); at != std::string_view::npos; at = text.find_first_not_of(blank, at)) {
    const auto end = std::min(text.find_first_of(blank, at), text.size());
    made.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return made;
}

std::string_view preset(std::string_view pattern) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> known{{{"@yearly", "0 0 1 1 *"},
                                                                                {"@monthly", "0 0 1 * *"},
                                                                                {"@weekly", "0 0 * * 0"},
                                                                                {"@daily", "0 0 * * *"},
                                                                                {"@hourly", "0 * * * *"}}};
  for (const auto& [name, meaning] : known)
    if (name == pattern)
      return meaning;
  return pattern;
}

// Splits "5#3" into "5" and 3; false: malformed.
bool take_nth(std::string& text, int& nth) {
  const auto parts = split(text, '#');
  if (parts.size() == 1)
    return true;
  const auto which = number(parts.back());
  if (parts.size() > 2 || !which || *which < 1 || *which > 5 || text.find_first_of(",/-") != std::string::npos)
    return false;
  nth = *which;
  text = parts[0];
  return true;
}
} // namespace

bool cron::values::has(int value) const { return std::binary_search(numbers.begin(), numbers.end(), value); }

caf::expected<cron> cron::parse(std::string_view pattern) {
  if (pattern.size() > pattern_bytes_max)
    return failed<cron>(ec::invalid, fmt::format("pattern: at most {} bytes", pattern_bytes_max));
  auto given = words(preset(pattern));
  if (given.size() > part_count)
    return failed<cron>(ec::invalid, "pattern: at most six fields");
  cron made;
  const size_t absent = part_count - given.size();
  for (size_t i = 0; i < part_count; ++i) {
    std::string text = i < absent ? (i == second ? "0" : "*") : given[i - absent];
    if (i == weekday && !take_nth(text, made.nth_))
      return failed<cron>(ec::invalid, fmt::format("pattern: day of week: '{}' cannot be read", text));
    auto read = field_reader{static_cast<part>(i)}.read(std::move(text));
    if (!read)
      return read.error();
    made.fields_[i] = std::move(*read);
  }
  auto& months_named = made.fields_[month].numbers;
  if (months_named.size() != 1)
    return made;
  auto& days = made.fields_[day];
  const int most = days_max[static_cast<size_t>(months_named[0] - 1)];
  if (!days.numbers.empty() && days.numbers[0] > most)
    return failed<cron>(ec::invalid, fmt::format("pattern: day of month: that month has no {}", days.numbers[0]));
  std::erase_if(days.numbers, [&](int each) { return each > most; });
  std::erase_if(days.last, [](const std::string& each) { return each != "L"; });
  return made;
}

namespace {
constexpr int64_t second_ms = 1000, minute_ms = 60 * second_ms, hour_ms = 60 * minute_ms, day_ms = 24 * hour_ms;

int64_t floor_to(int64_t ms, int64_t unit) { return ms - ((ms % unit) + unit) % unit; }

/// An instant and its local time.
struct moment {
  int64_t at = 0;     ///< Unix milliseconds.
  int64_t offset = 0; ///< Offset of local time from UTC, milliseconds.

  int64_t wall() const { return at + offset; }
  date::year_month_day date() const { return date::sys_days{date::days{floor_to(wall(), day_ms) / day_ms}}; }
  int of_day(int64_t unit, int count) const {
    return static_cast<int>(floor_to(wall(), unit) / unit % count + count) % count;
  }
  int hour() const { return of_day(hour_ms, 24); }
  int minute() const { return of_day(minute_ms, 60); }
  int second() const { return of_day(second_ms, 60); }
  int day() const { return static_cast<int>(static_cast<unsigned>(date().day())); }
  int month() const { return static_cast<int>(static_cast<unsigned>(date().month())); }
  int weekday() const { return static_cast<int>(date::weekday{date::sys_days{date()}}.c_encoding()); }
};

int64_t days_from(const date::year_month_day& day) { return date::sys_days{day}.time_since_epoch().count(); }
} // namespace

/// Searches forward through local times until one matches.
class cron_search {
public:
  cron_search(const cron& what, const zone& in) : fields_(what.fields_), nth_(what.nth_), in_(in) {}

  std::optional<int64_t> after(int64_t after_ms, std::optional<int64_t> end_ms) {
    now_ = {after_ms, in_(after_ms)};
    for (const auto& word : fields_[cron::weekday].last)
      if (word[0] < '0' || word[0] > '9')
        return std::nullopt; // "L" alone names no weekday.
    for (int step = 0; step < steps_max - 1; ++step) {
      if (end_ms && now_.at > *end_ms)
        return std::nullopt;
      if (!advance(after_ms))
        return now_.at;
    }
    return std::nullopt;
  }

private:
  // Takes one step towards a matching time; false: the present time matches.
  bool advance(int64_t start_ms) {
    if (!day_fits())
      return to_next_day(), true;
    if (!fields_[cron::month].has(now_.month()))
      return to_next_month(), true;
    const int hour = now_.hour();
    if (!fields_[cron::hour].has(hour)) {
      if (jumped_to_ != hour) {
        jumped_to_.reset();
        return turn(hour_ms), true;
      }
      if (!fields_[cron::hour].has(hour - 1)) // The pattern does not name the skipped hour either.
        return add_hour(), true;
    } else if (repeated_ == hour) {
      repeated_.reset();
      return turn(hour_ms), true;
    }
    if (!fields_[cron::minute].has(now_.minute()))
      return turn(minute_ms), true;
    if (!fields_[cron::second].has(now_.second()) || now_.at == start_ms)
      return turn(second_ms), true;
    return false;
  }

  bool day_fits() const {
    const auto& days = fields_[cron::day];
    const auto& of_week = fields_[cron::weekday];
    const int day = now_.day();
    const bool by_day = days.has(day) || (!days.last.empty() && last_day());
    const bool by_weekday = of_week.has(now_.weekday()) || last_weekday();
    const bool any_day = days.size() >= static_cast<size_t>(days_max[static_cast<size_t>(now_.month() - 1)]);
    const bool any_weekday = of_week.size() == every_weekday;
    if (!by_day && (!by_weekday || any_weekday))
      return false;
    if (any_day && !any_weekday && !by_weekday)
      return false;
    return nth_ == 0 || (day + 6) / 7 == nth_;
  }
  // True when the date this many days later is in another month.
  bool month_ends_in(int days) const {
    const date::year_month_day later{date::sys_days{now_.date()} + date::days{days}};
    return later.month() != now_.date().month();
  }
  bool last_day() const { return month_ends_in(1); }
  bool last_weekday() const {
    const auto& named = fields_[cron::weekday].last;
    return std::any_of(named.begin(), named.end(), [&](const std::string& word) {
      return (word[0] - '0') % 7 == now_.weekday() && month_ends_in(7);
    });
  }

  // Instant of the local time `wall`. At a clock change `guess` chooses between two instants, and a skipped local time
  // is read with the offset before the change.
  moment at_wall(int64_t wall, int64_t guess) const {
    const int64_t first = wall - guess;
    const int64_t there = in_(first);
    if (there == guess)
      return {first, guess};
    const int64_t second = first - (there - guess);
    const int64_t then = in_(second);
    if (then == there)
      return {second, there};
    return {wall - std::min(there, then), std::max(there, then)};
  }
  moment plus(int64_t ms) const { return {now_.at + ms, in_(now_.at + ms)}; }

  // Goes to midnight by the offset at the same time of day `via`, which decides where midnight is ambiguous.
  void to_midnight_of(date::year_month_day day, date::year_month_day via) {
    const auto before = now_.at;
    const int64_t time = now_.wall() - floor_to(now_.wall(), day_ms);
    const auto same_time = at_wall(days_from(via) * day_ms + time, now_.offset);
    const auto days = day == via ? floor_to(same_time.wall(), day_ms) : days_from(day) * day_ms;
    now_ = at_wall(days, same_time.offset);
    if (now_.at == before && now_.minute() == 0 && now_.second() == 0)
      add_hour(); // The clock change skipped midnight, so the search has not moved.
  }
  void to_next_day() {
    const date::year_month_day next{date::sys_days{now_.date()} + date::days{1}};
    to_midnight_of(next, next);
  }
  void to_next_month() {
    const auto next = now_.date().year() / now_.date().month() + date::months{1};
    const date::year_month_day last{next / date::last};
    to_midnight_of(next / date::day{1}, next / std::min(now_.date().day(), last.day()));
  }

  moment start_of(const moment& from, int64_t unit) const { return at_wall(floor_to(from.wall(), unit), from.offset); }
  void add_hour() {
    const auto before = now_.at;
    now_ = start_of(plus(hour_ms), hour_ms);
    if (now_.at <= before)
      now_ = plus(hour_ms);
  }
  // Moves to the next hour, minute or second and notes a clock change on the way.
  void turn(int64_t unit) {
    const int hour = now_.hour();
    const auto before = now_.at;
    if (unit == hour_ms) {
      add_hour();
    } else {
      now_ = start_of(plus(unit), unit);
      if (now_.at < before)
        now_ = plus(hour_ms);
    }
    if (fields_[cron::hour].size() == every_hour)
      return;
    const int moved = now_.hour() - hour;
    if (moved == 2)
      jumped_to_ = now_.hour();
    else if (moved == 0 && now_.minute() == 0 && now_.second() == 0)
      repeated_ = now_.hour();
  }

  const std::array<cron::values, cron::part_count>& fields_;
  const int nth_;
  const zone& in_;
  moment now_;
  std::optional<int> jumped_to_; // Hour after a skipped one.
  std::optional<int> repeated_;  // Hour that occurs a second time.
};

std::optional<int64_t> cron::next(int64_t after_ms, const zone& in, std::optional<int64_t> end_ms) const {
  if (after_ms < 0 || after_ms > last_ms)
    return std::nullopt;
  return cron_search{*this, in}.after(after_ms, end_ms);
}
} // namespace arrakis::queue
