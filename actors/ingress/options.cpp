#include "actors/ingress/options.hpp"

#include "runtime/foreign_text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace arrakis::ingress {
namespace {
constexpr size_t entries_max = 25;    // Options of a command, choices of an option.
constexpr int characters_max = 6'000; // Of a string option.
constexpr int nesting_max = 2;        // A group, and in it sub-commands.
constexpr size_t name_bytes_max = 32, description_bytes_max = 100;

bool is_nested(option_type type) { return type == option_type::subcommand || type == option_type::subcommand_group; }
bool is_numeric(option_type type) { return type == option_type::integer || type == option_type::number; }

std::string_view in_words(option_type type) {
  switch (type) {
    case option_type::subcommand: return "a sub-command";
    case option_type::subcommand_group: return "a group of sub-commands";
    case option_type::string: return "a text";
    case option_type::integer: return "a whole number";
    case option_type::boolean: return "true or false";
    case option_type::user: return "a member";
    case option_type::channel: return "a channel";
    case option_type::role: return "a role";
    case option_type::mentionable: return "a member or a role";
    case option_type::number: return "a number";
  }
  return "";
}

/// Code points, which is what Discord's bounds of a text count.
size_t characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

const option* find(const std::vector<option>& list, std::string_view name) {
  const auto found = std::ranges::find(list, name, &option::name);
  return found == list.end() ? nullptr : &*found;
}

/// The options of the sub-command that was called; null: there is no such sub-command.
const std::vector<option>* called(const command& of, std::string_view path) {
  const auto* list = &of.options;
  for (auto blank = path.find(' '); blank != std::string_view::npos; blank = path.find(' ')) {
    path.remove_prefix(blank + 1);
    const auto* next = find(*list, path.substr(0, path.find(' ')));
    if (next == nullptr || !is_nested(next->type))
      return nullptr;
    list = &next->options;
  }
  const bool incomplete = std::ranges::any_of(*list, [](const option& o) { return is_nested(o.type); });
  return incomplete ? nullptr : list;
}

bool has_type(const interaction_option& given, option_type type) {
  switch (type) {
    case option_type::subcommand:
    case option_type::subcommand_group: return false;
    case option_type::string: return std::holds_alternative<std::string>(given.value);
    case option_type::integer: return std::holds_alternative<int64_t>(given.value);
    case option_type::boolean: return std::holds_alternative<bool>(given.value);
    case option_type::number: return std::holds_alternative<double>(given.value);
    case option_type::user:
    case option_type::channel:
    case option_type::role:
    case option_type::mentionable: return std::holds_alternative<snowflake>(given.value);
  }
  return false;
}

bool is_choice(const option& declared, const interaction_option& given) {
  return std::ranges::any_of(declared.choices, [&](const choice& c) {
    return std::visit(
      [&](const auto& value) {
        const auto* same = std::get_if<std::decay_t<decltype(value)>>(&given.value);
        return same != nullptr && *same == value;
      },
      c.value);
  });
}

caf::error reject(std::string_view name, std::string_view why) {
  return fail(ec::invalid, fmt::format("The option {} {}.", quoted(name), why));
}

std::string bounds(std::optional<double> least, std::optional<double> most, std::string_view unit) {
  if (least && most)
    return fmt::format("must be {} to {}{}", *least, *most, unit);
  return least ? fmt::format("must be at least {}{}", *least, unit) : fmt::format("must be at most {}{}", *most, unit);
}

caf::error validate_value(const option& declared, const interaction_option& given) {
  if (given.type != declared.type || !has_type(given, declared.type))
    return reject(declared.name, fmt::format("must be {}", in_words(declared.type)));
  if (!declared.choices.empty() && !is_choice(declared, given))
    return reject(declared.name, "must be one of the choices that Discord offers for it");
  std::optional<double> size, least = declared.min_value, most = declared.max_value;
  std::string_view unit;
  if (const auto* whole = std::get_if<int64_t>(&given.value))
    size = static_cast<double>(*whole);
  else if (const auto* number = std::get_if<double>(&given.value))
    size = *number;
  else if (const auto* text = std::get_if<std::string>(&given.value)) {
    size = static_cast<double>(characters(*text));
    least = declared.min_length;
    most = declared.max_length;
    unit = " characters long";
  }
  if (size && ((least && *size < *least) || (most && *size > *most)))
    return reject(declared.name, bounds(least, most, unit));
  return {};
}

caf::error validate_typing(const std::vector<option>& declared, const interaction& x) {
  const auto focused = std::ranges::find_if(x.options, &interaction_option::focused);
  if (focused == x.options.end())
    return fail(ec::invalid, "No option is being typed.");
  const auto* known = find(declared, focused->name);
  return known != nullptr && known->autocomplete ? caf::error{} : reject(focused->name, "has no suggestions");
}

std::string fault_of_option(const option& o, int depth) {
  if (o.name.empty() || o.name.size() > name_bytes_max || o.description.empty()
      || o.description.size() > description_bytes_max)
    return "a name has 1 to 32 characters, a description 1 to 100";
  const bool listed = o.type == option_type::string || is_numeric(o.type);
  if ((o.autocomplete || !o.choices.empty()) && !listed)
    return "only a text or a number has choices or suggestions";
  if (o.autocomplete && !o.choices.empty())
    return "choices and suggestions exclude each other";
  if (o.choices.size() > entries_max)
    return "has more than 25 choices";
  for (const auto& c : o.choices)
    if (!has_type(
          {"", o.type, std::visit([](const auto& v) { return decltype(interaction_option::value){v}; }, c.value)},
          o.type))
      return "a choice is of another type than the option";
  if ((o.min_value || o.max_value) && !is_numeric(o.type))
    return "only a number has a least and a greatest value";
  if ((o.min_length || o.max_length) && o.type != option_type::string)
    return "only a text has a length";
  if (o.min_length.value_or(0) < 0 || o.max_length.value_or(1) < 1 || o.max_length.value_or(1) > characters_max)
    return "a text has 0 to 6000 characters";
  if (!is_nested(o.type))
    return o.options.empty() ? "" : "only a sub-command has options of its own";
  if (o.type == option_type::subcommand_group && (depth > 0 || o.options.empty()))
    return "a group holds sub-commands, and stands in a command";
  const bool fits = std::ranges::all_of(o.options, [&](const option& inner) {
    return (inner.type == option_type::subcommand) == (o.type == option_type::subcommand_group);
  });
  return fits ? fault_of(o.options, depth + 1) : "a group holds sub-commands, and a sub-command options";
}
} // namespace

