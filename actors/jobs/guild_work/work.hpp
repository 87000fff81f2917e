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
/// A request that got no answer may still be on its way for so long; an earlier reading might miss what it makes.
inline constexpr milliseconds settle{1'500};
/// Shortest time between two edits of progress.
inline constexpr milliseconds edit_every{
  1'200}; ///< Progress: Discord allows 5 edits in 5 s, and other clicks need some.
/// The wizard's message can be edited once Discord has the click's first answer, which comes at most 3 s after it.
inline constexpr milliseconds message_exists_within{3'500};
/// So long before the token's life is over the message says where to look on.
inline constexpr milliseconds token_ends_within{60'000};
/// The last edit is tried so long: the row is closed by then, and nobody comes back to tell the admin.
inline constexpr milliseconds end_report_within{15'000};
/// Waits before a job is tried again while the community is frozen, or the guild is busy.
inline constexpr milliseconds frozen_wait{5'000}, busy_wait{2'000};
/// Between two questions whether the signer signs again: as long as the deployment has been owed, so each wait doubles
/// that.
inline constexpr milliseconds signer_wait_min{5'000}, signer_wait_max{120'000};
inline constexpr milliseconds identity_within{10'000}; ///< Until Discord has said which user the bot is.
inline constexpr int tries_max = 6;                    ///< Tries of one step inside one attempt of the job.
/// Passes over all resources in one attempt: others may delete in the guild what an earlier pass made.
inline constexpr int passes_max = 4;
/// A wait that Discord told is waited for without using an attempt, up to this long each, until so long after the
/// deployment was submitted or retried; then it ends with a sentence that names the wait.
inline constexpr milliseconds retry_after_max{3'600'000}, retry_after_total{48 * 3'600'000};

struct state;
using pointer = queue::processor::stateful_pointer<state>;
/// `what` none: done. The sentence is for the admin.
using gate::problem;
using gate::trouble;

/// The differences between the kinds of work at a guild. Flows take the actor alone.
struct task {
  deployments::work kind = deployments::work::deployment;
  std::string_view noun;          ///< "deployment".
  std::string_view payload;       ///< The fields of the payload, for the error.
  std::string_view again;         ///< The act of an admin that has it tried again: "press Retry".
  std::string_view progress_hint; ///< How an admin sees its progress once the message's token is over: "use `/resume`".
  /// Reads what the payload has beside community and version. False: it is malformed.
  bool (*read_payload)(state&, const boost::json::object&) = nullptr;
  flow<caf::expected<deployments::claimed>> (*claim)(pointer, deadline) = nullptr;
  /// The guild has been read, and nothing was written yet in this attempt. Empty: nothing is to be checked.
  flow<problem> (*check)(pointer) = nullptr;
  /// The guild is as it shall be: writes shadow state and end. Asks also where our own lease seems to be over: the row
  /// itself knows, by its run, whether another worker has it. A renewal that finds the work complete reads like a lost
  /// lease, and says nothing about who completed it.
  flow<problem> (*complete)(pointer) = nullptr;
  std::string (*title)(const state&) = nullptr; ///< Title of the message while it runs: "Building Tabr".
  boost::json::array (*running_buttons)(const state&) = nullptr; ///< Below it; null: none.
  std::string (*completed_body)(const state&) = nullptr;
  std::string (*waiting_body)(const state&, std::string_view sentence) = nullptr;
  std::string (*failed_body)(const state&, std::string_view sentence) = nullptr;
  /// For work that was cancelled, with the sentence of its row. Empty: nobody is told.
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
/// The shadow state, under the lease: until then another version may have added to it.
flow<problem> read_shadow(pointer self);
/// The guild as it is now, into the snapshot; with the audit log where intents are open.
flow<problem> read_guild(pointer self);
/// Finds resources that Discord made twice for one intent of ours, into the state. An audit log that cannot be read is
/// no failure.
flow<> find_doubled(pointer self);

// steps.cpp
/// Roles, order, categories, channels; each effect is noted before the next.
flow<problem> work(pointer self);

// work.cpp
/// The lease is ours: nothing else may go on.
bool has_lease(pointer self);
/// Tells the queue and, now and then, the wizard's message.
void show_progress(pointer self, std::string_view stage);
/// Edits the message of the newest click once; none where there is no token.
flow<trouble> edit_message(pointer self, std::string body);
/// Messages go to this conversation from now on, unless it has no token. `asked` is when PostgreSQL was asked for it.
/// Returns whether it is another one than before.
bool follow(pointer self, deployments::conversation newest, std::chrono::steady_clock::time_point asked);
/// The last edit: tried again while the message does not exist yet.
flow<> report_end(pointer self, std::string body);
/// The wait before try `n` (1, 2, ...) of something.
milliseconds pause_before(int n);
/// The answer of a lost lease.
problem lost(pointer self);

/// Asks a store of ours until its answer is certain: for orders that are idempotent, since the first answer may have
/// been lost. trouble::stale and invalid_payload are certain; without any: unavailable, or stale once the lease is
/// over. Follows the conversation that an order of the end answers with.
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
