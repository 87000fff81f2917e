#pragma once
// Calls of Redis from inside an actor, without a hop through the port's actor. Each call has a ticket; its reply comes
// back as a message and resumes the continuation of that ticket, inside the actor.
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

/// Results of calls, sent to the actor that made them; part of its extended handle.
struct arrived {
  /// One call's result.
  struct one {
    uint64_t ticket;
    caf::expected<reply> result;
  };
  std::vector<one> results;
};

namespace detail {
/// Smallest batch of replies that is worth a message. Replies are delivered once half of the outstanding calls have
/// arrived, at least this many, so that Redis and the actor work in parallel.
inline constexpr size_t batch_min = 16;
/// Number of replies after which a batch is delivered, for `open` outstanding calls.
inline size_t batch_size(size_t open) { return std::max(batch_min, open / 2); }

/// Collects the results of one actor's calls on the io thread until they fill a batch.
class reply_batch : public receiver {
public:
  std::atomic<size_t> open{0}; ///< Outstanding calls; written by the actor only.

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
  /// Keeps the actor alive while it has outstanding calls. Without any it may end as an unreachable actor does.
  template <class Handle>
  void hold(const Handle& to) {
    std::scoped_lock lock{guard_};
    to_ = caf::actor_cast<caf::strong_actor_ptr>(to);
  }
  void release() {
    std::unique_lock lock{guard_};
    const auto last = std::exchange(to_, nullptr);
    lock.unlock(); // `last` may be the last reference to the actor, whose state owns this object.
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

/// Outstanding calls of one actor; a member of its state. A reply after the actor's end is dropped.
class calls {
public:
  using then = std::function<void(caf::expected<reply>&)>;
  calls() = default;
  calls(const calls&) = delete;
  calls& operator=(const calls&) = delete;

  /// Opens a ticket; pass the result to a link. `self`: the actor, as a handle that accepts `arrived`.
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
  /// Runs the continuations. A continuation may use its result until its next co_await.
  void deliver(arrived& what) {
    for (auto& [ticket, result] : what.results) {
      const auto next = std::exchange(places_[ticket], nullptr);
      free_.push_back(ticket); // Each ticket comes back once, so a reused number cannot receive an old result.
      replies_->open.store(size() - 1, std::memory_order_relaxed);
      if (next)
        next(result);
    }
    if (size() == 0)
      replies_->release();
  }
  /// Drops the continuation: the command still runs, and its reply is ignored.
  void forget(uint64_t ticket) { places_[ticket] = nullptr; }
  size_t size() const { return replies_->open.load(std::memory_order_relaxed); }
  /// Number of calls after which a `batch` should be sent: half of the outstanding ones, to keep the server busy.
  size_t batch_size() const { return detail::batch_size(size()); }

private:
  std::shared_ptr<detail::reply_batch> replies_ = std::make_shared<detail::reply_batch>();
  std::vector<then> places_; // By ticket.
  std::vector<uint64_t> free_;
};

namespace detail {
template <class Self, class Start>
class [[nodiscard]] call_awaiter : public suspending<call_awaiter<Self, Start>> {
public:
  call_awaiter(Self* self, calls& open, Start start) : self_(self), open_(open), start_(std::move(start)) {}
  /// May be moved only before it is awaited.
  call_awaiter(call_awaiter&& other) noexcept
    : self_(other.self_), open_(other.open_), start_(std::move(other.start_)) {}
  call_awaiter& operator=(call_awaiter&&) = delete;
  ~call_awaiter() {
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
  std::optional<uint64_t> ticket_; // Ticket of the pending call.
  std::optional<caf::expected<reply>> result_;
};
} // namespace detail

/// Awaits, inside a flow (runtime/flow.hpp), the result of a call: `start` receives the `done` to pass to a link.
/// `self` accepts `arrived`.
template <class Self, class Start>
auto call(Self* self, calls& open, Start start) {
  return detail::call_awaiter<Self, Start>{self, open, std::move(start)};
}

/// Awaits the reply of one command.
template <class Self>
auto run(Self* self, calls& open, const link& to, command what) {
  return call(self, open, [&to, what = std::move(what)](done answer) { to.command(what, std::move(answer)); });
}
} // namespace arrakis::redis
