// Adds many jobs in one transaction: bulks, and trees of parents and children (BullMQ's FlowProducer).
#include "adapters/queue/admin.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace arrakis::queue {
namespace {
constexpr size_t jobs_max = 10'000; // Redis serves no other client while it runs a transaction.

// Turns the reply of a transaction into ids, or an error when one job was refused. `jobs`: id and parent, in order.
admin::done ids_only(std::vector<script_call> jobs, admin::done next) {
  return [jobs = std::move(jobs), next = std::move(next)](caf::expected<redis::reply> got) {
    if (!got)
      return next(std::move(got));
    for (size_t i = 0; i < got->items.size(); ++i)
      if (auto& each = got->items[i]; each.type != redis::reply::text)
        return with_script_errors(next, jobs[i])(each.type == redis::reply::error
                                                   ? caf::expected<redis::reply>{fail(ec::internal, each.bytes)}
                                                   : caf::expected<redis::reply>{std::move(each)});
    next(std::move(got));
  };
}

struct tree_walk {
  const options& how;
  int64_t now_ms;
  std::vector<redis::step> steps;
  std::vector<script_call> jobs;
  std::string fault;

  void add(const flow_node& node, const boost::json::object* parent) {
    if (steps.size() >= jobs_max)
      fault = fmt::format("a flow has at most {} jobs", jobs_max);
    new_job what = node.what;
    if (parent)
      what.options["parent"] = *parent;
    const keys names{how.prefix, node.queue.empty() ? how.name : node.queue};
    auto id = job_id_of(what);
    if (id.empty())
      id = random_uuid(); // Children name their parent by its id, so Redis cannot assign it.
    if (auto wrong = validate(what, how.data_bytes_max); !wrong.empty())
      fault = std::move(wrong);
    if (!fault.empty())
      return;
    steps.push_back(add_step(names, what, id, now_ms, !node.children.empty()));
    jobs.push_back({.command = "addJob", .job = id, .parent = parent_key_of(what)});
    auto queue = names.base;
    queue.pop_back(); // Removes the colon that precedes an id.
    const boost::json::object me{{"id", id}, {"queue", queue}};
    for (const auto& child : node.children)
      add(child, &me);
  }
};
} // namespace

void admin::add_all(std::span<const new_job> list, deadline until, done answer) const {
  if (list.size() > jobs_max)
    return answer(fail(ec::invalid, fmt::format("at most {} jobs at once", jobs_max)));
  std::vector<redis::step> steps;
  std::vector<script_call> jobs;
  for (const auto& each : list) {
    if (auto fault = validate(each, how_.data_bytes_max); !fault.empty())
      return answer(fail(ec::invalid, std::move(fault)));
    steps.push_back(add_step(keys_, each, job_id_of(each), time_.now_ms()));
    jobs.push_back({.command = "addJob", .job = job_id_of(each), .parent = parent_key_of(each)});
  }
  to_.transaction(steps, until, ids_only(std::move(jobs), std::move(answer)));
}

void admin::add_flow(const flow_node& root, deadline until, done answer) const {
  tree_walk walk{how_, time_.now_ms(), {}, {}, {}};
  walk.add(root, nullptr);
  if (!walk.fault.empty())
    return answer(fail(ec::invalid, std::move(walk.fault)));
  to_.transaction(walk.steps, until, ids_only(std::move(walk.jobs), std::move(answer)));
}
} // namespace arrakis::queue
