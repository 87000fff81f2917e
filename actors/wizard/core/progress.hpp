#pragma once
// How a deployment stands, in words: one account of it, for the wizard's message and for /resume.
#include <cstdint>
#include <string>
#include <vector>

namespace arrakis::wizard::core {

/// State of a guild's newest deployment in PostgreSQL, and, while it is open and the queue answers, in the
/// queue.
struct deployment_state {
  int64_t version = 0;
  std::string state; ///< pending, running, waiting, completed, failed, cancelled.
  std::string error; ///< The failure, or the reason of a wait, as a sentence.
  size_t done = 0;   ///< Roles, categories and channels that it has made or changed.
  std::vector<std::string> left_over;
  std::string deployment = {}; ///< The id; empty: not known.
  std::string code = {};       ///< The error, for programs: "RATE_LIMIT_TIMEOUT".
  std::string frozen = {};     ///< The community is: a sentence.
  bool is_quarantined = false; ///< The community is kept apart after crashes of ours.
  bool is_sent = true;         ///< The queue has been given it.
  bool has_worker = true;      ///< Somebody holds the lease of a running one.
  bool is_paused = false;      ///< An operator paused the queue.
  int64_t waiting = 0;         ///< Jobs that the queue has not begun.
  size_t at = 0, of = 0;       ///< The worker's own count; `of` 0: not known.
  std::string stage = {};      ///< The id of one of blueprint::stages; empty: not known.
};

/// Phase of a deployment, as an admin reads it.
enum class phase { queued, building, done, failed };
/// The phase of a deployment. A running one without a worker, or of a frozen community, is queued.
phase phase_of(const deployment_state&);
/// True while it is queued or building: it ends without a click.
bool is_open(const deployment_state&);
/// Sentence why a queued deployment waits, and how it continues.
std::string queued_because(const deployment_state&);
/// Sentence where it stopped: "It stopped at: channels, 7 of 9."; empty: not known.
std::string stopped_at(const deployment_state&);

/// Time of the reading, and until when the message is updated without a click; wall clock, 0: not shown.
struct moment {
  int64_t now_ms = 0, follows_until_ms = 0;
};
/// Text about an open deployment: phase, reason or count, and what to do when the message is no longer updated.
std::string progress_text(const deployment_state&, const moment&);

} // namespace arrakis::wizard::core
