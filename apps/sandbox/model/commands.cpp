#include "apps/sandbox/model/commands.hpp"

#include "apps/sandbox/model/render.hpp"
#include "runtime/json.hpp"

#include <cmath>
#include <fmt/format.h>
#include <set>

namespace arrakis::sandbox::model {
namespace {
/// CHAT_INPUT names: ^[-_\p{L}\p{N}]{1,32}$ and lower case; beyond ASCII we let everything pass.
bool good_name(std::string_view name) {
  if (name.empty() || length_of(name) > 32)
    return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'
        || (static_cast<unsigned char>(c) & 0x80u);
  });
}

/// application-commands#application-command-object-application-command-option-type
enum option_type : int64_t {
  sub_command = 1,
  sub_command_group = 2,
  string_option = 3,
  integer_option = 4,
  number_option = 10
};
bool takes_choices(int64_t kind) { return kind == string_option || kind == integer_option || kind == number_option; }

/// A pair of bounds that an option of a type may have, and the range of their values.
struct bound_rule {
  std::string_view min, max;
  double lowest, highest;
};
void check_bounds(form& f, const js::object& option, const std::string& at, int64_t kind) {
  constexpr double exact_max = 9'007'199'254'740'991; // 2^53 - 1, on both sides of zero
  const bool text = kind == string_option;
  if (!takes_choices(kind))
    return;
  const bound_rule rule = text ? bound_rule{"min_length", "max_length", 0, 6'000}
                               : bound_rule{"min_value", "max_value", -exact_max, exact_max};
  std::optional<double> bounds[2];
  for (size_t i = 0; i < 2; ++i) {
    const auto key = i == 0 ? rule.min : rule.max;
    const auto* value = option.if_contains(key);
    if (!value || value->is_null())
      continue;
    if (!value->is_number() || (kind != number_option && value->is_double()))
      f.fault(fmt::format("{}.{}", at, key), "NUMBER_TYPE_COERCE", "The value is not of the option's type.");
    else if (bounds[i] = value->to_number<double>(); *bounds[i] < rule.lowest || *bounds[i] > rule.highest)
      f.fault(fmt::format("{}.{}", at, key), *bounds[i] < rule.lowest ? "NUMBER_TYPE_MIN" : "NUMBER_TYPE_MAX",
              fmt::format("The value should be between {} and {}.", rule.lowest, rule.highest));
  }
  if (bounds[0] && bounds[1] && *bounds[0] > *bounds[1])
    f.fault(fmt::format("{}.{}", at, rule.min), "APPLICATION_COMMAND_OPTIONS_MIN_MAX_INVALID",
            "The least value is above the greatest.");
}

/// A list of different whole numbers from 0 to `max`.
void check_numbers(form& f, const js::object& body, std::string_view key, int64_t max) {
  if (const auto* list = json::array_in(body, key))
    for (size_t i = 0; i < list->size(); ++i)
      if (const auto* each = (*list)[i].if_int64(); !each || *each < 0 || *each > max)
        f.fault(fmt::format("{}.{}", key, i), "BASE_TYPE_CHOICES", fmt::format("Value must be from 0 to {}.", max));
}

/// Why a choice's value does not suit an option of this type: code and sentence; nothing when it does.
std::optional<std::pair<std::string_view, std::string_view>> fault_of_value(const js::value* value, int64_t kind) {
  constexpr double exact_max = 9'007'199'254'740'991; // 2^53 - 1, on both sides of zero
  if (!value || value->is_null())
    return {{"BASE_TYPE_REQUIRED", "This field is required"}};
  if (kind == string_option) {
    const auto* text = value->if_string();
    if (!text)
      return {{"STRING_TYPE_CONVERT", "Could not interpret the value as string."}};
    if (const auto length = length_of({text->data(), text->size()}); length < 1 || length > name_max)
      return {{"BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length."}};
    return std::nullopt;
  }
  if (!value->is_number() || (kind == integer_option && value->is_double()))
    return {{"NUMBER_TYPE_COERCE", "The value is not of the option's type."}};
  if (std::abs(value->to_number<double>()) > exact_max)
    return {{"NUMBER_TYPE_MAX", "The value must be between -2^53 and 2^53."}};
  return std::nullopt;
}

/// `parent`: the type of the option that holds these; 0: the command itself.
void check_options(form& f, const js::array& options, const std::string& path, int64_t parent) {
  bool optional_seen = false;
  std::set<std::string_view> names;
  for (size_t i = 0; i < options.size(); ++i) {
    const auto at = fmt::format("{}.{}", path, i);
    const auto* option = options[i].if_object();
    if (!option) {
      f.fault_no_object(at);
      continue;
    }
    if (!good_name(json::text_or(*option, "name")))
      f.fault(at + ".name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid");
    if (!names.insert(json::text_or(*option, "name")).second)
      f.fault(at + ".name", "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", "Option names must be unique");
    const auto described = length_of(json::text_or(*option, "description"));
    if (described < 1 || described > 100)
      f.fault(at + ".description", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.");
    const auto kind = json::integer_or(*option, "type");
    if (kind < 1 || kind > 11)
      f.fault(at + ".type", "BASE_TYPE_CHOICES", "Value must be one of {1..11}.");
    if ((kind == sub_command && parent == sub_command) || (kind == sub_command_group && parent != 0)
        || (kind != sub_command && parent == sub_command_group))
      f.fault(at + ".type", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "This type of option does not belong here.");
    check_bounds(f, *option, at, kind);
    const bool required = json::bool_or(*option, "required");
    if (required && optional_seen && kind > 2)
      f.fault(at, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
              "Required options must be placed before non-required options");
    optional_seen = optional_seen || (!required && kind > 2);
    const auto* choices = json::array_in(*option, "choices");
    if (choices)
      check_choices(f, *choices, at + ".choices", kind);
    if (json::bool_or(*option, "autocomplete") && (!takes_choices(kind) || (choices && !choices->empty())))
      f.fault(at + ".autocomplete", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
              "Only a string, integer or number option without choices has autocomplete.");
    if (const auto* inner = json::array_in(*option, "options"); inner && kind <= sub_command_group)
      check_options(f, *inner, at + ".options", kind);
  }
}

js::object localizations(const js::object& body, std::string_view key) {
  const auto* found = json::object_in(body, key);
  return found ? *found : js::object{};
}

/// The command as Discord gives it back: the request's fields with every default filled in.
js::object normal(form& f, const js::object& body, snowflake guild) {
  const auto kind = f.integer("type", 1, 4).value_or(chat_input);
  f.require("name");
  const auto name = f.text("name", 1, 32).value_or("");
  if (kind == chat_input) {
    if (f.has("name") && !good_name(name))
      f.fault("name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid");
    f.require("description");
  } else if (!json::text_or(body, "description").empty())
    f.fault("description", "APPLICATION_COMMAND_DESCRIPTION_INVALID", "Only a slash command has a description.");
  const auto description = f.text("description", kind == chat_input ? 1 : 0, 100).value_or("");
  js::object out{{"type", kind},
                 {"name", name},
                 {"name_localizations", localizations(body, "name_localizations")},
                 {"description", description},
                 {"description_localizations", localizations(body, "description_localizations")},
                 {"dm_permission", json::bool_or(body, "dm_permission", true)},
                 {"nsfw", json::bool_or(body, "nsfw")},
                 {"integration_types", js::array{0}}};
  const auto mask = f.mask("default_member_permissions");
  out["default_member_permissions"] = mask ? js::value(std::to_string(*mask)) : js::value(nullptr);
  check_numbers(f, body, "contexts", 2);
  check_numbers(f, body, "integration_types", 1);
  if (const auto* contexts = f.array("contexts", 3))
    out["contexts"] = *contexts;
  else
    out["contexts"] = guild ? js::value(nullptr) : js::value(js::array{0, 1});
  if (const auto* types = f.array("integration_types", 2))
    out["integration_types"] = *types;
  if (const auto* options = f.array("options", 25)) {
    check_options(f, *options, "options", 0);
    out["options"] = *options;
  }
  return out;
}

command* by_name(application& app, snowflake guild, std::string_view name, int64_t kind) {
  for (auto& [_, each] : app.commands)
    if (each.guild == guild && json::text_or(each.definition, "name") == name
        && json::integer_or(each.definition, "type") == kind)
      return &each;
  return nullptr;
}

command& put(sandbox_state& state, application& app, snowflake guild, js::object definition) {
  auto* old = by_name(app, guild, json::text_or(definition, "name"), json::integer_or(definition, "type"));
  if (!old) {
    const auto id = state.next_id();
    old = &app.commands[id];
    old->id = id;
    old->guild = guild;
  }
  if (old->definition != definition) {
    old->definition = std::move(definition);
    old->version = state.next_id();
  }
  return *old;
}
} // namespace

void check_choices(form& f, const js::array& choices, const std::string& path, int64_t kind) {
  constexpr size_t choices_max = 25;
  if (choices.size() > choices_max)
    f.fault(path, "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.");
  for (size_t i = 0; i < choices.size(); ++i) {
    const auto at = fmt::format("{}.{}", path, i);
    const auto* choice = choices[i].if_object();
    if (!choice) {
      f.fault_no_object(at);
      continue;
    }
    if (const auto length = length_of(json::text_or(*choice, "name")); length < 1 || length > name_max)
      f.fault(at + ".name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.");
    if (const auto fault = fault_of_value(choice->if_contains("value"), kind))
      f.fault(at + ".value", fault->first, fault->second);
  }
}

outcome<js::array> overwrite_commands(sandbox_state& state, application& app, snowflake guild, const js::array& body) {
  if (body.size() > commands_max)
    return refusal{400, 30032, "Maximum number of application commands reached (100)", {}};
  std::vector<js::object> definitions;
  js::object none;
  form all(none);
  for (size_t i = 0; i < body.size(); ++i) {
    const auto& each = body[i].as_object();
    form f(each);
    definitions.push_back(normal(f, each, guild));
    if (!f.clean()) {
      auto why = f.why(); // Discord keys the faults by the command's place in the list.
      why.errors = js::object{{std::to_string(i), why.errors}};
      return why;
    }
    for (size_t j = 0; j < i; ++j)
      if (definitions[j]["name"] == definitions[i]["name"] && definitions[j]["type"] == definitions[i]["type"]) {
        all.fault(fmt::format("{}.name", i), "APPLICATION_COMMANDS_DUPLICATE_NAME",
                  "Application command names must be unique");
        return all.why();
      }
  }
  std::vector<snowflake> kept;
  for (auto& definition : definitions)
    kept.push_back(put(state, app, guild, std::move(definition)).id);
  std::erase_if(app.commands, [&](const auto& each) {
    return each.second.guild == guild && std::find(kept.begin(), kept.end(), each.first) == kept.end();
  });
  js::array list;
  for (const auto id : kept)
    list.push_back(to_json(app.commands.at(id), app));
  return list;
}

bool replaces_command(const application& app, snowflake guild, const js::object& body) {
  const auto kind = json::integer_or(body, "type", chat_input);
  return std::any_of(app.commands.begin(), app.commands.end(), [&](const auto& each) {
    const auto& [_, old] = each;
    return old.guild == guild && json::text_or(old.definition, "name") == json::text_or(body, "name")
        && json::integer_or(old.definition, "type") == kind;
  });
}

outcome<js::object> create_command(sandbox_state& state, application& app, snowflake guild, const js::object& body) {
  form f(body);
  auto definition = normal(f, body, guild);
  if (!f.clean())
    return f.why();
  if (!replaces_command(app, guild, body) && list_commands(app, guild).size() >= commands_max)
    return refusal{400, 30032, "Maximum number of application commands reached (100)", {}};
  return to_json(put(state, app, guild, std::move(definition)), app);
}

outcome<js::object> edit_command(sandbox_state& state, application& app, snowflake guild, snowflake id,
                                 const js::object& body) {
  const auto found = app.commands.find(id);
  if (found == app.commands.end() || found->second.guild != guild)
    return unknown("application command");
  auto merged = found->second.definition;
  for (const auto& field : body)
    merged[field.key()] = field.value();
  form f(merged);
  auto definition = normal(f, merged, guild);
  if (!f.clean())
    return f.why();
  found->second.definition = std::move(definition);
  found->second.version = state.next_id();
  return to_json(found->second, app);
}

outcome<done> delete_command(application& app, snowflake guild, snowflake id) {
  const auto found = app.commands.find(id);
  if (found == app.commands.end() || found->second.guild != guild)
    return unknown("application command");
  app.commands.erase(found);
  return done{};
}

outcome<js::object> get_command(const application& app, snowflake guild, snowflake id) {
  const auto found = app.commands.find(id);
  if (found == app.commands.end() || found->second.guild != guild)
    return unknown("application command");
  return to_json(found->second, app);
}

js::array list_commands(const application& app, snowflake guild) {
  js::array list;
  for (const auto& [_, each] : app.commands)
    if (each.guild == guild)
      list.push_back(to_json(each, app));
  return list;
}

const command* find_command(const application& app, snowflake guild, std::string_view name, int64_t kind) {
  const command* global = nullptr;
  for (const auto& [_, each] : app.commands)
    if (json::text_or(each.definition, "name") == name && json::integer_or(each.definition, "type") == kind) {
      if (each.guild == guild)
        return &each;
      if (!each.guild)
        global = &each;
    }
  return global;
}

} // namespace arrakis::sandbox::model
