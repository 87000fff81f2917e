#include "adapters/queue/admin.hpp"

#include "adapters/queue/msgpack.hpp"
#include "adapters/queue/policy.hpp"
#include "adapters/queue/schedule.hpp"
#include "adapters/queue/script_errors.hpp"
#include "adapters/queue/scripts.hpp"
#include "runtime/json.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace arrakis::queue {
namespace {
// BullMQ's value of the limiter's key for "used up": JavaScript's largest safe integer.
constexpr const char* used_up = "9007199254740991";

} // namespace

admin::done with_script_errors(admin::done next, script_call by) {
  return [next = std::move(next), by = std::move(by)](caf::expected<redis::reply> got) {
    if (got && got->type == redis::reply::integer && got->number < 0)
      return next(script_error(got->number, by));
    next(std::move(got));
  };
}

void admin::add(const new_job& what, deadline until, done answer) const {
  if (auto fault = validate(what, how_.data_bytes_max); !fault.empty())
    return answer(fail(ec::invalid, std::move(fault)));
  const auto step = add_step(keys_, what, job_id_of(what), time_.now_ms());
  const std::vector<std::string_view> names{step.keys.begin(), step.keys.end()};
  const std::vector<std::string_view> args{step.args.begin(), step.args.end()};
  to_.eval(*step.code, names, args, until,
           with_script_errors(std::move(answer),
                              {.command = "addJob", .job = job_id_of(what), .parent = parent_key_of(what)}));
}

void admin::promote(std::string_view id, deadline until, done answer) const {
  const auto& k = keys_;
  to_.eval(lua::promote_9,
           {k.delayed, k.wait, k.paused, k.meta, k.prioritized, k.active, k.priority_counter, k.events, k.marker},
           {k.base, id}, until, with_script_errors(std::move(answer), {"promote", std::string{id}, "delayed", {}}));
}

void admin::change_delay(std::string_view id, std::chrono::milliseconds delay, deadline until, done answer) const {
  const auto& k = keys_;
  to_.eval(lua::change_delay_4, {k.delayed, k.meta, k.marker, k.events},
           {std::to_string(delay.count()), now_text(), id, k.job(id)}, until,
           with_script_errors(std::move(answer), {"changeDelay", std::string{id}, "delayed", {}}));
}

void admin::change_priority(std::string_view id, int priority, bool lifo, deadline until, done answer) const {
  const auto& k = keys_;
  to_.eval(lua::change_priority_7, {k.wait, k.paused, k.meta, k.prioritized, k.active, k.priority_counter, k.marker},
           {std::to_string(priority), k.base, id, lifo ? "1" : "0"}, until,
           with_script_errors(std::move(answer), {"changePriority", std::string{id}, {}, {}}));
}

void admin::update_data(std::string_view id, std::string_view data_json, deadline until, done answer) const {
  if (auto parsed = json::parse(data_json, {.bytes_max = how_.data_bytes_max}); !parsed)
    return answer(fail(ec::invalid, "data: " + text_of(parsed.error())));
  to_.eval(lua::update_data_1, {keys_.job(id)}, {data_json}, until,
           with_script_errors(std::move(answer), {"updateData", std::string{id}, {}, {}}));
}

void admin::log(std::string_view id, std::string_view row, std::optional<int64_t> keep, deadline until,
                done answer) const {
  const auto job = keys_.job(id);
  to_.eval(lua::add_log_2, {job, job + ":logs"}, {id, row, keep ? std::to_string(*keep) : std::string{}}, until,
           with_script_errors(std::move(answer), {"addLog", std::string{id}, {}, {}}));
}

void admin::logs(std::string_view id, int64_t first, int64_t last, deadline until, done answer) const {
  to_.command({{"LRANGE"}, {keys_.job(id) + ":logs"}, {std::to_string(first), std::to_string(last)}, until},
              std::move(answer));
}

void admin::remove(std::string_view id, bool with_children, deadline until, done answer) const {
  auto locked = [id = std::string{id},
                 answer = with_script_errors(std::move(answer), {"removeJob", std::string{id}, {}, {}})](
                  caf::expected<redis::reply> got) {
    if (got && got->type == redis::reply::integer && got->number == 0)
      return answer(
        fail(ec::refused, fmt::format("Job {} could not be removed because it is locked by another worker", id)));
    answer(std::move(got));
  };
  to_.eval(lua::remove_job_2, {keys_.job(id), keys_.repeat}, {id, with_children ? "1" : "0", keys_.base}, until,
           std::move(locked));
}

