#pragma once
// One job that writes to a guild: lease, reading, steps, end. A kind of job says what it claims, what it checks before
// its first write, how it completes, and its words.
#include "actors/guild/core/doubled.hpp"
#include "actors/jobs/guild_work/plan.hpp"
#include "actors/jobs/guild_work/progress.hpp"
#include "actors/jobs/job.hpp"
#include "runtime/flow.hpp"

#include <boost/json/fwd.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <chrono>
#include <string>
#include <type_traits>

namespace arrakis::jobs::guild_work {

using std::chrono::milliseconds;

inline constexpr milliseconds call_within{60'000};  ///< A call of Discord with its waiting for a turn.
inline constexpr milliseconds store_within{10'000}; ///< A question to a store of ours.
/// Wait before the guild is read after a request without an answer, which may still be on its way.
inline constexpr milliseconds settle{1'500};
/// Shortest time between two edits of progress.
inline constexpr milliseconds edit_every{
  1'200}; ///< Progress: Discord allows 5 edits in 5 s, and other clicks need some.
/// The wizard's message can be edited once Discord has the click's first answer, which comes at most 3 s after it.
inline constexpr milliseconds message_exists_within{3'500};
/// Time before the interaction token's expiry at which the message says where to see further progress.
inline constexpr milliseconds token_ends_within{60'000};
/// Limit of the tries of the last edit. The row is closed by then, so no later attempt informs the admin.
inline constexpr milliseconds end_report_within{15'000};
/// Delays before the next attempt while the community is frozen, or other work at the guild is running.
inline constexpr milliseconds frozen_wait{5'000}, busy_wait{2'000};
/// Bounds of the delay between two checks whether the signer signs again. The delay equals the age of the deployment,
/// so it doubles each time.
inline constexpr milliseconds signer_wait_min{5'000}, signer_wait_max{120'000};
inline constexpr milliseconds identity_within{10'000}; ///< Until Discord has said which user the bot is.
inline constexpr int tries_max = 6;                    ///< Tries of one step inside one attempt of the job.
/// Maximum of passes over all resources in one attempt: others may delete what an earlier pass created.
inline constexpr int passes_max = 4;
/// Limits of waits that Discord demands (Retry-After) and that use no attempt: each wait, and the total since the
/// deployment was submitted or retried. Beyond them the deployment fails with a sentence that names the wait.
inline constexpr milliseconds retry_after_max{3'600'000}, retry_after_total{48 * 3'600'000};

struct state;
using pointer = queue::processor::stateful_pointer<state>;
/// `what` none: done. The sentence is for the admin.
using gate::problem;
using gate::trouble;

/// Hooks by which the kinds of work at a guild differ.
struct task {
  deployments::work kind = deployments::work::deployment;
  std::string_view noun;          ///< "deployment".
  std::string_view payload;       ///< The fields of the payload, for the error.
  std::string_view again;         ///< The act of an admin that has it tried again: "press Retry".
  std::string_view progress_hint; ///< How an admin sees its progress once the message's token is over: "use `/resume`".
  /// Reads the fields of the payload beside community and version. False: malformed.
  bool (*read_payload)(state&, const boost::json::object&) = nullptr;
  flow<caf::expected<deployments::claimed>> (*claim)(pointer, deadline) = nullptr;
  /// Called after the guild was read and before the first write of an attempt. Empty: no check.
  flow<problem> (*check)(pointer) = nullptr;
  /// Completes the work: writes shadow state and end. Also called when our lease seems lost, because the row
  /// decides by its run whether another worker has it, and a renewal after completion looks like a lost
  /// lease.
  flow<problem> (*complete)(pointer) = nullptr;
  std::string (*title)(const state&) = nullptr; ///< Title of the message while it runs: "Building Tabr".
  boost::json::array (*running_buttons)(const state&) = nullptr; ///< Below it; null: none.
  std::string (*completed_body)(const state&) = nullptr;
  std::string (*waiting_body)(const state&, std::string_view sentence) = nullptr;
  std::string (*failed_body)(const state&, std::string_view sentence) = nullptr;
  /// Body for the user when the work was cancelled, with the sentence of its row. Empty: no message.
  std::string (*cancelled_body)(const state&, std::string_view sentence) = nullptr;
};

/// State of the actor of one job.
struct state {
  arrakis::flows flows;
  static inline const char* name = "job.guild_work";
  const task* what = nullptr;
  services svc;
  queue::job job;
  caf::typed_response_promise<queue::outcome> reply;

  std::string trace; ///< Trace of the click that began it; from the payload.
  community_id community;
  int64_t version = 0;
  std::string manifest_sha256;
  std::string row; ///< The id in the payload, where it names one.
  deployments::key of;
  int64_t fence = 0;
  int64_t fences_as_of = 0;
  milliseconds owed_for{0}; ///< When its lease was taken.
  bool held = false;
  bool lost = false;
  bool waits_for_signer = false; ///< Nobody can tell yet whether the manifest is genuine.
  std::chrono::steady_clock::time_point lease_until{};

  guild_snapshot snapshot;
  bool unseen = false;                     ///< A create may have had its effect, and the guild was not read since.
  std::vector<blueprint::doubled> doubled; ///< Found at the end.
  std::string plan_sha256;                 ///< Hash of the plan that an admin saw; empty: there is none.
  bool plan_began = false;                 ///< The guild was as that plan says when its first change was made.
  std::string outdated_body;               ///< The message, where the guild is not as that plan says.
  guild_work::progress progress;
  snowflake application;
  secret token;
  std::chrono::steady_clock::time_point token_until{}; ///< End of the token's life.
  bool shows_progress = false; ///< Between the first stage and the end: only then may the message show a stage.
  bool editing = false;
  bool edited = false;    ///< The message of this token was there.
  bool end_shown = false; ///< This token's message says that it cannot follow the work much longer.
  std::chrono::steady_clock::time_point edited_at{};
};
/// Starts the actor of one job.
queue::processor start(caf::actor_system&, const services&, const task&, const char* name);

// reading.cpp
/// Manifest and its signature, before the lease.
flow<problem> read_stores(pointer self);
/// Reads the shadow state after taking the lease; before it another version may still add entries.
flow<problem> read_shadow(pointer self);
/// Reads the guild into the snapshot; also the audit log if there are open intents.
flow<problem> read_guild(pointer self);
/// Finds resources that Discord made twice for one intent of ours, into the state. An audit log that cannot be read is
/// no failure.
flow<> find_doubled(pointer self);

// steps.cpp
/// Carries out the steps: roles, role order, categories, channels. Stores a checkpoint after each effect.
flow<problem> work(pointer self);

// work.cpp
/// True while this run holds the deployment lease.
bool has_lease(pointer self);
/// Reports progress to the queue and, at intervals, in the wizard's message.
void show_progress(pointer self, std::string_view stage);
/// Edits the message of the newest click once; does nothing without a token.
flow<trouble> edit_message(pointer self, std::string body);
/// Sends messages to this conversation from now on, unless it has no token. `asked`: time of the request to PostgreSQL.
/// Returns true if it differs from the previous one.
bool follow(pointer self, deployments::conversation newest, std::chrono::steady_clock::time_point asked);
/// Makes the last edit; repeats it while the message does not exist yet.
flow<> report_end(pointer self, std::string body);
/// Delay before attempt `n` (1, 2, ...) of a repeated action.
milliseconds pause_before(int n);
/// Result of work that lost its lease.
problem lost(pointer self);

/// Sends an idempotent order to a store until the answer is certain, because an earlier answer may have been lost.
/// Certain: success, trouble::stale, invalid_payload. Without one: unavailable, or stale once the lease is over.
/// Follows the conversation in the answer of a final order.
template <class Store, class Order>
flow<problem> ask_until_certain(pointer self, Store store, Order order, std::string about) {
  problem why;
  for (int n = 1; n <= tries_max; ++n) {
    co_await nap(self, pause_before(n));
    order.until = within(self, store_within);
    const auto until = order.until;
    const auto asked = self->clock().now();
    auto copy = order;
    auto answer = co_await ask(self, store, until, std::move(copy));
    if constexpr (std::is_same_v<std::decay_t<decltype(*answer)>, deployments::conversation>)
      if (answer)
        follow(self, std::move(*answer), asked);
    if (answer)
      co_return problem{};
    why = gate::classify(answer.error(), about);
    if (why.what == trouble::stale || why.what == trouble::invalid_payload)
      co_return why;
    why.what = trouble::unavailable;
  }
  co_return has_lease(self) ? why : lost(self);
}

} // namespace arrakis::jobs::guild_work
