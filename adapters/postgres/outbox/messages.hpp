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
/// kind: "store_manifest" {community, version} or "enqueue_job" {job id, name, data JSON}.
struct row {
  int64_t id = 0;
  community_id community;
  std::string kind;
  std::string payload_json;
  int attempts = 0;
  int64_t sent_at_ms = 0;
};

/// Rows that are open and due (never sent, or sent longer than `resend_after` ago), fair over tenants: round robin by
/// community, and of kind enqueue_job at most `jobs_per_tenant_max` (8) sent and open per tenant. A tenant in
/// quarantine has none. Runs as arrakis_relay's policy.
struct due {
  size_t count_max = 100;
  int jobs_per_tenant_max = 8;
  std::chrono::milliseconds resend_after{0}; ///< A length: the store's own clock counts, and no other. Zero: all.
  deadline until;
};
struct rows {
  std::vector<row> list;
};
struct mark_sent {
  std::vector<int64_t> ids;
  deadline until;
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
using handle = caf::typed_actor<caf::replies_to<due>::with<rows>, caf::replies_to<mark_sent>::with<done>,
                                caf::replies_to<close>::with<done>, caf::replies_to<postpone>::with<done>>;
} // namespace arrakis::outbox
