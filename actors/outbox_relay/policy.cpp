#include "actors/outbox_relay/policy.hpp"

#include "runtime/json.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace arrakis::outbox_relay::policy {
namespace {

using namespace std::chrono_literals;

// A job that ends its worker each time must not be revived for ever.
constexpr int revivals_max = 5;

caf::error malformed(const outbox::row& row, const std::string& why) {
  return fail(ec::invalid, "outbox row " + std::to_string(row.id) + " (" + row.kind + "): " + why);
}

} // namespace

caf::expected<int64_t> version_in(const outbox::row& row) {
  const auto tree = json::parse(row.payload_json);
  if (!tree)
    return malformed(row, text_of(tree.error()));
  const auto* object = tree->if_object();
  const auto version = object == nullptr ? 0 : json::integer_or(*object, "version");
  if (version < 1)
    return malformed(row, "'version' must be a positive integer");
  return version;
}

caf::expected<job> job_in(const outbox::row& row) {
  const auto tree = json::parse(row.payload_json);
  if (!tree)
    return malformed(row, text_of(tree.error()));
  const auto* object = tree->if_object();
  const auto* data = object == nullptr ? nullptr : object->if_contains("data");
  if (data == nullptr)
    return malformed(row, "'data' is missing");
  job result{std::string{json::text_or(*object, "id")}, std::string{json::text_or(*object, "name")},
             json::print(*data)};
  if (result.id.empty() || result.name.empty())
    return malformed(row, "'id' and 'name' must be texts");
  return result;
}

next after(std::string_view queue_state, int revivals) {
  if (queue_state == "unknown")
    return next::send;
  if (queue_state == "failed" || queue_state == "dead")
    return revivals < revivals_max ? next::revive : next::leave;
  // A completed job whose row is open: its end was not recorded. The queue forgets it in time, then it is sent again.
  return queue_state == "completed" ? next::leave : next::wait;
}

bool needs_a_person(ec code) {
  switch (code) {
    case ec::invalid:
    case ec::conflict:
    case ec::refused:
    case ec::corrupt:
    case ec::unsupported:
    case ec::internal:
    case ec::not_found:
    case ec::quarantined: return true;
    case ec::none:
    case ec::unavailable:
    case ec::unknown:
    case ec::timeout:
    case ec::busy:
    case ec::throttled:
    case ec::frozen:
    case ec::stale: return false;
  }
  return true;
}

std::chrono::milliseconds rest(ec code, int attempts) {
  const std::chrono::milliseconds first = needs_a_person(code) ? 60'000ms : 500ms;
  const std::chrono::milliseconds most = needs_a_person(code) ? 3'600'000ms : 15'000ms;
  return std::min(most, first * (int64_t{1} << std::clamp(attempts, 0, 10)));
}

} // namespace arrakis::outbox_relay::policy
