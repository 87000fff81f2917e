#include "apps/sandbox/model/form.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>

namespace arrakis::sandbox::model {
namespace js = boost::json;

size_t length_of(std::string_view utf8) {
  size_t points = 0;
  for (const char c : utf8)
    if ((static_cast<unsigned char>(c) & 0xC0u) != 0x80u) // every byte but the continuation ones
      ++points;
  return points;
}

std::optional<snowflake> id_of(const js::value& value) {
  if (value.is_string())
    return parse_snowflake(std::string_view(value.as_string()));
  if (value.is_uint64())
    return snowflake{value.as_uint64()};
  if (value.is_int64() && value.as_int64() >= 0)
    return snowflake{static_cast<uint64_t>(value.as_int64())};
  return std::nullopt;
}

namespace {
/// A value as Discord quotes it back: text as it is, anything else as JSON.
std::string quoted(const js::value& value) {
  return value.is_string() ? std::string(value.as_string()) : js::serialize(value);
}

/// Digits of exactly this width from the front of `text`, which are cut off; nothing when there are others.
std::optional<int> digits(std::string_view& text, size_t width) {
  int value = 0;
  if (text.size() < width)
    return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + width, value);
  if (error != std::errc{} || end != text.data() + width || text[0] == '-')
    return std::nullopt;
  text.remove_prefix(width);
  return value;
}
bool cut(std::string_view& text, std::string_view marks) {
  if (text.empty() || marks.find(text[0]) == std::string_view::npos)
    return false;
  text.remove_prefix(1);
  return true;
}

/// The distance from UTC at the end of a time: Z, +HH:MM or -HH:MM.
std::optional<int64_t> zone_ms(std::string_view text) {
  if (text == "Z" || text == "z")
    return 0;
  const int sign = text.starts_with('-') ? -1 : 1;
  if (!cut(text, "+-"))
    return std::nullopt;
  const auto hours = digits(text, 2);
  cut(text, ":");
  const auto minutes = digits(text, 2);
  if (!hours || !minutes || !text.empty() || *hours > 23 || *minutes > 59)
    return std::nullopt;
  return sign * (*hours * 60 + *minutes) * int64_t{60'000};
}

/// "2026-11-30T15:00:00.123+00:00"
std::optional<int64_t> unix_ms_of(std::string_view text) {
  const auto number = [&](size_t width, std::string_view end) {
    const auto value = digits(text, width);
    return value && (end.empty() || cut(text, end)) ? value : std::nullopt;
  };
  const auto year = number(4, "-"), month = number(2, "-"), day = number(2, "Tt "), hour = number(2, ":"),
             minute = number(2, ":"), second = number(2, "");
  if (!year || !month || !day || !hour || !minute || !second)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59)
    return std::nullopt;
  int64_t fraction_ms = 0;
  if (cut(text, "."))
    for (int64_t weight = 100; !text.empty() && text[0] >= '0' && text[0] <= '9'; weight /= 10) {
      fraction_ms += (text[0] - '0') * weight;
      text.remove_prefix(1);
    }
  const auto zone = zone_ms(text);
  if (!zone)
    return std::nullopt;
  const int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  return ((days * 24 + *hour) * 60 + *minute) * 60'000 + *second * 1'000 + fraction_ms - *zone;
}
} // namespace

const js::value* form::find(std::string_view key) const {
  const auto* value = body_.if_contains(key);
  return value && !value->is_null() ? value : nullptr;
}
bool form::has(std::string_view key) const { return find(key) != nullptr; }
bool form::is_null(std::string_view key) const {
  const auto* value = body_.if_contains(key);
  return value && value->is_null();
}

std::optional<std::string> form::text(std::string_view key, size_t length_min, size_t length_max) {
  const auto* value = find(key);
  if (!value)
    return std::nullopt;
  if (!value->is_string()) {
    fault(key, "STRING_TYPE_CONVERT", "Could not interpret the value as string.");
    return std::nullopt;
  }
  std::string text(value->as_string());
  const auto length = length_of(text);
  if (length < length_min || length > length_max) {
    if (length_min == 0)
      fault(key, "BASE_TYPE_MAX_LENGTH", fmt::format("Must be {} or fewer in length.", length_max));
    else
      fault(key, "BASE_TYPE_BAD_LENGTH", fmt::format("Must be between {} and {} in length.", length_min, length_max));
    return std::nullopt;
  }
  return text;
}

