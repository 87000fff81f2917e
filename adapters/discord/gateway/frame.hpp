#pragma once
// Gateway frames {op, d, s, t}: the envelope is read without a tree, and only events that a handler needs are parsed.
#include "adapters/discord/gateway/messages.hpp"
#include "runtime/error.hpp"
#include "runtime/secret.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace arrakis::discord::gateway {
/// Kinds of dispatch. Kinds before `message_create` go to the event handler one by one.
enum class kind : uint8_t {
  other,
  interaction,
  guild_create,
  guild_delete,
  role_create,
  role_update,
  role_delete,
  channel_create,
  channel_update,
  channel_delete,
  message_create, ///< This and the next are gathered.
  member_update
};
/// Number of kinds.
constexpr size_t kind_count = 12;
/// Discord's name of a kind: "GUILD_CREATE"; "other" for kinds that Arrakis does not read.
std::string_view name_of(kind);

/// Fields of a gateway frame.
struct envelope {
  int op = 0;
  int64_t sequence = 0;  ///< 0: null.
  std::string_view type; ///< Empty: null.
  kind what = kind::other;
  bool has_data = false; ///< `d` is there.
  std::string_view data; ///< JSON text of `d`; empty when frame_reader has decoded it already.
};

/// Fields of READY that Arrakis reads.
struct greeting {
  std::string session_id;
  std::string resume_url; ///< As it was given; address_policy says whether it may be used.
  snowflake application;
  snowflake bot;
  std::vector<snowflake> guilds;
};

/// A decoded dispatch; std::monostate: a kind that Arrakis does not read.
using event =
  std::variant<std::monostate, interaction_created, guild_available, guild_gone, role_changed, channel_changed>;

/// Reads frames in one pass: when `t` comes before `d`, as Discord sends it, guilds and gathered activity are decoded
/// while the frame is read, and `data` stays empty.
class frame_reader {
public:
  /// Readable bytes required behind a frame that is read in place.
  static constexpr size_t padding = 64;
  frame_reader();
  ~frame_reader();
  /// Takes the frame; what it gives points into it and lives until the next read(). ec::corrupt: this is no frame.
  caf::expected<envelope> read(std::string frame);
  /// Reads bytes that live until the next read(), with `padding` bytes behind them.
  caf::expected<envelope> read_in_place(std::string_view frame);
  /// From now on MESSAGE_CREATE and GUILD_MEMBER_UPDATE with a sequence above `seen` are decoded into it. Null: they
  /// are not read.
  void gather(activity* into, int64_t seen);
  /// heartbeat_interval of the last read frame, op 10. ec::invalid names the field.
  caf::expected<std::chrono::milliseconds> hello() const;
  caf::expected<greeting> ready() const;
  bool resumable() const; ///< Op 9.
  /// The event of a dispatch. A kind that we read and that does not hold what we need is ec::invalid. What is gathered
  /// is added to the activity here, and std::monostate is the answer.
  caf::expected<event> decode();
  /// Roles of the last decoded guild, in the order of the frame.
  std::vector<role_position> take_role_positions();

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// True when decode() gives an event for this type, not std::monostate.
bool is_read(std::string_view type);

/// Payload of op 2, Identify.
secret identify_text(const secret& token, int shard, int shards, uint64_t intents);
/// Payload of op 6, Resume.
secret resume_text(const secret& token, const std::string& session_id, int64_t sequence);
/// Payload of op 1, Heartbeat.
std::string heartbeat_text(std::optional<int64_t> sequence);
/// Gateway URL with its query: version 10, JSON, with or without compression.
std::string with_query(const std::string& url, bool compressed);
} // namespace arrakis::discord::gateway
