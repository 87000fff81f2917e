#pragma once
// Objects of the emulated Discord: plain values, no behaviour. Field names and numbers as in
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

/// A user, or the user of a bot.
struct user {
  snowflake id;
  std::string name;
  std::string global_name; ///< Empty: none, the name is shown.
  bool bot = false;
  bool closed = false; ///< Takes no direct messages.
};

/// A role of a guild.
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

/// Channel types: https://discord.com/developers/docs/resources/channel#channel-object-channel-types
enum channel_kind : int {
  text_channel = 0,
  direct_channel = 1,
  voice_channel = 2,
  category_channel = 4,
  announcement_channel = 5,
  announcement_thread = 10,
  public_thread = 11,
  private_thread = 12,
  stage_channel = 13,
  forum_channel = 15,
  media_channel = 16
};
/// Returns true for the three kinds of threads.
constexpr bool is_thread(int kind) { return kind >= announcement_thread && kind <= private_thread; }
/// True for voice and stage channels, which are ordered among themselves.
constexpr bool is_vocal(int kind) { return kind == voice_channel || kind == stage_channel; }
/// True for forum and media channels, which hold threads and no messages.
constexpr bool is_forum(int kind) { return kind == forum_channel || kind == media_channel; }

/// A permission overwrite of a channel.
struct overwrite {
  /// Kinds of targets.
  enum target_kind : int { of_role = 0, of_member = 1 };
  snowflake id;
  target_kind kind = of_role;
  uint64_t allow = 0;
  uint64_t deny = 0;
};

/// Fields of a thread beside those of a channel.
/// https://discord.com/developers/docs/resources/channel#thread-metadata-object
struct thread_state {
  snowflake owner;
  bool archived = false;
  bool locked = false;
  int64_t archived_ms = 0; ///< When `archived` last changed.
  int message_count = 0;
  std::map<snowflake, int64_t> members; ///< Since when, in Unix milliseconds.
  js::array tags;                       ///< `applied_tags` in a forum.
};

/// A channel of any kind, also a thread or a direct channel.
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
  int bitrate = 64'000;              ///< Of voice and stage channels, bits per second.
  int user_limit = 0;                ///< 0: none.
  std::string rtc_region;            ///< Empty: chosen by itself.
  int video_quality = 1;             ///< 1 auto, 2 full.
  int thread_slowmode_s = 0;         ///< `default_thread_rate_limit_per_user`
  int archive_after_min = 0;         ///< `default_auto_archive_duration`; of a thread its own. 0: not set.
  js::array tags;                    ///< `available_tags` of a forum.
  int flags = 0;                     ///< Of a forum: REQUIRE_TAG (1 << 4), of a media channel also 1 << 15.
  js::value default_reaction;        ///< Of a forum: {emoji_id, emoji_name}; null: none.
  js::value sort_order;              ///< Of a forum: 0, 1 or null.
  int layout = 0;                    ///< `default_forum_layout`
  thread_state thread;               ///< Of a thread.
  std::vector<snowflake> recipients; ///< Of a direct channel, which has no guild: the two who write in it.
};

/// A member of a guild.
struct member {
  snowflake user;
  std::string nick;
  std::vector<snowflake> roles;
  int64_t joined_ms = 0;
  int64_t timeout_until_ms = 0; ///< `communication_disabled_until`; 0: none.
};

/// Audit log events: https://discord.com/developers/docs/resources/audit-log#audit-log-entry-object-audit-log-events
enum class action : int {
  guild_update = 1,
  channel_create = 10,
  channel_update = 11,
  channel_delete = 12,
  overwrite_create = 13,
  overwrite_update = 14,
  overwrite_delete = 15,
  member_kick = 20,
  member_ban_add = 22,
  member_ban_remove = 23,
  member_update = 24,
  member_role_update = 25,
  bot_add = 28,
  role_create = 30,
  role_update = 31,
  role_delete = 32,
  invite_create = 40,
  invite_delete = 42,
  webhook_create = 50,
  webhook_update = 51,
  webhook_delete = 52,
  emoji_create = 60,
  emoji_update = 61,
  emoji_delete = 62,
  message_delete = 72,
  message_bulk_delete = 73,
  message_pin = 74,
  message_unpin = 75,
  thread_create = 110,
  thread_update = 111,
  thread_delete = 112
};

/// An entry of the audit log.
struct audit_entry {
  snowflake id;
  action what = action::guild_update;
  snowflake user;
  snowflake target;
  std::string reason;
  js::array changes;  ///< [{key, old_value?, new_value?}]
  js::object options; ///< Of an overwrite: whose it is.
};

/// An incoming webhook. https://discord.com/developers/docs/resources/webhook
struct webhook {
  snowflake id;
  snowflake channel;
  snowflake creator;
  snowflake application; ///< Of a bot that made it; 0: a person did.
  std::string name;
  std::string token;
};

