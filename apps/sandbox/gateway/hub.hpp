#pragma once
// The gateway: connections and sessions, on one io thread. https://discord.com/developers/docs/topics/gateway
#include "apps/sandbox/gateway/session.hpp"
#include "apps/sandbox/gateway/zlib_stream.hpp"
#include "runtime/net/http_server.hpp"

namespace arrakis::sandbox::gateway {

struct settings {
  int heartbeat_ms = 41'250;
  int max_concurrency = 1; ///< Identifies per 5 s and key (shard modulo it).
  bool limits = true;      ///< Identify pacing, 120 frames a minute, one member request in 30 s.
  std::string url;         ///< resume_gateway_url: "ws://127.0.0.1:8080"
  // Faults on demand.
  bool acknowledge = true;        ///< false: heartbeats are not answered (a zombie).
  bool hold_guild_create = false; ///< READY without the guilds that should follow.
  int refuse_resumes = 0;         ///< So many resumes get opcode 9 with false.
  std::string ready_without;      ///< A field of READY that is left out: the twin of the schema check.
};

/// Whom an order concerns; an empty field means any.
struct target {
  snowflake application;
  std::optional<int> shard;
};

struct counts {
  int64_t identifies = 0, resumes = 0, invalid_sessions = 0, heartbeats = 0, dispatches = 0, connections = 0;
  std::map<uint16_t, int64_t> closed_by_us; ///< By close code.
};

class hub {
public:
  explicit hub(model::world& world) : world_(world) {}
  gateway::settings settings;

  /// An upgrade request arrived on the gateway's path.
  void accept(const net::responder&, const std::string& target);
  /// Tells every session that may hear of it.
  void publish(const model::event&);
  /// An interaction goes to the sessions of its application and shard. False: nobody is there to hear it.
  bool deliver(snowflake application, snowflake guild, const js::object& payload);
  /// Ends sessions and connections whose time is over. Call a few times a second.
  void sweep();

  /// Faults. Each answers how many connections it concerned.
  size_t close(const target&, uint16_t code);
  size_t cut(const target&);
  size_t order_reconnect(const target&);            ///< opcode 7
  size_t invalidate(const target&, bool resumable); ///< opcode 9
  size_t ask_heartbeat(const target&);              ///< opcode 1 from the server
  size_t release_guilds(const target&);             ///< ends hold_guild_create and sends what was held

  const gateway::counts& count() const { return counts_; }
  js::array list() const; ///< Sessions with shard, sequence, connected, intents.

private:
  struct connection {
    uint64_t id = 0;
    std::shared_ptr<net::websocket> socket;
    std::unique_ptr<zlib_stream> zlib;
    std::string session;
    int64_t heard_ms = 0;
    std::deque<int64_t> frames; ///< When the last frames came, for the limit of 120 a minute.
    bool bad_version = false;
  };
  using sessions = std::map<std::string, session>;

  void opened(uint64_t id, std::shared_ptr<net::websocket>, const std::string& target);
  void received(uint64_t id, const std::string& text);
  void closed(uint64_t id, uint16_t code);
  void on_identify(connection&, const js::object& d);
  void on_resume(connection&, const js::object& d);
  void on_request_members(connection&, const js::object& d);
  bool may_identify(const js::object& d, const model::application&, int shard, int shards, connection&);
  void welcome(connection&, session&);
  void send_guilds(session&);
  void send(connection&, std::string_view frame);
  void send_op(connection&, int op, const js::value& d);
  void dispatch_to(session&, std::string_view name, const js::object& data);
  void end(connection&, uint16_t code, std::string reason = {});
  template <class F>
  size_t each(const target&, F&& f);

  model::world& world_;
  std::map<uint64_t, connection> connections_;
  sessions sessions_;
  uint64_t last_connection_ = 0;
  std::map<std::string, int64_t> identified_ms_; ///< By application and concurrency key.
  std::map<std::string, int64_t> members_asked_ms_;
  gateway::counts counts_;
};

} // namespace arrakis::sandbox::gateway
