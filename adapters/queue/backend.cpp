#include "adapters/queue/backend.hpp"

#include "adapters/queue/msgpack.hpp"
#include "adapters/queue/scripts.hpp"
#include "adapters/redis/requests.hpp"
#include "runtime/json.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace arrakis::queue {
namespace {
constexpr size_t clean_count_max = 1000;

void pack_limiter(packer& to, const limiter& from) {
  to.text("limiter").map(2).text("max").integer(from.max).text("duration").integer(from.duration.count());
}

// Fields that a failed attempt writes into the job: [failedReason, text, stacktrace, JSON].
std::string failure_fields(const active_job& job, const decision& end) {
  packer fields;
  fields.array(4)
    .text("failedReason")
    .text(end.text)
    .text("stacktrace")
    .text(with_stacktrace(job.stacktrace, end.text));
  return fields.bytes();
}
} // namespace

backend::backend(redis::link to, const options& how, redis::server_time time)
  : to_(std::move(to)), time_(std::move(time)), how_(how), keys_(how.prefix, how.name) {
  const auto& k = keys_;
  redis::put_eval(add_head_, lua::add_standard_job_9.sha1, 9, 3);
  for (const std::string_view key : std::initializer_list<std::string_view>{k.wait, k.paused, k.meta, k.id, k.completed,
                                                                            k.delayed, k.active, k.events, k.marker})
    redis::put_word(add_head_, key);
  for (const bool ok : {false, true}) {
    auto &head = end_head_[ok], &middle = end_middle_[ok];
    redis::put_eval(head, (ok ? lua::complete_14 : lua::move_to_finished_14).sha1, 14, 9);
    for (const std::string_view key : std::initializer_list<std::string_view>{
           k.wait, k.active, k.prioritized, k.events, k.stalled, k.limiter, k.delayed, k.paused, k.meta,
           k.priority_counter, ok ? k.completed : k.failed})
      redis::put_word(head, key);
    redis::put_word(middle, ok ? k.metrics_completed : k.metrics_failed);
    redis::put_word(middle, k.marker);
  }
}

backend backend::dead() const {
  auto how = how_;
  how.name += how.dead_letter_suffix;
  return {to_, how, time_};
}

void backend::add(std::string_view name, std::string_view data_json, const boost::json::object& options, deadline until,
                  done answer) const {
  redis::batch one;
  add(one, name, data_json, options, until, std::move(answer));
  to_.send(one);
}

void backend::add(redis::batch& to, std::string_view name, std::string_view data_json,
                  const boost::json::object& options, deadline until, done answer) const {
  packer args{128};
  args.array(9).text(keys_.base).text(json::text_or(options, "jobId")).text(name).integer(time_.now_ms());
  for (int absent = 0; absent < 5; ++absent) // Parent key, dependencies key, parent, schedule, deduplication.
    args.nil();
  packer packed{128};
  packed.json(options);
  const auto& k = keys_;
  if (json::integer_or(options, "delay") > 0)
    return to.eval(lua::add_delayed_job_6, {k.marker, k.meta, k.id, k.delayed, k.completed, k.events},
                   {args.bytes(), data_json, packed.bytes()}, until, std::move(answer));
  if (json::integer_or(options, "priority") > 0)
    return to.eval(
      lua::add_prioritized_job_9,
      {k.marker, k.meta, k.id, k.prioritized, k.delayed, k.completed, k.active, k.events, k.priority_counter},
      {args.bytes(), data_json, packed.bytes()}, until, std::move(answer));
  auto& out = to.open();
  out += add_head_;
  for (const std::string_view word : {std::string_view{args.bytes()}, data_json, std::string_view{packed.bytes()}})
    redis::put_word(out, word);
  to.close(lua::add_standard_job_9, until, std::move(answer));
}

void backend::pause(bool on, deadline until, done answer) const {
  const auto& k = keys_;
  to_.eval(lua::pause_7,
           {on ? k.wait : k.paused, on ? k.paused : k.wait, k.meta, k.prioritized, k.events, k.delayed, k.marker},
           {on ? "paused" : "resumed"}, until, std::move(answer));
}

void backend::counts(deadline until, done answer) const {
  const std::array<std::string_view, 1> key{keys_.base};
  const std::vector<std::string_view> types{counted.begin(), counted.end()};
  to_.eval(lua::get_counts_1, key, types, until, std::move(answer));
}

