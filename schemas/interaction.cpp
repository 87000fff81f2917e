#include "schemas/interaction.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <limits>

namespace arrakis {
namespace {

namespace bj = boost::json;

// Discord's own bounds: custom_id 1 to 100 characters, a text input at most 4000, 25 options of a command or select, 5
// rows of a modal. https://discord.com/developers/docs/components/reference
constexpr size_t custom_id_characters_max = 100;
constexpr size_t entries_max = 25;
constexpr size_t token_bytes_max = 1024;                                     // Seen: about 250.
constexpr int action_row = 1, text_input = 4, text_display = 10, label = 18; // Component types of a modal.

/// Reads members and remembers the first fault, with the path of its field.
class reader {
public:
  bool ok() const { return !fault_; }
  caf::error fault() { return std::move(fault_); }
  void refuse(std::string_view path, std::string_view what) {
    if (ok())
      fault_ = fail(ec::invalid, "interaction field '" + std::string{path} + "': " + std::string{what});
  }
  const bj::value* member(const bj::object& in, std::string_view key, std::string_view path, bool needed) {
    const auto* value = in.if_contains(bj::string_view{key.data(), key.size()});
    if (value == nullptr || value->is_null()) {
      if (needed)
        refuse(path, "is missing");
      return nullptr;
    }
    return value;
  }
  std::string text(const bj::object& in, std::string_view key, std::string_view path, bool needed, size_t bytes_max) {
    const auto* value = member(in, key, path, needed);
    if (value == nullptr)
      return {};
    if (!value->is_string()) {
      refuse(path, "must be a string");
      return {};
    }
    const auto& string = value->get_string();
    if (string.size() > bytes_max || (needed && string.empty()))
      refuse(path, "must have 1 to " + std::to_string(bytes_max) + " bytes");
    return ok() ? std::string{string.data(), string.size()} : std::string{};
  }
  snowflake id(const bj::object& in, std::string_view key, std::string_view path, bool needed) {
    const auto* value = member(in, key, path, needed);
    if (value == nullptr)
      return {};
    const auto parsed = value->is_string() ? parse_snowflake({value->get_string().data(), value->get_string().size()})
                                           : std::nullopt;
    if (!parsed)
      refuse(path, "must be a snowflake: a string of digits");
    return parsed.value_or(snowflake{});
  }
  int64_t integer(const bj::object& in, std::string_view key, std::string_view path) {
    const auto* value = member(in, key, path, true);
    if (value == nullptr)
      return 0;
    if (value->is_int64())
      return value->get_int64();
    if (!value->is_uint64())
      refuse(path, "must be an integer");
    return std::numeric_limits<int64_t>::max();
  }
  uint64_t permissions(const bj::object& in, std::string_view key, std::string_view path, bool needed) {
    const auto digits = text(in, key, path, needed, 20);
    uint64_t mask = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), mask);
    if (!digits.empty() && (error != std::errc{} || end != digits.data() + digits.size()))
      refuse(path, "must be a decimal permission mask");
    return mask;
  }
  const bj::object* object(const bj::object& in, std::string_view key, std::string_view path, bool needed) {
    const auto* value = member(in, key, path, needed);
    if (value != nullptr && !value->is_object())
      refuse(path, "must be an object");
    return value == nullptr ? nullptr : value->if_object();
  }
  const bj::array* array(const bj::object& in, std::string_view key, std::string_view path, bool needed) {
    const auto* value = member(in, key, path, needed);
    if (value == nullptr)
      return nullptr;
    if (!value->is_array())
      refuse(path, "must be an array");
    else if (value->get_array().size() > entries_max)
      refuse(path, "has more than 25 entries");
    return ok() ? value->if_array() : nullptr;
  }

private:
  caf::error fault_;
};

std::string at(std::string_view path, size_t index) { return std::string{path} + "[" + std::to_string(index) + "]"; }

/// Discord's bounds: a string has at most 6000 characters, numbers lie within 2^53.
/// https://discord.com/developers/docs/interactions/application-commands, "Application Command Option Structure"
constexpr size_t string_option_bytes_max = 6000 * 4;
constexpr int64_t integer_option_max = int64_t{1} << 53;

/// Reads a value of the type of `to`, or text of any type while the user is `typing`. Returns the fault; null: none.
const char* read_value(const bj::value& from, interaction_option& to, bool typing) {
  if (const auto* text = from.if_string(); text && (typing || to.type == option_type::string)) {
    to.value = std::string{text->data(), text->size()};
    return text->size() <= string_option_bytes_max ? nullptr : "has more than 6000 characters";
  }
  if (to.type == option_type::string)
    return "must be a string";
  if (to.type == option_type::boolean) {
    to.value = from.is_bool() && from.get_bool();
    return from.is_bool() ? nullptr : "must be true or false";
  }
  if (to.type == option_type::integer) {
    const auto value = from.is_int64() ? from.get_int64() : integer_option_max + 1;
    to.value = value;
    return value >= -integer_option_max && value <= integer_option_max ? nullptr : "must be an integer within 2^53";
  }
  if (to.type == option_type::number) {
    const auto value = from.is_number() ? from.to_number<double>() : 0.0;
    to.value = value;
    const auto most = static_cast<double>(integer_option_max);
    return from.is_number() && value >= -most && value <= most ? nullptr : "must be a number within 2^53";
  }
  const auto id = from.is_string() ? parse_snowflake({from.get_string().data(), from.get_string().size()})
                                   : std::nullopt;
  to.value = id.value_or(snowflake{});
  return id ? nullptr : "must be a snowflake: a string of digits";
}

