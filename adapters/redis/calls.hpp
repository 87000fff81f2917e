#pragma once
// How an actor calls Redis itself, without a hop through the port's actor: each call has a ticket; the reply comes back
// as a message and finds its continuation by that ticket, on the actor's own thread of the moment.
//
//   struct state { redis::calls redis; flows running; };                   // `arrived` goes to redis.deliver(x)
//   redis::command get{{"GET"}, {key}, {}, until};
//   auto r = co_await redis::run(self, self->state.redis, to, std::move(get));           // caf::expected<reply>
#include "adapters/redis/link.hpp"
#include "runtime/flow/suspension.hpp"

#include <algorithm>
#include <atomic>
#include <caf/send.hpp>
#include <functional>
#include <mutex>
#include <optional>

namespace arrakis::redis {

/// The ends of calls; internal to the actor that made them, so part of its own extended handle.
struct arrived {
  struct one {
    uint64_t ticket;
    caf::expected<reply> result;
  };
  std::vector<one> results;
};

namespace detail {
/// A server that answers a full pipeline at once would wait while all of it is worked through here. So the actor begins
/// to send, and the server to work, when half of what is open has come; but less than this is not worth a hand-over.
inline constexpr size_t batch_min = 16;
inline size_t batch_size(size_t open) { return std::max(batch_min, open / 2); }

/// Gathers the results of one actor's calls, on the io thread, until they are worth a message.
class reply_batch : public receiver {
public:
  std::atomic<size_t> open{0}; ///< Calls of the actor, which alone writes it.

  void take(uint64_t ticket, caf::expected<reply>&& result) final {
    std::unique_lock lock{guard_};
    if (gathered_.capacity() == 0)
      gathered_.reserve(batch_min);
    gathered_.push_back({ticket, std::move(result)});
    if (gathered_.size() >= batch_size(open.load(std::memory_order_relaxed)))
      post(std::move(lock));
  }
  void flush() final {
    if (std::unique_lock lock{guard_}; !gathered_.empty())
      post(std::move(lock));
  }
  /// While calls are open their actor is held; between them it may end like any other that nobody knows.
  template <class Handle>
  void hold(const Handle& to) {
    std::scoped_lock lock{guard_};
    to_ = caf::actor_cast<caf::strong_actor_ptr>(to);
  }
  void release() {
    std::unique_lock lock{guard_};
    const auto last = std::exchange(to_, nullptr);
    lock.unlock(); // It may be the last that knew the actor, whose state owns us.
  }

private:
  void post(std::unique_lock<std::mutex> lock) {
    auto results = std::exchange(gathered_, {});
    const auto to = to_;
    lock.unlock();
    if (to)
      to->enqueue(caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, arrived{std::move(results)}), nullptr);
  }

  std::mutex guard_;
  std::vector<arrived::one> gathered_;
  caf::strong_actor_ptr to_;
};
} // namespace detail

/// The open calls of one actor; a member of its state. A reply that comes after the actor's end finds nobody.
class calls {
public:
  using then = std::function<void(caf::expected<reply>&)>;
  calls() = default;
  calls(const calls&) = delete;
  calls& operator=(const calls&) = delete;

  /// Opens a ticket; the result goes to a link. `self` is the actor as a handle that takes `arrived`.
  template <class Handle>
  done open(const Handle& self, then next) {
    if (size() == 0)
      replies_->hold(self);
    replies_->open.store(size() + 1, std::memory_order_relaxed);
    if (free_.empty()) {
      free_.push_back(places_.size());
      places_.emplace_back();
    }
    const auto ticket = free_.back();
    free_.pop_back();
    places_[ticket] = std::move(next);
    return {replies_, ticket};
  }
  /// The continuations run here; a result that they only look at is theirs until they wait again.
  void deliver(arrived& what) {
    for (auto& [ticket, result] : what.results) {
      const auto next = std::exchange(places_[ticket], nullptr);
      free_.push_back(ticket); // Each ticket comes back once, so nobody else's result can follow under its number.
      replies_->open.store(size() - 1, std::memory_order_relaxed);
      if (next)
        next(result);
    }
    if (size() == 0)
      replies_->release();
  }
  /// Nobody waits for the result any more: the command runs, and its reply finds nobody.
  void forget(uint64_t ticket) { places_[ticket] = nullptr; }
  size_t size() const { return replies_->open.load(std::memory_order_relaxed); }
  /// So many calls are worth a write (`batch`): half of what is open, so that the server never waits for all of it.
  size_t batch_size() const { return detail::batch_size(size()); }

private:
  std::shared_ptr<detail::reply_batch> replies_ = std::make_shared<detail::reply_batch>();
  std::vector<then> places_; // By ticket.
  std::vector<uint64_t> free_;
};

namespace detail {
template <class Self, class Start>
class [[nodiscard]] calling : public suspending<calling<Self, Start>> {
public:
  calling(Self* self, calls& open, Start start) : self_(self), open_(open), start_(std::move(start)) {}
  /// Before it is awaited only.
  calling(calling&& other) noexcept : self_(other.self_), open_(other.open_), start_(std::move(other.start_)) {}
  calling& operator=(calling&&) = delete;
  ~calling() {
    if (ticket_)
      open_.forget(*ticket_);
  }
  void suspended() {
    auto done = open_.open(caf::strong_actor_ptr{self_->ctrl()}, [this](caf::expected<reply>& result) {
      ticket_.reset();
      result_.emplace(std::move(result));
      this->resume();
    });
    ticket_ = done.ticket();
    start_(std::move(done));
  }
  caf::expected<reply> await_resume() { return std::move(*result_); }

private:
  Self* self_;
  calls& open_;
  Start start_;
  std::optional<uint64_t> ticket_; // Of the call that is waited for.
  std::optional<caf::expected<reply>> result_;
};
} // namespace detail

/// Waits, inside a flow (runtime/flow.hpp), for what `start` sends: it gets the link's `done`. `self` takes
/// `arrived`.
template <class Self, class Start>
auto call(Self* self, calls& open, Start start) {
  return detail::calling<Self, Start>{self, open, std::move(start)};
}

/// The same for one command.
template <class Self>
auto run(Self* self, calls& open, const link& to, command what) {
  return call(self, open, [&to, what = std::move(what)](done answer) { to.command(what, std::move(answer)); });
}
} // namespace arrakis::redis
