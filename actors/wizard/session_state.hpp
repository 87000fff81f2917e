#pragma once
// The actor of a session: its state, and how its record is kept. Redis decides between two clicks; PostgreSQL has the
// draft for the days after.
#include "actors/guild/core/blueprint.hpp"
#include "actors/wizard/core/catalogue.hpp"
#include "actors/wizard/core/progress.hpp"
#include "actors/wizard/core/record.hpp"
#include "actors/wizard/session.hpp"
#include "actors/wizard/store.hpp"
#include "runtime/flow.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace arrakis::wizard::session {

/// State of the session's actor.
struct state {
  arrakis::flows flows;
  ports to;
  std::shared_ptr<const options> opt;
  snowflake user, guild;
  std::shared_ptr<const core::catalogue> offered; ///< Lives as long as the context that refers to it.
  std::optional<guild::state> facts;              ///< For showing; a deployment reads them anew.
  std::chrono::steady_clock::time_point facts_at;
  std::optional<std::chrono::steady_clock::time_point> counted_at; ///< facts_at of the facts with role_members.
  std::optional<blueprint::ids> deployed; ///< Made by the last deployment; nothing: not read or not readable.
  community::described community;         ///< As last read, for showing; a submission asks PostgreSQL by itself.
  std::optional<std::pair<std::string, int64_t>> drafted; ///< Id and version of what PostgreSQL confirmed as the draft.
  static inline const char* name = "wizard_session";
};
using self_pointer = handle::stateful_pointer<state>;

/// One click or command, which lives as long as the flow that answers it; several of a session may run at once.
struct click {
  std::shared_ptr<const interaction> what;
  deadline until;
  std::optional<core::deployment_state> progress = {}; ///< The newest deployment, as read for this click.
  bool follows = false;                                ///< The deployment's messages go to this click's conversation.
};
using click_ptr = click*;

/// Counts an event of arrakis_wizard_sessions_total.
void count(const char* event);

/// Reads the session from Redis.
flow<caf::expected<store::loaded>> load(self_pointer, deadline until);
/// Effects of a stored record on the draft: it is stored too, or (a new session) erased.
enum class draft_effect { store, erase };
/// Stores `next` over the version `expected`. Returns `next` with its new version, or the record that is stored
/// instead. The draft is updated as well, best effort, and erased after a deployment.
flow<caf::expected<store::swapped>> save(self_pointer, int64_t expected, core::record* next, deadline until,
                                         draft_effect = draft_effect::store);
/// Erases the draft up to this record's version. False: PostgreSQL did not confirm it.
flow<bool> erase_draft(self_pointer, core::record of, deadline until);
/// Finds the user's draft in this guild. None: there is no draft, or a build with another layout wrote it.
flow<caf::expected<std::optional<core::record>>> find_draft(self_pointer, deadline until);
/// Makes the draft the session if there is none (`expected`: the version in Redis). None: there is no draft.
flow<caf::expected<std::optional<core::record>>> restore(self_pointer, int64_t expected, deadline until);

/// Reads the newest deployment of the guild from PostgreSQL and, if it answers, the queue; ec::not_found. Also stored
/// in the click.
flow<caf::expected<core::deployment_state>> read_progress(self_pointer, click_ptr);
/// Sends the messages of the deployment that this click read to the click's conversation from now on. False: the
/// deployment has ended. No effect if the store does not answer.
flow<bool> follow_progress(self_pointer, click_ptr);

/// Submits the plan under the session's idempotency key.
flow<caf::expected<community::deployed>> submit(self_pointer, core::record, click_ptr);
/// Starts a failed deployment again. `version` 0: the newest.
flow<caf::expected<community::deployed>> run_again(self_pointer, int64_t version, click_ptr);

} // namespace arrakis::wizard::session
