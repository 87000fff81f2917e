#pragma once
// The global limit of a bot, 50 requests in any second, shared by every process of the cluster.
//
// A slot is held from its grant until one second after the answer. Whenever a request arrives at Discord its slot is
// held, and has been since before it left; all requests that arrived in the second before still hold theirs. So at any
// moment at most `slots_max` have arrived within the last second, however long each one was on its way.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"

#include <caf/fwd.hpp>
#include <caf/typed_actor.hpp>
#include <chrono>
#include <string>
#include <vector>

namespace arrakis::redis {
struct command;
struct eval;
struct reply;
using handle = caf::typed_actor<caf::replies_to<command>::with<reply>, caf::replies_to<eval>::with<reply>>;
} // namespace arrakis::redis

namespace arrakis::discord::budget {

/// A grant older than this is given back and never used: the longest hold is reckoned from it.
inline constexpr std::chrono::milliseconds use_within{250};
/// A call in flight is given up after this, whatever its own deadline.
inline constexpr std::chrono::milliseconds attempt_max{8'000};
/// After an answer a slot stays for the second in which Discord may still count its request.
inline constexpr std::chrono::milliseconds after_answer{1'000};
/// Without an answer the request may be late by as much again.
inline constexpr std::chrono::milliseconds after_silence{2'000};
/// On the way to Discord a healthy request is no longer than this.
inline constexpr std::chrono::milliseconds way_max{500};
/// The hold of a slot whose owner died: it ends by itself.
inline constexpr std::chrono::milliseconds hold_max = use_within + attempt_max + after_silence;

struct options {
  /// docs/topics/rate-limits, "Global Rate Limit": 50 requests per second for a bot. Large bots may have more by
  /// contract.
  int slots_max = 50;
  /// Beside it, in the same slot of a Redis Cluster: {<key>}:invalid, {<key>}:holds and {<key>}:holds:version.
  std::string key = "discord:global:budget";
  size_t holds_max = 1'000; ///< Of those that end last.
  /// Where the key is missing nobody knows what was granted a moment ago (Redis was emptied, or nobody called for
  /// long). No grants until all of it has left, arrived, and is a second old: what is longer on its way than `way_max`
  /// may count twice, and waiting for hold_max would keep the bot silent for 10 s.
  std::chrono::milliseconds quiet = use_within + way_max + after_answer;
  std::chrono::milliseconds keep{3'600'000}; ///< The key expires after this without a call.
  /// Less only in a negative control, which then sees more than `slots_max` arrive in a second.
  std::chrono::milliseconds held_after_answer = after_answer;
};

/// A wait that Discord told for one route and resource: it holds for all processes.
struct hold {
  std::string place;
  std::chrono::milliseconds left{0};
};
/// All that a process has to say to the budget, in one round trip. Repeating one is harmless: tokens are names chosen
/// by the caller, unique over the cluster, and invalid answers that are counted twice only make everybody more careful.
struct exchange {
  std::vector<std::string> wanted;       ///< Names of slots to take, in order.
  std::vector<std::string> answered;     ///< Held for `after_answer` from now.
  std::vector<std::string> unused;       ///< Never sent: free at once.
  std::chrono::milliseconds hold_off{0}; ///< Discord answered 429 global: no grants to anybody for so long.
  size_t invalid = 0;                    ///< Answers 401, 403 and 429 since the last exchange.
  std::vector<hold> told;                ///< Since the last exchange.
  std::string holds_seen;                ///< granted::holds_version as it came last; empty: none yet.
  deadline until;
};
struct granted {
  size_t count = 0;                   ///< The first `count` names of `wanted` are held.
  std::chrono::milliseconds retry{0}; ///< When fewer than wanted: the next slot falls free after this.
  size_t invalid = 0;                 ///< Answers 401, 403 and 429 to all processes in the last 10 minutes.
  std::string holds_version;          ///< Changes with each told hold.
  std::vector<hold> holds;            ///< All that are told and not over, where `holds_seen` is another version.
};

/// ec::unavailable or ec::unknown without Redis: no grant.
using handle = caf::typed_actor<caf::replies_to<exchange>::with<granted>>;

/// One sorted set in Redis, a count of invalid requests and the told holds beside it, changed by one script on the
/// server's clock.
handle start(caf::actor_system&, redis::handle, options = {});

} // namespace arrakis::discord::budget