void admin::reprocess(std::string_view id, std::string_view state, resets anew, deadline until, done answer) const {
  const auto& k = keys_;
  const bool failed = state == "failed";
  to_.eval(
    lua::reprocess_job_8,
    {k.job(id), k.events, failed ? k.failed : k.completed, k.wait, k.meta, k.paused, k.active, k.marker},
    {id, "LPUSH", failed ? "failedReason" : "returnvalue", state, anew.made ? "1" : "0", anew.started ? "1" : "0"},
    until,
    with_script_errors(std::move(answer), {"reprocessJob", std::string{id}, failed ? "failed" : "completed", {}}));
}

void admin::end_of(std::string_view id, deadline until, done answer) const {
  to_.eval(lua::is_finished_3, {keys_.completed, keys_.failed, keys_.job(id)}, {id, "1"}, until,
           with_script_errors(std::move(answer), {"isFinished", std::string{id}, {}, {}}));
}

void admin::children_values(std::string_view parent, deadline until, done answer) const {
  to_.command({{"HGETALL"}, {keys_.job(parent) + ":processed"}, {}, until}, std::move(answer));
}
void admin::ignored_children_failures(std::string_view parent, deadline until, done answer) const {
  to_.command({{"HGETALL"}, {keys_.job(parent) + ":failed"}, {}, until}, std::move(answer));
}
void admin::failed_children(std::string_view parent, deadline until, done answer) const {
  to_.command({{"ZRANGE"}, {keys_.job(parent) + ":unsuccessful"}, {"0", "-1"}, until}, std::move(answer));
}
void admin::pending_children(std::string_view parent, deadline until, done answer) const {
  to_.command({{"SMEMBERS"}, {keys_.job(parent) + ":dependencies"}, {}, until}, std::move(answer));
}

void admin::remove_unprocessed_children(std::string_view parent, deadline until, done answer) const {
  to_.eval(lua::remove_unprocessed_children_2, {keys_.job(parent), keys_.meta}, {keys_.base, parent}, until,
           with_script_errors(std::move(answer), {"removeUnprocessedChildren", std::string{parent}, {}, {}}));
}

void admin::remove_child_dependency(std::string_view id, std::string_view parent_key, deadline until,
                                    done answer) const {
  to_.eval(
    lua::remove_child_dependency_1, {keys_.base}, {keys_.job(id), parent_key}, until,
    with_script_errors(std::move(answer), {"removeChildDependency", std::string{id}, {}, std::string{parent_key}}));
}

void admin::move_all(std::string_view state, int64_t count, deadline until, done answer) const {
  const auto& k = keys_;
  const bool delayed = state == "delayed";
  const auto& from = delayed ? k.delayed : state == "failed" ? k.failed : k.completed;
  to_.eval(lua::move_jobs_to_wait_8, {k.base, k.events, from, k.wait, k.paused, k.meta, k.active, k.marker},
           {std::to_string(count), delayed ? std::string{"1.7976931348623157e+308"} : now_text(), state}, until,
           with_script_errors(std::move(answer), {"moveJobsToWait", {}, state, {}}));
}

void admin::drain(bool delayed_too, deadline until, done answer) const {
  const auto& k = keys_;
  to_.eval(lua::drain_5, {k.wait, k.paused, k.delayed, k.prioritized, k.repeat}, {k.base, delayed_too ? "1" : "0"},
           until, with_script_errors(std::move(answer), {"drain", {}, {}, {}}));
}

void admin::clean(std::string_view state, std::chrono::milliseconds older_than, int64_t limit, deadline until,
                  done answer) const {
  to_.eval(lua::clean_jobs_in_set_3, {keys_.job(state), keys_.events, keys_.repeat},
           {keys_.base, std::to_string(time_.now_ms() - older_than.count()), std::to_string(limit), state}, until,
           with_script_errors(std::move(answer), {"cleanJobsInSet", {}, state, {}}));
}

