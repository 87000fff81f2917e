#pragma once
// Shared SQL of both kinds of work at a guild: one writer at a time, intents, shadow state.
#include "adapters/postgres/deployments/messages.hpp"

namespace pqxx {
class row;
class transaction_base;
} // namespace pqxx

namespace arrakis::postgres::guild_work {
using deployments::key;
using deployments::work;

/// Table of the work: deployments or reconciliations.
const char* table_of(work);
/// Table of the work's checkpoints.
const char* resources_of(work);
/// Column of the work's id in that table.
const char* column_of(work);
/// Name of the work in the audit trail and the shadow state: "deployment:<id>", "reconciliation:<id>".
std::string target_of(const key&);

/// Columns of an intent, for SELECT.
inline constexpr const char* intent_columns =
  "kind, resource, nonce, coalesce(newest_seen, 0) as newest_seen, coalesce(fields::text, '') as fields";
/// Reads an intent from a row of these columns.
deployments::intent intent_in(const pqxx::row&);

/// Columns of a row's conversation, for SELECT and RETURNING.
inline constexpr const char* conversation_columns =
  "coalesce(application_id, 0) as application,"
  " case when token_until > clock_timestamp() then interaction_token end as token,"
  " (extract(epoch from token_until - clock_timestamp()) * 1000)::bigint as token_life_ms";
/// Reads a conversation from a row of these columns.
deployments::conversation conversation_in(const pqxx::row&);

/// The locked row of a work.
struct row_of {
  std::string state;
  int64_t run = 0;
  int64_t version = 0;
  bool leased = false;
  deployments::conversation conversation;
};
/// Locks the row. ec::not_found when there is none.
row_of lock(pqxx::transaction_base&, const key&);
/// Locks the row for a write of the lease holder: ec::stale unless this run has the lease.
row_of lock_held(pqxx::transaction_base&, const key&);

/// Locks community and row for the lease holder's write that ends this run in `state`. Empty: the run has ended so
/// before, and only the answer was lost. ec::stale as lock_held.
std::optional<row_of> lock_to_end(pqxx::transaction_base&, const key&, std::string_view state);

/// The locked row of the community.
struct community_state {
  std::string status;
  int64_t fence = 0;
  int64_t fences_as_of = 0;
  snowflake guild;
  bool quarantined = false;
};
/// Locks the community; every writing transaction does so first.
std::optional<community_state> lock_community(pqxx::transaction_base&, const community_id&);
/// Refuses a frozen (ec::frozen) or quarantined (ec::quarantined) community.
void refuse_idle(const community_state&);

/// Takes the guild's lease for the work `of` (its run is ignored): ec::busy while other work holds an unexpired lease.
/// An expired lease ends here, so that its late holder is stale. Fills run, state, token, checkpoints and open intents
/// of `into`, whose id is set. The community and the row must be locked.
void take(pqxx::transaction_base&, const key& of, const std::string& worker, std::chrono::milliseconds lease,
          deployments::claimed& into);

/// Replaces the applied shadow state, and deletes the intents of the resources in it.
void write_shadow(pqxx::transaction_base&, const key&, int64_t version, const std::vector<manifests::shadow_entry>&);
/// Closes the outbox rows of the work's job.
void close_job(pqxx::transaction_base&, const key&);
/// Id of a reconciliation's job in its queue.
std::string job_of_reconciliation(const std::string& id);
/// Ends the work as failed (final), or releases its lease. Returns the row's conversation, which a final end erases.
deployments::conversation give_up(pqxx::transaction_base&, const deployments::abandon&);
/// Appends an audit entry CREATED_TWICE for each. Call it last in the transaction.
void note_doubled(pqxx::transaction_base&, const key&, const std::vector<deployments::doubled_resource>&);
} // namespace arrakis::postgres::guild_work