/// An invite: https://discord.com/developers/docs/resources/invite
struct invite {
  std::string code;
  snowflake channel;
  snowflake inviter;
  int64_t made_ms = 0;
  int64_t max_age_s = 86'400; ///< 0: for ever.
  int max_uses = 0;           ///< 0: no limit.
  bool temporary = false;
};

/// A custom emoji: https://discord.com/developers/docs/resources/emoji
struct emoji {
  snowflake id;
  std::string name;
  snowflake creator;
  std::vector<snowflake> roles;
  bool animated = false;
};

/// Fields that PATCH /guilds/{guild} changes. https://discord.com/developers/docs/resources/guild#modify-guild
struct guild_settings {
  std::string name;
  std::string description;
  snowflake system_channel;
  snowflake afk_channel;
  int afk_timeout_s = 300;
  int verification_level = 0;
  int notifications = 0; ///< `default_message_notifications`
  int content_filter = 0;
};

/// A guild with all that belongs to it.
struct guild : guild_settings {
  snowflake id;
  snowflake owner;
  std::map<snowflake, role> roles;
  std::map<snowflake, channel> channels;
  std::map<snowflake, member> members;
  std::vector<audit_entry> audit;        ///< Oldest first, at most `audit_max`.
  std::map<snowflake, std::string> bans; ///< Banned users, and the reasons.
  std::map<snowflake, webhook> webhooks;
  std::map<std::string, invite> invites; ///< By code.
  std::map<snowflake, emoji> emojis;
};

/// Message flags. https://discord.com/developers/docs/resources/message#message-object-message-flags
enum message_flags : int {
  has_thread_flag = 1 << 5,
  ephemeral_flag = 1 << 6,
  loading_flag = 1 << 7,
  components_v2_flag = 1 << 15
};
/// Message types. https://discord.com/developers/docs/resources/message#message-object-message-types
enum message_kind : int { plain_message = 0, reply_message = 19, command_message = 20 };

/// A message of a channel, ephemeral ones included.
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
  int kind = plain_message;
  int64_t edited_ms = 0;
  snowflake application;   ///< Set when it was written through an interaction: also its webhook id.
  js::object interaction;  ///< `interaction_metadata`, empty without.
  snowflake visible_to;    ///< Ephemeral: this user alone sees it.
  snowflake webhook;       ///< Written by this incoming webhook, under `author_name`.
  std::string author_name; ///< Of a webhook's message.
  js::object reference;    ///< `message_reference` of a reply, empty without.
  js::array mentions;      ///< Ids of users, as text.
  js::array mention_roles;
  bool mention_everyone = false;
  bool pinned = false;
  snowflake thread; ///< The thread that was started from it.
  /// Users who reacted, oldest first, by emoji ("👍" or "name:id").
  std::vector<std::pair<std::string, std::vector<snowflake>>> reactions;
};

/// A registered application command.
struct command {
  snowflake id;
  snowflake guild; ///< 0: global.
  snowflake version;
  js::object definition; ///< The request's own fields, with defaults filled in.
};

/// An application with its bot and its commands.
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

/// Interaction types: https://discord.com/developers/docs/interactions/receiving-and-responding
enum interaction_type : int {
  ping_type = 1,
  command_type = 2,
  component_type = 3,
  autocomplete_type = 4,
  modal_type = 5
};

/// An interaction and the state of its response.
struct interaction {
  /// Phases that the user sees: thinking, an answer (or choices), a form, or "The application did not respond".
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
  snowflake response; ///< Message that `@original` names.
  js::object modal;   ///< phase form: {custom_id, title, components}.
  int option = 0;     ///< Autocomplete: the type of the option that is typed into.
  js::array choices;  ///< Autocomplete, answered: what is offered.
  int edits = 0;      ///< Visible changes so far: answers, edits, follow-ups.
};

/// Discord's limit of roles of a guild.
inline constexpr size_t roles_max = 250;
/// Discord's limit of channels of a guild.
inline constexpr size_t channels_max = 500;
/// Discord's limit of channels of a category.
inline constexpr size_t channels_per_category_max = 50;
/// Discord's limit of a name, in code points.
inline constexpr size_t name_max = 100;
/// Discord's limit of a topic, in code points.
inline constexpr size_t topic_max = 1024;
/// Discord's limit of the topic of a forum or media channel, in code points.
inline constexpr size_t forum_topic_max = 4096; // also of a media channel
/// Discord's limit of an audit log reason, in code points.
inline constexpr size_t reason_max = 512;
/// Discord's limit of commands of one type and scope.
inline constexpr size_t commands_max = 100;
/// Limit of the emulator's audit entries, so that a soak does not fill the memory.
inline constexpr size_t audit_max = 5000;
/// Limit of messages that the emulator stores in a channel.
inline constexpr size_t messages_per_channel_max = 200;

} // namespace arrakis::sandbox::model
