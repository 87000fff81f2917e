#include "apps/sandbox/model/members.hpp"

#include "apps/sandbox/model/channels.hpp"
#include "apps/sandbox/model/form.hpp"
#include "apps/sandbox/model/permissions.hpp"
#include "apps/sandbox/model/render.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace arrakis::sandbox::model {
namespace {
using namespace arrakis::permissions;

void tell_update(sandbox_state& state, const guild& in, const member& who) {
  auto data = to_json(state, who);
  data["guild_id"] = in.id.text();
  state.emit("GUILD_MEMBER_UPDATE", in.id, std::move(data), who.user);
}

js::array role_change(const char* key, const role& r) {
  return {js::object{{"key", key}, {"new_value", js::array{js::object{{"id", r.id.text()}, {"name", r.name}}}}}};
}

outcome<role*> grantable(const actor& by, guild& in, snowflake user, snowflake id) {
  if (!in.members.contains(user))
    return unknown("Member");
  const auto found = in.roles.find(id);
  if (found == in.roles.end())
    return unknown("Role");
  if (!(permissions_in(in, by.user) & manage_roles) || !commands_role(in, by.user, found->second)
      || found->second.managed || id == in.id)
    return missing_permissions();
  return &found->second;
}
} // namespace

/// A bot that is out hears GUILD_DELETE without `unavailable`; it must be told by name, since it is no member any more.
void remove_member(sandbox_state& state, guild& in, snowflake user) {
  const auto who = in.members.find(user);
  for (const auto id : who->second.roles)
    if (const auto own = in.roles.find(id); own != in.roles.end() && own->second.managed && own->second.bot == user) {
      in.roles.erase(own);
      state.emit("GUILD_ROLE_DELETE", in.id, {{"guild_id", in.id.text()}, {"role_id", id.text()}});
      break;
    }
  in.members.erase(who);
  state.emit("GUILD_MEMBER_REMOVE", in.id, {{"guild_id", in.id.text()}, {"user", to_json(state.user_of(user))}}, user);
  if (const auto* app = state.find_application_of(user)) {
    state.emit("GUILD_DELETE", in.id, {{"id", in.id.text()}});
    state.events.back().only = app->id;
  }
}

guild& found_guild(sandbox_state& state, std::string name, snowflake owner) {
  const auto id = state.next_id();
  auto& made = state.guilds[id];
  made.id = id;
  made.name = std::move(name);
  made.owner = owner;
  // Permissions of @everyone in a new guild: see, write, read the history, use commands, connect and speak.
  constexpr uint64_t usual = view_channel | send_messages | read_message_history | add_reactions | embed_links
                           | attach_files | use_application_commands | connect | speak | create_instant_invite
                           | create_public_threads | create_private_threads | send_in_threads;
  made.roles[id] = role{.id = id, .name = "@everyone", .permissions = usual};
  made.members[owner] = member{.user = owner, .joined_ms = state.now_ms};
  const auto category = state.next_id();
  made.channels[category] = channel{.id = category, .guild = id, .kind = category_channel, .name = "Text Channels"};
  const auto general = state.next_id();
  made.channels[general] = channel{.id = general, .guild = id, .name = "general", .parent = category};
  made.system_channel = general;
  return made;
}

void invite_bot(sandbox_state& state, guild& in, const application& app, uint64_t mask, snowflake by) {
  if (in.members.contains(app.bot))
    return;
  role own{.id = state.next_id(), .name = app.name, .permissions = mask, .managed = true, .bot = app.bot};
  // Discord puts a bot's role lowest; an admin drags it up. Ours starts on top, where a working bot's role is.
  for (const auto& [_, each] : in.roles)
    own.position = std::max(own.position, each.position + 1);
  auto& kept = in.roles.emplace(own.id, own).first->second;
  state.emit("GUILD_ROLE_CREATE", in.id, {{"guild_id", in.id.text()}, {"role", to_json(kept)}});
  in.members[app.bot] = member{.user = app.bot, .roles = {own.id}, .joined_ms = state.now_ms};
  auto data = to_json(state, in.members.at(app.bot));
  data["guild_id"] = in.id.text();
  state.emit("GUILD_MEMBER_ADD", in.id, std::move(data), app.bot);
  state.emit("GUILD_CREATE", in.id, guild_create(state, in, app));
  state.events.back().only = app.id;
  note(state, in, action::bot_add, {.user = by}, app.bot);
}

