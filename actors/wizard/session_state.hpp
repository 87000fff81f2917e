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

/// One click or command, as long as the flow lives that answers it; several of a session may be under way at once.
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
/// The effect of a written record on the draft: an answer is stored; a fresh session erases the one before it.
enum class draft_effect { store, erase };
/// Writes `next` over the version `expected`. The result holds either `next` under its new version, or what is there
/// now. What was written is also the draft, best effort; once it is deployed there is none.
flow<caf::expected<store::swapped>> save(self_pointer, int64_t expected, core::record* next, deadline until,
                                         draft_effect = draft_effect::store);
/// Erases the draft up to this record's version. False: PostgreSQL did not confirm it, so it may still be there.
flow<bool> erase_draft(self_pointer, core::record of, deadline until);
/// The user's draft in this guild. None: also where it is of a build that wrote another layout.
flow<caf::expected<std::optional<core::record>>> find_draft(self_pointer, deadline until);
/// Makes the draft the open session, where there is none (`expected`: the version in Redis). None: there is no draft.
flow<caf::expected<std::optional<core::record>>> restore(self_pointer, int64_t expected, deadline until);

/// How the newest deployment of the guild stands, as PostgreSQL says and, where it answers, the queue; ec::not_found.
/// Also into the click.
flow<caf::expected<core::deployment_state>> read_progress(self_pointer, click_ptr);
/// The messages of the deployment that was read for this click go to its conversation from now on. Returns false where
/// the deployment has ended meanwhile. A store that does not answer leaves the conversation as it is.
flow<bool> follow_progress(self_pointer, click_ptr);

} // namespace arrakis::wizard::session
