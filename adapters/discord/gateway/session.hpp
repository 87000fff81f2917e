#pragma once
// The life of one shard as a pure state machine: no socket, no actor, no clock of its own. Every input carries the time
// and gives back what is to be done, in order. Protocol: https://discord.com/developers/docs/events/gateway (v10).
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

/// What a successor, in this process or the next, needs to go on where we stopped. An empty id: nothing to resume.
struct saved_session {
  std::string id;
  std::string resume_url;
  int64_t sequence = 0; ///< Of the last dispatch whose effect is durable.
};

struct session_limits {
  milliseconds connect{35'000}; ///< From the decision to an open socket.
  /// From the decision to op 10 at the session's own resume address; after it the gateway's main address is tried.
  milliseconds resume_address{3'000};
  /// A session that so many resumes in a row, or resumes for so long, do not bring back is given up: the shard
  /// identifies anew. One that replays something is no failure.
  uint32_t resumes_max = 3;
  milliseconds resume_within{30'000};
  milliseconds hello{20'000};         ///< From the open socket to op 10.
  milliseconds answer{30'000};        ///< From identify to READY, or between two replayed dispatches.
  milliseconds resume_answer{10'000}; ///< From resume to RESUMED or the first replayed dispatch.
  milliseconds permit{600'000};       ///< For the right to identify: a large cluster starts one shard each 5 s.
  milliseconds backoff_first{500};    ///< Doubled with each attempt, times 0.5 to 1 by chance.
  milliseconds backoff_max{60'000};
  milliseconds proved{5'000}; ///< A connection that runs so long is good: the back-off begins anew after it.
  milliseconds save_every{1'000};
  /// Discord: 120 events in 60 s on one connection, heartbeats included; one more closes it with 4008.
  size_t sends_max = 120;
  milliseconds sends_window{60'000};
  /// Discord resets the bot's token after 1000 identifies in 24 h over all shards; each shard keeps to its share of
  /// 900.
  size_t identifies_per_day_max = 900;
};

/// Close code of ours for a socket whose session goes on. 1000 and 1001 would end the session.
constexpr uint16_t close_to_resume = 4200;

/// What a close code of the server asks for.
enum class after_close { resume, fresh, fatal };
after_close judge(uint16_t close_code);
/// For a fatal code: what an operator has to change.
std::string_view what_to_do(uint16_t close_code);

class session {
public:
  struct connect {
    std::string url;
  };                    ///< Empty: ask Discord for the gateway's address.
  struct ask_permit {}; ///< Answered by permitted() or permit_refused().
  struct identify {};
  struct resume {
    saved_session from;
  };
  struct heartbeat {
    std::optional<int64_t> sequence;
  };
  struct disconnect {
    uint16_t code;
  }; ///< Its later events do not concern the session any more.
  struct save {
    saved_session what;
  };
  struct clear {}; ///< Nothing can be resumed; forget what was saved.
  struct running {
    bool resumed;
  };
  struct give_up {
    uint16_t code;
  }; ///< See what_to_do(); nothing follows.
  using action =
    std::variant<connect, ask_permit, identify, resume, heartbeat, disconnect, save, clear, running, give_up>;
  using actions = std::vector<action>;

  enum class state { idle, waiting, connecting, greeting, permission, identifying, resuming, running, stopped };

  /// `chance` gives [0, 1): jitter.
  session(session_limits limits, std::function<double()> chance) : limits_(limits), chance_(std::move(chance)) {}

  actions start(time_point now, saved_session earlier);
  actions opened(time_point now);
  /// No connection came about.
  actions failed(time_point now);
  /// The connection ended; 1006 without a code of the server.
  actions closed(time_point now, uint16_t code);
  /// What arrived cannot be read: a torn or oversized stream.
  actions corrupted(time_point now);
  /// Op 10.
  actions hello(time_point now, milliseconds heartbeat_interval);
  /// Op 1.
  actions asked_for_heartbeat(time_point now);
  /// Op 7.
  actions asked_to_reconnect(time_point now);
  /// Op 9.
  actions invalid(time_point now, bool resumable);
  /// Op 11.
  void acknowledged();
  /// Op 0, before its effect. `pending`: its effect is durable only after settled(epoch(), sequence).
  void dispatched(time_point now, int64_t sequence, bool pending);
  void settled(uint64_t epoch, int64_t sequence);
  /// Counts sessions: sequences of different ones must not be mixed.
  uint64_t epoch() const { return epoch_; }
  /// The dispatches READY and RESUMED, after dispatched().
  actions ready(time_point now, std::string id, std::string resume_url);
  actions resumed(time_point now);
  /// Identify `wait` from now.
  void permitted(time_point now, milliseconds wait);
  void permit_refused(time_point now);
  /// A planned stop: the session is kept for a successor.
  actions stop(time_point now);

  /// Whether we read what the server says. While we do not, its silence says nothing about it.
  void listening(bool yes);

  /// Whatever is due.
  actions tick(time_point now);
  /// When tick() has something to do; empty: never.
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
  int64_t stored_ = -1; ///< The sequence in the last `save`.
  time_point stored_at_{};
  std::optional<time_point> due_; ///< The end of the state's patience, or of the wait before a connection.
  std::optional<time_point> identify_at_;
  std::optional<time_point> ask_again_at_;
  std::optional<time_point> beat_at_;
  milliseconds interval_{0};
  bool acknowledged_ = true;
  bool listening_ = true;
  uint32_t attempts_ = 0; ///< Connections since the last one that proved itself: by a heartbeat's answer, or by time.
  time_point running_since_{};
  bool own_address_ = false;                 ///< The connection is, or is to be, at the session's resume address.
  bool own_address_fails_ = false;           ///< The last try there came to nothing.
  uint32_t resumes_failed_ = 0;              ///< In a row.
  int64_t resumed_from_ = 0;                 ///< Sequence of the last resume.
  std::optional<time_point> resuming_since_; ///< The first of them; empty: none since the session ran.
  uint32_t corrupt_ = 0;                     ///< In a row without a new dispatch between.
  int64_t corrupt_at_ = -1;
  std::deque<time_point> sends_;
  std::deque<time_point> identified_;
  int64_t identifies_ = 0;
  int64_t resumes_ = 0;
};
} // namespace arrakis::discord::gateway
