#pragma once
// Requests from code that is no actor: an io thread, a main, a test.
//
//   asker questions{sys};
//   questions.ask(interactions, until, incoming{what}, [respond](caf::expected<answer> first) { ... });
//   auto now = questions.ask_and_wait(pool, until, health{});        // a test, a main: never an io thread
//
// A question costs one entry in a table. No actor is spawned for it: a thread that spawns one holds CAF's logger, and
// with it the actor system, until that thread ends.
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"
#include "runtime/flow/ask.hpp"

#include <caf/actor_system.hpp>
#include <caf/message.hpp>
#include <functional>
#include <future>
#include <memory>

namespace arrakis {

/// Thread-safe. It may end before the actors that it has asked, and before the actor system.
class asker {
public:
  /// The name of a question that is not answered yet.
  using ticket = uint64_t;

  explicit asker(caf::actor_system&);
  ~asker(); ///< Ends open requests with ec::unknown, and cancels them.
  asker(const asker&) = delete;
  asker& operator=(const asker&) = delete;

  /// A deadline `wait` from the system's clock, which is virtual in tests.
  deadline within(std::chrono::milliseconds wait) const;
  /// Asks `to`; `done` is called once with a caf::expected of the answer, on the answering thread, on a worker of CAF
  /// when none comes in time, or on this one before ask() returns: it must be short, and thread-safe. It may ask again.
  /// ec::unknown: no answer by `until`; ec::timeout: `until` had passed, nothing was asked; ec::unavailable: no
  /// receiver.
  template <class Handle, class Message, class Done>
  ticket ask(const Handle& to, deadline until, Message message, Done done) {
    using answer = typename detail::answer_of<caf::response_type_t<typename Handle::signatures, Message>>::type;
    return send({caf::actor_cast<caf::strong_actor_ptr>(to), detail::can_cancel<Handle>::value,
                 [done = std::move(done)](caf::message&& what) mutable { done(answer_in<answer>(std::move(what))); }},
                until, caf::make_message(std::move(message)));
  }
  /// Cancels a request: `done` is not called, unless it has been or is being called. An actor that
  /// can stop (runtime/flow/cancel.hpp) is notified.
  void cancel(ticket);
  /// Asks as ask(), and blocks this thread until the answer arrives.
  template <class Handle, class Message>
  auto ask_and_wait(const Handle& to, deadline until, Message message) {
    using answer = typename detail::answer_of<caf::response_type_t<typename Handle::signatures, Message>>::type;
    std::promise<caf::expected<answer>> promise;
    auto result = promise.get_future();
    ask(to, until, std::move(message), [&](caf::expected<answer> x) { promise.set_value(std::move(x)); });
    return result.get();
  }
  /// Questions without an answer.
  size_t size() const;

private:
  struct question {
    caf::strong_actor_ptr to;
    bool may_stop = false;
    std::function<void(caf::message&&)> done;
  };
  class sender;

  ticket send(question, deadline until, caf::message what);

  template <class Answer>
  static caf::expected<Answer> answer_in(caf::message&& what) {
    if constexpr (std::is_same_v<Answer, caf::unit_t>) {
      if (what.empty())
        return caf::unit;
    } else if (what.match_elements<Answer>()) {
      return std::move(what.get_mutable_as<Answer>(0));
    }
    if (what.match_elements<caf::error>())
      return what.get_as<caf::error>(0);
    return fail(ec::internal, "an answer of another type");
  }

  caf::actor_system& system_;
  caf::strong_actor_ptr sender_;
};
} // namespace arrakis
