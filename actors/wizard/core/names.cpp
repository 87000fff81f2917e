#include "actors/wizard/core/names.hpp"

#include "runtime/foreign_text.hpp"
#include "runtime/unicode.hpp"
#include "runtime/utf8.hpp"

#include <fmt/format.h>

namespace arrakis::wizard::core {
namespace {
bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
bool letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool allowed_in_name(char c) { return !is_ascii(c) || letter_or_digit(c) || c == '_' || c == ' ' || c == '-'; }

/// `text` with `instead` for each ASCII character outside of an emoji that `allowed` refuses.
template <class Allowed>
std::string filtered(std::string_view text, Allowed allowed, std::string_view instead) {
  std::string out;
  for (const auto cluster : unicode::clusters(text)) {
    const bool emoji = unicode::is_emoji(cluster);
    for (const char c : cluster)
      if (emoji || allowed(c))
        out += c;
      else
        out += instead;
  }
  return out;
}

/// What of `text` may stay. Taking a character out may leave its neighbours in a place that is wrong for them.
template <class Allowed>
std::string cleaned(std::string text, Allowed allowed, std::string_view instead) {
  for (std::string before; before != text;) {
    before = text;
    while (const auto flaw = unicode::name_flaw(text))
      text.erase(flaw->at, flaw->bytes);
    text = filtered(text, allowed, instead);
  }
  return text;
}
} // namespace

caf::expected<std::string> check_name(std::string_view typed) {
  constexpr size_t bytes_max = 4'000; // Discord's limit of a text input in characters; a name has at most 100.
  if (typed.size() > bytes_max)
    return fail(ec::invalid, "Community name: it is too long; 3 to 100 characters are allowed.");
  auto name = unicode::joined_blanks(typed);
  if (const auto flaw = unicode::name_flaw(name))
    return fail(ec::invalid, fmt::format("Community name: {}. Leave it out.", unicode::describe(*flaw)));
  for (const auto cluster : unicode::clusters(name))
    for (const char c : cluster)
      if (!allowed_in_name(c) && !unicode::is_emoji(cluster))
        return fail(
          ec::invalid,
          fmt::format("Community name: it may have letters, digits, emoji, blanks, `_` and `-`. Leave out {}.",
                      quoted({&c, 1})));
  const auto length = unicode::length(name);
  if (length < 3 || length > 100)
    return fail(ec::invalid, fmt::format("Community name: it has {} characters; 3 to 100 are allowed.", length));
  if (!unicode::has_visible(name))
    return fail(ec::invalid, "Community name: nothing of it can be seen. Use letters or digits.");
  return name;
}

std::string name_from_guild(std::string_view guild_name) {
  auto checked = check_name(cleaned(unicode::joined_blanks(guild_name), allowed_in_name, " "));
  return checked ? *checked : std::string{};
}

std::string clean_symbol(std::string_view text) {
  constexpr size_t characters_max = 16, bytes_max = 256;
  const auto allowed = [](char c) {
    return !is_ascii(c) || letter_or_digit(c) || c == '.' || c == '-' || c == '+' || c == '$';
  };
  std::string out;
  size_t characters = 0;
  const auto kept = cleaned(std::string{utf8_head(text, bytes_max)}, allowed, "");
  for (const auto cluster : unicode::clusters(kept)) {
    characters += unicode::length(cluster);
    if (characters > characters_max)
      break;
    out += cluster;
  }
  out = cleaned(std::move(out), allowed, "");
  return unicode::has_visible(out) ? out : "TOKEN";
}

} // namespace arrakis::wizard::core
