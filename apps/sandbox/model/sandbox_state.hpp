#pragma once
// State of the emulated Discord: its objects, its clock, and the events since the last delivery.
#include "apps/sandbox/model/refusal.hpp"
#include "apps/sandbox/model/types.hpp"

#include <deque>

namespace arrakis::sandbox::model {

/// A gateway dispatch that a change caused, before the gateway selects its receivers.
struct event {
  std::string name; ///< "GUILD_ROLE_CREATE"
  snowflake guild;
  js::object data;
  snowflake only;    ///< This application alone; 0: every application in the guild.
  snowflake subject; ///< The user whom a member event is about: a bot always hears about itself.
};

/// Time limits of interactions: 3 s to the first response, 15 min for the token. A test may shorten them.
/// https://discord.com/developers/docs/interactions/receiving-and-responding
struct timing {
  int64_t acknowledge_ms = 3'000;
  int64_t token_ms = 900'000;
};

/// All objects of the emulated Discord. Not thread-safe. Every operation reads `now_ms`, which the caller sets first,
/// and appends to `events`.
struct sandbox_state {
  std::map<snowflake, application> applications;
  std::map<snowflake, user> users;
  std::map<snowflake, guild> guilds;
  std::map<snowflake, channel> direct;                        ///< Direct channels, which are in no guild.
  std::map<snowflake, std::map<snowflake, message>> messages; ///< By channel.
  std::map<snowflake, interaction> interactions;
  uint64_t last_id = 0;
  int64_t now_ms = 0;
  model::timing timing;
  std::string media_url = "http://127.0.0.1"; ///< Where attachments and pictures are said to lie.
  std::vector<event> events;

  /// Next snowflake, above every earlier one, also when the clock went back.
  snowflake next_id();
  guild* find_guild(snowflake id);
  channel* find_channel(snowflake id); ///< In any guild, or direct.
  message* find_message(snowflake channel, snowflake id);
  interaction* find_token(std::string_view token);
  application* find_application_of(snowflake bot_user);
  application* find_application_by_token(std::string_view token);
  const user& user_of(snowflake id); ///< Creates "deleted user" when unknown.
  void emit(std::string name, snowflake guild, js::object data, snowflake subject = {});
  /// Emits an event of a channel: with `guild_id`, or, of a direct channel, only for the bot that takes part.
  void emit_in(const channel&, std::string name, js::object data);
};

/// The acting user: a person in the page, or a bot through its token.
struct actor {
  snowflake user;
  application* app = nullptr; ///< Of a bot.
  std::string reason;         ///< X-Audit-Log-Reason, decoded; already cut to what is allowed.
};

/// Appends to the guild's audit log and emits GUILD_AUDIT_LOG_ENTRY_CREATE.
void note(sandbox_state&, guild&, action, const actor&, snowflake target, js::array changes = {},
          js::object options = {});
/// {key, old_value, new_value} where the two differ.
void change_values(js::array& to, std::string_view key, js::value before, js::value after);
/// Appends {key, old_value, new_value} if the two differ, for values of any type.
template <class Before, class After>
void change(js::array& to, std::string_view key, const Before& before, const After& after) {
  change_values(to, key, js::value_from(before), js::value_from(after));
}

/// Returns the guild for a caller: Unknown Guild if there is none, Missing Access if the caller is not a member.
outcome<guild*> guild_for(sandbox_state&, const actor&, snowflake id);
/// A channel and its guild.
struct channel_ref {
  model::guild* guild; ///< Null: a direct channel, which only some functions accept.
  model::channel* channel;
};
/// Returns a guild's channel for a caller who may view it (else Missing Access). A direct channel is refused with
/// 50003.
outcome<channel_ref> channel_for(sandbox_state&, const actor&, snowflake id);
/// Does the same, and also returns direct channels for their two recipients.
outcome<channel_ref> conversation_for(sandbox_state&, const actor&, snowflake id);

} // namespace arrakis::sandbox::model
