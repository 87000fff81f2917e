#pragma once
// What a committed decision still owes the world. A row is closed by the recorded END of its work, not by being sent.
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
  std::string kind; ///< What is owed, and so the target of the relay that carries it out: "store_manifest".
  std::string payload_json;
  int attempts = 0;
  int64_t sent_at_ms = 0;
  std::string job_kind;    ///< Of "enqueue_job": the kind of the job; of any other kind empty.
  std::string key;         ///< The idempotency key, once for each community and kind; of a job its id in the queue.
  std::string queue;       ///< The queue that was given the job. Empty: none was, or by a node of before work items.
  bool is_overdue = false; ///< Open past its deadline: it no longer counts against its tenant.
};

/// What no share limits.
inline constexpr int unlimited = 1'000'000'000;
/// How many rows of one kind a tenant may have sent and open. Overdue rows do not count.
struct share {
  std::string kind;
  std::string job_kind; ///< As in `row`.
  int per_tenant = unlimited;
  std::string group;                ///< Rows of one group also count together: the queue of a job.
  int group_per_tenant = unlimited; ///< The same in every share of a group.
};

/// Rows that are open and due of the kinds that `shares` names, the longest due first and fair over tenants: round
/// robin by community, and unsent ones only as far as the shares go. A tenant in quarantine has none. Runs as
/// arrakis_relay's policy.
struct due {
  size_t count_max = 100;
  std::vector<share> shares;
  deadline until;
  bool counts_overdue = false; ///< On only in the negative control: then a row that never closes blocks its tenant.
};
struct rows {
  std::vector<row> list;
};
/// The first sending of a row sets its deadline. Each makes it due again, to be looked up, by the store's clock.
struct mark_sent {
  std::vector<int64_t> ids;
  deadline until;
  std::string queue; ///< That was given the job; of another target empty.
  std::chrono::milliseconds closes_within = std::chrono::hours{72};
  std::chrono::milliseconds look_up_after = std::chrono::seconds{10};
};
struct close {
  int64_t id = 0;
  deadline until;
};
struct postpone {
  int64_t id = 0;
  std::chrono::milliseconds wait{0}; ///< Until it is due again, by the store's clock.
  std::string error;
  deadline until;
};
struct done {};
/// Counts the rows that are open past their deadline, and hands out those that were not handed out before: each comes
/// once, to one of all relays that ask.
struct report_overdue {
  size_t count_max = 100;
  deadline until;
};
struct overdue_row {
  row what;
  std::string created_at; ///< ISO 8601, UTC.
  std::string close_by;   ///< When it should have been closed.
  std::string last_error;
};
struct overdue_rows {
  std::vector<overdue_row> fresh;
  struct count {
    std::string kind;
    std::string job_kind;
    int64_t rows = 0;
  };
  std::vector<count> counts; ///< Of all, the reported ones too.
};
using handle = caf::typed_actor<caf::replies_to<due>::with<rows>, caf::replies_to<mark_sent>::with<done>,
                                caf::replies_to<close>::with<done>, caf::replies_to<postpone>::with<done>,
                                caf::replies_to<report_overdue>::with<overdue_rows>>;

/// For an operator: the rows that are open past their deadline, the longest first, without what they carry.
struct list_overdue {
  size_t count_max = 200; ///< At most 10,000.
  deadline until;
};
struct overdue_list {
  std::vector<overdue_row> rows;
};
using overview = caf::typed_actor<caf::replies_to<list_overdue>::with<overdue_list>>;
} // namespace arrakis::outbox
