// The cost of the registry of actors: CPU of an ask and of an empty one-way message between two actors that
// registry::spawn began, beside the same two actors that CAF alone began. One core, one worker thread.
// Method: bench/README.md.
//
//   registry_bench OUT.json FOR_S ROOT
#include "bench/support/figures.hpp"
#include "runtime/flow.hpp"
#include "runtime/registry/reader.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <charconv>
#include <fmt/format.h>
#include <sched.h>
#include <stdexcept>

using namespace arrakis;
using namespace arrakis::bench;
using namespace std::chrono_literals;

namespace {
constexpr size_t rounds = 15;
constexpr size_t asks_of_a_run = 40'000, messages_of_a_run = 200'000;

struct question {
  uint64_t number = 0;
};
struct answer {
  uint64_t number = 0;
};
struct nothing {};
struct start_run {
  size_t count = 0;
};
struct finished {
  uint64_t sum = 0;
};
using server = caf::typed_actor<caf::replies_to<question>::with<answer>, caf::reacts_to<nothing>,
                                caf::replies_to<finished>::with<finished>>;
using client = caf::typed_actor<caf::replies_to<start_run>::with<finished>>;

struct server_state {
  uint64_t messages = 0;
};
server::behavior_type serving(server::stateful_pointer<server_state> self) {
  return {[](question q) { return answer{q.number + 1}; }, [self](nothing) { ++self->state.messages; },
          [self](finished) { return finished{self->state.messages}; }};
}

struct client_state {
  arrakis::flows flows;
};
using client_pointer = client::stateful_pointer<client_state>;

flow<> ask_all(client_pointer self, server to, size_t count, caf::typed_response_promise<finished> reply) {
  uint64_t sum = 0;
  for (size_t i = 0; i < count; ++i) {
    question q{i};
    const auto got = co_await ask(self, to, within(self, 30s), q);
    if (!got) {
      reply.deliver(got.error());
      co_return;
    }
    sum += got->number;
  }
  reply.deliver(finished{sum});
}
client::behavior_type asking(client_pointer self, server to) {
  return {[self, to](start_run r) -> caf::result<finished> {
    auto reply = self->make_response_promise<finished>();
    self->state.flows.start(ask_all(self, to, r.count, reply));
    return caf::delegated<finished>{};
  }};
}
/// Sends without waiting, some at a time, so that the mailbox stays short.
flow<> send_all(client_pointer self, server to, size_t count, caf::typed_response_promise<finished> reply) {
  for (size_t i = 0; i < count; ++i) {
    self->send(to, nothing{});
    if (i % 100 == 99) {
      const auto done = co_await ask(self, to, within(self, 30s), finished{});
      if (!done) {
        reply.deliver(done.error());
        co_return;
      }
    }
  }
  auto last = co_await ask(self, to, within(self, 30s), finished{});
  reply.deliver(std::move(*last));
}
client::behavior_type sending(client_pointer self, server to) {
  return {[self, to](start_run r) -> caf::result<finished> {
    auto reply = self->make_response_promise<finished>();
    self->state.flows.start(send_all(self, to, r.count, reply));
    return caf::delegated<finished>{};
  }};
}

enum class with { registry, caf_alone };

/// CPU in nanoseconds for each of `count`.
double measure(caf::actor_system& sys, with how, client::behavior_type (*body)(client_pointer, server), size_t count,
               uint64_t expected) {
  const auto to = how == with::registry ? registry::spawn(sys, {"bench_server"}, serving) : sys.spawn(serving);
  const auto from = how == with::registry ? registry::spawn(sys, {"bench_client"}, body, to) : sys.spawn(body, to);
  caf::scoped_actor self{sys};
  const auto run = [&](size_t n) {
    uint64_t sum = 0;
    self->request(from, caf::duration{60s}, start_run{n})
      .receive([&](const finished& f) { sum = f.sum; }, [](caf::error& e) { throw std::runtime_error(text_of(e)); });
    return sum;
  };
  const auto warm = count / 10 / 100 * 100;
  run(warm);
  const stopwatch watch;
  const auto sum = run(count);
  const auto took = watch.cpu_us() * 1'000 / static_cast<double>(count);
  if (sum != expected && sum != expected + warm)
    throw std::runtime_error("a message was lost");
  self->send_exit(from, caf::exit_reason::user_shutdown);
  self->send_exit(to, caf::exit_reason::user_shutdown);
  return took;
}
} // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: registry_bench OUT.json FOR_S ROOT\n");
    return 2;
  }
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  ::sched_setaffinity(0, sizeof one, &one);
  caf::actor_system_config config;
  config.set("scheduler.max-threads", size_t{1});
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-throughput", size_t{64});
  config.set("logger.verbosity", caf::atom("quiet"));
  caf::actor_system sys{config};
  const uint64_t sum_of_asks = asks_of_a_run * (asks_of_a_run + 1) / 2;
  std::vector<double> asks, asks_alone, messages, messages_alone;
  for (size_t round = 0; round < rounds; ++round)
    for (size_t turn = 0; turn < 2; ++turn) { // The order alternates too.
      const auto how = (round + turn) % 2 == 0 ? with::registry : with::caf_alone;
      (how == with::registry ? asks : asks_alone).push_back(measure(sys, how, asking, asks_of_a_run, sum_of_asks));
      (how == with::registry ? messages : messages_alone)
        .push_back(measure(sys, how, sending, messages_of_a_run, messages_of_a_run));
    }
  const std::vector<double> bytes(rounds, static_cast<double>(registry::bytes_per_actor()));
  write(argv[1], {{"registry: CPU of an ask, one core", "ns", asks, asks_alone, "the same without a registry",
                   goal{goal::at_most, 1.05}},
                  {"registry: CPU of an empty one-way message, one core",
                   "ns",
                   messages,
                   messages_alone,
                   "the same without a registry",
                   {}},
                  {"registry: memory of an idle actor", "bytes", bytes, {}, "", goal{goal::at_most, 200, goal::ours}}});
  return 0;
}
