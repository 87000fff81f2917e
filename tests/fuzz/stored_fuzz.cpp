// Records read back from Redis and the object store: a record is ours to the byte or it is refused, and a job of
// another producer keeps the bounds of a job.
#include "actors/wizard/core/record.hpp"
#include "adapters/objects/layout.hpp"
#include "adapters/queue/policy.hpp"
#include "adapters/redis/wire.hpp"
#include "adapters/signer/signature.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace arrakis::fuzz {
namespace {
void job(std::string_view bytes) {
  using namespace std::chrono_literals;
  arrakis::redis::reader replies;
  replies.feed(bytes);
  while (auto reply = replies.next()) {
    const auto handed = queue::read_next_job(std::move(*reply));
    if (!handed || !handed->job)
      continue;
    const auto& taken = *handed->job;
    const auto wait = queue::back_off(taken.options, taken.what.attempts_made, 0.5);
    ARRAKIS_ASSERT(wait >= 0ms && wait <= 24h, "no retry waits longer than a day");
    const auto end = queue::decide(taken, {.what = queue::outcome::failed_retryable, .reason = "it failed"}, 0.5);
    ARRAKIS_ASSERT(end.what == queue::decision::retry || end.what == queue::decision::fail, "a failure stays one");
    (void)queue::keep(taken.options, "removeOnFail", 60s);
    ARRAKIS_ASSERT(!queue::with_stacktrace(taken.stacktrace, "it failed").empty(), "a failure is noted");
  }
}
} // namespace

void stored(std::string_view bytes) {
  if (const auto record = wizard::core::read_record(bytes))
    ARRAKIS_ASSERT(wizard::core::to_text(*record) == bytes, "a session is written as it was read");
  const community_id community{"01890a5d-ac96-774b-bcce-b302099a8057"};
  if (const auto snapshot = objects::read(bytes, community, 1)) {
    const auto again = objects::print(*snapshot);
    ARRAKIS_ASSERT(again && *again == bytes, "an object is written as it was read");
  }
  if (const auto entries = objects::read_index(bytes, community))
    for (const auto& entry : *entries)
      ARRAKIS_ASSERT(entry.version >= 1 && entry.version <= objects::version_max, "a version keeps its bound");
  if (const auto signature = parse_signature(bytes))
    ARRAKIS_ASSERT(signature->bytes.size() == 64 && signature->key_version >= 1, "a signature has its size");
  job(bytes);
}
} // namespace arrakis::fuzz
