#pragma once
// What the relay reads and decides, without an actor.
#include "adapters/postgres/outbox/messages.hpp"
#include "runtime/error.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace arrakis::outbox_relay::policy {

/// Of a store_manifest row: {"version": n}. ec::invalid otherwise.
caf::expected<int64_t> version_in(const outbox::row&);

struct job {
  std::string id;
  std::string name;
  std::string data_json;
};
/// Of an enqueue_job row: {"id", "name", "data"}; data is kept as its JSON text. ec::invalid otherwise.
caf::expected<job> job_in(const outbox::row&);

/// What to do with a row whose job was sent before, by the state that the queue gives for it.
enum class next {
  send,   ///< Redis does not know it: it was emptied, or the job was removed.
  wait,   ///< It is on its way.
  revive, ///< It failed or was dead-lettered and its end was never recorded: let it run once more.
  leave,  ///< Nothing that the relay may do; a person looks at it.
};
next after(std::string_view queue_state, int revivals);

/// Is it the row's own fault, or the peer's of the moment?
bool needs_a_person(ec code);

/// How long a row rests after its `attempts`-th failure, without jitter: from 500 ms to 15 s while a peer is away, from
/// 1 min to 1 h when a person is needed.
std::chrono::milliseconds rest(ec code, int attempts);

} // namespace arrakis::outbox_relay::policy