uint64_t invited_permissions() {
  return manage_roles | manage_channels | view_channel | send_messages | embed_links | read_message_history
       | view_audit_log | use_application_commands | attach_files | add_reactions | create_instant_invite | connect
       | speak | manage_messages | mention_everyone | kick_members;
}

void join(sandbox_state& state, guild& in, snowflake user) {
  if (in.members.contains(user))
    return;
  const auto& who = in.members[user] = member{.user = user, .joined_ms = state.now_ms};
  auto data = to_json(state, who);
  data["guild_id"] = in.id.text();
  state.emit("GUILD_MEMBER_ADD", in.id, std::move(data), user);
}

outcome<done> grant_role(sandbox_state& state, const actor& by, guild& in, snowflake user, snowflake id) {
  auto which = grantable(by, in, user, id);
  if (!which)
    return which.why();
  auto& who = in.members.at(user);
  if (std::find(who.roles.begin(), who.roles.end(), id) != who.roles.end())
    return done{};
  who.roles.push_back(id);
  std::sort(who.roles.begin(), who.roles.end());
  tell_update(state, in, who);
  note(state, in, action::member_role_update, by, user, role_change("$add", **which));
  return done{};
}

outcome<done> revoke_role(sandbox_state& state, const actor& by, guild& in, snowflake user, snowflake id) {
  auto which = grantable(by, in, user, id);
  if (!which)
    return which.why();
  auto& who = in.members.at(user);
  if (std::erase(who.roles, id) == 0)
    return done{};
  tell_update(state, in, who);
  note(state, in, action::member_role_update, by, user, role_change("$remove", **which));
  return done{};
}

namespace {
constexpr uint64_t change_nickname = 1ull << 26; // https://discord.com/developers/docs/topics/permissions
constexpr uint64_t manage_nicknames = 1ull << 27;
constexpr uint64_t moderate_members = 1ull << 40;
constexpr int64_t timeout_max_ms = 28ll * 24 * 3'600'000;

bool may_edit(const guild& in, snowflake by, snowflake user, uint64_t needed) {
  return (permissions_in(in, by) & needed) && (by == user || outranks(in, by, user));
}

/// The first role that is in one list alone and that the caller may not give or take; nothing when all may be.
std::optional<refusal> check_roles(const actor& by, guild& in, const member& before, const member& after) {
  std::vector<snowflake> moved;
  std::set_symmetric_difference(before.roles.begin(), before.roles.end(), after.roles.begin(), after.roles.end(),
                                std::back_inserter(moved));
  for (const auto id : moved)
    if (auto may = grantable(by, in, before.user, id); !may)
      return may.why();
  return std::nullopt;
}

/// `communication_disabled_until`: at most 28 days ahead; a time that is over, and null, end it.
int64_t read_timeout(form& f, const sandbox_state& state) {
  constexpr auto key = "communication_disabled_until";
  const auto until = f.time(key).value_or(0);
  if (until > state.now_ms + timeout_max_ms)
    f.fault(key, "INVALID_COMMUNICATION_DISABLED_TIMESTAMP", "Timeout cannot be longer than 28 days.");
  return until > state.now_ms ? until : 0;
}
} // namespace