void read_option(reader& in, const bj::object& from, const std::string& path, interaction_option option,
                 interaction& to) {
  const auto named = "option '" + option.name + "' ";
  if (std::any_of(to.options.begin(), to.options.end(), [&](const auto& o) { return o.name == option.name; }))
    return in.refuse(path, named + "is there twice");
  const auto* value = in.member(from, "value", path + ".value", true);
  if (value == nullptr)
    return;
  const auto* focused = from.if_contains("focused");
  option.focused = focused != nullptr && focused->is_bool() && focused->get_bool();
  if (const auto* fault = read_value(*value, option, to.kind == interaction_kind::autocomplete))
    return in.refuse(path + ".value", named + fault);
  to.options.push_back(std::move(option));
}

void read_options(reader& in, const bj::object& from, const std::string& path, interaction& to, int depth) {
  const auto* options = in.array(from, "options", path, false);
  for (size_t i = 0; options != nullptr && i < options->size() && in.ok(); ++i) {
    const auto here = at(path, i);
    const auto* option = (*options)[i].if_object();
    if (option == nullptr)
      return in.refuse(here, "must be an object");
    const auto name = in.text(*option, "name", here + ".name", true, 32 * 4);
    const auto type = in.integer(*option, "type", here + ".type");
    if (!in.ok())
      return;
    if (type < static_cast<int>(option_type::subcommand) || type > static_cast<int>(option_type::number))
      return in.refuse(here + ".type", "option '" + name + "' is of a type that is not known");
    const auto known = static_cast<option_type>(type);
    if (known != option_type::subcommand && known != option_type::subcommand_group) {
      read_option(in, *option, here, {name, known, {}, false}, to);
      continue;
    }
    if (depth >= 2 || options->size() != 1)
      return in.refuse(here, "option '" + name + "' is a sub-command too deep, or one of several");
    to.command += " " + name;
    read_options(in, *option, here + ".options", to, depth + 1);
  }
}

void read_command(reader& in, const bj::object& data, interaction& to) {
  to.command = in.text(data, "name", "data.name", true, 32 * 4);
  const bool typed = data.contains("type");
  const auto type = typed ? in.integer(data, "type", "data.type") : 1;
  if (in.ok() && (type < 1 || type > 3))
    return in.refuse("data.type", "must be 1 (slash command), 2 (user) or 3 (message)");
  to.command_type = static_cast<command_type>(type);
  if (to.command_type == command_type::chat_input)
    return read_options(in, data, "data.options", to, 0);
  to.target = in.id(data, "target_id", "data.target_id", true);
}

void read_values(reader& in, const bj::object& data, interaction& to) {
  const auto* values = in.array(data, "values", "data.values", false);
  for (size_t i = 0; values != nullptr && i < values->size(); ++i) {
    const auto* text = (*values)[i].if_string();
    if (text == nullptr)
      return in.refuse(at("data.values", i), "must be a string");
    to.values.emplace_back(text->data(), text->size());
  }
}

void read_input(reader& in, const bj::value& from, const std::string& path, interaction& to) {
  const auto* input = from.if_object();
  if (input == nullptr)
    return in.refuse(path, "must be an object");
  if (in.integer(*input, "type", path + ".type") != text_input)
    return; // Selects inside modals: none of ours.
  const auto id = in.text(*input, "custom_id", path + ".custom_id", true, custom_id_characters_max * 4);
  const auto value = in.text(*input, "value", path + ".value", false, 4000 * 4);
  if (in.ok() && !to.fields.emplace(id, value).second)
    in.refuse(path + ".custom_id", "is there twice");
}

/// A modal comes back as action rows of one input each, or as labels around one input.
void read_fields(reader& in, const bj::object& data, interaction& to) {
  const auto* rows = in.array(data, "components", "data.components", true);
  for (size_t i = 0; rows != nullptr && i < rows->size() && in.ok(); ++i) {
    const auto here = at("data.components", i);
    const auto* row = (*rows)[i].if_object();
    if (row == nullptr)
      return in.refuse(here, "must be an object");
    const auto type = in.integer(*row, "type", here + ".type");
    if (type == action_row) {
      const auto* inner = in.array(*row, "components", here + ".components", true);
      for (size_t k = 0; inner != nullptr && k < inner->size() && in.ok(); ++k)
        read_input(in, (*inner)[k], at(here + ".components", k), to);
    } else if (type == label) {
      if (const auto* inner = in.member(*row, "component", here + ".component", true))
        read_input(in, *inner, here + ".component", to);
    } else if (in.ok() && type != text_display) {
      return in.refuse(here + ".type", "must be 1 (row), 10 (text) or 18 (label)");
    }
  }
}