void backend::range(std::string_view type, size_t first, size_t count, deadline until, done answer) const {
  to_.eval(lua::get_ranges_1, {keys_.base}, {std::to_string(first), std::to_string(first + count - 1), "1", type},
           until, std::move(answer));
}

void backend::state_of(std::string_view id, deadline until, done answer) const {
  const auto& k = keys_;
  to_.eval(lua::get_state_v2_8,
           {k.completed, k.failed, k.delayed, k.active, k.wait, k.paused, k.waiting_children, k.prioritized}, {id},
           until, std::move(answer));
}

void backend::fields(std::string_view id, deadline until, done answer) const {
  to_.command({{"HGETALL"}, {keys_.job(id)}, {}, until}, std::move(answer));
}

void backend::reprocess(std::string_view id, deadline until, done answer) const {
  const auto& k = keys_;
  to_.eval(lua::reprocess_job_8, {k.job(id), k.events, k.failed, k.wait, k.meta, k.paused, k.active, k.marker},
           {id, "LPUSH", "failedReason", "failed", "1", "1"}, until, std::move(answer)); // Resets the attempts.
}

void backend::remove(std::string_view id, deadline until, done answer) const {
  to_.eval(lua::remove_job_2, {keys_.job(id), keys_.repeat}, {id, "1", keys_.base}, until, std::move(answer));
}

void backend::progress(std::string_view id, std::string_view text, deadline until, done answer) const {
  to_.eval(lua::update_progress_3, {keys_.job(id), keys_.events, keys_.meta}, {id, text}, until, std::move(answer));
}

void backend::log(std::string_view id, std::string_view row, int64_t keep, deadline until, done answer) const {
  const auto job = keys_.job(id);
  to_.eval(lua::add_log_2, {job, job + ":logs"}, {id, row, std::to_string(keep)}, until, std::move(answer));
}

void backend::take(std::string_view token, deadline until, done answer) const {
  packer packed;
  packed.map(2 + (how_.limiter ? 1 : 0) + (how_.worker_name.empty() ? 0 : 1));
  packed.text("token").text(token).text("lockDuration").integer(how_.lock.count());
  if (how_.limiter)
    pack_limiter(packed, *how_.limiter);
  if (!how_.worker_name.empty())
    packed.text("name").text(how_.worker_name);
  const auto& k = keys_;
  to_.eval(lua::move_to_active_11,
           {k.wait, k.active, k.prioritized, k.events, k.stalled, k.limiter, k.delayed, k.paused, k.meta,
            k.priority_counter, k.marker},
           {k.base, now_text(), packed.bytes()}, until, std::move(answer));
}

void backend::finish(const active_job& job, const decision& what, std::string_view token, bool fetch, deadline until,
                     done answer) const {
  switch (what.what) {
    case decision::complete:
    case decision::fail: {
      redis::batch one;
      end(one, job, what, terms_of(job, what.what == decision::complete), token, fetch, until, std::move(answer));
      return to_.send(one);
    }
    case decision::postpone: return delay(job, what, token, until, std::move(answer));
    case decision::retry: break;
  }
  if (what.wait.count() > 0)
    return delay(job, what, token, until, std::move(answer));
  const auto& k = keys_;
  to_.eval(lua::retry_job_11,
           {k.active, k.wait, k.paused, k.job(job.what.id), k.meta, k.events, k.delayed, k.prioritized,
            k.priority_counter, k.marker, k.stalled},
           {k.base, now_text(), json::bool_or(job.options, "lifo") ? "RPUSH" : "LPUSH", job.what.id, token,
            failure_fields(job, what)},
           until, std::move(answer));
}

/// Encodes the options of moveToFinished, except their head and those that differ for each job.
std::string backend::terms_of(const active_job& job, bool ok) const {
  auto kept = ok ? keep(job.options, "removeOnComplete", how_.keep_completed)
                 : keep(job.options, "removeOnFail", how_.keep_failed);
  if (const auto most = ok ? how_.keep_completed_max : how_.keep_failed_max;
      most >= 0 && !job.options.contains(ok ? "removeOnComplete" : "removeOnFail"))
    kept.count = most;
  packer packed{256};
  packed.text("lockDuration").integer(how_.lock.count());
  packed.text("keepJobs").map(kept.age_s ? 2 : 1).text("count").integer(kept.count);
  if (kept.age_s)
    packed.text("age").integer(*kept.age_s);
  packed.text("attempts").integer(job.what.attempts).text("maxMetricsSize");
  how_.metrics_points > 0 ? packed.integer(how_.metrics_points) : packed.text("");
  for (auto rule : {"fpof", "cpof", "idof", "rdof"}) // Rules for the parent when this child fails.
    packed.text(rule).boolean(json::bool_or(job.options, rule));
  if (how_.limiter)
    pack_limiter(packed, *how_.limiter);
  if (!how_.worker_name.empty())
    packed.text("name").text(how_.worker_name);
  return packed.bytes();
}

