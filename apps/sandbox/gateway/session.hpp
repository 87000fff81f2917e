#pragma once
// A gateway session as Discord keeps it: what it may hear, what it was sent, how far back it can be resumed. Pure.
#include "apps/sandbox/model/sandbox_state.hpp"

#include <deque>

namespace arrakis::sandbox::gateway {
namespace js = boost::json;

/// Gateway intents: https://discord.com/developers/docs/topics/gateway#gateway-intents
enum intent : uint64_t {
  guilds = 1 << 0,
  guild_members = 1 << 1,
  guild_moderation = 1 << 2,
  guild_expressions = 1 << 3,
  guild_webhooks = 1 << 5,
  guild_invites = 1 << 6,
  guild_presences = 1 << 8,
  guild_messages = 1 << 9,
  guild_reactions = 1 << 10,
  direct_messages = 1 << 12,
  direct_reactions = 1 << 13,
  message_content = 1 << 15
};
/// All intents that an identify may name.
inline constexpr uint64_t known_intents = (1ull << 26) - 1;
/// Intents that an application must have been granted.
inline constexpr uint64_t privileged_intents = guild_members | guild_presences | message_content;

/// Gateway opcodes: https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway
enum opcode : int {
  dispatch = 0,
  heartbeat = 1,
  identify = 2,
  presence = 3,
  voice = 4,
  resume = 6,
  reconnect = 7,
  request_members = 8,
  invalid_session = 9,
  hello = 10,
  heartbeat_ack = 11
};
/// Close codes: https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes
enum close_code : uint16_t {
  unknown_opcode = 4001,
  decode_error = 4002,
  not_authenticated = 4003,
  authentication_failed = 4004,
  already_authenticated = 4005,
  invalid_seq = 4007,
  rate_limited = 4008,
  session_timed_out = 4009,
  invalid_shard = 4010,
  invalid_version = 4012,
  invalid_intents = 4013,
  disallowed_intents = 4014
};

/// Shard of a guild: https://discord.com/developers/docs/topics/gateway#sharding
inline int shard_of(snowflake guild, int shards) {
  return static_cast<int>((guild.value >> 22) % static_cast<uint64_t>(shards));
}

/// A session with the events that a resume can replay.
struct session {
  std::string id;
  snowflake application;
  snowflake bot;
  int shard = 0;
  int shards = 1;
  uint64_t intents = 0;
  int64_t seq = 0;
  /// Sent events, for a resume; the oldest are dropped first.
  std::deque<std::pair<int64_t, std::string>> sent;
  uint64_t connection = 0; ///< 0: none at the moment.
  int64_t lost_ms = 0;     ///< Since when.

  /// Frame of the next dispatch, stored for a resume. `skip`: number of sequence numbers to leave out.
  const std::string& next(std::string_view name, std::string_view data, int64_t skip = 0);
  /// Events after the sequence `after`; nothing when they are no longer stored.
  std::optional<std::vector<std::pair<int64_t, std::string>>> replay(int64_t after) const;
  /// True if the session receives the event, by shard, intents and membership (`in` is null when the guild is gone).
  bool hears(const model::event&, const model::guild* in) const;
};
/// Maximum number of events that a session keeps for a resume.
inline constexpr size_t replay_max = 5000;

/// Data of the event as this session receives it: without MESSAGE_CONTENT the texts of other users are empty, except in
/// direct messages and messages that mention the bot.
js::object seen_by(const session&, const model::event&);

} // namespace arrakis::sandbox::gateway
