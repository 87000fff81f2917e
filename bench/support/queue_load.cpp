#include "bench/support/queue_load.hpp"

#include "bench/support/figures.hpp"
#include "runtime/message.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <future>
#include <optional>
#include <stdexcept>

namespace arrakis::bench {
namespace {
using namespace std::chrono_literals;
constexpr auto patience = 300s; // A stuck measurement must end; a sound one is far quicker.
constexpr unsigned jobs_at_once = 50;

deadline by_patience() { return {std::chrono::steady_clock::now() + patience}; }

struct order {
  size_t count = 0, bulk = 0;
};
struct filled {
  size_t count = 0;
};
using producer = caf::typed_actor<caf::replies_to<order>::with<filled>>;

struct producing {
  producing() = default;
  queue::handle to;
  size_t left = 0, open = 0, done = 0;
  caf::typed_response_promise<filled> reply;
};

void add_next(producer::stateful_pointer<producing> self) {
  auto& st = self->state;
  --st.left;
  ++st.open;
  queue::add next{"noop", fmt::format(R"({{"n":{}}})", st.left), {}, by_patience()};
  // No timer for each: the call has its deadline in `until`.
  self->request(st.to, caf::duration{}, std::move(next))
    .then(
      [self](const queue::added&) {
        auto& mine = self->state;
        --mine.open;
        ++mine.done;
        if (mine.left > 0)
          add_next(self);
        else if (mine.open == 0)
          mine.reply.deliver(filled{mine.done});
      },
      [self](caf::error& e) { self->state.reply.deliver(std::move(e)); });
}

producer::behavior_type produce(producer::stateful_pointer<producing> self, const queue::handle& to) {
  self->state.to = to;
  return {[self](const order& x) -> caf::result<filled> {
    auto& st = self->state;
    st.reply = self->make_response_promise<filled>();
    st.left = x.count;
    while (st.left > 0 && st.open < x.bulk)
      add_next(self);
    return caf::delegated<filled>{};
  }};
}

struct counting {
  counting() = default;
  size_t left = 0;
};

/// Does nothing with each job, and says when `count` of them have come.
queue::processor::behavior_type process_noop(queue::processor::stateful_pointer<counting> self, size_t count,
                                             std::promise<void>* all_came) {
  self->state.left = count;
  return {[self, all_came](const queue::process&) -> caf::result<queue::outcome> {
    if (--self->state.left == 0)
      all_came->set_value();
    return queue::outcome{};
  }};
}

void await_ready(const redis::link& of) {
  // A command that is answered says that the connection stands.
  std::promise<bool> came;
  of.command({{"PING"}, {}, {}, by_patience()}, [&](const caf::expected<redis::reply>& x) { came.set_value(bool{x}); });
  if (!came.get_future().get())
    throw std::runtime_error("Redis does not answer");
}
} // namespace

queue::options queue_options() {
  queue::options made;
  made.name = "{bench}";
  made.concurrency = jobs_at_once;
  return made;
}

effort fill(caf::actor_system& sys, const redis::link& to, size_t count, size_t bulk) {
  await_ready(to);
  auto port = queue::start_queue(sys, to, queue_options());
  auto hand = sys.spawn(produce, port);
  caf::scoped_actor self{sys};
  std::string fault;
  const stopwatch watch;
  self->request(hand, patience, order{count, bulk})
    .receive([](const filled&) {}, [&](const caf::error& e) { fault = text_of(e); });
  const effort made{watch.seconds(), watch.cpu_us()};
  caf::anon_send_exit(hand, caf::exit_reason::kill);
  caf::anon_send_exit(port, caf::exit_reason::kill);
  if (!fault.empty())
    throw std::runtime_error("a job was not added: " + fault);
  return made;
}

effort drain(caf::actor_system& sys, net::io& io, const std::vector<redis::options>& at, size_t count) {
  const auto how = queue_options();
  std::vector<redis::link> links;
  for (const auto& each : at) {
    links.push_back(redis::connect(io, each));
    await_ready(links.back());
  }
  std::vector<std::promise<void>> all_came(at.size());
  std::vector<queue::worker> workers;
  std::vector<queue::processor> hands;
  const stopwatch watch;
  for (size_t i = 0; i < at.size(); ++i) {
    hands.push_back(sys.spawn(process_noop, count, &all_came[i]));
    workers.push_back(queue::start_worker(sys, links[i], how, hands.back()));
  }
  for (auto& each : all_came)
    if (each.get_future().wait_for(patience) != std::future_status::ready)
      throw std::runtime_error("the worker did not do all jobs");
  caf::scoped_actor self{sys};
  for (const auto& each : workers) // Answers when the last jobs are recorded.
    self->request(each, patience, queue::close{})
      .receive([](const queue::done&) {}, [](const caf::error& e) { throw std::runtime_error(text_of(e)); });
  const effort made{watch.seconds(), watch.cpu_us()};
  for (const auto& each : hands)
    caf::anon_send_exit(each, caf::exit_reason::kill);
  return made;
}
} // namespace arrakis::bench
