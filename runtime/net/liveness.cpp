#include "runtime/net/liveness.hpp"

#include "runtime/message.hpp"
#include "runtime/net/io.hpp"
#include "runtime/registry/spawn.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

namespace arrakis::net {
namespace asio = boost::asio;

struct beats::one {
  std::string name;
  ask pass_on;
  std::atomic<bool> answered{true};
  std::atomic<unsigned> missed{0};
};

void beats::add(std::string name, ask pass_on) {
  auto made = std::make_shared<one>();
  made->name = std::move(name);
  made->pass_on = std::move(pass_on);
  all_.push_back(std::move(made));
}

void beats::turn() {
  for (const auto& each : all_) {
    if (!each->answered.exchange(false)) {
      ++each->missed;
      continue; // The beat that was sent is still on its way: there is never more than one.
    }
    each->missed = 0;
    each->pass_on([weak = std::weak_ptr{each}] {
      if (const auto alive = weak.lock())
        alive->answered = true;
    });
  }
}

std::vector<std::string> beats::silent() const {
  std::vector<std::string> names;
  for (const auto& each : all_)
    if (each->missed >= silent_turns_)
      names.push_back(each->name);
  return names;
}

namespace {
struct beat {
  std::function<void()> answer;
};
caf::behavior beating(caf::event_based_actor*) {
  return {[](const beat& b) { b.answer(); }};
}
} // namespace

struct liveness::impl : std::enable_shared_from_this<impl> {
  impl(asio::io_context& on, std::chrono::milliseconds wait) : timer(on), every(wait) {}
  beats all;
  asio::steady_timer timer;
  std::chrono::milliseconds every;
  caf::actor through_scheduler;

  void wait() {
    timer.expires_after(every);
    timer.async_wait([self = shared_from_this()](const boost::system::error_code& ended) {
      if (ended)
        return;
      self->all.turn();
      self->wait();
    });
  }
};

liveness::liveness(caf::actor_system& sys, io& watched, io& own, std::chrono::milliseconds turn_every)
  : impl_(std::make_shared<impl>(own.next(), turn_every)) {
  impl_->through_scheduler = registry::spawn(sys, {"liveness"}, beating);
  impl_->all.add("scheduler",
                 [to = impl_->through_scheduler](auto answer) { caf::anon_send(to, beat{std::move(answer)}); });
  const auto contexts = watched.all();
  for (size_t i = 0; i < contexts.size(); ++i)
    impl_->all.add("io-" + std::to_string(i + 1),
                   [on = contexts[i]](auto answer) { asio::post(*on, std::move(answer)); });
  asio::post(impl_->timer.get_executor(), [to = impl_] { to->wait(); });
}

liveness::~liveness() {
  asio::post(impl_->timer.get_executor(), [to = impl_] { to->timer.cancel(); });
  caf::anon_send_exit(impl_->through_scheduler, caf::exit_reason::user_shutdown);
}

std::vector<std::string> liveness::silent() const { return impl_->all.silent(); }
} // namespace arrakis::net
