#pragma once
// What both kinds of work at a guild share in their transactions: one writer at a time, intents, shadow state.
#include "adapters/postgres/deployments/messages.hpp"

namespace pqxx {
class row;
class transaction_base;
} // namespace pqxx

namespace arrakis::postgres::guild_work {
using deployments::key;
using deployments::work;

/// The row of the work: deployments or reconciliations.
const char* table_of(work);
/// Its checkpoints, and their column of the row's id.
const char* resources_of(work);
const char* column_of(work);
/// "deployment:<id>", "reconciliation:<id>": in the audit trail and the shadow state.
std::string target_of(const key&);

/// What is selected of an intent, and the intent in it.
inline constexpr const char* intent_columns =
  "kind, resource, nonce, coalesce(newest_seen, 0) as newest_seen, coalesce(fields::text, '') as fields";
deployments::intent intent_in(const pqxx::row&);

struct row_of {
  std::string state;
  int64_t run = 0;
  int64_t version = 0;
  bool leased = false;
};
/// Locks the row. ec::not_found when there is none.
row_of lock(pqxx::transaction_base&, const key&);
/// The same for a holder's write: ec::stale unless this run has the lease.
row_of lock_held(pqxx::transaction_base&, const key&);

/// Locks community and row for a holder's write that ends this run in `state`. Empty: it has ended so already, and only
/// the answer was lost: it stands. ec::stale as of lock_held.
std::optional<row_of> lock_to_end(pqxx::transaction_base&, const key&, std::string_view state);

struct community_state {
  std::string status;
  int64_t fence = 0;
  int64_t fences_as_of = 0;
  snowflake guild;
  bool quarantined = false;
};
/// Locks the community, which every transaction of a writer locks first.
std::optional<community_state> lock_community(pqxx::transaction_base&, const community_id&);
/// ec::frozen, ec::quarantined: nothing is done for it now.
void refuse_idle(const community_state&);

/// Takes the guild for the work `of` (without its run): ec::busy while other work holds an unexpired lease; one that
/// ran out ends here, so that its holder, should it wake up, is stale. Fills run, state, token, checkpoints and open
/// intents of `into`, whose id is set. The community and the row are locked.
void take(pqxx::transaction_base&, const key& of, const std::string& worker, std::chrono::milliseconds lease,
          deployments::claimed& into);

/// Replaces the applied shadow state, and forgets the intents of what it names.
void write_shadow(pqxx::transaction_base&, const key&, int64_t version, const std::vector<manifests::shadow_entry>&);
/// Closes the outbox rows of the work's job: its end is recorded.
void close_job(pqxx::transaction_base&, const key&);
/// The id of a reconciliation's job in its queue.
std::string job_of_reconciliation(const std::string& id);
/// Ends the work as failed (final), or gives its lease back.
deployments::done give_up(pqxx::transaction_base&, const deployments::abandon&);
/// An audit entry CREATED_TWICE for each. Append last.
void note_doubled(pqxx::transaction_base&, const key&, const std::vector<deployments::doubled_resource>&);
} // namespace arrakis::postgres::guild_work