caf::error validate_options(const command& of, const interaction& x) {
  if (of.type != command_type::chat_input)
    return {}; // An entry of a menu has none, and blanks of its name are no sub-commands.
  const auto* declared = called(of, x.command);
  if (declared == nullptr)
    return fail(ec::not_found,
                fmt::format("/{} is not known here (any more). Type / to see what is.", for_message(x.command)));
  if (x.kind == interaction_kind::autocomplete)
    return validate_typing(*declared, x);
  for (const auto& given : x.options) {
    const auto* known = find(*declared, given.name);
    if (known == nullptr)
      return reject(given.name, "is not known here (any more). Type the command anew");
    if (auto wrong = validate_value(*known, given))
      return wrong;
  }
  for (const auto& each : *declared)
    if (each.required && std::ranges::find(x.options, each.name, &interaction_option::name) == x.options.end())
      return reject(each.name, "is missing");
  return {};
}

std::string fault_of(const std::vector<option>& list, int depth) {
  if (list.size() > entries_max || depth > nesting_max)
    return "more than 25 options, or nested too deep";
  std::set<std::string_view> names;
  bool optional_before = false;
  for (const auto& o : list) {
    auto fault = fault_of_option(o, depth);
    if (fault.empty() && !names.insert(o.name).second)
      fault = "is declared twice";
    if (fault.empty() && o.required && optional_before)
      fault = "a required option stands before those that are not";
    if (fault.empty() && is_nested(o.type) != is_nested(list.front().type))
      fault = "sub-commands and other options do not stand side by side";
    if (!fault.empty())
      return fmt::format("option {}: {}", o.name, fault);
    optional_before |= !o.required;
  }
  return {};
}

} // namespace arrakis::ingress
