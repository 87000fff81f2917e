#include "adapters/queue/policy.hpp"

#include "runtime/base64.hpp"
#include "runtime/json.hpp"
#include "runtime/utf8.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <fmt/format.h>

namespace arrakis::queue {
namespace {
// Longest wait before a retry, whatever the producer asked for.
constexpr double back_off_ms_max = 24.0 * 3600 * 1000;
constexpr size_t stacktraces_max = 10;
constexpr size_t reason_bytes_max = 4096;
constexpr double retained_max = 1e15; // Jobs; a double holds each count up to it exactly.
// BullMQ: priorities go from 0 to 2^21 (classes/job.js, PRIORITY_LIMIT).
constexpr int priority_max = 1 << 21;
constexpr size_t id_bytes_max = 256;
constexpr int64_t attempts_max = 1'000'000; // Never reached: each attempt follows a wait.
// Ids that would overwrite other keys of the queue, since a job's key is the prefix and its id (keys.hpp).
constexpr std::array<std::string_view, 18> reserved{
  "wait",          "paused", "active",  "prioritized", "delayed", "completed", "failed", "waiting-children", "stalled",
  "stalled-check", "marker", "limiter", "meta",        "events",  "id",        "pc",     "repeat",           "metrics"};

int64_t number_in(std::string_view digits) {
  int64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

// Reads a score or PTTL, which the scripts return as integer or as text, with or without a fraction.
int64_t number_in(const redis::reply& from) {
  return from.type == redis::reply::integer ? from.number : number_in(std::string_view{from.bytes});
}

/// A producer's count, clamped to attempts_max, so that adding one cannot overflow.
int count_in(int64_t number) { return static_cast<int>(std::clamp<int64_t>(number, 0, attempts_max)); }

double real_in(const boost::json::object& from, std::string_view key) {
  const auto* found = from.if_contains(key);
  return found && found->is_number() ? found->to_number<double>() : 0;
}

/// Type of a custom back-off, neither BullMQ's nor Arrakis's; empty: none.
std::string_view custom_type(const boost::json::object& job_options) {
  const auto* given = json::object_in(job_options, "backoff");
  const auto type = given ? json::text_or(*given, "type") : std::string_view{};
  return type == "fixed" || type == "exponential" || type == "arrakis" ? std::string_view{} : type;
}

/// Fills `made`, which is new or an earlier job.
void read_job(redis::reply&& fields, redis::reply&& id, active_job& made) {
  for (auto* text : {&made.what.name, &made.what.data_json, &made.deferred_failure, &made.scheduler, &made.stacktrace})
    text->clear();
  made.what.attempts_made = made.stalls = 0;
  made.has_parent = false;
  made.what.id = std::move(id.bytes);
  std::string options_json;
  for (size_t i = 0; i + 1 < fields.items.size(); i += 2) {
    const std::string_view key = fields.items[i].bytes;
    auto& value = fields.items[i + 1].bytes;
    if (key == "name")
      made.what.name = std::move(value);
    else if (key == "data")
      made.what.data_json = std::move(value);
    else if (key == "opts")
      options_json = std::move(value);
    else if (key == "atm")
      made.what.attempts_made = count_in(number_in(std::string_view{value}));
    else if (key == "stc")
      made.stalls = count_in(number_in(std::string_view{value}));
    else if (key == "defa")
      made.deferred_failure = std::move(value);
    else if (key == "rjk")
      made.scheduler = std::move(value);
    else if (key == "stacktrace")
      made.stacktrace = std::move(value);
    else if (key == "parentKey")
      made.has_parent = true;
  }
  if (options_json != made.options_json) {
    made.options.clear();
    if (auto parsed = json::parse(options_json); parsed && parsed->is_object())
      made.options = std::move(parsed->get_object());
    made.options_json = std::move(options_json);
    made.terms.clear();
  }
  made.what.attempts = count_in(json::integer_or(made.options, "attempts", 0));
}
} // namespace

std::string validate(const options& how) {
  using namespace std::chrono_literals;
  if (how.name.empty() || how.name.find(':') != std::string::npos)
    return "queue.name: not empty and without ':'"; // As BullMQ's own check.
  if (how.concurrency == 0)
    return "queue.concurrency: at least 1";
  if (how.renew < 1ms || how.lock < 3 * how.renew)
    return "queue.renew: at most a third of queue.lock";
  if (how.rate_limit_delay_max < 1ms)
    return "queue.rate_limit_delay_max: at least 1 ms";
  if (how.stalled_check < 10ms)
    return "queue.stalled_check: at least 10 ms";
  if (how.limiter && (how.limiter->max < 1 || how.limiter->duration < 1ms))
    return "queue.limiter: at least 1 job in at least 1 ms";
  return {};
}

bool is_already_finished(const redis::reply& answer) {
  return answer.type == redis::reply::integer && answer.number < 0 && answer.number != pending_children
      && answer.number != failed_children;
}

caf::expected<next_job> read_next_job(redis::reply&& from) { return read_next_job(std::move(from), {}); }

caf::expected<next_job> read_next_job(redis::reply&& from, active_job&& earlier) {
  if (from.type == redis::reply::integer && from.number >= 0)
    return next_job{};
  if (from.type != redis::reply::array || from.items.size() != 4)
    return failed<next_job>(ec::corrupt, "the queue's script answered no tuple of four");
  next_job made;
  if (from.items[0].type == redis::reply::array)
    read_job(std::move(from.items[0]), std::move(from.items[1]), made.job.emplace(std::move(earlier)));
  made.limited = std::chrono::milliseconds{number_in(from.items[2])};
  made.due_ms = number_in(from.items[3]);
  return made;
}

std::chrono::milliseconds back_off(const boost::json::object& job_options, int attempts_made, double chance) {
  const auto* given = job_options.if_contains("backoff");
  if (!given)
    return {};
  if (given->is_number()) // BullMQ's normalisation; other clients may skip it.
    return std::chrono::milliseconds{
      static_cast<int64_t>(std::clamp(given->to_number<double>(), 0.0, back_off_ms_max))};
  if (!given->is_object())
    return {};
  const auto& object = given->get_object();
  const auto type = json::text_or(object, "type");
  double delay = real_in(object, "delay");
  if (type == "arrakis")
    delay *= std::pow(5.0, attempts_made);
  else if (type == "exponential")
    delay = std::round(delay * std::pow(2.0, attempts_made));
  if (const double jitter = real_in(object, "jitter"); jitter > 0 && type != "arrakis")
    delay = std::floor(chance * delay * jitter + delay * (1 - jitter));
  if (std::isnan(delay)) // Zero times infinity: no delay, doubled too often.
    return {};
  return std::chrono::milliseconds{static_cast<int64_t>(std::clamp(delay, 0.0, back_off_ms_max))};
}

decision decide(const active_job& from, outcome&& end, double chance, const back_off_strategy& custom) {
  end.reason.resize(utf8_head(end.reason, reason_bytes_max).size());
  switch (end.what) {
    case outcome::completed:
      return {decision::complete, {}, end.value_json.empty() ? "null" : std::move(end.value_json)};
    case outcome::failed_final: return {decision::fail, {}, std::move(end.reason)};
    case outcome::postponed: return {decision::postpone, std::max(end.wait, std::chrono::milliseconds{0}), {}};
    case outcome::awaits_children: // The worker handles these two (worker.cpp); otherwise the job is postponed.
    case outcome::rate_limited: return {decision::postpone, std::max(end.wait, std::chrono::milliseconds{0}), {}};
    case outcome::failed_retryable: break;
  }
  if (from.what.attempts_made + 1 >= from.what.attempts)
    return {decision::fail, {}, std::move(end.reason)};
  if (const auto type = custom ? custom_type(from.options) : std::string_view{}; !type.empty()) {
    const auto wait = custom({type, from.what.attempts_made + 1, end.reason, from.what});
    if (!wait)
      return {decision::fail, {}, std::move(end.reason)};
    const std::chrono::milliseconds longest{static_cast<int64_t>(back_off_ms_max)};
    return {decision::retry, std::clamp(*wait, std::chrono::milliseconds{0}, longest), std::move(end.reason)};
  }
  return {decision::retry, back_off(from.options, from.what.attempts_made, chance), std::move(end.reason)};
}

retention keep(const boost::json::object& job_options, std::string_view option, std::chrono::seconds otherwise) {
  const auto* given = job_options.if_contains(option);
  if (given && given->is_bool())
    return {given->get_bool() ? 0 : -1, {}};
  if (given && given->is_number()) // Other producers may send a fraction: 1.5 keeps one.
    return {static_cast<int64_t>(std::clamp(given->to_number<double>(), -1.0, retained_max)), {}};
  if (given && given->is_object()) {
    retention made{json::integer_or(given->get_object(), "count", -1), {}};
    if (given->get_object().contains("age"))
      made.age_s = json::integer_or(given->get_object(), "age");
    return made;
  }
  return {-1, otherwise.count()};
}

std::string with_stacktrace(std::string_view earlier, std::string_view reason) {
  boost::json::array list;
  if (!earlier.empty())
    if (auto parsed = json::parse(earlier); parsed && parsed->is_array())
      list = std::move(parsed->get_array());
  list.emplace_back(boost::json::string_view{reason.data(), reason.size()});
  if (list.size() > stacktraces_max)
    list.erase(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(list.size() - stacktraces_max));
  return boost::json::serialize(list);
}

std::string validate(const add& what, const options& how) {
  const auto& id = what.options.id;
  if (what.name.empty())
    return "name: not empty";
  if (id.size() > id_bytes_max)
    return fmt::format("id: at most {} bytes", id_bytes_max);
  if (!id.empty() && std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return "id: not a plain number, which BullMQ keeps for its own";
  if (id.find(':') != std::string::npos)
    return "id: without ':', which separates the parts of a key";
  if (std::find(reserved.begin(), reserved.end(), id) != reserved.end())
    return fmt::format("id: '{}' is the name of a key of the queue", id);
  if (what.options.attempts < 1)
    return "attempts: at least 1";
  if (what.options.priority < 0 || what.options.priority > priority_max)
    return fmt::format("priority: from 0 to {}", priority_max);
  if (what.options.delay_ms < 0)
    return "delay: not negative";
  if (what.data_json.size() > how.data_bytes_max)
    return fmt::format("data: at most {} bytes of JSON", how.data_bytes_max);
  if (auto parsed = json::parse(what.data_json, {.bytes_max = how.data_bytes_max}); !parsed)
    return "data: " + text_of(parsed.error());
  return {};
}

boost::json::object options_of(const job_options& from) {
  boost::json::object made{{"attempts", from.attempts},
                           {"backoff", {{"type", from.backoff.type}, {"delay", from.backoff.delay_ms}}}};
  if (!from.id.empty())
    made["jobId"] = from.id;
  if (from.delay_ms > 0)
    made["delay"] = from.delay_ms;
  if (from.priority > 0)
    made["priority"] = from.priority;
  return made;
}

std::string connection_name(const options& how) {
  auto made = how.prefix + ":" + base64(how.name);
  if (!how.worker_name.empty())
    made += ":w:" + how.worker_name;
  return made;
}
} // namespace arrakis::queue
