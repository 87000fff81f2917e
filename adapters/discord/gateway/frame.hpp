#pragma once
// Gateway frames {op, d, s, t}: the envelope is read without a tree, and only events that a handler needs are parsed.
#include "adapters/discord/gateway/messages.hpp"
#include "runtime/error.hpp"
#include "runtime/secret.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace arrakis::discord::gateway {
struct envelope {
  int op = 0;
  int64_t sequence = 0;  ///< 0: null.
  std::string_view type; ///< Empty: null.
  std::string_view data; ///< The JSON text of `d`; empty when absent.
};

/// READY, as far as we read it.
struct greeting {
  std::string session_id;
  std::string resume_url; ///< Empty when it is no ws:// or wss:// URL.
  snowflake application;
  snowflake bot;
  std::vector<snowflake> guilds;
};

/// std::monostate: nobody of ours reads it.
using event =
  std::variant<std::monostate, interaction_created, guild_available, guild_gone, role_changed, channel_changed>;

class frame_reader {
public:
  frame_reader();
  ~frame_reader();
  /// Takes the frame; what it gives points into it and lives until the next read(). ec::corrupt: this is no frame.
  caf::expected<envelope> read(std::string frame);
  /// Of the frame last read. ec::invalid names the field.
  caf::expected<std::chrono::milliseconds> hello() const;
  caf::expected<greeting> ready() const;
  bool resumable() const; ///< Op 9.
  /// The event of a dispatch. A kind that we read and that does not hold what we need is ec::invalid.
  caf::expected<event> decode();

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// Whether decode() gives more than std::monostate for this type.
bool is_read(std::string_view type);

std::string identify_text(const secret& token, int shard, int shards, uint64_t intents);
std::string resume_text(const secret& token, const std::string& session_id, int64_t sequence);
std::string heartbeat_text(std::optional<int64_t> sequence);
/// The address to connect to: version 10, JSON, compressed or not.
std::string with_query(const std::string& url, bool compressed);
} // namespace arrakis::discord::gateway
