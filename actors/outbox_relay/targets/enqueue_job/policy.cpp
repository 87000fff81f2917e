#include "actors/outbox_relay/targets/enqueue_job/policy.hpp"

#include "actors/outbox_relay/targets/target.hpp"
#include "runtime/json.hpp"

#include <boost/json.hpp>

namespace arrakis::targets::enqueue_job {
namespace {
// A job that ends its worker each time must not be revived for ever.
constexpr int revivals_max = 5;
} // namespace

caf::expected<std::string> data_in(const outbox::row& row, const jobs::job_terms& kind) {
  const auto tree = json::parse(row.payload_json);
  if (!tree)
    return malformed(row, text_of(tree.error()));
  const auto* object = tree->if_object();
  const auto* data = object == nullptr ? nullptr : object->if_contains("data");
  if (data == nullptr)
    return malformed(row, "'data' is missing");
  auto text = json::print(*data);
  if (const auto bad = jobs::check_payload(kind, text))
    return malformed(row, text_of(bad));
  return text;
}

next after(std::string_view queue_state, int revivals, jobs::closed_by closed) {
  if (queue_state == "unknown")
    return next::send;
  const bool failed = queue_state == "failed" || queue_state == "dead";
  if (closed == jobs::closed_by::queue)
    return failed || queue_state == "completed" ? next::close : next::wait;
  if (failed)
    return revivals < revivals_max ? next::revive : next::leave;
  // A completed job whose row is open: its end was not recorded. The queue forgets it in time, then it is sent again.
  return queue_state == "completed" ? next::leave : next::wait;
}

} // namespace arrakis::targets::enqueue_job
