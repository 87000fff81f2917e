#pragma once
// A small guild for tests: an owner, a member, a bot with a role of its own, and a clock that only the test moves.
#include "apps/sandbox/model/commands.hpp"
#include "apps/sandbox/model/interactions.hpp"
#include "apps/sandbox/model/members.hpp"
#include "apps/sandbox/model/permissions.hpp"

namespace arrakis::sandbox::model {

/// A state with one guild, its owner, a person and a bot.
struct model_fixture {
  model::sandbox_state state;
  snowflake owner, person, app_id;
  snowflake guild_id;

  explicit model_fixture(uint64_t bot_permissions = invited_permissions()) {
    state.now_ms = 1'790'000'000'000;
    owner = add_user("owner", false);
    person = add_user("person", false);
    app_id = state.next_id();
    state.applications[app_id] = {.id = app_id, .bot = add_user("bot", true), .name = "bot", .token = "t"};
    auto& made = found_guild(state, "Arrakeen", owner);
    guild_id = made.id;
    join(state, made, person);
    invite_bot(state, made, app(), bot_permissions, owner);
    state.events.clear();
  }
  snowflake add_user(std::string name, bool bot) {
    const auto id = state.next_id();
    state.users[id] = {.id = id, .name = std::move(name), .global_name = {}, .bot = bot};
    return id;
  }
  application& app() { return state.applications.at(app_id); }
  guild& here() { return state.guilds.at(guild_id); }
  actor bot() { return {.user = app().bot, .app = &app(), .reason = {}}; }
  actor as(snowflake user) { return {.user = user, .app = nullptr, .reason = {}}; }
  channel_ref general() { return {&here(), &here().channels.at(here().system_channel)}; }
  /// Number of events of this name since `state.events` was last cleared.
  size_t told(std::string_view name) {
    return static_cast<size_t>(
      std::count_if(state.events.begin(), state.events.end(), [&](const event& e) { return e.name == name; }));
  }
};

/// Parses a JSON object.
inline js::object object(std::string_view text) { return js::parse(text).as_object(); }
/// Returns the `id` of an object.
inline snowflake id_in(const js::object& o) { return *parse_snowflake(std::string_view(o.at("id").as_string())); }

} // namespace arrakis::sandbox::model