void backend::complete(redis::batch& to, active_job& job, const decision& what, std::string_view token, bool fetch,
                       deadline until, done answer) const {
  if (job.terms.empty())
    job.terms = terms_of(job, true);
  end(to, job, what, job.terms, token, fetch, until, std::move(answer));
}

void backend::end(redis::batch& to, const active_job& job, const decision& what, std::string_view terms,
                  std::string_view token, bool fetch, deadline until, done answer) const {
  const bool ok = what.what == decision::complete;
  packer own{64};
  own.map(9 + (how_.limiter ? 1 : 0) + (how_.worker_name.empty() ? 0 : 1)).text("token").text(token);
  const auto now = now_text();
  const auto fields = ok ? std::string{} : failure_fields(job, what);
  auto& out = to.open();
  out += end_head_[ok];
  redis::put_word(out, keys_.base, job.what.id);
  out += end_middle_[ok];
  for (const std::string_view word :
       std::initializer_list<std::string_view>{job.what.id, now, ok ? "returnvalue" : "failedReason", what.text,
                                               ok ? "completed" : "failed", fetch ? "1" : "0", keys_.base})
    redis::put_word(out, word);
  redis::put_word(out, own.bytes(), terms);
  redis::put_word(out, fields);
  to.close(ok ? lua::complete_14 : lua::move_to_finished_14, until, std::move(answer));
}

void backend::delay(const active_job& job, const decision& what, std::string_view token, deadline until,
                    done answer) const {
  const auto& k = keys_;
  const bool attempt = what.what == decision::retry;
  to_.eval(lua::move_to_delayed_8,
           {k.marker, k.active, k.prioritized, k.delayed, k.job(job.what.id), k.events, k.meta, k.stalled},
           {k.base, now_text(), job.what.id, token, std::to_string(what.wait.count()), attempt ? "0" : "1",
            attempt ? failure_fields(job, what) : std::string{}},
           until, std::move(answer));
}

void backend::extend(std::span<const job_lock> list, deadline until, done answer) const {
  packer tokens, ids;
  tokens.array(static_cast<uint32_t>(list.size()));
  ids.array(static_cast<uint32_t>(list.size()));
  for (const auto& [token, id] : list) {
    tokens.text(token);
    ids.text(id);
  }
  to_.eval(lua::extend_locks_1, {keys_.stalled},
           {keys_.base, tokens.bytes(), ids.bytes(), std::to_string(how_.lock.count())}, until, std::move(answer));
}

void backend::recover_stalled(deadline until, done answer) const {
  // All workers together run one check per interval. The key that ensures this expires a little before the worker's
  // timer; with equal times the timer would often find the key alive and skip every second check.
  const auto guard = how_.stalled_check * 3 / 4;
  const auto& k = keys_;
  to_.eval(lua::move_stalled_jobs_to_wait_8,
           {k.stalled, k.wait, k.active, k.stalled_check, k.meta, k.paused, k.marker, k.events},
           {std::to_string(how_.stalled_max), k.base, now_text(), std::to_string(guard.count())}, until,
           std::move(answer));
}

void backend::reschedule(const active_job& from, const boost::json::object& options, std::optional<int64_t> at_ms,
                         deadline until, done answer) const {
  packer packed;
  packed.json(options);
  const auto& k = keys_;
  to_.eval(lua::update_job_scheduler_12,
           {k.repeat, k.delayed, k.wait, k.paused, k.meta, k.prioritized, k.marker, k.id, k.events, k.priority_counter,
            k.job(from.what.id), k.active},
           {at_ms ? std::to_string(*at_ms) : std::string{}, from.scheduler, from.what.data_json, packed.bytes(),
            now_text(), k.base, from.what.id},
           until, std::move(answer));
}

void backend::clean_waiting(std::chrono::seconds older_than, deadline until, done answer) const {
  const auto before = time_.now_ms() - std::chrono::milliseconds{older_than}.count();
  to_.eval(lua::clean_jobs_in_set_3, {keys_.wait, keys_.events, keys_.repeat},
           {keys_.base, std::to_string(before), std::to_string(clean_count_max), "wait"}, until, std::move(answer));
}
} // namespace arrakis::queue
