#pragma once
// The gate: every write to Discord passes it. It checks freeze, fence and lease, commits the intent, adds the audit
// reason, and then calls the client with its rate limits.
#include "adapters/discord/rest/messages.hpp"
#include "adapters/postgres/deployments/messages.hpp"
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <chrono>
#include <string>
#include <string_view>

namespace arrakis::gate {

/// Kinds of failure of a write, by what the job must do next.
enum class trouble {
  none,
  frozen,          ///< Nothing left. Frozen, or the fence is old: later, without using an attempt.
  stale,           ///< Nothing left. The lease is another's now: stop.
  permission,      ///< Discord refuses; the sentence says what an admin must change. Not again by itself.
  not_found,       ///< The role or channel, or one that it refers to, is not there (any more): read the guild anew.
  gone,            ///< The guild is gone, or the bot is not in it.
  invalid_payload, ///< Discord refuses what we sent. Not again.
  rate_limited,    ///< No turn within the deadline, or a told wait or a block is longer (problem::wait): later.
  unknown,         ///< Sent without an answer: the effect may exist. Look before doing it again.
  unavailable,     ///< Nothing left (database, Redis or Discord away): later.
};
/// Error code of a kind of failure, as dead letters store it: RATE_LIMIT_TIMEOUT, PERMISSION_ERROR, RESOURCE_NOT_FOUND,
/// GUILD_NOT_FOUND, INVALID_PAYLOAD, COMMUNITY_FROZEN, UNKNOWN_ERROR, LEASE_LOST; empty for none.
std::string_view code_text(trouble);
/// True if a later attempt at the same work can succeed without help from an admin or operator.
bool retryable(trouble);

/// An error with its sentence for an admin.
struct problem {
  trouble what = trouble::none;
  std::string sentence;              ///< For an admin: what is wrong and what to do.
  std::chrono::milliseconds wait{0}; ///< rate_limited: told by Discord, or until the block is tried again; 0: unknown.
  int discord_code = 0; ///< permission: Discord's own where it does not say which one lacks (50013, 50028).
};
/// Classifies the answer or the error of a call. `about` names the resource in the sentence: "the role “Gold”".
problem classify(const discord::answer&, std::string_view about);
problem classify(const caf::error&, std::string_view about);

/// A write to a guild (`create`: an intent is committed first, its nonce goes into the audit reason) or a message in an
/// interaction (call.interaction; no deployment).
struct write {
  community_id community;
  int64_t fence = 0;   ///< The community's when the work began.
  int64_t as_of = 0;   ///< The number of the fence log when the work began.
  snowflake user;      ///< The user whom the effect concerns; 0: no user in particular.
  deployments::key of; ///< Empty deployment: no lease is checked.
  std::string kind;    ///< role, category, channel; for intents.
  std::string resource;
  std::string about;      ///< "the role “Gold”"; for sentences and the audit reason.
  std::string cause = {}; ///< For the audit reason: "rule holders, verdict 17"; empty: none.
  bool create = false;
  snowflake newest_seen;        ///< For a create: the newest role or channel of the guild, as the writer knows it.
  std::string fields_json = {}; ///< For a create: what is asked for, as the intent keeps it.
  discord::call call;           ///< `tenant`, `reason` and `may_leave` are filled by the gate.
};
/// The outcome of a write.
struct written {
  problem why; ///< trouble::none: done, and `answer` is Discord's.
  discord::answer answer;
  std::string nonce;     ///< Of the intent, for a create.
  snowflake newest_seen; ///< Of the intent, for a create.
};

/// Sets the end of the lease of a deployment, as its job knows it: no write leaves after it. `until` in the past
/// releases the lease.
struct set_lease {
  deployments::key of;
  std::chrono::steady_clock::time_point until;
};

using handle = caf::typed_actor<caf::replies_to<write>::with<written>, caf::reacts_to<set_lease>>;

} // namespace arrakis::gate