// A guild has at most 250 roles.
// https://discord.com/developers/docs/resources/guild#create-guild-role
constexpr size_t roles_max = 250;

/// The member "roles" of a guild member.
void read_roles(reader& in, const bj::object& member, const std::string& path, snowflake user, interaction& to) {
  const auto* list = in.member(member, "roles", path, false);
  if (list == nullptr || !user)
    return;
  if (!list->is_array() || list->get_array().size() > roles_max)
    return in.refuse(path, "must be an array of at most 250 roles");
  auto& roles = to.roles_by_member[user];
  roles.clear();
  for (const auto& each : list->get_array()) {
    const auto id = each.is_string() ? parse_snowflake({each.get_string().data(), each.get_string().size()})
                                     : std::nullopt;
    if (!id)
      return in.refuse(path, "must hold snowflakes: strings of digits");
    roles.push_back(*id);
  }
}

/// The roles of the members that a command names: "Resolved Data Structure" of Discord.
void read_resolved(reader& in, const bj::object& data, interaction& to) {
  const auto* resolved = in.object(data, "resolved", "data.resolved", false);
  const auto* members = resolved == nullptr ? nullptr : in.object(*resolved, "members", "data.resolved.members", false);
  if (members == nullptr || members->size() > entries_max)
    return;
  for (const auto& each : *members) {
    const auto user = parse_snowflake({each.key().data(), each.key().size()});
    if (const auto* member = each.value().if_object(); member != nullptr && user)
      read_roles(in, *member, "data.resolved.members.roles", *user, to);
  }
}

/// In a guild the caller is a member with permissions, in a direct message a user without; a ping has perhaps neither.
void read_caller(reader& in, const bj::object& from, interaction& to) {
  const bool needed = to.kind != interaction_kind::ping;
  if (const auto* member = in.object(from, "member", "member", needed && to.guild)) {
    if (const auto* user = in.object(*member, "user", "member.user", true))
      to.user = in.id(*user, "id", "member.user.id", true);
    to.member_permissions = in.permissions(*member, "permissions", "member.permissions", true);
    read_roles(in, *member, "member.roles", to.user, to);
  } else if (const auto* user = in.object(from, "user", "user", needed)) {
    to.user = in.id(*user, "id", "user.id", true);
  }
}

void read_data(reader& in, const bj::object& from, interaction& to) {
  const auto* data = in.object(from, "data", "data", to.kind != interaction_kind::ping);
  if (data == nullptr)
    return;
  switch (to.kind) {
    case interaction_kind::ping: return;
    case interaction_kind::command:
    case interaction_kind::autocomplete: read_resolved(in, *data, to); return read_command(in, *data, to);
    case interaction_kind::component:
      to.custom_id = in.text(*data, "custom_id", "data.custom_id", true, custom_id_characters_max * 4);
      return read_values(in, *data, to);
    case interaction_kind::modal:
      to.custom_id = in.text(*data, "custom_id", "data.custom_id", true, custom_id_characters_max * 4);
      return read_fields(in, *data, to);
  }
}

} // namespace

caf::expected<interaction> read_interaction(const bj::object& from) {
  reader in;
  interaction to;
  const auto type = in.integer(from, "type", "type");
  if (!in.ok())
    return in.fault();
  if (type < static_cast<int>(interaction_kind::ping) || type > static_cast<int>(interaction_kind::modal))
    return failed<interaction>(ec::unsupported, "interaction field 'type': " + std::to_string(type) + " is not known");
  to.kind = static_cast<interaction_kind>(type);
  to.id = in.id(from, "id", "id", true);
  to.application = in.id(from, "application_id", "application_id", true);
  to.token = secret{in.text(from, "token", "token", true, token_bytes_max)};
  to.guild = in.id(from, "guild_id", "guild_id", false);
  to.channel = in.id(from, "channel_id", "channel_id", false);
  if (const auto* channel = in.object(from, "channel", "channel", false); channel != nullptr && !to.channel)
    to.channel = in.id(*channel, "id", "channel.id", true);
  to.app_permissions = in.permissions(from, "app_permissions", "app_permissions", false);
  to.locale = in.text(from, "locale", "locale", false, 16);
  read_caller(in, from, to);
  if (const auto* message = in.object(from, "message", "message", to.kind == interaction_kind::component))
    to.message = in.id(*message, "id", "message.id", true);
  read_data(in, from, to);
  if (!in.ok())
    return in.fault();
  return to;
}

std::string to_json_text(const interaction_answer& answer) {
  auto text = "{\"type\":" + std::to_string(static_cast<int>(answer.type));
  if (!answer.data_json.empty())
    text.append(",\"data\":").append(answer.data_json);
  return text + "}";
}

std::chrono::milliseconds token_left(const interaction& x, int64_t now_ms) {
  constexpr std::chrono::milliseconds whole{15 * 60'000 - 5'000};
  const std::chrono::milliseconds age{x.received_ms > 0 ? now_ms - x.received_ms : 0};
  return whole - std::clamp(age, std::chrono::milliseconds{0}, whole);
}

} // namespace arrakis
