#include "adapters/queue/events.hpp"

#include "adapters/queue/keys.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace arrakis::queue {
namespace {
constexpr auto block = std::chrono::milliseconds{5000};
constexpr auto block_grace = std::chrono::milliseconds{1000};
constexpr auto pause = std::chrono::milliseconds{200}; // Wait after a failed read.
constexpr const char* batch = "1000";

event event_from(redis::reply& entry) {
  event made;
  if (entry.items.size() != 2)
    return made;
  made.id = std::move(entry.items[0].bytes);
  auto& fields = entry.items[1].items;
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields[i].bytes == "event")
      made.name = std::move(fields[i + 1].bytes);
    else
      made.fields.emplace_back(std::move(fields[i].bytes), std::move(fields[i + 1].bytes));
  }
  return made;
}

struct reader_state {
  static inline const char* name = "queue.events";
  redis::calls calls;
  std::optional<redis::link> waiting;
  std::string key;
  listener to;
  flows running;
};
using pointer = event_reader::stateful_pointer<reader_state>;

// Id of the newest entry. Reading from "$" would start at "now" each time and lose entries between two reads.
flow<std::string> end_of_stream(pointer self) {
  auto& st = self->state;
  for (;;) {
    redis::command newest{{"XREVRANGE"}, {st.key}, {"+", "-", "COUNT", "1"}, within(self, block_grace)};
    auto got = co_await redis::run(self, st.calls, *st.waiting, std::move(newest));
    if (got && (got->items.empty() || got->items[0].items.empty()))
      co_return "0";
    if (got)
      co_return std::move(got->items[0].items[0].bytes);
    co_await nap(self, pause);
  }
}

flow<> read(pointer self) {
  auto& st = self->state;
  auto last = co_await end_of_stream(self);
  self->send(st.to, subscribed{});
  for (;;) {
    redis::command next{{"XREAD", "COUNT", batch, "BLOCK", std::to_string(block.count()), "STREAMS"},
                        {st.key},
                        {last},
                        within(self, block + block_grace)};
    auto got = co_await redis::run(self, st.calls, *st.waiting, std::move(next));
    if (!got) {
      co_await nap(self, pause);
      continue;
    }
    if (got->items.empty() || got->items[0].items.size() != 2)
      continue; // No event within the blocking time.
    for (auto& entry : got->items[0].items[1].items) {
      auto what = event_from(entry);
      last = what.id;
      self->send(st.to, std::move(what));
    }
  }
}

event_reader::behavior_type behavior(pointer self, const redis::link& redis, std::string key, listener to) {
  keep_exception_text(self);
  auto& st = self->state;
  st.waiting.emplace(redis.blocking());
  st.key = std::move(key);
  st.to = std::move(to);
  self->monitor(st.to);
  self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
  st.running.start(read(self));
  return {[self](redis::arrived& what) { self->state.calls.deliver(what); }};
}
} // namespace

event_reader start_events(caf::actor_system& sys, redis::link redis, const options& how, listener to) {
  return registry::spawn(sys, {"queue_events"}, behavior, std::move(redis), keys{how.prefix, how.name}.events,
                         std::move(to));
}
} // namespace arrakis::queue