void admin::obliterate(int64_t count, bool force, deadline until, done answer) const {
  // Removes the dead letters first: after a crash the remaining queue shows that the removal is unfinished. Does so
  // only where the queue itself can be removed: it is paused and has no active jobs.
  auto letters = [me = *this, count, force, until, answer = std::move(answer)](caf::expected<redis::reply> got) {
    if (!got)
      return answer(std::move(got));
    if (got->items.size() != 2 || got->items[0].number != 1)
      return answer(fail(ec::conflict, "Cannot obliterate non-paused queue"));
    if (!force && got->items[1].number > 0)
      return answer(fail(ec::refused, "Cannot obliterate queue with active jobs"));
    me.obliterate_dead_letters(count, until, [me, count, force, until, answer](caf::expected<redis::reply> gone) {
      if (!gone || gone->number == 1)
        return answer(std::move(gone));
      me.obliterate_queue(count, force, until, answer);
    });
  };
  const std::vector<redis::step> look{{nullptr, {"HEXISTS"}, {keys_.meta}, {"paused"}},
                                      {nullptr, {"LLEN"}, {keys_.active}, {}}};
  to_.transaction(look, until, std::move(letters));
}

void admin::obliterate_dead_letters(int64_t count, deadline until, done answer) const {
  const keys dead{how_.prefix, how_.name + how_.dead_letter_suffix};
  auto last = [answer = std::move(answer)](caf::expected<redis::reply> got) {
    if (got && !got->items.empty() && got->items.back().type == redis::reply::error)
      return answer(fail(ec::internal, got->items.back().bytes));
    answer(!got || got->items.empty() ? std::move(got) : caf::expected<redis::reply>{got->items.back()});
  };
  // BullMQ's pause, which may be repeated: no worker takes dead letters, so their queue was never paused. Its first
  // command fails where no dead letter waits.
  const std::vector<redis::step> steps{
    {nullptr, {"RENAMENX"}, {dead.wait, dead.paused}, {}},
    {nullptr, {"HSET"}, {dead.meta}, {"paused", "1"}},
    {nullptr, {"DEL"}, {dead.marker}, {}},
    {&lua::obliterate_2, {}, {dead.meta, dead.base}, {std::to_string(count), "force"}}};
  to_.transaction(steps, until, std::move(last));
}

void admin::obliterate_queue(int64_t count, bool force, deadline until, done answer) const {
  auto own = [answer = std::move(answer)](caf::expected<redis::reply> got) { // This script has its own codes.
    if (got && got->number == -1)
      return answer(fail(ec::conflict, "Cannot obliterate non-paused queue"));
    if (got && got->number == -2)
      return answer(fail(ec::refused, "Cannot obliterate queue with active jobs"));
    answer(std::move(got));
  };
  to_.eval(lua::obliterate_2, {keys_.meta, keys_.base}, {std::to_string(count), force ? "force" : ""}, until,
           std::move(own));
}

void admin::metrics(std::string_view kind, int64_t first, int64_t last, deadline until, done answer) const {
  const auto& key = kind == "failed" ? keys_.metrics_failed : keys_.metrics_completed;
  to_.eval(lua::get_metrics_2, {key, key + ":data"}, {std::to_string(first), std::to_string(last)}, until,
           with_script_errors(std::move(answer), {"getMetrics", {}, {}, {}}));
}

void admin::rate_limit(std::chrono::milliseconds wait, deadline until, done answer) const {
  if (wait.count() < 1)
    return answer(fail(ec::invalid, "wait: at least 1 ms"));
  to_.command({{"SET"}, {keys_.limiter}, {used_up, "PX", std::to_string(wait.count())}, until}, std::move(answer));
}

void admin::rate_limit_ttl(int64_t jobs_max, deadline until, done answer) const {
  to_.eval(lua::get_rate_limit_ttl_2, {keys_.limiter, keys_.meta}, {std::to_string(jobs_max)}, until,
           std::move(answer));
}

void admin::remove_rate_limit(deadline until, done answer) const {
  to_.command({{"DEL"}, {keys_.limiter}, {}, until}, std::move(answer));
}

void admin::set_global_concurrency(std::optional<int64_t> max, deadline until, done answer) const {
  if (max)
    return to_.command({{"HSET"}, {keys_.meta}, {"concurrency", std::to_string(*max)}, until}, std::move(answer));
  to_.command({{"HDEL"}, {keys_.meta}, {"concurrency"}, until}, std::move(answer));
}

void admin::is_maxed(deadline until, done answer) const {
  to_.eval(lua::is_maxed_2, {keys_.meta, keys_.active}, {}, until,
           with_script_errors(std::move(answer), {"isMaxed", {}, {}, {}}));
}

void admin::set_global_rate_limit(std::optional<limiter> to, deadline until, done answer) const {
  if (to)
    return to_.command({{"HSET"},
                        {keys_.meta},
                        {"max", std::to_string(to->max), "duration", std::to_string(to->duration.count())},
                        until},
                       std::move(answer));
  to_.command({{"HDEL"}, {keys_.meta}, {"max", "duration"}, until}, std::move(answer));
}

