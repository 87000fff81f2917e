#include "actors/rules/form.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <charconv>

namespace arrakis::rules {
namespace {

namespace bj = boost::json;

bj::value integer_of(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? bj::value(number) : bj::value(text);
}

/// The parts between commas and blanks.
bj::array list_of(std::string_view text) {
  constexpr std::string_view between = ", \t\n;";
  bj::array out;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(between), text.size());
    if (end > 0)
      out.emplace_back(bj::string_view{text.data(), end});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::optional<std::string> text_of_list(const bj::value& value) {
  const auto* list = value.if_array();
  if (list == nullptr)
    return std::nullopt;
  std::string out;
  for (const auto& each : *list) {
    if (!each.is_string())
      return std::nullopt;
    out.append(out.empty() ? "" : ", ").append(each.get_string().data(), each.get_string().size());
  }
  return out;
}

/// Nothing: a value of another type than the input's.
std::optional<std::string> text_of_value(const bj::value& value, form_input::type is) {
  if (is == form_input::list)
    return text_of_list(value);
  if (is == form_input::integer)
    return value.is_int64() ? std::optional{std::to_string(value.get_int64())} : std::nullopt;
  return value.is_string() ? std::optional{std::string{value.get_string().data(), value.get_string().size()}}
                           : std::nullopt;
}

} // namespace

const leaf_kind* find_kind(std::string_view name) {
  const auto found = std::ranges::find(all(), name, [](const auto* kind) { return kind->name; });
  return found == all().end() ? nullptr : *found;
}

rule_node leaf_of(const leaf_kind& kind, const std::string& chain, const form_texts& texts) {
  rule_node out;
  out.leaf_kind = kind.name;
  out.parameters["chain"] = chain;
  for (const auto& input : kind.form) {
    const auto found = texts.find(std::string{input.member});
    if (found == texts.end() || found->second.empty())
      continue;
    auto& value = out.parameters[bj::string_view{input.member.data(), input.member.size()}];
    if (input.is == form_input::list)
      value = list_of(found->second);
    else
      value = input.is == form_input::integer ? integer_of(found->second) : bj::value(found->second);
  }
  return out;
}

std::optional<form_texts> texts_of(const leaf_kind& kind, const rule_node& node) {
  if (node.is != rule_node::leaf || node.leaf_kind != kind.name || kind.form.empty())
    return std::nullopt;
  form_texts out;
  for (const auto& member : node.parameters) {
    const std::string name{member.key().data(), member.key().size()};
    if (name == "chain")
      continue;
    const auto input = std::ranges::find(kind.form, name, &form_input::member);
    auto text = input == kind.form.end() ? std::nullopt : text_of_value(member.value(), input->is);
    if (!text)
      return std::nullopt;
    out.emplace(name, std::move(*text));
  }
  return out;
}

} // namespace arrakis::rules
