#include "actors/wizard/core/catalogue.hpp"

#include "actors/wizard/core/config_files.hpp"
#include "runtime/assert.hpp"
#include "runtime/toml.hpp"

#include <algorithm>
#include <charconv>

namespace arrakis::wizard::core {
namespace {

std::string text(const toml::table& t, std::string_view key) { return t[key].value_or(std::string{}); }

uint32_t color(const toml::table& t) {
  const auto parsed = parse_color(text(t, "color"));
  ARRAKIS_ASSERT(parsed, "a colour in config/ is #RRGGBB");
  return *parsed;
}

template <class F>
void each(const toml::table& t, std::string_view key, F body) {
  if (auto* list = t[key].as_array())
    for (auto& item : *list)
      if (auto* table = item.as_table())
        body(*table);
}

tier_template read_tiers(const toml::table& t) {
  tier_template out{
    text(t, "id"), text(t, "name"), text(t, "description"), text(t, "theme"), t["order"].value_or(int64_t{0}), {}};
  each(t, "tiers", [&](const toml::table& x) {
    out.tiers.push_back(
      {text(x, "name"), x["min_rank"].value_or(int64_t{1}), x["max_rank"].value_or(int64_t{1}), color(x)});
  });
  return out;
}

template_channel read_channel(const toml::table& t) {
  return {text(t, "name"), text(t, "type"), t["read_only"].value_or(false)};
}

channel_template read_channels(const toml::table& t) {
  channel_template out{text(t, "id"), text(t, "name"), text(t, "description"), t["order"].value_or(int64_t{0}), {}, {}};
  each(t, "channels", [&](const toml::table& x) { out.channels.push_back(read_channel(x)); });
  each(t, "categories", [&](const toml::table& x) {
    auto& category = out.categories.emplace_back();
    category.name = text(x, "name");
    if (auto* access = x["access"].as_array())
      for (auto& who : *access)
        category.access.push_back(who.value_or(std::string{}));
    each(x, "channels", [&](const toml::table& c) { category.channels.push_back(read_channel(c)); });
  });
  return out;
}

theme read_theme(const toml::table& t) {
  theme out{
    text(t, "id"), text(t, "name"), text(t, "plan"), text(t, "strategy"), t["grace_hours"].value_or(int64_t{0}), {}};
  each(t, "tiers", [&](const toml::table& x) {
    out.tiers.push_back({text(x, "id"), text(x, "name"), x["min_rank"].value_or(int64_t{1}),
                         x["max_rank"].value<int64_t>(), color(x), x["threshold"].value<std::string>()});
  });
  return out;
}

catalogue read_all() {
  catalogue out;
  out.chains = chain::catalogue();
  for (auto& file : config_files()) {
    const auto parsed = toml::parse(file.text, std::string{file.kind} + "/" + std::string{file.stem} + ".toml");
    ARRAKIS_ASSERT(parsed, "every file in config/ is TOML");
    const auto& t = parsed.table();
    ARRAKIS_ASSERT(text(t, "id") == file.stem, "a file in config/ is named after its id");
    if (file.kind == "themes")
      out.themes.push_back(read_theme(t));
    else if (file.kind == "templates/tiers")
      out.tiers.push_back(read_tiers(t));
    else
      out.channels.push_back(read_channels(t));
  }
  std::sort(out.tiers.begin(), out.tiers.end(), [](auto& a, auto& b) { return a.order < b.order; });
  std::sort(out.channels.begin(), out.channels.end(), [](auto& a, auto& b) { return a.order < b.order; });
  return out;
}

template <class T>
const T* find(const std::vector<T>& list, std::string_view id) {
  auto at = std::find_if(list.begin(), list.end(), [&](auto& x) { return x.id == id; });
  return at == list.end() ? nullptr : &*at;
}
} // namespace

const chain::description* catalogue::find_chain(std::string_view id) const { return find(chains, id); }
const tier_template* catalogue::find_tiers(std::string_view id) const { return find(tiers, id); }
const channel_template* catalogue::find_channels(std::string_view id) const { return find(channels, id); }

const catalogue& everything() {
  static const catalogue all = read_all();
  return all;
}

catalogue offering(const std::vector<std::string>& chains) {
  auto out = everything();
  std::erase_if(out.chains, [&](auto& c) { return std::find(chains.begin(), chains.end(), c.id) == chains.end(); });
  return out;
}

std::optional<uint32_t> parse_color(std::string_view text) {
  uint32_t value = 0;
  if (text.size() != 7 || text[0] != '#')
    return std::nullopt;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + 7, value, 16);
  if (error != std::errc{} || end != text.data() + 7)
    return std::nullopt;
  return value;
}

std::string slug(std::string_view text) {
  constexpr size_t characters_max = 40; // A tier's slug is part of a custom id, which Discord bounds at 100.
  std::string out;
  for (char c : text) {
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
    const bool is_allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (is_allowed)
      out += c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
    if (out.size() == characters_max)
      break;
  }
  while (!out.empty() && out.back() == '-')
    out.pop_back();
  return out.empty() ? "x" : out;
}

} // namespace arrakis::wizard::core