void admin::workers(deadline until, done answer) const {
  auto nameless = how_;
  nameless.worker_name.clear();
  auto own = [answer = std::move(answer), name = "name=" + connection_name(nameless)](caf::expected<redis::reply> got) {
    if (!got)
      return answer(std::move(got));
    redis::reply rows;
    rows.type = redis::reply::array;
    std::string_view left = got->bytes;
    while (!left.empty()) {
      const auto end = std::min(left.find('\n'), left.size());
      const auto row = left.substr(0, end);
      left.remove_prefix(std::min(end + 1, left.size()));
      const auto at = row.find(name);
      const auto rest = at == std::string_view::npos ? std::string_view{"x"} : row.substr(at + name.size());
      if (!rest.empty() && rest[0] != ' ' && !rest.starts_with(":w:"))
        continue;
      auto& made = rows.items.emplace_back();
      made.type = redis::reply::text;
      made.bytes = row;
    }
    answer(std::move(rows));
  };
  to_.command({{"CLIENT", "LIST"}, {}, {}, until}, std::move(own));
}

void admin::deduplication_job_id(std::string_view deduplication, deadline until, done answer) const {
  to_.command({{"GET"}, {keys_.base + "de:" + std::string{deduplication}}, {}, until}, std::move(answer));
}

void admin::remove_deduplication_key(std::string_view deduplication, std::string_view job, deadline until,
                                     done answer) const {
  const auto key = keys_.base + "de:" + std::string{deduplication};
  if (job.empty())
    return to_.command({{"DEL"}, {key}, {}, until}, std::move(answer));
  to_.eval(lua::remove_deduplication_key_1, {key}, {job}, until,
           with_script_errors(std::move(answer), {"removeDeduplicationKey", std::string{job}, {}, {}}));
}

void admin::upsert_schedule(std::string_view id, const boost::json::object& repeat, const new_job& each, deadline until,
                            done answer) const {
  const auto now = time_.now_ms();
  auto fault = validate(each, how_.data_bytes_max);
  if (id.empty())
    fault = "id: not empty";
  if (!fault.empty())
    return answer(fail(ec::invalid, std::move(fault)));
  const auto next = run_after(repeat, 0, now);
  if (!next)
    return answer(next.error());
  if (!*next)
    return answer(redis::reply{});
  boost::json::object kept{{"name", each.name}};
  for (auto key : {"tz", "pattern", "startDate", "endDate", "every", "limit"})
    if (const auto* found = repeat.if_contains(key))
      kept[key] = *found;
  const auto options = wire_options(each.options);
  auto plain = options; // The stored template has no options of a single job.
  if (!each.options.contains("attempts"))
    plain.erase("attempts");
  packer schedule, like, first;
  schedule.json(kept);
  like.json(plain);
  first.json(options_of_run(options, repeat, id, **next, now));
  const auto& k = keys_;
  to_.eval(lua::add_job_scheduler_11,
           {k.repeat, k.delayed, k.wait, k.paused, k.meta, k.prioritized, k.marker, k.id, k.events, k.priority_counter,
            k.active},
           {(*next)->at_ms ? std::to_string(*(*next)->at_ms) : std::string{}, schedule.bytes(), id, each.data_json,
            like.bytes(), first.bytes(), std::to_string(now), k.base, ""},
           until, with_script_errors(std::move(answer), {"addJobScheduler", {}, {}, {}}));
}

void admin::schedule(std::string_view id, deadline until, done answer) const {
  to_.eval(lua::get_job_scheduler_1, {keys_.repeat}, {id}, until,
           with_script_errors(std::move(answer), {"getJobScheduler", {}, {}, {}}));
}

void admin::schedules(int64_t first, int64_t last, deadline until, done answer) const {
  to_.command({{"ZREVRANGE"}, {keys_.repeat}, {std::to_string(first), std::to_string(last), "WITHSCORES"}, until},
              std::move(answer));
}

void admin::remove_schedule(std::string_view id, deadline until, done answer) const {
  auto known = [answer = with_script_errors(std::move(answer), {"removeJobScheduler", {}, {}, {}})](
                 caf::expected<redis::reply> got) {
    if (got && got->number == 1)
      return answer(fail(ec::not_found, "no such schedule"));
    answer(std::move(got));
  };
  to_.eval(lua::remove_job_scheduler_3, {keys_.repeat, keys_.delayed, keys_.events}, {id, keys_.base}, until,
           std::move(known));
}
} // namespace arrakis::queue
