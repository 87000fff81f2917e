#include "runtime/config_toml.hpp"

#include "runtime/toml.hpp"

#include <fmt/format.h>

namespace arrakis::config_toml {
namespace {
std::optional<config::value> value_of(const toml::node& node) {
  if (const auto* text = node.as_string())
    return text->get();
  if (const auto* number = node.as_integer())
    return number->get();
  if (const auto* flag = node.as_boolean())
    return flag->get();
  const auto* array = node.as_array();
  if (!array)
    return std::nullopt;
  std::vector<std::string> items;
  for (const auto& item : *array) {
    const auto* text = item.as_string();
    if (!text)
      return std::nullopt;
    items.push_back(text->get());
  }
  return items;
}

void flatten(const toml::table& table, const std::string& prefix, std::vector<entry>& out) {
  for (const auto& [key, node] : table) {
    auto name = prefix + std::string{key.str()};
    if (const auto* inner = node.as_table())
      flatten(*inner, name + ".", out);
    else
      out.push_back({std::move(name), value_of(node), node.source().begin.line});
  }
}
} // namespace

caf::expected<std::vector<entry>> parse(std::string_view text, const std::string& file) {
  auto parsed = toml::parse(text, file);
  if (!parsed) {
    const auto& where = parsed.error().source().begin;
    return failed<std::vector<entry>>(
      ec::invalid, fmt::format("{}:{}:{}: {}", file, where.line, where.column, parsed.error().description()));
  }
  std::vector<entry> out;
  flatten(parsed.table(), "", out);
  std::stable_sort(out.begin(), out.end(), [](const entry& a, const entry& b) { return a.line < b.line; });
  return out;
}
} // namespace arrakis::config_toml
