#include "actors/wizard/core/custom_id.hpp"

#include "runtime/assert.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace arrakis::wizard::core {
namespace {
std::string_view take(std::string_view& rest) {
  const auto colon = rest.find(':');
  auto head = rest.substr(0, colon);
  rest = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
  return head;
}

std::optional<int64_t> number_after(std::string_view before, std::string_view text) {
  if (!text.starts_with(before))
    return std::nullopt;
  text.remove_prefix(before.size());
  if (text.empty() || text[0] == '-' || (text[0] == '0' && text.size() > 1))
    return std::nullopt; // We write no sign and no zero ahead: a number has one text.
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

constexpr std::string_view retry_prefix = "deployment:retry:", progress_prefix = "deployment:progress:";
} // namespace

std::optional<custom_id> parse_custom_id(std::string_view text) {
  if (text.size() > custom_id_max)
    return std::nullopt;
  custom_id out;
  auto rest = text;
  out.prefix = take(rest);
  if (out.prefix == "wizard")
    out.action = take(rest);
  else if (std::ranges::find(modal_prefixes, out.prefix) == std::end(modal_prefixes))
    return std::nullopt;
  out.session = take(rest);
  if (out.session.empty() || (out.prefix == "wizard" && out.action.empty()))
    return std::nullopt;
  const auto last = rest.rfind(':');
  const auto tail = last == std::string_view::npos ? rest : rest.substr(last + 1);
  out.version = number_after("v", tail);
  if (!out.version)
    out.argument = rest;
  else if (last != std::string_view::npos)
    out.argument = rest.substr(0, last);
  return out;
}

std::string component_id(std::string_view action, const record& r, std::string_view argument) {
  auto out = argument.empty() ? fmt::format("wizard:{}:{}:v{}", action, r.id, r.version)
                              : fmt::format("wizard:{}:{}:{}:v{}", action, r.id, argument, r.version);
  ARRAKIS_ASSERT(out.size() <= custom_id_max, "a custom id has at most 100 characters");
  return out;
}

std::string modal_id(std::string_view prefix, std::string_view session, std::string_view argument) {
  auto out = argument.empty() ? fmt::format("{}:{}", prefix, session)
                              : fmt::format("{}:{}:{}", prefix, session, argument);
  ARRAKIS_ASSERT(out.size() <= custom_id_max, "a custom id has at most 100 characters");
  return out;
}

std::string retry_button_id(int64_t version) { return fmt::format("{}{}", retry_prefix, version); }

std::string progress_button_id(int64_t version) { return fmt::format("{}{}", progress_prefix, version); }

bool is_progress_button(std::string_view text) { return number_after(progress_prefix, text).has_value(); }

std::optional<int64_t> retried_version(std::string_view text) { return number_after(retry_prefix, text); }

namespace {
constexpr size_t random_digits = 23;
constexpr char user_mark = 'u'; // No hex digit: an id without it says nothing of its user.

std::string user_digits(snowflake user) { return fmt::format("{:08x}", user.value & 0xFFFF'FFFFu); }
} // namespace

std::string session_id(std::string_view random, snowflake user) {
  ARRAKIS_ASSERT(random.size() > random_digits, "a session's id is random enough that nobody meets another's");
  return fmt::format("{}{}{}", random.substr(0, random_digits), user_mark, user_digits(user));
}

bool belongs_to(std::string_view session, snowflake user) {
  return session.size() <= random_digits || session[random_digits] != user_mark
      || session.substr(random_digits + 1) == user_digits(user);
}
} // namespace arrakis::wizard::core
