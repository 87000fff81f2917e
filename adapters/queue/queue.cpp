#include "adapters/queue/queue.hpp"

#include "adapters/queue/backend.hpp"
#include "adapters/queue/dead_letter.hpp"
#include "adapters/redis/calls.hpp"
#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/json.hpp"
#include "runtime/log.hpp"
#include "runtime/registry/spawn.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <charconv>
#include <fmt/format.h>
#include <stdexcept>

namespace arrakis::queue {
namespace {
using namespace std::chrono_literals;
/// Sent to itself: adds the jobs that were in its mailbox before, in one batch.
struct flush_adds {};
using port = handle::extend<caf::reacts_to<redis::arrived>, caf::reacts_to<flush_adds>>;

// Page size limit of list_jobs: a larger page would block Redis and this actor too long.
constexpr size_t page_max = 1000;

struct state {
  static inline const char* name = "queue";
  redis::calls calls;
  options how;
  std::optional<backend> store;
  std::optional<backend> dead;
  redis::batch adds; // Jobs not yet sent to Redis.
  flows running;
};
using pointer = port::stateful_pointer<state>;

template <class Start>
auto call(pointer self, Start start) {
  return redis::call(self, self->state.calls, std::move(start));
}

int64_t number_in(std::string_view digits) {
  int64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

std::vector<std::string> texts_in(std::string_view json_array) {
  std::vector<std::string> list;
  if (json_array.empty())
    return list;
  if (auto parsed = json::parse(json_array); parsed && parsed->is_array())
    for (const auto& item : parsed->get_array())
      if (item.is_string())
        list.emplace_back(item.get_string());
  return list;
}

job_view view_of(std::string id, std::string in_state, redis::reply& hash) {
  job_view made;
  made.what.id = std::move(id);
  made.state = std::move(in_state);
  for (size_t i = 0; i + 1 < hash.items.size(); i += 2) {
    const std::string_view key = hash.items[i].bytes;
    auto& value = hash.items[i + 1].bytes;
    if (key == "name")
      made.what.name = std::move(value);
    else if (key == "data")
      made.what.data_json = std::move(value);
    else if (key == "atm")
      made.what.attempts_made = static_cast<int>(number_in(value));
    else if (key == "failedReason")
      made.failed_reason = std::move(value);
    else if (key == "returnvalue")
      made.return_value = std::move(value);
    else if (key == "progress")
      made.progress = std::move(value);
    else if (key == "stacktrace")
      made.stacktrace = texts_in(value);
    else if (key == "timestamp")
      made.added_ms = number_in(value);
    else if (key == "processedOn")
      made.processed_ms = number_in(value);
    else if (key == "finishedOn")
      made.finished_ms = number_in(value);
    else if (key == "delay")
      made.delay_ms = number_in(value);
    else if (key == "opts")
      if (auto parsed = json::parse(value); parsed && parsed->is_object())
        made.what.attempts = static_cast<int>(json::integer_or(parsed->get_object(), "attempts", 1));
  }
  return made;
}

/// BullMQ's name of a state; empty: unknown state.
std::string_view type_of(std::string_view in_state) {
  static constexpr std::array<std::string_view, 6> same{"active", "delayed", "completed",
                                                        "failed", "paused",  "prioritized"};
  if (in_state == "waiting" || in_state == "dead")
    return "wait"; // Dead letters wait in their own queue.
  return std::find(same.begin(), same.end(), in_state) == same.end() ? std::string_view{} : in_state;
}

flow<> run_add(pointer self, add what, caf::typed_response_promise<added> reply) {
  auto send = [&](backend::done d) {
    auto& st = self->state;
    if (st.adds.size() == 0)
      caf::anon_send(port{self}, flush_adds{});
    st.store->add(st.adds, what.name, what.data_json, options_of(what.options), what.until, std::move(d));
    if (st.adds.size() >= st.calls.batch_size())
      st.store->client().send(st.adds);
  };
  auto answer = co_await call(self, send);
  if (!answer)
    reply.deliver(answer.error());
  else if (answer->type == redis::reply::text)
    reply.deliver(added{answer->bytes});
  else
    reply.deliver(fail(ec::internal, fmt::format("the queue's script answered {}", answer->number)));
}

flow<> run_counts(pointer self, deadline until, caf::typed_response_promise<counts> reply) {
  auto& st = self->state;
  auto send = [&](backend::done d) { st.store->counts(until, std::move(d)); };
  auto answer = co_await call(self, send);
  if (answer && answer->items.size() != 7)
    answer = fail(ec::corrupt, "the queue's script answered no seven counts");
  if (!answer) {
    reply.deliver(answer.error());
    co_return;
  }
  counts made;
  auto* const fields = std::addressof(made);
  const std::array<int64_t*, 7> places{&fields->waiting, &fields->active, &fields->delayed,    &fields->completed,
                                       &fields->failed,  &fields->paused, &fields->prioritized};
  for (size_t i = 0; i < places.size(); ++i)
    *places[i] = answer->items[i].number;
  auto ask = [&](backend::done d) {
    st.store->client().command({{"HEXISTS"}, {st.store->keys().meta}, {"paused"}, until}, std::move(d));
  };
  auto paused = co_await call(self, ask);
  if (!paused) {
    reply.deliver(paused.error());
    co_return;
  }
  made.is_paused = paused->number == 1;
  reply.deliver(made);
}

flow<> run_pause(pointer self, queue::pause what, caf::typed_response_promise<done> reply) {
  auto& st = self->state;
  // The script renames one list over another: a second pause would lose the jobs added since the first.
  auto ask = [&](backend::done d) {
    st.store->client().command({{"HEXISTS"}, {st.store->keys().meta}, {"paused"}, what.until}, std::move(d));
  };
  auto paused = co_await call(self, ask);
  if (paused && (paused->number == 1) == what.on) {
    reply.deliver(done{});
    co_return;
  }
  auto send = [&](backend::done d) { st.store->pause(what.on, what.until, std::move(d)); };
  auto answer = co_await call(self, send);
  if (!answer) {
    reply.deliver(answer.error());
    co_return;
  }
  log::info(what.on ? "queue.paused" : "queue.resumed", {{"queue", st.how.name}});
  reply.deliver(done{});
}

flow<caf::expected<job_view>> read_view(pointer self, const backend* from, std::string id, std::string in_state,
                                        deadline until) {
  auto read = [&](backend::done d) { from->fields(id, until, std::move(d)); };
  auto hash = co_await call(self, read);
  if (!hash)
    co_return hash.error();
  if (hash->items.empty())
    co_return fail(ec::not_found, fmt::format("no job {} in the queue", id));
  co_return view_of(std::move(id), std::move(in_state), *hash);
}

flow<> run_list(pointer self, list_jobs what, caf::typed_response_promise<job_list> reply) {
  auto& st = self->state;
  const auto type = type_of(what.state);
  if (type.empty()) {
    reply.deliver(
      fail(ec::invalid,
           fmt::format("state: '{}' is none of waiting, active, delayed, completed, failed, paused, prioritized, dead",
                       what.state)));
    co_return;
  }
  const backend& from = what.state == "dead" ? *st.dead : *st.store;
  const auto count = std::clamp<size_t>(what.count_max, 1, page_max);
  auto send = [&](backend::done d) { from.range(type, what.first, count, what.until, std::move(d)); };
  auto answer = co_await call(self, send);
  if (!answer) {
    reply.deliver(answer.error());
    co_return;
  }
  std::vector<redis::reply> ids;
  if (!answer->items.empty())
    ids = std::move(answer->items[0].items);
  if (type == "wait" || type == "paused" || type == "active")
    std::reverse(ids.begin(), ids.end()); // Redis lists grow at the head; the answer begins with the oldest job.
  job_list made;
  for (auto& id : ids) {
    auto one = co_await read_view(self, &from, std::move(id.bytes), what.state, what.until);
    if (one)
      made.jobs.push_back(std::move(*one));
    else if (code_of(one.error()) != ec::not_found) { // The job has gone since the page was read.
      reply.deliver(one.error());
      co_return;
    }
  }
  reply.deliver(std::move(made));
}

flow<caf::expected<std::string>> read_state(pointer self, std::string id, deadline until) {
  auto send = [&](backend::done d) { self->state.store->state_of(id, until, std::move(d)); };
  auto answer = co_await call(self, send);
  if (!answer)
    co_return answer.error();
  co_return std::move(answer->bytes);
}

flow<> run_get_job_state(pointer self, queue::get_job_state what, caf::typed_response_promise<job_state> reply) {
  auto found = co_await read_state(self, std::move(what.id), what.until);
  if (found)
    reply.deliver(job_state{std::move(*found)});
  else
    reply.deliver(found.error());
}

flow<> run_get_job(pointer self, queue::get_job what, caf::typed_response_promise<job_view> reply) {
  auto& st = self->state;
  auto in_state = co_await read_state(self, what.id, what.until);
  if (!in_state) {
    reply.deliver(in_state.error());
    co_return;
  }
  const bool known = *in_state != "unknown";
  auto view = co_await read_view(self, known ? &*st.store : &*st.dead, what.id, known ? *in_state : "dead", what.until);
  if (view)
    reply.deliver(std::move(*view));
  else
    reply.deliver(view.error());
}

flow<> drop_letter(pointer self, std::string id, deadline until) {
  auto send = [&](backend::done d) { self->state.dead->remove(id, until, std::move(d)); };
  auto answer = co_await call(self, send);
  if (!answer) // The job is listed as dead while it waits; its end removes the letter.
    log::warn("queue.dead_letter_left", {{"job", id}, {"error", text_of(answer.error())}});
}

/// Moves a failed job back to waiting, with all its attempts.
flow<caf::expected<done>> reprocess(pointer self, std::string id, deadline until) {
  auto send = [&](backend::done d) { self->state.store->reprocess(id, until, std::move(d)); };
  auto answer = co_await call(self, send);
  if (!answer)
    co_return answer.error();
  if (answer->number == -1)
    co_return fail(ec::not_found, fmt::format("no job {} in the queue", id));
  if (answer->number != 1) {
    auto found = co_await read_state(self, id, until);
    co_return fail(ec::conflict, fmt::format("job {} is {}, not failed", id, found ? *found : "elsewhere"));
  }
  co_await drop_letter(self, id, until);
  co_return done{};
}

flow<> run_retry(pointer self, queue::retry what, caf::typed_response_promise<done> reply) {
  auto result = co_await reprocess(self, std::move(what.id), what.until);
  if (result)
    reply.deliver(done{});
  else
    reply.deliver(result.error());
}

/// Adds a job again from its dead letter, under its old id, when the queue no longer knows the job.
flow<caf::expected<done>> revive(pointer self, std::string id, deadline until) {
  auto& st = self->state;
  auto read = [&](backend::done d) { st.dead->fields(id, until, std::move(d)); };
  auto hash = co_await call(self, read);
  if (!hash)
    co_return hash.error();
  std::string entry_json, options_json, name;
  for (size_t i = 0; i + 1 < hash->items.size(); i += 2) {
    const std::string_view key = hash->items[i].bytes;
    if (auto* to = key == "data" ? &entry_json : key == "opts" ? &options_json : key == "name" ? &name : nullptr)
      *to = std::move(hash->items[i + 1].bytes);
  }
  if (entry_json.empty())
    co_return fail(ec::not_found, fmt::format("no dead letter of job {}", id));
  // Size of a letter besides its data: names, and a reason of up to 4 KiB.
  auto entry = json::parse(entry_json, {.bytes_max = st.how.data_bytes_max + (64u << 10)});
  auto options = json::parse(options_json);
  if (!entry || !entry->is_object() || !options || !options->is_object())
    co_return fail(ec::corrupt, fmt::format("the dead letter of job {} cannot be read", id));
  if (const auto why = json::text_or(entry->get_object(), "payloadError"); !why.empty())
    co_return fail(ec::refused,
                   fmt::format("job {}: its data could not be kept in its letter ({}); submit it anew", id, why));
  const auto data = data_of(entry->get_object());
  if (!data)
    co_return fail(ec::refused, fmt::format("job {}: personal data was taken out of its letter; submit it anew", id));
  auto& given = options->get_object();
  given["jobId"] = id;
  auto send = [&](backend::done d) { st.store->add(name, *data, given, until, std::move(d)); };
  auto answer = co_await call(self, send);
  if (!answer)
    co_return answer.error();
  co_await drop_letter(self, id, until);
  co_return done{};
}

flow<> run_replay(pointer self, queue::replay what, caf::typed_response_promise<done> reply) {
  auto letter = co_await read_view(self, &*self->state.dead, what.id, "dead", what.until);
  if (!letter) {
    reply.deliver(code_of(letter.error()) == ec::not_found
                    ? fail(ec::not_found, fmt::format("no dead letter of job {}", what.id))
                    : letter.error());
    co_return;
  }
  auto result = co_await reprocess(self, what.id, what.until);
  if (!result && code_of(result.error()) == ec::not_found)
    result = co_await revive(self, what.id, what.until);
  if (result)
    log::info("queue.replayed", {{"job", what.id}});
  if (result)
    reply.deliver(done{});
  else
    reply.deliver(result.error());
}

/// Writes the queue's meta fields as BullMQ's Queue does; keeps an operator's length of the event stream.
flow<> announce(pointer self) {
  auto& st = self->state;
  for (;;) {
    const auto until = within(self, st.how.call_within);
    const auto& meta = st.store->keys().meta;
    auto length = [&](backend::done d) {
      st.store->client().command({{"HSETNX"}, {meta}, {"opts.maxLenEvents", std::to_string(st.how.events_max)}, until},
                                 std::move(d));
    };
    auto set = co_await call(self, length);
    auto version = [&](backend::done d) {
      st.store->client().command({{"HSET"}, {meta}, {"version", "bullmq:5.66.4"}, until}, std::move(d));
    };
    if (set)
      set = co_await call(self, version);
    if (set)
      co_return;
    co_await nap(self, 1000ms);
  }
}

template <class T, class Message>
caf::result<T> begin(pointer self, Message what, flow<> (*run)(pointer, Message, caf::typed_response_promise<T>)) {
  auto reply = self->make_response_promise<T>();
  self->state.running.start(run(self, std::move(what), reply));
  return caf::delegated<T>{};
}

port::behavior_type behavior(pointer self, const redis::link& to, const options& how) {
  keep_exception_text(self);
  auto& st = self->state;
  st.how = how;
  st.store.emplace(to, how);
  st.dead.emplace(st.store->dead());
  st.running.start(announce(self));
  return {
    [self](const add& x) -> caf::result<added> {
      if (auto fault = validate(x, self->state.how); !fault.empty())
        return fail(ec::invalid, std::move(fault));
      return begin(self, x, run_add);
    },
    [self](const get_counts& x) -> caf::result<counts> { return begin(self, x.until, run_counts); },
    [self](const queue::pause& x) -> caf::result<done> { return begin(self, x, run_pause); },
    [self](const list_jobs& x) -> caf::result<job_list> { return begin(self, x, run_list); },
    [self](const queue::get_job& x) -> caf::result<job_view> { return begin(self, x, run_get_job); },
    [self](const queue::retry& x) -> caf::result<done> { return begin(self, x, run_retry); },
    [self](const queue::replay& x) -> caf::result<done> { return begin(self, x, run_replay); },
    [self](const queue::get_job_state& x) -> caf::result<job_state> { return begin(self, x, run_get_job_state); },
    [self](const progress& x) {
      const auto until = within(self, self->state.how.call_within);
      self->state.store->progress(x.job, x.json, until,
                                  [](const caf::expected<redis::reply>&) {}); // Best effort: progress may be lost.
    },
    [self](redis::arrived& what) { self->state.calls.deliver(what); },
    [self](flush_adds) { self->state.store->client().send(self->state.adds); },
  };
}
} // namespace

handle start_queue(caf::actor_system& sys, redis::link to, options how) {
  if (auto fault = validate(how); !fault.empty())
    throw std::runtime_error(fault);
  return registry::spawn(sys, {"queue"}, behavior, std::move(to), std::move(how));
}
} // namespace arrakis::queue
