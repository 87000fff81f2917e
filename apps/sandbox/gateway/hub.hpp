#pragma once
// The gateway: connections and sessions, on one io thread. https://discord.com/developers/docs/topics/gateway
#include "apps/sandbox/gateway/compression.hpp"
#include "apps/sandbox/gateway/record.hpp"
#include "apps/sandbox/gateway/session.hpp"
#include "runtime/net/http_server.hpp"

namespace arrakis::sandbox::gateway {

/// Settings of the gateway, faults included.
struct settings {
  int heartbeat_ms = 41'250;
  int max_concurrency = 1;    ///< Identifies per 5 s and key (shard modulo it).
  bool limits = true;         ///< Identify pacing, 120 frames a minute, one member request in 30 s, starts of the day.
  std::string url;            ///< "ws://127.0.0.1:8080"
  std::string resume_url;     ///< resume_gateway_url; empty: `url`.
  int64_t starts_left = 1000; ///< session_start_limit.remaining: an identify takes one.
  int64_t starts_reset_ms = 86'400'000;
  // Faults on demand.
  bool acknowledge = true;        ///< false: heartbeats are not answered (a zombie).
  bool hold_hello = false;        ///< No opcode 10 on a new connection, until release_hello().
  bool hold_answer = false;       ///< An identify gets no READY and a resume no RESUMED: they are lost.
  size_t tear_bytes = 0;          ///< Maximum size of an outgoing frame; 0: frames are not split.
  bool hold_guild_create = false; ///< READY without the guilds that should follow.
  int refuse_resumes = 0;         ///< So many resumes get opcode 9 with false.
  int cut_resumes = 0;            ///< So many resumes are cut (1006); below 0: all of them.
  std::string deaf_path;          ///< Connections at this path get no opcode 10, ever: a resume address that is dead.
  std::string ready_without;      ///< A field of READY that is left out: the negative control of the schema check.
};

/// Connections that an order applies to; an empty field means any.
struct target {
  snowflake application;
  std::optional<int> shard;
};

/// Counts of gateway events since the start.
struct counts {
  int64_t identifies = 0, resumes = 0, invalid_sessions = 0, heartbeats = 0, dispatches = 0, connections = 0;
  std::map<uint16_t, int64_t> closed_by_us; ///< By close code.
};

/// All connections and sessions of the gateway.
class hub {
public:
  explicit hub(model::sandbox_state& state) : state_(state) {}
  gateway::settings settings;

  /// Accepts an upgrade request on the gateway's path.
  void accept(const net::responder&, const std::string& target);
  /// Sends an event to every session that may receive it.
  void publish(const model::event&);
  /// Sends an interaction to the sessions of its application and shard. False: there is none.
  bool deliver(snowflake application, snowflake guild, const js::object& payload);
  /// Ends sessions and connections that have timed out. Call it a few times a second.
  void sweep();

  /// Closes connections with a code; this and the other fault orders return the number of affected connections.
  size_t close(const target&, uint16_t code);
  size_t cut(const target&);
  size_t order_reconnect(const target&);                            ///< opcode 7
  size_t invalidate(const target&, bool resumable);                 ///< opcode 9
  size_t ask_heartbeat(const target&);                              ///< opcode 1 from the server
  size_t release_hello();                                           ///< ends hold_hello and greets whom it held
  size_t say(const target&, std::string_view text);                 ///< any text, packed like every other
  size_t raw(const target&, const std::string& bytes, bool binary); ///< bytes as they are, past the compression
  /// Sends an event made by a test to connected and unconnected sessions. Returns their number.
  size_t dispatch(const target&, std::string_view name, const js::object& data, int64_t skip);
  size_t release_guilds(const target&); ///< ends hold_guild_create and sends what was held

  /// Callback for each dispatch to a session, connected or not; may be empty.
  std::function<void(std::string_view name, const js::object& data)> on_dispatch;

  const gateway::counts& count() const { return counts_; }
  js::array list() const; ///< Sessions with shard, sequence, connected, intents.
  js::array recorded(int64_t after) const { return record_.after(after); }

private:
  struct connection {
    uint64_t id = 0;
    std::shared_ptr<net::websocket> socket;
    std::unique_ptr<compression> packer; ///< Null: frames are text.
    std::string session;
    int64_t heard_ms = 0;
    std::deque<int64_t> frames; ///< When the last frames came, for the limit of 120 a minute.
    bool greeted = false;
  };
  using sessions = std::map<std::string, session>;

  void opened(uint64_t id, std::shared_ptr<net::websocket>, const std::string& target);
  void received(uint64_t id, const std::string& text);
  void closed(uint64_t id, uint16_t code);
  void on_identify(connection&, const js::object& d);
  void on_resume(connection&, const js::object& d);
  void on_request_members(connection&, const js::object& d);
  bool may_identify(const js::object& d, const model::application&, int shard, connection&);
  void greet(connection&);
  void welcome(connection&, session&);
  void send_guilds(session&);
  void send(connection&, std::string_view frame);
  void send_op(connection&, int op, const js::value& d);
  void send_dispatch(connection&, int64_t number, const std::string& frame);
  void dispatch_to(session&, std::string_view name, const js::object& data, int64_t skip = 0);
  void cut(connection&);
  void end(connection&, uint16_t code, std::string reason = {});
  template <class F>
  size_t each(const target&, F&& f);

  model::sandbox_state& state_;
  std::map<uint64_t, connection> connections_;
  sessions sessions_;
  uint64_t last_connection_ = 0;
  std::map<std::string, int64_t> identified_ms_; ///< By application and concurrency key.
  std::map<std::string, int64_t> members_asked_ms_;
  gateway::counts counts_;
  record record_;
};

} // namespace arrakis::sandbox::gateway
