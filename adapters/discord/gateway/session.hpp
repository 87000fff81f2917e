#pragma once
// State machine of one shard's session. Pure: no socket, no actor, no clock. Each input carries the time and returns
// the actions to carry out, in order. Protocol: https://discord.com/developers/docs/events/gateway (v10).
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace arrakis::discord::gateway {
using time_point = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

/// Data with which a successor, in this process or the next, resumes the session. An empty id: nothing to resume.
struct saved_session {
  std::string id;
  std::string resume_url;
  int64_t sequence = 0; ///< Sequence of the last dispatch whose effect is durable.
};

/// Timeouts and limits of a session.
struct session_limits {
  milliseconds connect{35'000}; ///< Timeout of a connection attempt.
  /// Timeout of op 10 at the session's resume URL; afterwards the main gateway URL is tried.
  milliseconds resume_address{3'000};
  /// The shard identifies anew after this many failed resumes in a row, or after failing for `resume_within`. A resume
  /// that replays an event has not failed.
  uint32_t resumes_max = 3;
  milliseconds resume_within{30'000};
  milliseconds hello{20'000};         ///< Timeout from the open socket to op 10.
  milliseconds answer{30'000};        ///< Timeout from identify to READY, and between two replayed dispatches.
  milliseconds resume_answer{10'000}; ///< Timeout from resume to RESUMED or the first replayed dispatch.
  milliseconds permit{600'000};       ///< Timeout of the permit to identify; a large cluster starts one shard each 5 s.
  milliseconds backoff_first{500};    ///< Doubled with each attempt, times a random 0.5 to 1.
  milliseconds backoff_max{60'000};
  milliseconds proved{5'000}; ///< A connection of this age resets the back-off.
  milliseconds save_every{1'000};
  /// Discord: 120 events in 60 s on one connection, heartbeats included; one more closes it with 4008.
  size_t sends_max = 120;
  milliseconds sends_window{60'000};
  /// Discord resets the bot's token after 1000 identifies in 24 h over all shards; each shard keeps to its share of
  /// 900.
  size_t identifies_per_day_max = 900;
};

/// Close code sent when the session is to be resumed; 1000 and 1001 would end it.
constexpr uint16_t close_to_resume = 4200;

/// Consequence of the server's close code.
enum class after_close { resume, fresh, fatal };
/// Classifies a close code.
after_close judge(uint16_t close_code);
/// Remedy of a fatal code, for an operator.
std::string_view what_to_do(uint16_t close_code);

/// The session of one shard.
class session {
public:
  /// Action: open a socket.
  struct connect {
    std::string url;
  };                    ///< Empty url: ask Discord for the gateway's address.
  struct ask_permit {}; ///< Action: ask for the permit to identify; answer with permitted() or permit_refused().
  /// Action: send Identify.
  struct identify {};
  /// Action: send Resume.
  struct resume {
    saved_session from;
  };
  /// Action: send a heartbeat.
  struct heartbeat {
    std::optional<int64_t> sequence;
  };
  /// Action: close the socket.
  struct disconnect {
    uint16_t code;
  }; ///< Ignore its later events.
  /// Action: store the session.
  struct save {
    saved_session what;
  };
  struct clear {}; ///< Action: delete the stored session; nothing can be resumed.
  /// Notice: the session runs.
  struct running {
    bool resumed;
  };
  /// Notice: a fatal close code.
  struct give_up {
    uint16_t code;
  }; ///< See what_to_do(); nothing follows.
  using action =
    std::variant<connect, ask_permit, identify, resume, heartbeat, disconnect, save, clear, running, give_up>;
  using actions = std::vector<action>;

  /// States of the session.
  enum class state { idle, waiting, connecting, greeting, permission, identifying, resuming, running, stopped };

  /// `chance` gives [0, 1): jitter.
  session(session_limits limits, std::function<double()> chance) : limits_(limits), chance_(std::move(chance)) {}

  actions start(time_point now, saved_session earlier);
  actions opened(time_point now);
  /// Call when the connection attempt failed.
  actions failed(time_point now);
  /// Call when the connection has ended; code 1006 if the server sent none.
  actions closed(time_point now, uint16_t code);
  /// Call when the input cannot be read: a torn or oversized stream.
  actions corrupted(time_point now);
  /// Call at op 10, Hello.
  actions hello(time_point now, milliseconds heartbeat_interval);
  /// Call at op 1, a heartbeat requested by Discord.
  actions asked_for_heartbeat(time_point now);
  /// Call at op 7, Reconnect.
  actions asked_to_reconnect(time_point now);
  /// Call at op 9, Invalid Session.
  actions invalid(time_point now, bool resumable);
  /// Call at op 11, Heartbeat ACK.
  void acknowledged();
  /// Call at op 0, Dispatch, before its effect. `pending`: its effect is durable only after settled(epoch(), sequence).
  void dispatched(time_point now, int64_t sequence, bool pending);
  void settled(uint64_t epoch, int64_t sequence);
  /// Number of the session: sequences of different sessions must not be mixed.
  uint64_t epoch() const { return epoch_; }
  /// Call at the dispatches READY and RESUMED, after dispatched().
  actions ready(time_point now, std::string id, std::string resume_url);
  actions resumed(time_point now);
  /// Call when the pacing permits Identify, `wait` from now.
  void permitted(time_point now, milliseconds wait);
  void permit_refused(time_point now);
  /// Stops as planned: stores the session for a successor.
  actions stop(time_point now);

  /// Sets whether the socket is read. While it is not, a missing heartbeat answer means nothing.
  void listening(bool yes);

  /// Runs due timers.
  actions tick(time_point now);
  /// Time at which tick() is due; empty: never.
  std::optional<time_point> wake() const;

  state current_state() const { return state_; }
  int64_t seen() const { return seen_; }
  int64_t durable() const { return open_.empty() ? seen_ : *open_.begin() - 1; }
  int64_t identifies() const { return identifies_; }
  int64_t resumes() const { return resumes_; }
  size_t pending() const { return open_.size(); }

private:
  void reconnect_in(time_point now, milliseconds wait);
  milliseconds backoff(time_point now);
  milliseconds at_once_or_later(time_point now);
  void forget(actions& out);
  void begin_connect(time_point now, actions& out);
  void begin_identify(time_point now, actions& out);
  void begin_resume(time_point now, actions& out);
  void resume_failed(time_point now, actions& out);
  void reconnect_at_main(time_point now);
  bool at_own_address() const { return own_address_ && (state_ == state::connecting || state_ == state::greeting); }
  void beat(time_point now, actions& out);
  bool may_send(time_point now, size_t spare);
  void keep(time_point now, actions& out);
  bool connected() const { return state_ >= state::greeting && state_ <= state::running; }

  const session_limits limits_;
  const std::function<double()> chance_;
  state state_ = state::idle;
  saved_session known_; ///< Id and URL of the session; its sequence is seen_ here and durable() for a successor.
  int64_t seen_ = 0;
  std::set<int64_t> open_; ///< Dispatches whose effect is not durable yet.
  uint64_t epoch_ = 0;
  int64_t stored_ = -1; ///< Sequence in the last `save`.
  time_point stored_at_{};
  std::optional<time_point> due_; ///< Timeout of the state, or end of the wait before a connection.
  std::optional<time_point> identify_at_;
  std::optional<time_point> ask_again_at_;
  std::optional<time_point> beat_at_;
  milliseconds interval_{0};
  bool acknowledged_ = true;
  bool listening_ = true;
  uint32_t attempts_ = 0; ///< Connections since the last good one: one with an answered heartbeat, or of `proved` age.
  time_point running_since_{};
  bool own_address_ = false;                 ///< The connection uses the session's resume URL.
  bool own_address_fails_ = false;           ///< The last attempt there failed.
  uint32_t resumes_failed_ = 0;              ///< Failed resumes in a row.
  int64_t resumed_from_ = 0;                 ///< Sequence of the last resume.
  std::optional<time_point> resuming_since_; ///< Time of the first of them; empty: none since the session ran.
  uint32_t corrupt_ = 0;                     ///< Corrupt inputs in a row without a new dispatch between.
  int64_t corrupt_at_ = -1;
  std::deque<time_point> sends_;
  std::deque<time_point> identified_;
  int64_t identifies_ = 0;
  int64_t resumes_ = 0;
};
} // namespace arrakis::discord::gateway
