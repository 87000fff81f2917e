#include "adapters/queue/new_job.hpp"

#include "adapters/queue/msgpack.hpp"
#include "adapters/queue/scripts.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <fmt/format.h>

namespace arrakis::queue {
namespace {
constexpr int64_t priority_max = 1 << 21; // BullMQ's PRIORITY_LIMIT.

// Rules for a parent when its child fails; a job has at most one.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> failure_rules{
  {{"failParentOnFailure", "fpof"},
   {"continueParentOnFailure", "cpof"},
   {"ignoreDependencyOnFailure", "idof"},
   {"removeDependencyOnFailure", "rdof"}}};
// Long option names and BullMQ's short ones; every client accepts both.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> shortened{
  {{"deduplication", "de"}, {"debounce", "de"}, {"keepLogs", "kl"}}};

bool plain_number(std::string_view id) {
  return !id.empty() && std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
}

double number_or(const boost::json::object& from, std::string_view key, double otherwise) {
  const auto* found = from.if_contains(key);
  return found && found->is_number() ? found->to_number<double>() : otherwise;
}

std::string fault_of_numbers(const boost::json::object& options) {
  const auto priority = number_or(options, "priority", 0);
  if (priority < 0 || priority > static_cast<double>(priority_max) || priority != std::floor(priority))
    return fmt::format("priority: a whole number from 0 to {}", priority_max);
  if (number_or(options, "delay", 0) < 0)
    return "delay: not negative";
  if (number_or(options, "attempts", 1) < 0)
    return "attempts: not negative";
  if (const auto* backoff = json::object_in(options, "backoff")) {
    const auto jitter = number_or(*backoff, "jitter", 0);
    if (jitter < 0 || jitter > 1)
      return "backoff.jitter: from 0 to 1";
  }
  return {};
}

// Packs the parent as a child stores it: {id, queueKey, rules}.
void pack_parent(packer& to, const boost::json::object& parent, const boost::json::object& options) {
  boost::json::object packed{{"id", json::text_or(parent, "id")}, {"queueKey", json::text_or(parent, "queue")}};
  for (const auto& [name, code] : failure_rules)
    if (json::bool_or(options, name) || json::bool_or(options, code))
      packed[code] = true;
  to.json(packed);
}

std::string packed_arguments(const keys& k, const new_job& what, std::string_view id, int64_t now_ms) {
  const auto& options = what.options;
  packer args;
  args.array(9).text(k.base).text(id).text(what.name);
  args.integer(json::integer_or(options, "timestamp", now_ms));
  if (const auto* parent = json::object_in(options, "parent")) {
    const auto key = parent_key_of(what);
    args.text(key).text(key + ":dependencies");
    pack_parent(args, *parent, options);
  } else {
    args.nil().nil().nil();
  }
  args.nil(); // Key of the job's schedule.
  const auto* same = json::object_in(options, "deduplication");
  if (!same)
    same = json::object_in(options, "debounce");
  same ? args.text(k.base + "de:" + std::string{json::text_or(*same, "id")}) : args.nil();
  return args.bytes();
}
} // namespace

std::string job_id_of(const new_job& what) { return std::string{json::text_or(what.options, "jobId")}; }

std::string parent_key_of(const new_job& what) {
  const auto* parent = json::object_in(what.options, "parent");
  return parent ? fmt::format("{}:{}", json::text_or(*parent, "queue"), json::text_or(*parent, "id")) : std::string{};
}

std::string validate(const new_job& what, size_t data_bytes_max) {
  const auto& options = what.options;
  const auto id = json::text_or(options, "jobId");
  if (const auto* given = options.if_contains("jobId"); given && !given->is_string() && !given->is_null())
    return "jobId: a text";
  if (plain_number(id))
    return "jobId: not a plain number, which BullMQ keeps for its own";
  if (const auto colons = std::count(id.begin(), id.end(), ':'); colons != 0 && colons != 2)
    return "jobId: without ':', which separates the parts of a key";
  if (auto fault = fault_of_numbers(options); !fault.empty())
    return fault;
  const auto rules = std::count_if(failure_rules.begin(), failure_rules.end(),
                                   [&](const auto& each) { return json::bool_or(options, each.first); });
  if (rules > 1)
    return "failParentOnFailure, continueParentOnFailure, ignoreDependencyOnFailure, removeDependencyOnFailure: at "
           "most one of them";
  for (auto key : {"deduplication", "debounce"})
    if (options.contains(key)
        && json::text_or(options.at(key).is_object() ? options.at(key).get_object() : boost::json::object{}, "id")
             .empty())
      return fmt::format("{}.id: not empty", key);
  if (const auto* parent = options.if_contains("parent"))
    if (!parent->is_object() || json::text_or(parent->get_object(), "id").empty()
        || json::text_or(parent->get_object(), "queue").empty())
      return "parent: {id, queue}, the queue with its prefix";
  if (const auto limit = json::integer_or(options, "sizeLimit");
      limit > 0 && what.data_json.size() > static_cast<size_t>(limit))
    return fmt::format("data: at most {} bytes (sizeLimit)", limit);
  if (auto parsed = json::parse(what.data_json, {.bytes_max = data_bytes_max}); !parsed)
    return "data: " + text_of(parsed.error());
  return {};
}

boost::json::object wire_options(const boost::json::object& options) {
  boost::json::object made = options;
  auto rename = [&](std::string_view from, std::string_view to) {
    if (auto* found = made.if_contains(from)) {
      auto value = std::move(*found);
      made.erase(from);
      made[to] = std::move(value);
    }
  };
  for (const auto& [name, code] : failure_rules)
    rename(name, code);
  for (const auto& [name, code] : shortened)
    rename(name, code);
  if (const auto* telemetry = json::object_in(options, "telemetry")) { // Trace context of the producer's span.
    for (const auto& [name, code] : {std::pair{"metadata", "tm"}, {"omitContext", "omc"}})
      if (const auto* found = telemetry->if_contains(name))
        made[code] = *found;
    made.erase("telemetry");
  }
  if (auto* backoff = made.if_contains("backoff"); backoff && backoff->is_number())
    *backoff = {{"type", "fixed"}, {"delay", boost::json::value{*backoff}}};
  if (!made.contains("attempts"))
    made["attempts"] = 0;
  return made;
}

redis::step add_step(const keys& k, const new_job& what, std::string_view id, int64_t now_ms, bool waits_for_children) {
  packer options;
  options.json(wire_options(what.options));
  const auto call = [&](const redis::script& code, std::vector<std::string> names) {
    return redis::step{
      &code, {}, std::move(names), {packed_arguments(k, what, id, now_ms), what.data_json, options.bytes()}};
  };
  if (waits_for_children)
    return call(lua::add_parent_job_6, {k.meta, k.id, k.delayed, k.waiting_children, k.completed, k.events});
  if (number_or(what.options, "delay", 0) > 0)
    return call(lua::add_delayed_job_6, {k.marker, k.meta, k.id, k.delayed, k.completed, k.events});
  if (number_or(what.options, "priority", 0) > 0)
    return call(lua::add_prioritized_job_9, {k.marker, k.meta, k.id, k.prioritized, k.delayed, k.completed, k.active,
                                             k.events, k.priority_counter});
  return call(lua::add_standard_job_9,
              {k.wait, k.paused, k.meta, k.id, k.completed, k.delayed, k.active, k.events, k.marker});
}
} // namespace arrakis::queue
