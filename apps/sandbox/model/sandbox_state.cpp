#include "apps/sandbox/model/sandbox_state.hpp"

#include "apps/sandbox/model/permissions.hpp"
#include "apps/sandbox/model/render.hpp"

namespace arrakis::sandbox::model {

snowflake sandbox_state::next_id() {
  constexpr int64_t discord_epoch_ms = 1'420'070'400'000; // 2015-01-01, topics "Snowflakes" of Discord's reference
  const auto by_clock = static_cast<uint64_t>(now_ms - discord_epoch_ms) << 22;
  last_id = std::max(last_id + 1, by_clock);
  return snowflake{last_id};
}

guild* sandbox_state::find_guild(snowflake id) {
  const auto found = guilds.find(id);
  return found == guilds.end() ? nullptr : &found->second;
}

channel* sandbox_state::find_channel(snowflake id) {
  for (auto& [_, in] : guilds)
    if (const auto found = in.channels.find(id); found != in.channels.end())
      return &found->second;
  const auto found = direct.find(id);
  return found == direct.end() ? nullptr : &found->second;
}

message* sandbox_state::find_message(snowflake channel, snowflake id) {
  const auto in = messages.find(channel);
  if (in == messages.end())
    return nullptr;
  const auto found = in->second.find(id);
  return found == in->second.end() ? nullptr : &found->second;
}

interaction* sandbox_state::find_token(std::string_view token) {
  // "it-<id>-<chance>": the id is in it, so that no second index is needed.
  if (!token.starts_with("it-"))
    return nullptr;
  const auto id = parse_snowflake(token.substr(3, token.find('-', 3) - 3));
  const auto found = id ? interactions.find(*id) : interactions.end();
  return found != interactions.end() && found->second.token == token ? &found->second : nullptr;
}

application* sandbox_state::find_application_of(snowflake bot_user) {
  for (auto& [_, each] : applications)
    if (each.bot == bot_user)
      return &each;
  return nullptr;
}

application* sandbox_state::find_application_by_token(std::string_view token) {
  for (auto& [_, each] : applications)
    if (each.token == token)
      return &each;
  return nullptr;
}

const user& sandbox_state::user_of(snowflake id) {
  return users.try_emplace(id, user{.id = id, .name = "deleted_user", .global_name = {}, .bot = false}).first->second;
}

void sandbox_state::emit(std::string name, snowflake in, js::object data, snowflake subject) {
  events.push_back({.name = std::move(name), .guild = in, .data = std::move(data), .only = {}, .subject = subject});
}

void sandbox_state::emit_in(const channel& where, std::string name, js::object data) {
  if (where.guild) {
    data["guild_id"] = where.guild.text();
    return emit(std::move(name), where.guild, std::move(data));
  }
  for (const auto each : where.recipients)
    if (const auto* app = find_application_of(each)) {
      emit(name, {}, data);
      events.back().only = app->id;
    }
}

void change_values(js::array& to, std::string_view key, js::value before, js::value after) {
  if (before == after)
    return;
  js::object entry{{"key", key}};
  if (!before.is_null())
    entry["old_value"] = std::move(before);
  if (!after.is_null())
    entry["new_value"] = std::move(after);
  to.push_back(std::move(entry));
}

void note(sandbox_state& state, guild& in, action what, const actor& by, snowflake target, js::array changes,
          js::object options) {
  audit_entry entry{.id = state.next_id(),
                    .what = what,
                    .user = by.user,
                    .target = target,
                    .reason = by.reason,
                    .changes = std::move(changes),
                    .options = std::move(options)};
  auto data = to_json(entry);
  data["guild_id"] = in.id.text();
  state.emit("GUILD_AUDIT_LOG_ENTRY_CREATE", in.id, std::move(data));
  in.audit.push_back(std::move(entry));
  if (in.audit.size() > audit_max)
    in.audit.erase(in.audit.begin(), in.audit.begin() + audit_max / 10);
}

outcome<guild*> guild_for(sandbox_state& state, const actor& by, snowflake id) {
  auto* in = state.find_guild(id);
  if (!in)
    return unknown("Guild");
  if (!in->members.contains(by.user))
    return missing_access();
  return in;
}

outcome<channel_ref> channel_for(sandbox_state& state, const actor& by, snowflake id) {
  auto at = conversation_for(state, by, id);
  return !at || at->guild ? at : direct_refused();
}

outcome<channel_ref> conversation_for(sandbox_state& state, const actor& by, snowflake id) {
  auto* where = state.find_channel(id);
  if (!where)
    return unknown("Channel");
  if (where->kind == direct_channel) {
    const auto& both = where->recipients;
    if (std::find(both.begin(), both.end(), by.user) == both.end())
      return missing_access();
    return channel_ref{nullptr, where};
  }
  auto& in = state.guilds.at(where->guild);
  if (!(permissions_in(in, *where, by.user) & arrakis::permissions::view_channel))
    return missing_access();
  return channel_ref{&in, where};
}

} // namespace arrakis::sandbox::model
