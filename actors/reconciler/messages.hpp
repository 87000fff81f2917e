#pragma once
// Compares what a community wants (manifest), what was last applied (shadow state) and what the guild has, by
// snowflake; and has the plan applied that an admin saw.
#include "actors/guild/core/comparison.hpp"
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "runtime/secret.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <chrono>
#include <string>

namespace arrakis::reconciler {
/// Asks for a guild's drift as a plan in sentences. -> drift_report. ec::not_found: no deployed community; errors of
/// guild::fetch: the guild could not be read, which is not "no drift".
struct drift {
  snowflake guild;
  deadline until;
};
/// The difference between manifest, shadow state and guild.
using drift_report = blueprint::comparison;

/// Requests that a plan be applied that the admin saw and confirmed. The guild is read again. Errors as of `drift`, and
/// those of reconciliations::request, with a sentence each. -> applied
struct apply {
  snowflake guild;
  snowflake admin;
  std::string plan_sha256; ///< As the confirmed button carried it.
  std::string key;         ///< The idempotency key of this confirmation.
  snowflake application;
  secret interaction_token; ///< For progress into the message.
  std::chrono::milliseconds token_life{0};
  std::string trace;
  deadline until;
};
/// The answer to `apply`.
struct applied {
  bool started = false; ///< No: the guild has another plan by now, and nothing was asked for.
  drift_report now;
};
using handle = caf::typed_actor<caf::replies_to<drift>::with<drift_report>, caf::replies_to<apply>::with<applied>>;
} // namespace arrakis::reconciler