outcome<js::object> edit_member(sandbox_state& state, const actor& by, guild& in, snowflake user,
                                const js::object& body) {
  const auto found = in.members.find(user);
  if (found == in.members.end())
    return unknown("Member");
  form f(body);
  const auto nick = f.text("nick", 0, 32);
  auto roles = f.ids("roles", roles_max);
  const bool times_out = body.contains("communication_disabled_until");
  const auto timeout = read_timeout(f, state);
  const bool speaks = f.boolean("mute") || f.boolean("deaf") || f.id("channel_id");
  if (!f.clean())
    return f.why();
  if (speaks) // Nobody is in a voice channel here.
    return refusal{400, 40032, "Target user is not connected to voice.", {}};
  auto& who = found->second;
  auto next = who;
  if (nick || f.is_null("nick")) {
    if (!may_edit(in, by.user, user, by.user == user ? change_nickname : manage_nicknames))
      return missing_permissions();
    next.nick = nick.value_or("");
  }
  if (times_out) { // Nobody silences who may do everything.
    if (user == in.owner || !may_edit(in, by.user, user, moderate_members)
        || (permissions_in(in, user) & administrator))
      return missing_permissions();
    next.timeout_until_ms = timeout;
  }
  if (roles) {
    std::sort(roles->begin(), roles->end());
    roles->erase(std::unique(roles->begin(), roles->end()), roles->end());
    next.roles = std::move(*roles);
    if (auto refused = check_roles(by, in, who, next))
      return *refused;
  }
  js::array changes;
  change(changes, "nick", who.nick, next.nick);
  const auto told = [](const member& m) {
    return m.timeout_until_ms ? js::value(time_text(m.timeout_until_ms)) : js::value(nullptr);
  };
  change(changes, "communication_disabled_until", told(who), told(next));
  const bool moved = who.roles != next.roles;
  who = std::move(next);
  if (moved || !changes.empty())
    tell_update(state, in, who);
  if (!changes.empty())
    note(state, in, action::member_update, by, user, std::move(changes));
  if (moved)
    note(state, in, action::member_role_update, by, user);
  return to_json(state, who);
}

outcome<done> kick(sandbox_state& state, const actor& by, guild& in, snowflake user) {
  if (!in.members.contains(user))
    return unknown("Member");
  if (!(permissions_in(in, by.user) & kick_members) || !outranks(in, by.user, user))
    return missing_permissions();
  remove_member(state, in, user);
  note(state, in, action::member_kick, by, user);
  return done{};
}

outcome<done> leave(sandbox_state& state, guild& in, snowflake user) {
  if (!in.members.contains(user))
    return unknown("Guild");
  if (in.owner == user)
    return refusal{400, 50055, "Invalid Guild", {}};
  remove_member(state, in, user);
  return done{};
}

outcome<done> delete_guild(sandbox_state& state, const actor& by, guild& in) {
  if (in.owner != by.user)
    return missing_access();
  const auto id = in.id;
  for (const auto& [_, app] : state.applications)
    if (in.members.contains(app.bot)) {
      state.emit("GUILD_DELETE", id, {{"id", id.text()}});
      state.events.back().only = app.id;
    }
  for (const auto& [channel, _] : in.channels)
    state.messages.erase(channel);
  state.guilds.erase(id);
  return done{};
}

js::array find_members(sandbox_state& state, const guild& in, std::string_view query, size_t count) {
  const auto begins = [&](std::string_view text) {
    return text.size() >= query.size() && std::equal(query.begin(), query.end(), text.begin(), [](char a, char b) {
             return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
           });
  };
  js::array list;
  for (const auto& [user, who] : in.members)
    if (list.size() < count && (begins(state.user_of(user).name) || (!who.nick.empty() && begins(who.nick))))
      list.push_back(to_json(state, who));
  return list;
}

js::array list_members(sandbox_state& state, const guild& in, snowflake after, size_t count) {
  js::array list;
  for (auto each = in.members.upper_bound(after); each != in.members.end() && list.size() < count; ++each)
    list.push_back(to_json(state, each->second));
  return list;
}

} // namespace arrakis::sandbox::model
