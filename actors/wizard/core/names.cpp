#include "actors/wizard/core/names.hpp"

#include "runtime/unicode.hpp"
#include "runtime/utf8.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <vector>

namespace arrakis::wizard::core {
namespace {
bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
bool letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

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

/// The part of `text` that may stay. Taking a character out may leave its neighbours in a place that is wrong for them.
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

struct mention {
  size_t bytes = 0; ///< 0: none begins here.
  std::string_view label;
};
/// The mention that `text` begins with. https://discord.com/developers/docs/reference#message-formatting
mention mention_at(std::string_view text) {
  for (const std::string_view all : {"@everyone", "@here"})
    if (text.starts_with(all))
      return {all.size(), all == "@here" ? "`@here`" : "`@everyone`"};
  for (const std::string_view opens : {"<@!", "<@&", "<@", "<#"}) {
    if (!text.starts_with(opens))
      continue;
    const auto end = text.find_first_not_of("0123456789", opens.size());
    if (end != std::string_view::npos && end > opens.size() && text[end] == '>')
      return {end + 1, opens == "<#" ? "mention of a channel" : opens == "<@&" ? "mention of a role" : "mention"};
  }
  return {};
}

std::string label_of(const unicode::flaw& f) {
  const auto named = [&f](std::string_view kind) {
    return fmt::format("{} U+{:04X}", kind, static_cast<uint32_t>(f.character));
  };
  switch (f.what) {
    case unicode::flaw::not_utf8: return "bytes that are no text";
    case unicode::flaw::control: return named("control character");
    case unicode::flaw::direction: return named("character that turns the direction of text,");
    case unicode::flaw::invisible: return named("invisible character");
    case unicode::flaw::unassigned: return named("character that Unicode does not know,");
    case unicode::flaw::joiner: return named("invisible joiner");
    case unicode::flaw::marks: return fmt::format("more than {} marks on one character", unicode::marks_max);
  }
  return named("character");
}

/// The parts that a name may not have, each once, in the order of the text.
std::vector<std::string> findings(std::string_view name) {
  constexpr size_t named_max = 5;
  std::vector<std::pair<size_t, std::string>> all;
  for (const auto& flaw : unicode::name_flaws(name))
    all.emplace_back(flaw.at, label_of(flaw));
  for (size_t at = 0; at < name.size(); ++at)
    if (const auto m = mention_at(name.substr(at)); m.bytes > 0)
      all.emplace_back(at, m.label);
  std::sort(all.begin(), all.end());
  std::vector<std::string> out;
  for (auto& [at, label] : all)
    if (std::find(out.begin(), out.end(), label) == out.end())
      out.push_back(std::move(label));
  if (out.size() > named_max) {
    const auto more = out.size() - named_max;
    out.resize(named_max);
    out.push_back(fmt::format("and {} more", more));
  }
  return out;
}

caf::expected<std::string> checked(std::string_view label, std::string_view typed, size_t least) {
  constexpr size_t bytes_max = 4'000; // Discord's limit of a text input in characters; a name has at most 100.
  if (typed.size() > bytes_max)
    return fail(ec::invalid, fmt::format("{}: {} to 100 characters; this has far more.", label, least));
  auto name = unicode::joined_blanks(typed);
  const auto length = unicode::length(name);
  const auto found = findings(name);
  const bool fits = length >= least && length <= 100;
  if (!found.empty() || !fits)
    return fail(ec::invalid, fmt::format("{}: {} to 100 characters{}.{}", label, least,
                                         fits ? "" : fmt::format("; this has {}", length),
                                         found.empty() ? "" : fmt::format(" Leave out: {}.", fmt::join(found, " · "))));
  if (!unicode::has_visible(name))
    return fail(ec::invalid, fmt::format("{}: nothing of it can be seen. Use letters or digits.", label));
  return name;
}
} // namespace

caf::expected<std::string> check_name(std::string_view typed) { return checked("Community name", typed, 3); }
caf::expected<std::string> check_tier_name(std::string_view typed) { return checked("Name of the tier", typed, 1); }

std::string name_from_guild(std::string_view guild_name) {
  auto name = unicode::joined_blanks(guild_name);
  for (std::string before; before != name;) {
    before = name;
    while (const auto flaw = unicode::name_flaw(name))
      name.erase(flaw->at, flaw->bytes);
    for (size_t at = 0; at < name.size(); ++at)
      if (mention_at(std::string_view{name}.substr(at)).bytes > 0)
        name.erase(at, 1); // Without its first character it mentions nobody.
  }
  auto checked = check_name(name);
  return checked ? *checked : std::string{};
}

std::string clean_symbol(std::string_view text) {
  constexpr size_t characters_max = 16, bytes_max = 256;
  const auto allowed = [](char c) {
    return !is_ascii(c) || letter_or_digit(c) || c == '.' || c == '-' || c == '+' || c == '$';
  };
  std::string out;
  size_t characters = 0;
  const auto head = cleaned(std::string{utf8_head(text, bytes_max)}, allowed, "");
  for (const auto cluster : unicode::clusters(head)) {
    characters += unicode::length(cluster);
    if (characters > characters_max)
      break;
    out += cluster;
  }
  out = cleaned(std::move(out), allowed, "");
  return unicode::has_visible(out) ? out : "TOKEN";
}

} // namespace arrakis::wizard::core
