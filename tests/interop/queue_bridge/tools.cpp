#include "tests/interop/queue_bridge/tools.hpp"

#include "adapters/queue/schedule.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"

#include <boost/json.hpp>
#include <functional>
#include <future>
#include <map>

namespace bj = boost::json;

namespace arrakis::bridge {
namespace {
using namespace std::chrono_literals;
using queue::admin;
using done = admin::done;
constexpr auto patience = 20s;

deadline until() { return {std::chrono::steady_clock::now() + patience}; }

bj::value shown(const redis::reply& from) {
  switch (from.type) {
    case redis::reply::nil: return nullptr;
    case redis::reply::integer: return from.number;
    case redis::reply::text:
    case redis::reply::error: return bj::value(from.bytes);
    case redis::reply::push:
    case redis::reply::array: break;
  }
  bj::array items;
  for (const auto& each : from.items)
    items.push_back(shown(each));
  return items;
}

/// Waits for what `start` sends.
bj::object wait_for(const std::function<void(done)>& start) {
  auto promised = std::make_shared<std::promise<caf::expected<redis::reply>>>();
  auto future = promised->get_future();
  start([promised](caf::expected<redis::reply> got) { promised->set_value(std::move(got)); });
  auto got = future.get(); // Each call answers by its deadline.
  if (!got)
    return refusal(got.error());
  return {{"ok", true}, {"value", shown(*got)}};
}

struct request {
  const bj::object& with;
  std::string id{json::text_or(with, "id")};
  int64_t number(std::string_view key, int64_t otherwise = 0) const { return json::integer_or(with, key, otherwise); }
  std::string text(std::string_view key) const { return std::string{json::text_or(with, key)}; }
  std::chrono::milliseconds ms(std::string_view key) const { return std::chrono::milliseconds{number(key)}; }
  bool flag(std::string_view key) const { return json::bool_or(with, key); }
  bj::object object(std::string_view key) const {
    const auto* found = json::object_in(with, key);
    return found ? *found : bj::object{};
  }
  std::string data() const {
    const auto* found = with.if_contains("data");
    return found ? bj::serialize(*found) : "{}";
  }
};

queue::new_job job_from(const bj::object& from) {
  const request r{from};
  return {r.text("name"), r.data(), r.object("opts")};
}

queue::flow_node node_from(const bj::object& from) {
  queue::flow_node made{job_from(from), std::string{json::text_or(from, "queueName")}, {}};
  if (const auto* children = json::array_in(from, "children"))
    for (const auto& each : *children)
      made.children.push_back(node_from(each.as_object()));
  return made;
}

std::vector<queue::new_job> jobs_from(const bj::object& from) {
  std::vector<queue::new_job> made;
  if (const auto* jobs = json::array_in(from, "jobs"))
    for (const auto& each : *jobs)
      made.push_back(job_from(each.as_object()));
  return made;
}

/// The next `count` times of a schedule, each after the one before.
bj::object times_of(const request& r) {
  bj::array times;
  auto at = r.number("after");
  for (auto left = r.number("count", 1); left > 0; --left) {
    const auto next = queue::run_after(r.object("repeat"), at, at);
    if (!next)
      return refusal(next.error());
    if (!*next || !(*next)->at_ms)
      break;
    at = *(*next)->at_ms;
    times.emplace_back(at);
  }
  return {{"ok", true}, {"value", std::move(times)}};
}

using tool = std::function<void(const admin&, const request&, done)>;

std::optional<int64_t> optional_number(const request& r, std::string_view key) {
  return r.with.contains(key) ? std::optional{r.number(key)} : std::nullopt;
}

const std::map<std::string_view, tool>& tools() {
  static const std::map<std::string_view, tool> all{
    {"add_job", [](auto& t, auto& r, done d) { t.add(job_from(r.with), until(), d); }},
    {"add_all", [](auto& t, auto& r, done d) { t.add_all(jobs_from(r.with), until(), d); }},
    {"add_flow", [](auto& t, auto& r, done d) { t.add_flow(node_from(r.object("flow")), until(), d); }},
    {"promote", [](auto& t, auto& r, done d) { t.promote(r.id, until(), d); }},
    {"change_delay", [](auto& t, auto& r, done d) { t.change_delay(r.id, r.ms("delay"), until(), d); }},
    {"change_priority",
     [](auto& t, auto& r, done d) {
       t.change_priority(r.id, static_cast<int>(r.number("priority")), r.flag("lifo"), until(), d);
     }},
    {"update_data", [](auto& t, auto& r, done d) { t.update_data(r.id, r.data(), until(), d); }},
    {"log", [](auto& t, auto& r, done d) { t.log(r.id, r.text("row"), optional_number(r, "keep"), until(), d); }},
    {"logs", [](auto& t, auto& r, done d) { t.logs(r.id, r.number("first"), r.number("last", -1), until(), d); }},
    {"remove", [](auto& t, auto& r, done d) { t.remove(r.id, r.flag("children"), until(), d); }},
    {"reprocess",
     [](auto& t, auto& r, done d) {
       t.reprocess(r.id, r.text("state"), {r.flag("reset_made"), r.flag("reset_started")}, until(), d);
     }},
    {"end_of", [](auto& t, auto& r, done d) { t.end_of(r.id, until(), d); }},
    {"children_values", [](auto& t, auto& r, done d) { t.children_values(r.id, until(), d); }},
    {"ignored_children_failures", [](auto& t, auto& r, done d) { t.ignored_children_failures(r.id, until(), d); }},
    {"failed_children", [](auto& t, auto& r, done d) { t.failed_children(r.id, until(), d); }},
    {"pending_children", [](auto& t, auto& r, done d) { t.pending_children(r.id, until(), d); }},
    {"remove_unprocessed_children", [](auto& t, auto& r, done d) { t.remove_unprocessed_children(r.id, until(), d); }},
    {"remove_child_dependency",
     [](auto& t, auto& r, done d) { t.remove_child_dependency(r.id, r.text("parent_key"), until(), d); }},
    {"move_all", [](auto& t, auto& r, done d) { t.move_all(r.text("state"), r.number("count", 1000), until(), d); }},
    {"drain", [](auto& t, auto& r, done d) { t.drain(r.flag("delayed"), until(), d); }},
    {"clean",
     [](auto& t, auto& r, done d) { t.clean(r.text("state"), r.ms("older_than_ms"), r.number("limit"), until(), d); }},
    {"obliterate",
     [](auto& t, auto& r, done d) { t.obliterate(r.number("count", 1000), r.flag("force"), until(), d); }},
    {"metrics",
     [](auto& t, auto& r, done d) { t.metrics(r.text("kind"), r.number("first"), r.number("last", -1), until(), d); }},
    {"rate_limit", [](auto& t, auto& r, done d) { t.rate_limit(r.ms("wait_ms"), until(), d); }},
    {"rate_limit_ttl", [](auto& t, auto& r, done d) { t.rate_limit_ttl(r.number("max"), until(), d); }},
    {"remove_rate_limit", [](auto& t, auto&, done d) { t.remove_rate_limit(until(), d); }},
    {"set_global_concurrency",
     [](auto& t, auto& r, done d) { t.set_global_concurrency(optional_number(r, "max"), until(), d); }},
    {"is_maxed", [](auto& t, auto&, done d) { t.is_maxed(until(), d); }},
    {"set_global_rate_limit",
     [](auto& t, auto& r, done d) {
       t.set_global_rate_limit(
         r.with.contains("max") ? std::optional{queue::limiter{r.number("max"), r.ms("duration_ms")}} : std::nullopt,
         until(), d);
     }},
    {"workers", [](auto& t, auto&, done d) { t.workers(until(), d); }},
    {"deduplication_job_id", [](auto& t, auto& r, done d) { t.deduplication_job_id(r.id, until(), d); }},
    {"remove_deduplication_key",
     [](auto& t, auto& r, done d) { t.remove_deduplication_key(r.id, r.text("job"), until(), d); }},
    {"upsert_schedule",
     [](auto& t, auto& r, done d) { t.upsert_schedule(r.id, r.object("repeat"), job_from(r.with), until(), d); }},
    {"schedule", [](auto& t, auto& r, done d) { t.schedule(r.id, until(), d); }},
    {"schedules", [](auto& t, auto& r, done d) { t.schedules(r.number("first"), r.number("last", -1), until(), d); }},
    {"remove_schedule", [](auto& t, auto& r, done d) { t.remove_schedule(r.id, until(), d); }},
  };
  return all;
}
} // namespace

bj::object refusal(const caf::error& e) {
  return {{"ok", false}, {"code", std::string{to_string(code_of(e))}}, {"text", text_of(e)}};
}

std::optional<bj::object> run_tool(const admin& all, std::string_view op, const bj::object& with) {
  if (op == "times_of")
    return times_of({with});
  const auto found = tools().find(op);
  if (found == tools().end())
    return std::nullopt;
  return wait_for([&](done d) { found->second(all, {with}, std::move(d)); });
}
} // namespace arrakis::bridge
