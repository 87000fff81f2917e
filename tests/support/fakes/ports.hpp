#pragma once
// How a fake is reached as a port: at once, or as a simulation says: late, without its effect, without an answer.
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"
#include "runtime/message.hpp"

#include <caf/result.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string_view>

namespace arrakis::test {

/// To itself: something that was to happen after a while.
struct later {
  std::function<void()> run;
};

/// The fate of one call.
struct turn {
  std::chrono::milliseconds before{0}; ///< Until it arrives.
  std::chrono::milliseconds after{0};  ///< Until its answer is back.
  bool effect = true;
  bool answer = true;
  std::optional<ec> instead; ///< Answered in place of the result.
};

/// The way of one process to one port; outlives the actors that use it. `open` ends with the process: nothing of it
/// arrives any more, and nothing comes back; what had arrived goes on.
struct way {
  bool open = true;
  std::function<turn(std::string_view verb)> draw; ///< Empty: at once.
};

/// Turns an expected value into the result of a handler.
template <class R>
caf::result<R> to_result(caf::expected<R> x) {
  if (!x)
    return std::move(x.error());
  return std::move(*x);
}

/// Runs `what` in `self`, now or after `wait`.
template <class Self>
void run_after(Self self, std::chrono::milliseconds wait, std::function<void()> what) {
  if (wait.count() <= 0)
    what();
  else
    self->delayed_send(self, wait, later{std::move(what)});
}

/// Answers `m` with `body(m)`, by the way `by` (null: at once). `self` is of Handle::extend<caf::reacts_to<later>>.
template <class R, class Self, class Message, class F>
caf::result<R> through(Self self, const way* by, std::string_view verb, const Message& m, F body) {
  if constexpr (requires { m.until; })
    if (m.until.passed(self->clock().now()))
      return fail(ec::timeout, "the deadline has passed");
  if (by && !by->open) {
    self->template make_response_promise<R>();
    return caf::delegated<R>{};
  }
  const auto t = by && by->draw ? by->draw(verb) : turn{};
  if (t.before.count() == 0 && t.after.count() == 0 && t.effect && t.answer && !t.instead)
    return to_result<R>(body(m));
  auto reply = self->template make_response_promise<R>();
  run_after(self, t.before, [=]() mutable {
    bool late = false;
    if constexpr (requires { m.until; })
      late = m.until.passed(self->clock().now());
    auto result = late     ? failed<R>(ec::timeout, "the deadline passed on the way")
                : t.effect ? caf::expected<R>{body(m)}
                           : failed<R>(ec::unknown, "no effect, no answer");
    run_after(self, t.after, [=]() mutable {
      if (!t.answer || !by->open)
        return;
      if (t.instead)
        reply.deliver(fail(*t.instead, "a fault drawn by the simulation"));
      else if (!result)
        reply.deliver(result.error());
      else
        reply.deliver(std::move(*result));
    });
  });
  return caf::delegated<R>{};
}

} // namespace arrakis::test
