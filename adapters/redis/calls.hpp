#pragma once
// How an actor calls Redis itself, without a hop through the port's actor: each call has a ticket; the reply comes back
// as a message and finds its continuation by that ticket, on the actor's own thread of the moment.
//
//   struct state { flows running; redis::calls redis; };                   // `arrived` goes to redis.deliver(x)
//   auto r = co_await redis::run(self, self->state.redis, to, {"GET", key}, until);       // caf::expected<reply>
#include "adapters/redis/client.hpp"

#include <caf/send.hpp>
#include <coroutine>
#include <functional>
#include <optional>
#include <unordered_map>

namespace arrakis::redis {

/// The end of a call; internal to the actor that made it, so part of its own extended handle.
struct arrived {
  uint64_t ticket = 0;
  caf::expected<reply> result;
};

/// The open calls of one actor; a member of its state. A reply that comes after the actor's end finds nobody.
class calls {
public:
  using then = std::function<void(caf::expected<reply>&)>;

  /// Opens a ticket; the result goes to a client. `self` is the actor as a handle that takes `arrived`.
  template <class Handle>
  client::done open(Handle self, then next) {
    const auto ticket = ++last_;
    open_.emplace(ticket, std::move(next));
    return [self = std::move(self), ticket](caf::expected<reply> result) {
      caf::anon_send(self, arrived{ticket, std::move(result)});
    };
  }
  void deliver(arrived& what) {
    if (auto found = open_.extract(what.ticket))
      found.mapped()(what.result);
  }
  size_t size() const { return open_.size(); }

private:
  uint64_t last_ = 0;
  std::unordered_map<uint64_t, then> open_;
};

namespace detail {
template <class Handle, class Start>
class [[nodiscard]] calling {
public:
  calling(Handle self, calls& open, Start start) : self_(std::move(self)), open_(open), start_(std::move(start)) {}
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> caller) {
    start_(open_.open(self_, [this, caller](caf::expected<reply>& result) {
      result_.emplace(std::move(result));
      caller.resume();
    }));
  }
  caf::expected<reply> await_resume() { return std::move(*result_); }

private:
  Handle self_;
  calls& open_;
  Start start_;
  std::optional<caf::expected<reply>> result_;
};
} // namespace detail

/// Waits, inside a flow (runtime/flow.hpp), for what `start` sends: it gets the client's `done`. `self` is the actor as
/// a handle that takes `arrived`.
template <class Handle, class Start>
auto call(Handle self, calls& open, Start start) {
  return detail::calling<Handle, Start>{std::move(self), open, std::move(start)};
}

/// The same for one command.
template <class Handle>
auto run(Handle self, calls& open, const client& to, std::vector<std::string> argv, deadline until) {
  return call(std::move(self), open, [&to, argv = std::move(argv), until](client::done done) mutable {
    to.command(std::move(argv), until, std::move(done));
  });
}
} // namespace arrakis::redis
