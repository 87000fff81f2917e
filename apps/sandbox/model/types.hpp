#pragma once
// What the emulated Discord consists of: plain values, no behaviour. Field names and numbers as in
// https://discord.com/developers/docs (resources and interactions), API version 10.
#include "schemas/ids.hpp"

#include <boost/json.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::sandbox::model {
namespace js = boost::json;

struct user {
  snowflake id;
  std::string name;
  std::string global_name; ///< Empty: none, the name is shown.
  bool bot = false;
};

struct role {
  snowflake id; ///< The guild's id: @everyone.
  std::string name;
  uint64_t permissions = 0;
  int position = 0; ///< 0 is @everyone; among equals the lower id is the higher role.
  int color = 0;
  bool hoist = false;
  bool mentionable = false;
  bool managed = false; ///< Belongs to a bot: nobody grants or deletes it.
  snowflake bot;        ///< The bot's user, when managed.
};

enum channel_kind : int { text_channel = 0, voice_channel = 2, category_channel = 4, announcement_channel = 5 };

struct overwrite {
  enum target_kind : int { of_role = 0, of_member = 1 };
  snowflake id;
  target_kind kind = of_role;
  uint64_t allow = 0;
  uint64_t deny = 0;
};

struct channel {
  snowflake id;
  snowflake guild;
  int kind = text_channel;
  std::string name;
  int position = 0;
  snowflake parent;
  std::string topic;
  bool nsfw = false;
  int slowmode_s = 0;
  std::vector<overwrite> overwrites;
  snowflake last_message;
};

struct member {
  snowflake user;
  std::string nick;
  std::vector<snowflake> roles;
  int64_t joined_ms = 0;
};

/// https://discord.com/developers/docs/resources/audit-log#audit-log-entry-object-audit-log-events
enum class action : int {
  guild_update = 1,
  channel_create = 10,
  channel_update = 11,
  channel_delete = 12,
  overwrite_create = 13,
  overwrite_update = 14,
  overwrite_delete = 15,
  member_kick = 20,
  member_update = 24,
  member_role_update = 25,
  bot_add = 28,
  role_create = 30,
  role_update = 31,
  role_delete = 32
};

struct audit_entry {
  snowflake id;
  action what = action::guild_update;
  snowflake user;
  snowflake target;
  std::string reason;
  js::array changes;  ///< [{key, old_value?, new_value?}]
  js::object options; ///< Of an overwrite: whose it is.
};

struct guild {
  snowflake id;
  std::string name;
  snowflake owner;
  std::map<snowflake, role> roles;
  std::map<snowflake, channel> channels;
  std::map<snowflake, member> members;
  std::vector<audit_entry> audit; ///< Oldest first, at most `audit_max`.
  snowflake system_channel;
};

/// Message flags. https://discord.com/developers/docs/resources/message#message-object-message-flags
enum message_flags : int { ephemeral_flag = 1 << 6, loading_flag = 1 << 7, components_v2_flag = 1 << 15 };

struct message {
  snowflake id;
  snowflake channel;
  snowflake guild;
  snowflake author;
  std::string content;
  js::array embeds;
  js::array components; ///< As sent by the author, every component numbered.
  js::array attachments;
  int flags = 0;
  int kind = 0; ///< 0 plain, 20 the answer to a slash command.
  int64_t edited_ms = 0;
  snowflake application;  ///< Set when it was written through an interaction: also its webhook id.
  js::object interaction; ///< `interaction_metadata`, empty without.
  snowflake visible_to;   ///< Ephemeral: this user alone sees it.
};

struct command {
  snowflake id;
  snowflake guild; ///< 0: global.
  snowflake version;
  js::object definition; ///< The request's own fields, with defaults filled in.
};

struct application {
  snowflake id;
  snowflake bot;
  std::string name;
  std::string token;
  std::string public_key;  ///< 32 bytes in hex.
  std::string private_key; ///< 32 bytes in hex. Of the emulator alone: there is nothing to protect.
  std::string endpoint;    ///< Interactions go there, signed, instead of to the gateway; empty: gateway.
  bool privileged_intents = true;
  std::map<snowflake, command> commands;
};

/// https://discord.com/developers/docs/interactions/receiving-and-responding
enum interaction_type : int { ping_type = 1, command_type = 2, component_type = 3, modal_type = 5 };

struct interaction {
  /// What the person sees: thinking, an answer, a form, or "The application did not respond".
  enum phase_kind : int { waiting, deferred, answered, form, failed };
  snowflake id;
  std::string token;
  snowflake application;
  snowflake guild;
  snowflake channel;
  snowflake user;
  int kind = command_type;
  std::string name; ///< The command's.
  snowflake command;
  snowflake source; ///< The message that a component sits on.
  snowflake parent; ///< modal submit: the interaction that opened the form.
  int64_t made_ms = 0;
  phase_kind phase = waiting;
  snowflake response; ///< What `@original` means.
  js::object modal;   ///< phase form: {custom_id, title, components}.
  int edits = 0;      ///< Visible changes so far: answers, edits, follow-ups.
};

/// https://discord.com/developers/docs: limits that a bot meets while it builds a guild.
inline constexpr size_t roles_max = 250;
inline constexpr size_t channels_max = 500;
inline constexpr size_t channels_per_category_max = 50;
inline constexpr size_t name_max = 100;
inline constexpr size_t topic_max = 1024;
inline constexpr size_t reason_max = 512;
inline constexpr size_t commands_max = 100;
/// Ours: what the emulator keeps, so that a soak does not fill the memory.
inline constexpr size_t audit_max = 5000;
inline constexpr size_t messages_per_channel_max = 200;

} // namespace arrakis::sandbox::model