std::optional<int64_t> form::integer(std::string_view key, int64_t min, int64_t max) {
  const auto* value = find(key);
  if (!value)
    return std::nullopt;
  std::optional<int64_t> number;
  if (value->is_int64())
    number = value->as_int64();
  else if (value->is_string()) { // Discord coerces text that is a number.
    const auto text = std::string_view(value->as_string());
    int64_t parsed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
    if (error == std::errc{} && end == text.data() + text.size())
      number = parsed;
  }
  if (!number) {
    fault(key, "NUMBER_TYPE_COERCE", fmt::format("Value \"{}\" is not int.", quoted(*value)));
    return std::nullopt;
  }
  if (*number < min || *number > max) {
    const bool low = *number < min;
    fault(key, low ? "NUMBER_TYPE_MIN" : "NUMBER_TYPE_MAX",
          fmt::format("int value should be {} than or equal to {}.", low ? "greater" : "less", low ? min : max));
    return std::nullopt;
  }
  return number;
}

std::optional<bool> form::boolean(std::string_view key) {
  const auto* value = find(key);
  if (!value)
    return std::nullopt;
  if (value->is_bool())
    return value->as_bool();
  fault(key, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.");
  return std::nullopt;
}

std::optional<snowflake> form::id(std::string_view key) {
  const auto* value = find(key);
  if (!value)
    return std::nullopt;
  if (const auto parsed = id_of(*value))
    return parsed;
  fault(key, "NUMBER_TYPE_COERCE", fmt::format("Value \"{}\" is not snowflake.", quoted(*value)));
  return std::nullopt;
}

std::optional<uint64_t> form::mask(std::string_view key) {
  const auto* value = find(key);
  if (!value)
    return std::nullopt;
  if (value->is_int64() && value->as_int64() >= 0)
    return static_cast<uint64_t>(value->as_int64());
  if (value->is_string()) {
    const auto text = std::string_view(value->as_string());
    uint64_t parsed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
    if (error == std::errc{} && end == text.data() + text.size() && !text.empty())
      return parsed;
  }
  fault(key, "NUMBER_TYPE_COERCE", fmt::format("Value \"{}\" is not int.", quoted(*value)));
  return std::nullopt;
}

std::optional<int64_t> form::time(std::string_view key) {
  const auto* value = find(key);
  if (!value)
    return std::nullopt;
  const auto time = value->is_string() ? unix_ms_of(std::string_view(value->as_string())) : std::nullopt;
  if (!time)
    fault(key, "DATE_TIME_TYPE_PARSE", fmt::format("Could not parse {}. Should be ISO8601.", quoted(*value)));
  return time;
}

std::optional<int64_t> form::choice(std::string_view key, std::initializer_list<int64_t> choices) {
  const auto number = integer(key, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max());
  if (!number || std::find(choices.begin(), choices.end(), *number) != choices.end())
    return number;
  fault(key, "BASE_TYPE_CHOICES", fmt::format("Value must be one of {{{}}}.", fmt::join(choices, ", ")));
  return std::nullopt;
}

std::optional<std::vector<snowflake>> form::ids(std::string_view key, size_t size_max) {
  const auto* list = array(key, size_max);
  if (!list)
    return std::nullopt;
  std::vector<snowflake> out;
  for (size_t i = 0; i < list->size(); ++i)
    if (const auto id = id_of((*list)[i]))
      out.push_back(*id);
    else
      fault(fmt::format("{}.{}", key, i), "NUMBER_TYPE_COERCE",
            fmt::format("Value \"{}\" is not snowflake.", quoted((*list)[i])));
  return out;
}

const js::array* form::array(std::string_view key, size_t size_max) {
  const auto* value = find(key);
  if (!value)
    return nullptr;
  if (!value->is_array()) {
    fault(key, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
    return nullptr;
  }
  if (value->as_array().size() > size_max) {
    fault(key, "BASE_TYPE_MAX_LENGTH", fmt::format("Must be {} or fewer in length.", size_max));
    return nullptr;
  }
  return &value->as_array();
}

const js::object* form::object(std::string_view key) {
  const auto* value = find(key);
  if (!value)
    return nullptr;
  if (!value->is_object()) {
    fault_no_object(key);
    return nullptr;
  }
  return &value->as_object();
}

void form::require(std::string_view key) {
  if (!has(key))
    fault(key, "BASE_TYPE_REQUIRED", "This field is required");
}

js::object& form::errors_at(std::string_view path) {
  js::object* node = &errors_;
  while (!path.empty()) {
    const auto dot = path.find('.');
    const auto step = path.substr(0, dot);
    auto& next = (*node)[step];
    if (!next.is_object())
      next.emplace_object();
    node = &next.get_object();
    path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
  }
  return *node;
}

void form::fault(std::string_view path, std::string_view code, std::string_view message) {
  auto& list = errors_at(path)["_errors"];
  if (!list.is_array())
    list.emplace_array();
  list.get_array().push_back(js::object{{"code", code}, {"message", message}});
}

void form::fault_no_object(std::string_view path) {
  fault(path, "MODEL_TYPE_CONVERT", "Expected an object/dictionary.");
}

void form::merge(const form& other, std::string_view path) {
  if (other.clean())
    return;
  auto& here = errors_at(path);
  for (const auto& each : other.errors_)
    here[each.key()] = each.value();
}

} // namespace arrakis::sandbox::model
