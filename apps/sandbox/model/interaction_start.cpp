// A person acts: what Discord checks before an application hears of it, and what the application then receives.
#include "apps/sandbox/model/commands.hpp"
#include "apps/sandbox/model/content.hpp"
#include "apps/sandbox/model/direct.hpp"
#include "apps/sandbox/model/interactions.hpp"
#include "apps/sandbox/model/permissions.hpp"
#include "apps/sandbox/model/render.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"
#include "runtime/utf8.hpp"

#include <fmt/format.h>
#include <set>

namespace arrakis::sandbox::model {
namespace {
/// The quoted input may be as long as a request.
refusal not_offered(std::string_view why) { return {400, 0, std::string{utf8_head(why, 300)}, {}}; }

interaction& open(sandbox_state& state, const application& app, const channel_ref& at, snowflake user, int kind) {
  const auto id = state.next_id();
  auto& made = state.interactions[id];
  made = interaction{.id = id,
                     .token = fmt::format("it-{}-{}", id.value, random_hex(24)),
                     .application = app.id,
                     .guild = at.channel->guild,
                     .channel = at.channel->id,
                     .user = user,
                     .kind = kind,
                     .made_ms = state.now_ms};
  return made;
}

js::object payload_of(sandbox_state& state, const interaction& i, const channel_ref& at, const application& app,
                      js::object data) {
  const auto mine = std::to_string(permissions_at(at, i.user));
  js::object out{{"id", i.id.text()},
                 {"application_id", app.id.text()},
                 {"type", i.kind},
                 {"token", i.token},
                 {"version", 1},
                 {"locale", "en-US"},
                 {"channel_id", at.channel->id.text()},
                 {"app_permissions", std::to_string(permissions_at(at, app.bot))},
                 {"entitlements", js::array{}},
                 {"authorizing_integration_owners", {{"0", at.channel->guild.text()}}}, // "0" in a direct channel
                 {"context", at.guild ? 0 : 1},
                 {"attachment_size_limit", 10485760},
                 {"data", std::move(data)}};
  if (!at.guild) {
    out["user"] = to_json(state.user_of(i.user));
    out["channel"] = direct_json(state, *at.channel, app.bot);
    return out;
  }
  auto who = to_json(state, at.guild->members.at(i.user));
  who["permissions"] = mine;
  auto where = to_json(*at.channel);
  where["permissions"] = mine;
  out["guild_id"] = at.guild->id.text();
  out["guild"] = js::object{{"id", at.guild->id.text()}, {"locale", "en-US"}, {"features", js::array{}}};
  out["guild_locale"] = "en-US";
  out["channel"] = std::move(where);
  out["member"] = std::move(who);
  return out;
}

// docs/interactions/application-commands, "Application Command Option Structure": the longest max_length.
constexpr size_t option_text_max = 6000;
bool is_scalar(const js::value& value) {
  const auto* text = value.if_string();
  return text ? length_of({text->data(), text->size()}) <= option_text_max : value.is_number() || value.is_bool();
}

/// The value of a focused option is text, regardless of the option's type.
js::value typed_text(const js::value* value) {
  return !value ? js::value("") : value->is_string() ? *value : js::value(js::serialize(*value));
}

/// The options of a command as sent: {name, type, value}, checked against the definition. `typing`: the one that is
/// `focused`, whatever its value is by now; the required ones may still be missing.
outcome<js::array> options_of(const js::object& definition, const js::object& given, std::string_view typing) {
  js::array out;
  const auto* declared = json::array_in(definition, "options");
  for (size_t i = 0; declared && i < declared->size(); ++i) {
    const auto& option = (*declared)[i].as_object();
    const auto name = json::text_or(option, "name");
    const auto* value = given.if_contains(name);
    const auto kind = json::integer_or(option, "type");
    if (kind <= 2) { // a subcommand (group): its own options lie in an object of its name
      if (!value || !value->is_object())
        continue;
      auto inner = options_of(option, value->get_object(), typing);
      if (!inner)
        return inner.why();
      out.push_back(js::object{{"name", name}, {"type", kind}, {"options", std::move(*inner)}});
    } else if (value && !is_scalar(*value))
      return not_offered(
        fmt::format("The option '{}' takes a number, true or false, or at most {} characters.", name, option_text_max));
    else if (!typing.empty() && name == typing) {
      if (!json::bool_or(option, "autocomplete"))
        return not_offered(fmt::format("The option '{}' has no autocomplete.", name));
      out.push_back(js::object{{"name", name}, {"type", kind}, {"value", typed_text(value)}, {"focused", true}});
    } else if (value)
      out.push_back(js::object{{"name", name}, {"type", kind}, {"value", *value}});
    else if (typing.empty() && json::bool_or(option, "required"))
      return not_offered(fmt::format("The option '{}' is required.", name));
  }
  for (const auto& field : given)
    if (std::none_of(out.begin(), out.end(),
                     [&](const js::value& o) { return json::text_or(o.as_object(), "name") == field.key(); }))
      return not_offered(fmt::format("The command has no option '{}'.", std::string_view(field.key())));
  return out;
}

/// Returns true if the user is one of the two recipients of a direct channel.
bool writes_in(const channel& direct, snowflake user) {
  return std::find(direct.recipients.begin(), direct.recipients.end(), user) != direct.recipients.end();
}

/// `resolved` for the options and selects that name users, roles or channels. `viewer`: whose permissions in a channel
/// it tells.
js::object resolve(sandbox_state& state, const channel_ref& at, const std::vector<std::string>& values,
                   snowflake viewer) {
  static const guild nobody;
  const auto& in = at.guild ? *at.guild : nobody;
  js::object users, members, roles, channels;
  for (const auto& text : values) {
    const auto id = parse_snowflake(text).value_or(snowflake{});
    if (writes_in(*at.channel, id))
      users[text] = to_json(state.user_of(id));
    if (const auto who = in.members.find(id); who != in.members.end()) {
      users[text] = to_json(state.user_of(id));
      auto partial = to_json(state, who->second);
      partial.erase("user");
      partial["permissions"] = std::to_string(permissions_in(in, id));
      members[text] = std::move(partial);
    }
    if (const auto found = in.roles.find(id); found != in.roles.end())
      roles[text] = to_json(found->second);
    if (const auto found = in.channels.find(id); found != in.channels.end()) {
      auto partial = to_json(found->second);
      partial.erase("permission_overwrites");
      partial["permissions"] = std::to_string(permissions_in(in, found->second, viewer));
      channels[text] = std::move(partial);
    }
  }
  js::object out;
  for (auto& [key, part] :
       {std::pair{"users", &users}, {"members", &members}, {"roles", &roles}, {"channels", &channels}})
    if (!part->empty())
      out[key] = std::move(*part);
  return out;
}

/// Returns true if `text` is the id of an object of the requested kind in the guild, or of a recipient of the direct
/// channel.
bool is_offered(const channel_ref& at, std::string_view text, bool users, bool roles, bool channels) {
  const auto id = parse_snowflake(text);
  if (!id || !at.guild)
    return id && users && writes_in(*at.channel, *id);
  const auto& in = *at.guild;
  return (users && in.members.contains(*id)) || (roles && in.roles.contains(*id))
      || (channels && in.channels.contains(*id));
}

/// Returns true if a select of `kind` may choose `text`.
bool is_offered_by(int64_t kind, const channel_ref& at, std::string_view text) {
  return is_offered(at, text, kind == user_select || kind == mentionable_select,
                    kind == role_select || kind == mentionable_select, kind == channel_select);
}

/// Option types whose value is an id. application-commands#application-command-object-application-command-option-type
enum option_type : int { user_option = 6, channel_option = 7, role_option = 8, mentionable_option = 9 };

/// The ids that the options name, at any depth.
void collect_ids(const js::array& options, std::vector<std::string>& ids) {
  for (const auto& each : options) {
    const auto& option = each.as_object();
    if (const auto* inner = json::array_in(option, "options"))
      collect_ids(*inner, ids);
    const auto kind = json::integer_or(option, "type");
    if (kind >= user_option && kind <= mentionable_option)
      ids.emplace_back(json::text_or(option, "value"));
  }
}

/// An id in the options that names nothing of the kind that the option asks for; Discord's client offers only what is
/// there. Empty: all are there.
std::string unknown_id(const channel_ref& at, const js::array& options) {
  for (const auto& each : options) {
    const auto& option = each.as_object();
    if (const auto* inner = json::array_in(option, "options"))
      if (auto missing = unknown_id(at, *inner); !missing.empty())
        return missing;
    const auto kind = json::integer_or(option, "type");
    const auto value = json::text_or(option, "value");
    if (kind >= user_option && kind <= mentionable_option
        && !is_offered(at, value, kind == user_option || kind == mentionable_option,
                       kind == role_option || kind == mentionable_option, kind == channel_option))
      return std::string(value);
  }
  return {};
}

/// The type of the option that is typed into; 0: none is.
int focused_kind(const js::array& options) {
  for (const auto& each : options) {
    const auto& option = each.as_object();
    if (json::bool_or(option, "focused"))
      return static_cast<int>(json::integer_or(option, "type"));
    if (const auto* inner = json::array_in(option, "options"))
      if (const auto kind = focused_kind(*inner))
        return kind;
  }
  return 0;
}

std::optional<refusal> check_values(const channel_ref& at, const js::object& component,
                                    const std::vector<std::string>& values) {
  const auto least = static_cast<size_t>(json::integer_or(component, "min_values", 1));
  const auto most = static_cast<size_t>(json::integer_or(component, "max_values", 1));
  if (values.size() < least || values.size() > most)
    return not_offered(fmt::format("Choose {} to {} values.", least, most));
  if (std::set<std::string_view>{values.begin(), values.end()}.size() != values.size())
    return not_offered("Choose each value once.");
  const auto kind = json::integer_or(component, "type");
  const auto* options = json::array_in(component, "options");
  for (const auto& value : values) {
    const bool offered = kind == string_select
                         ? options
                             && std::any_of(
                               options->begin(), options->end(),
                               [&](const js::value& o) { return json::text_or(o.as_object(), "value") == value; })
                         : is_offered_by(kind, at, value);
    if (!offered)
      return not_offered(fmt::format("The select has no value '{}'.", value));
  }
  return std::nullopt;
}

bool is_here(const channel_ref& at, snowflake bot) {
  return at.guild ? at.guild->members.contains(bot) : writes_in(*at.channel, bot);
}

/// Returns true if a command's `contexts` contain the place: 0 is a guild, 1 a direct channel with the bot. Null, which
/// guild commands have, means everywhere.
bool is_for(const command& what, const channel_ref& at) {
  const auto* contexts = json::array_in(what.definition, "contexts");
  return !contexts || std::find(contexts->begin(), contexts->end(), js::value(at.guild ? 0 : 1)) != contexts->end();
}

/// Returns true if a member with these permissions may use a command of the guild.
bool may_use(const command& what, uint64_t mine) {
  const auto needed = arrakis::permissions::parse(json::text_or(what.definition, "default_member_permissions", "0"));
  const bool admin_only = what.definition.at("default_member_permissions").is_string() && needed == 0;
  if (mine & arrakis::permissions::administrator)
    return true;
  return !admin_only && (mine & needed) == needed && (mine & arrakis::permissions::use_application_commands);
}

struct offered_command {
  const command* what = nullptr;
  application* app = nullptr;
};
/// The command of this name and type that somebody is offered in a place, of the one application or of any.
outcome<offered_command> find_offered(sandbox_state& state, const channel_ref& at, snowflake user,
                                      std::string_view name, int64_t kind, snowflake application) {
  offered_command found;
  for (auto& [id, each] : state.applications)
    if (!found.what && (!application || application == id) && is_here(at, each.bot))
      found = {find_command(each, at.channel->guild, name, kind), &each};
  if (!found.what || !is_for(*found.what, at))
    return not_offered(
      fmt::format("No application that is here has a command '{}{}'.", kind == chat_input ? "/" : "", name));
  if (at.guild && !may_use(*found.what, permissions_at(at, user)))
    return not_offered("You do not have permission to use this command.");
  return found;
}

std::string fault_of(const js::object& input, std::string_view value) {
  const auto length = length_of(value);
  const auto label = json::text_or(input, "label", json::text_or(input, "custom_id"));
  if (length == 0)
    return json::bool_or(input, "required", true) ? fmt::format("'{}' is required.", label) : "";
  const auto least = static_cast<size_t>(json::integer_or(input, "min_length", 0));
  const auto most = static_cast<size_t>(json::integer_or(input, "max_length", 4000));
  if (length < least || length > most)
    return fmt::format("'{}' must be between {} and {} in length.", label, least, most);
  return "";
}
} // namespace

outcome<started> invoke(sandbox_state& state, snowflake user, snowflake channel, std::string_view name,
                        const js::object& options, snowflake application, std::string_view typing) {
  auto at = conversation_for(state, {.user = user}, channel);
  if (!at)
    return at.why();
  auto offered = find_offered(state, *at, user, name, chat_input, application);
  if (!offered)
    return offered.why();
  const auto [what, app] = *offered;
  auto sent = options_of(what->definition, options, typing);
  if (!sent)
    return sent.why();
  const auto focused = focused_kind(*sent);
  if (!typing.empty() && focused == 0)
    return not_offered(fmt::format("The command has no option '{}'.", typing));
  if (const auto missing = unknown_id(*at, *sent); !missing.empty())
    return not_offered(fmt::format("There is no '{}' here.", missing));
  auto& made = open(state, *app, *at, user, typing.empty() ? command_type : autocomplete_type);
  made.option = focused;
  made.name = std::string(name);
  made.command = what->id;
  js::object data{{"id", what->id.text()}, {"name", name}, {"type", 1}};
  std::vector<std::string> ids;
  collect_ids(*sent, ids);
  if (auto resolved = resolve(state, *at, ids, user); !resolved.empty())
    data["resolved"] = std::move(resolved);
  if (!sent->empty())
    data["options"] = std::move(*sent);
  if (what->guild)
    data["guild_id"] = what->guild.text();
  return started{made.id, app->id, payload_of(state, made, *at, *app, std::move(data))};
}

outcome<started> invoke_on(sandbox_state& state, snowflake user, snowflake channel, std::string_view name,
                           snowflake target, snowflake application) {
  auto at = conversation_for(state, {.user = user}, channel);
  if (!at)
    return at.why();
  const auto* message = state.find_message(channel, target);
  if (message && message->visible_to && message->visible_to != user)
    return unknown("Message");
  if (!message && !is_offered(*at, target.text(), true, false, false))
    return not_offered(fmt::format("There is no user or message '{}' here.", target.text()));
  const auto kind = message ? message_command : user_command;
  auto offered = find_offered(state, *at, user, name, kind, application);
  if (!offered)
    return offered.why();
  const auto [what, app] = *offered;
  auto& made = open(state, *app, *at, user, command_type);
  made.name = std::string(name);
  made.command = what->id;
  js::object data{{"id", what->id.text()}, {"name", name}, {"type", kind}, {"target_id", target.text()}};
  data["resolved"] = message ? js::object{{"messages", {{target.text(), to_json(state, *message)}}}}
                             : resolve(state, *at, {target.text()}, user);
  if (what->guild)
    data["guild_id"] = what->guild.text();
  return started{made.id, app->id, payload_of(state, made, *at, *app, std::move(data))};
}

outcome<started> press(sandbox_state& state, snowflake user, snowflake channel, snowflake message,
                       std::string_view custom_id, const std::vector<std::string>& values) {
  auto at = conversation_for(state, {.user = user}, channel);
  if (!at)
    return at.why();
  const auto* on = state.find_message(channel, message);
  if (!on || (on->visible_to && on->visible_to != user))
    return unknown("Message");
  const auto* component = find_component(on->components, custom_id);
  if (!component)
    return not_offered(fmt::format("The message has no component '{}'.", custom_id));
  if (json::bool_or(*component, "disabled"))
    return not_offered("This component is disabled.");
  auto* app = state.find_application_of(on->author);
  if (!app)
    return not_offered("The message is no application's.");
  const auto kind = json::integer_or(*component, "type");
  js::object data{{"custom_id", custom_id}, {"component_type", kind}, {"id", component->at("id")}};
  if (kind != button) {
    if (auto bad = check_values(*at, *component, values))
      return *bad;
    js::array chosen;
    for (const auto& each : values)
      chosen.push_back(js::value(each));
    data["values"] = std::move(chosen);
    if (kind != string_select)
      data["resolved"] = resolve(state, *at, values, user);
  }
  auto& made = open(state, *app, *at, user, component_type);
  made.source = message;
  auto payload = payload_of(state, made, *at, *app, std::move(data));
  payload["message"] = to_json(state, *on);
  return started{made.id, app->id, std::move(payload)};
}

outcome<started> submit(sandbox_state& state, snowflake user, snowflake opened_by, const js::object& fields) {
  const auto parent = state.interactions.find(opened_by);
  if (parent == state.interactions.end() || parent->second.user != user || parent->second.phase != interaction::form)
    return not_offered("There is no such form open for you.");
  auto at = conversation_for(state, {.user = user}, parent->second.channel);
  if (!at)
    return at.why();
  auto& app = state.applications.at(parent->second.application);
  const auto& shown = parent->second.modal.at("components").as_array();
  js::array rows;
  for (const auto* input : text_inputs(shown)) {
    const std::string key(json::text_or(*input, "custom_id"));
    const std::string value(json::text_or(fields, key, json::text_or(*input, "value")));
    if (const auto fault = fault_of(*input, value); !fault.empty())
      return not_offered(fault);
    js::object sent{
      {"type", static_cast<int>(text_input)}, {"id", input->at("id")}, {"custom_id", key}, {"value", value}};
    const auto wrapper = rows.size() < shown.size() ? json::integer_or(shown[rows.size()].as_object(), "type")
                                                    : action_row;
    const auto wrapper_id = rows.size() < shown.size() ? shown[rows.size()].as_object().at("id") : js::value(1);
    if (wrapper == label)
      rows.push_back(js::object{{"type", wrapper}, {"id", wrapper_id}, {"component", std::move(sent)}});
    else
      rows.push_back(js::object{{"type", wrapper}, {"id", wrapper_id}, {"components", js::array{std::move(sent)}}});
  }
  for (const auto& field : fields)
    if (!find_component(shown, field.key()))
      return not_offered(fmt::format("The form has no field '{}'.", std::string_view(field.key())));
  js::object data{
    {"custom_id", parent->second.modal.at("custom_id")}, {"components", std::move(rows)}, {"resolved", js::object{}}};
  auto& made = open(state, app, *at, user, modal_type);
  made.parent = opened_by;
  made.source = parent->second.source;
  auto payload = payload_of(state, made, *at, app, std::move(data));
  if (made.source)
    if (const auto* on = state.find_message(made.channel, made.source))
      payload["message"] = to_json(state, *on);
  return started{made.id, app.id, std::move(payload)};
}

} // namespace arrakis::sandbox::model
