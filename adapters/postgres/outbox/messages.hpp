#pragma once
// Transactional outbox: work that a committed decision requires. A row closes when the END of its work is recorded.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <chrono>
#include <string>
#include <vector>

namespace arrakis::outbox {
/// A work item.
struct row {
  int64_t id = 0;
  community_id community;
  std::string kind; ///< Kind of work, which names the relay's target: "store_manifest".
  std::string payload_json;
  int attempts = 0; ///< Failures in a row: a step that succeeds, also a look-up, sets it to 0.
  int64_t sent_at_ms = 0;
  std::string job_kind;    ///< Kind "enqueue_job" only: kind of the job.
  std::string key;         ///< Idempotency key, unique by community and kind; for a job its id in the queue.
  std::string queue;       ///< Queue that has the job. Empty: none, or sent by an older version of Arrakis.
  bool is_overdue = false; ///< Open past its deadline: no longer counts against its tenant.
};

/// Value of a share without a limit.
inline constexpr int unlimited = 1'000'000'000;
/// Limit of a tenant's sent and open rows of one kind. Overdue rows do not count.
struct share {
  std::string kind;
  std::string job_kind; ///< As in `row`.
  int per_tenant = unlimited;
  std::string group;                ///< Rows of one group also count together: the job's queue.
  int group_per_tenant = unlimited; ///< Limit of the group; equal in all its shares.
};

/// Asks for open and due rows of the kinds in `shares`, the longest due first and fair over tenants: round robin by
/// community, unsent rows within the shares only. Excludes tenants in quarantine. Runs under arrakis_relay's policy.
/// -> rows
struct due {
  size_t count_max = 100;
  std::vector<share> shares;
  deadline until;
  bool counts_overdue = false; ///< On only in the negative control: then a row that never closes blocks its tenant.
};
/// Answer to due.
struct rows {
  std::vector<row> list;
};
/// Marks rows as sent. The first sending sets a row's deadline; each makes it due again, to be checked. -> done
struct mark_sent {
  std::vector<int64_t> ids;
  deadline until;
  std::string queue; ///< Queue that has the job; empty for other targets.
  std::chrono::milliseconds closes_within = std::chrono::hours{72};
  std::chrono::milliseconds look_up_after = std::chrono::seconds{10};
};
/// Closes a row: the end of its work is recorded. -> done
struct close {
  int64_t id = 0;
  deadline until;
};
/// Makes a row due later, with the reason. -> done
struct postpone {
  int64_t id = 0;
  std::chrono::milliseconds wait{0}; ///< Time until the row is due, by PostgreSQL's clock.
  std::string error;
  deadline until;
  bool has_failed = false; ///< Counted in row::attempts.
};
/// The change is stored.
struct done {};
/// Counts the rows that are open past their deadline, and returns those that were not reported before: each once, to
/// one relay of the cluster. -> overdue_rows
struct report_overdue {
  size_t count_max = 100;
  deadline until;
};
/// A row past its deadline.
struct overdue_row {
  row what;
  std::string created_at; ///< ISO 8601, UTC.
  std::string close_by;   ///< The deadline.
  std::string last_error;
};
/// Answer to report_overdue.
struct overdue_rows {
  std::vector<overdue_row> fresh;
  /// Number of overdue rows of a kind.
  struct count {
    std::string kind;
    std::string job_kind;
    int64_t rows = 0;
  };
  std::vector<count> counts; ///< All overdue rows, including those reported before.
};
using handle = caf::typed_actor<caf::replies_to<due>::with<rows>, caf::replies_to<mark_sent>::with<done>,
                                caf::replies_to<close>::with<done>, caf::replies_to<postpone>::with<done>,
                                caf::replies_to<report_overdue>::with<overdue_rows>>;

/// Lists overdue rows for an operator, the longest first, without payloads. -> overdue_list
struct list_overdue {
  size_t count_max = 200; ///< At most 10,000.
  deadline until;
};
/// Answer to list_overdue.
struct overdue_list {
  std::vector<overdue_row> rows;
};
using overview = caf::typed_actor<caf::replies_to<list_overdue>::with<overdue_list>>;
} // namespace arrakis::outbox
