#pragma once
// The state machine: an event and a record give a new record or a refusal. No I/O, no clock, no chance.
#include "actors/wizard/core/catalogue.hpp"
#include "actors/wizard/core/facts.hpp"
#include "actors/wizard/core/progress.hpp"
#include "actors/wizard/core/record.hpp"
#include "actors/wizard/core/rules.hpp"
#include "schemas/interaction.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::wizard::core {

/// A click or a sent modal, as the steps read it.
struct event {
  enum kind { click, submit } what = click; ///< A select is a click with values.
  std::string session;
  std::string action; ///< The prefix, where the event is a modal.
  std::string argument;
  std::optional<int64_t> seen_version;
  std::vector<std::string> values;
  std::map<std::string, std::string> fields;
};
/// Converts a component or modal interaction; empty: not one of the wizard's.
std::optional<event> event_of(const interaction&);

/// Facts from outside the session that a step or a screen needs.
struct context {
  const catalogue& names;
  const guild::state* facts = nullptr; ///< Null: not read or not readable.
  int64_t now_ms = 0;
  int64_t session_ttl_ms = 0; ///< How long a session waits for its next click; 0: the screens do not say.
  std::string frozen = {};    ///< Why nothing is deployed, as a sentence; empty: not frozen, as far as that is known.
  const blueprint::ids* deployed = nullptr; ///< Made by the last deployment; null: not read or not readable.
  const manifest* active = nullptr; ///< The community's active version; null: there is none, or it could not be read.
  int64_t active_version = 0;       ///< The number of the active version, as far as it is known.
  const deployment_state* progress = nullptr; ///< The newest deployment; null: not read or not readable.
  int64_t follows_until_ms = 0; ///< The end of the click's conversation: until then the message follows a deployment.
  bool is_drafted = false;      ///< PostgreSQL confirmed that it has this record as the user's draft.
};

/// Snowflakes of the resources of the active version that the draft is based on; empty without one. Null: not known.
const blueprint::ids* deployed_of(const record&, const context&);
/// Sentence for context::frozen, with the operator's reason (empty: none given).
std::string freeze_sentence(std::string_view reason);
/// Sentence why a plan based on an older version cannot be deployed; empty: it can, as far as that is known.
std::string outdated_sentence(const record&, const context&);

/// The outcome of a step for one event.
struct decision {
  /// The kinds of outcomes.
  enum kind {
    show,      ///< Store `next` and show it; `sentence` is a notice above it, often empty.
    refuse,    ///< Store nothing; show the session as it is. The sentence says what is wrong and what to do.
    overtaken, ///< The click came from an older screen: show the present one with `sentence`.
    inspect,   ///< Ask the chain for `next.draft.typed`, then go on with `inspected`.
    deploy,    ///< Store `next`, then submit it under next.idempotency_key().
    retry,     ///< Store `next`, then start its failed deployment again.
    refresh,   ///< Ask how the deployment stands, then go on with `settled`.
    restart,   ///< Replace the session by a fresh one.
    end,       ///< Remove the session.
    open_form, ///< Store nothing; answer with `form`, which is filled from the session.
  } what = show;
  record next;
  std::string sentence;
  std::string form = {}; ///< The modal of open_form, as JSON text.
};

/// Decides how an event changes a session; has no side effects.
decision apply(const record&, const event&, const context&);

/// Continues after decision::inspect: the typed asset is accepted, refused, or kept for another try.
decision inspected(const record&, const contract_facts&);

/// The ids of an accepted submission.
struct submitted_as {
  int64_t version = 0;
  std::string deployment, job;
};
/// Record after decision::deploy or retry was accepted.
record submission_accepted(record, const submitted_as&);
/// Record after a failure. `certain == false`: no answer, so it may have succeeded; repeated with the same key.
record submission_failed(record, bool certain, std::string why);
/// Record when nothing was submitted because the signer refuses: the plan waits at DEPLOY for Try again.
record submission_waits(record);
/// Record after reading the guild's newest deployment. A newer version than the session's:
/// done and overtaken. An older one, or another deployment with our version: our submission is
/// lost.
record settled(record, const deployment_state&);
/// Record when PostgreSQL no longer knows the confirmed deployment (an older backup was restored). The session fails,
/// and Retry submits the plan anew.
record submission_lost(record);

/// A new session at its first step.
record fresh(std::string session, snowflake user, snowflake guild, snowflake channel, int64_t now_ms);
/// True where every step was walked once, so that the review shows the plan.
bool is_walked(const record&);
/// Session at the page of its rules, which leads back to the review. Its plan is one that the review shows.
record at_rules(record);
/// Session that edits the active version: every step is filled, and it begins at the review.
record editing(record, const manifest& active, int64_t active_version);

} // namespace arrakis::wizard::core
