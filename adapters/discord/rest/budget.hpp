#pragma once
// Limits of a bot that all processes of the cluster share: 50 requests in any second, and the bucket of each route.
//
// A slot is held from its grant until one second after the answer. So a request holds its slot when it arrives at
// Discord, and so do all requests that arrived in the second before. At any moment at most `slots_max` requests have
// arrived within the last second, whatever their network delay.
//
// With a slot the budget takes one call from the bucket of its route, before the call leaves. So a bucket's count also
// contains the calls of the other processes, and of a process that died before its answer came.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"

#include <caf/fwd.hpp>
#include <caf/typed_actor.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace arrakis::redis {
struct command;
struct eval;
struct reply;
using handle = caf::typed_actor<caf::replies_to<command>::with<reply>, caf::replies_to<eval>::with<reply>>;
} // namespace arrakis::redis

namespace arrakis::discord::budget {

/// Age limit of an unused grant; an older one is released. `hold_max` depends on it.
inline constexpr std::chrono::milliseconds use_within{250};
/// Timeout of one attempt, whatever the call's deadline.
inline constexpr std::chrono::milliseconds attempt_max{8'000};
/// Time that a slot is held after the answer: Discord may count the request for one second.
inline constexpr std::chrono::milliseconds after_answer{1'000};
/// Time that a slot is held after a missing answer: the request may arrive up to a second late.
inline constexpr std::chrono::milliseconds after_silence{2'000};
/// Longest network delay of a healthy request to Discord.
inline constexpr std::chrono::milliseconds network_delay_max{500};
/// Longest hold of a slot; ends by itself when the owner died.
inline constexpr std::chrono::milliseconds hold_max = use_within + attempt_max + after_silence;

/// Settings of the budget.
struct options {
  /// docs/topics/rate-limits, "Global Rate Limit": 50 requests per second for a bot. Large bots may have more by
  /// contract.
  int slots_max = 50;
  /// Redis key of the slots. Further keys in the same Redis Cluster slot: {<key>}:invalid, {<key>}:holds,
  /// {<key>}:holds:version, {<key>}:buckets, {<key>}:buckets:end and {<key>}:routes.
  std::string key = "discord:global:budget";
  size_t holds_max = 1'000;     ///< Limit of stored holds; those that end last stay.
  size_t buckets_max = 100'000; ///< Limit of stored buckets; those that end last stay.
  /// Time without grants after the key was missing (Redis was emptied, or unused for long), because recent grants are
  /// unknown then. It covers grants that were used, arrived and are a second old. A request delayed by more than
  /// `network_delay_max` may count twice; waiting for `hold_max` would stop the bot for 10 s.
  std::chrono::milliseconds quiet = use_within + network_delay_max + after_answer;
  std::chrono::milliseconds keep{3'600'000}; ///< The key expires after this without a call.
  /// Shorter only in a negative control, where more than `slots_max` requests arrive in a second.
  std::chrono::milliseconds held_after_answer = after_answer;
};

/// A wait that Discord demanded for one route and resource; it applies to all processes.
struct hold {
  std::string route_key;
  std::chrono::milliseconds left{0};
};
/// A slot of the global limit, together with one call of a bucket.
struct slot {
  slot() = default;
  slot(std::string slot_name, std::string call_route_key = {})
    : name(std::move(slot_name)), route_key(std::move(call_route_key)) {}
  slot(const char* slot_name) : name(slot_name) {}
  std::string name;      ///< Unique over the cluster.
  std::string route_key; ///< Route, line feed, major parameter; empty: the call has no bucket.
};
/// A bucket by the headers of an answer. https://discord.com/developers/docs/topics/rate-limits#header-format
struct bucket_state {
  std::string hash; ///< Routes with the same hash share their buckets.
  int limit = 0;    ///< Calls in one window; 0: Discord shows no bucket for this route.
  int remaining = 0;
  std::chrono::milliseconds reset_after{0}; ///< Time until the window ends.
};
/// A slot whose call has an answer.
struct answered_slot : slot {
  using slot::slot;
  answered_slot(slot of, std::optional<bucket_state> state) : slot(std::move(of)), bucket(std::move(state)) {}
  std::optional<bucket_state> bucket; ///< Empty: the answer says nothing of the bucket.
};
/// A wanted slot that was not granted, because its bucket is empty or not known yet.
struct closed_bucket {
  size_t index = 0; ///< In exchange::wanted.
  std::chrono::milliseconds wait{0};
};
/// Exchange of a process with the budget, in one round trip. -> granted. A repetition is harmless: slot names are
/// unique over the cluster, and invalid answers counted twice only lower the limit.
struct exchange {
  std::vector<slot> wanted;              ///< Slots to take, in order.
  std::vector<answered_slot> answered;   ///< Slots to hold for `after_answer` from now.
  std::vector<slot> unused;              ///< Slots without a request: released at once, with their call of the bucket.
  std::chrono::milliseconds hold_off{0}; ///< After a global 429: no grants to any process for this long.
  size_t invalid = 0;                    ///< Answers 401, 403 and 429 since the last exchange.
  std::vector<hold> new_holds;           ///< New holds since the last exchange.
  std::string holds_seen;                ///< Last received granted::holds_version; empty: none yet.
  deadline until;
};
/// Answer to exchange.
struct granted {
  size_t count = 0; ///< Number of slots that are held: the first ones of `wanted`, without those of `closed`.
  std::chrono::milliseconds retry{0}; ///< With fewer than wanted: time until the next free slot.
  size_t invalid = 0;                 ///< Answers 401, 403 and 429 to all processes in the last 10 minutes.
  std::string holds_version;          ///< Changes with each new hold.
  std::vector<hold> holds;            ///< All current holds, when `holds_seen` is another version.
  std::vector<closed_bucket> closed;  ///< Wanted slots that wait for their bucket, by index.
};

/// Handle of the budget. ec::unavailable or ec::unknown without Redis: no grant.
using handle = caf::typed_actor<caf::replies_to<exchange>::with<granted>>;

/// Wait before the next try for a bucket whose limit or window is known only after a call in flight.
inline constexpr std::chrono::milliseconds bucket_retry{50};

/// Starts the budget over Redis: a sorted set of slots, the buckets, the count of invalid requests and the holds,
/// changed by one script on the server's clock.
handle start(caf::actor_system&, redis::handle, options = {});

} // namespace arrakis::discord::budget
