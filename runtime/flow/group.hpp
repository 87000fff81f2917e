#pragma once
// Several conversations at once, inside one flow. A member is a flow, or an ask. The members run interleaved on their
// actor and begin in the order given.
//
//   auto [role, channel] = co_await when_all(ask(self, rest, until, get_role), ask(self, rest, until, get_channel));
//   auto all = co_await when_all(std::move(reads));      // of std::vector<flow<T>>: a std::vector<T>
//   auto both = co_await all_or_error(ask(...), ask(...)); // caf::expected<std::tuple<...>>: the first error ends it
//   auto first = co_await when_any(std::move(tries));    // {index, value}; the other tries are cancelled
//
// With `self, until` in front a group has a deadline of its own, whatever its members wait for.
//
// A group ends its members that it needs no more by destroying them, which cancels what they have asked
// (runtime/flow/cancel.hpp). The same happens when the flow that awaits the group is destroyed. An exception that
// leaves a member ends the group and leaves it.
#include "runtime/flow/ask.hpp"
#include "runtime/flow/coroutine.hpp"

#include <tuple>
#include <variant>
#include <vector>

namespace arrakis {
/// The member of a group that has ended first: its index, and what it gave.
template <class T>
struct first_of {
  size_t index = 0;
  T value;
};

namespace detail {
template <class A>
struct is_flow : std::false_type {};
template <class T>
struct is_flow<flow<T>> : std::true_type {};

template <class T>
flow<T> as_flow(flow<T> work) {
  return work;
}
template <class A>
  requires(!is_flow<A>::value)
auto as_flow(A waits) -> flow<decltype(waits.await_resume())> {
  co_return co_await std::move(waits);
}
template <class A>
using flow_of = decltype(as_flow(std::declval<A>()));
template <class A>
using taken_from = typename flow_of<A>::taken;

template <class T>
struct is_expected : std::false_type {};
template <class T>
struct is_expected<caf::expected<T>> : std::true_type {};
template <class A>
inline constexpr bool may_fail = is_expected<taken_from<A>>::value;

template <class Self>
flow<> sleep_until(Self* self, deadline until) {
  co_await nap(self, until.left(self->clock().now()));
}

/// Base of all groups: begins the members, notes their ends, and resumes the awaiting flow once.
class group : public listener {
public:
  group() = default;
  group(const group&) = delete;
  group& operator=(const group&) = delete;
  bool await_ready() const { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> caller) {
    timer_ = caller.promise().timer;
    if (deadline_)
      begin(*deadline_, of_the_deadline);
    in_time_ = !decided_;
    begin_members();
    decided_ |= left_ == 0;
    caller_ = caller; // Only now: a member that ends while others begin must not let the caller go on below us.
    return !decided_;
  }
  std::coroutine_handle<> flow_ended(promise_base& ended) noexcept final {
    if (ended.place != of_the_deadline)
      --left_;
    if (decided_)
      return std::noop_coroutine();
    decided_ = left_ == 0 || ended.thrown || ended.place == of_the_deadline || is_enough(ended.place);
    if (!decided_)
      return std::noop_coroutine();
    by_ = ended.place;
    return caller_ ? caller_ : std::noop_coroutine();
  }
  /// The member whose end has ended the group.
  size_t decided_by() const { return by_; }
  /// Has the deadline ended it?
  bool is_late() const { return by_ == of_the_deadline; }
  /// Result of a member that has not ended by the deadline.
  caf::error late() const {
    return in_time_ ? fail(ec::unknown, "no answer by the deadline of the group")
                    : fail(ec::timeout, "the deadline has passed");
  }

protected:
  ~group() = default;
  virtual void begin_members() = 0;
  /// Does the end of this member end the group, though others have not ended?
  virtual bool is_enough(size_t place) noexcept = 0;

  template <class T>
  void begin(flow<T>& member, size_t place) {
    if (decided_)
      return;
    member.promise().told = this;
    member.promise().place = place;
    member.promise().timer = timer_;
    member.begin();
  }
  void end_at(flow<> deadline) { deadline_.emplace(std::move(deadline)); }
  size_t left_ = 0; // Members that have not ended.

private:
  static constexpr size_t of_the_deadline = SIZE_MAX;
  size_t by_ = 0; // The member that ended the group.
  flow_timer* timer_ = nullptr;
  std::optional<flow<>> deadline_;
  bool decided_ = false, in_time_ = true;
  std::coroutine_handle<> caller_;
};

/// Members with results of different types.
template <class... Flows>
class tuple_of {
public:
  explicit tuple_of(Flows... members) : list(std::move(members)...) {}
  static constexpr size_t size() { return sizeof...(Flows); }
  template <class F>
  void each(F&& f) {
    std::apply(
      [&](auto&... member) {
        size_t place = 0;
        (f(member, place++), ...);
      },
      list);
  }
  /// Results of `f` for each.
  template <class F>
  auto map(F&& f) {
    return std::apply([&](auto&... member) { return std::tuple<decltype(f(member))...>{f(member)...}; }, list);
  }
  /// Result of one member.
  std::variant<typename Flows::taken...> take(size_t place) { return take_from<0>(place); }
  std::tuple<Flows...> list;

private:
  template <size_t I>
  std::variant<typename Flows::taken...> take_from(size_t place) {
    if constexpr (I + 1 < sizeof...(Flows))
      if (place != I)
        return take_from<I + 1>(place);
    return std::variant<typename Flows::taken...>{std::in_place_index<I>, std::get<I>(list).take()};
  }
};

/// Members with results of one type.
template <class T>
class list_of {
public:
  explicit list_of(std::vector<flow<T>> members) : list(std::move(members)) {}
  size_t size() const { return list.size(); }
  template <class F>
  void each(F&& f) {
    for (size_t i = 0; i < list.size(); ++i)
      f(list[i], i);
  }
  template <class F>
  auto map(F&& f) {
    std::vector<decltype(f(list.front()))> out;
    out.reserve(list.size());
    for (auto& member : list)
      out.push_back(f(member));
    return out;
  }
  first_of<typename flow<T>::taken> take(size_t place) { return {place, list[place].take()}; }
  std::vector<flow<T>> list;
};

/// All that a group has in common with others of the same members. `Rule` says when it ends and what it gives.
template <class Members, class Rule>
class [[nodiscard]] gathering : public group {
public:
  explicit gathering(Members members) : members_(std::move(members)) { left_ = members_.size(); }
  gathering(flow<> deadline, Members members) : gathering(std::move(members)) { end_at(std::move(deadline)); }
  auto await_resume() {
    members_.each([](auto& member, size_t) {
      if (member.ended() && member.promise().thrown)
        member.take();
    });
    return Rule::result(members_, *this);
  }

private:
  void begin_members() final {
    members_.each([this](auto& member, size_t place) { this->begin(member, place); });
  }
  bool is_enough(size_t place) noexcept final { return Rule::is_enough(members_, place); }
  Members members_;
};

/// All members have to end.
struct wait_for_all {
  template <class Members>
  static bool is_enough(Members&, size_t) noexcept {
    return false;
  }
  template <class Members>
  static auto result(Members& members, const group& of) {
    return members.map([&]<class T>(flow<T>& member) -> typename flow<T>::taken {
      if constexpr (is_expected<T>::value)
        if (!member.ended())
          return of.late();
      return member.take();
    });
  }
};

/// All have to end well; the first error ends them.
struct wait_for_all_or_error {
  template <class Members>
  static bool is_enough(Members& members, size_t place) noexcept {
    bool failed = false;
    members.each([&](auto& member, size_t at) { failed |= at == place && !*member.result(); });
    return failed;
  }
  template <class Members>
  static auto result(Members& members, const group& of) {
    caf::error failed;
    members.each([&](auto& member, size_t at) {
      if (at == of.decided_by() && !*member.result())
        failed = member.take().error();
    });
    if (of.is_late())
      failed = of.late();
    const auto values = [&] { return members.map([](auto& member) { return std::move(*member.take()); }); };
    using result = caf::expected<decltype(values())>;
    return failed ? result{std::move(failed)} : result{values()};
  }
};

/// One is enough.
struct wait_for_any {
  template <class Members>
  static bool is_enough(Members&, size_t) noexcept {
    return true;
  }
  template <class Members>
  static auto result(Members& members, const group& of) {
    return members.take(of.decided_by());
  }
};
/// One is enough, in time.
struct wait_for_any_in_time : wait_for_any {
  template <class Members>
  static auto result(Members& members, const group& of) {
    using result = caf::expected<decltype(members.take(0))>;
    return of.is_late() ? result{of.late()} : result{members.take(of.decided_by())};
  }
};

template <class... Members>
auto members_of(Members... members) {
  return tuple_of<flow_of<Members>...>{as_flow(std::move(members))...};
}
template <class T>
auto members_of(std::vector<flow<T>> members) {
  return list_of<T>{std::move(members)};
}
template <class Rule, class Members>
auto gather(Members members) {
  return gathering<Members, Rule>{std::move(members)};
}
template <class Rule, class Self, class Members>
auto gather_until(Self* self, deadline until, Members members) {
  return gathering<Members, Rule>{sleep_until(self, until), std::move(members)};
}
template <class A>
concept is_member = is_flow<A>::value || requires(A a) { a.await_resume(); };
} // namespace detail

/// Waits for all: a std::tuple of their results (caf::unit for void).
template <detail::is_member... Members>
auto when_all(Members... members) {
  return detail::gather<detail::wait_for_all>(detail::members_of(std::move(members)...));
}
/// Runs members of one type: gives a std::vector.
template <class T>
auto when_all(std::vector<flow<T>> members) {
  return detail::gather<detail::wait_for_all>(detail::members_of(std::move(members)));
}
/// Runs a group with a deadline. Each member gives a caf::expected; for one that has not ended by then it is
/// ec::unknown, or ec::timeout when none was begun because the deadline had passed before.
template <class Self, detail::is_member... Members>
auto when_all(Self* self, deadline until, Members... members) {
  static_assert((detail::may_fail<Members> && ...), "a member that may be late gives a caf::expected");
  return detail::gather_until<detail::wait_for_all>(self, until, detail::members_of(std::move(members)...));
}
template <class Self, class T>
auto when_all(Self* self, deadline until, std::vector<flow<T>> members) {
  static_assert(detail::is_expected<T>::value, "a member that may be late gives a caf::expected");
  return detail::gather_until<detail::wait_for_all>(self, until, detail::members_of(std::move(members)));
}

/// Waits for all, of which each gives a caf::expected, and ends them at the first error: a caf::expected of the
/// std::tuple, or std::vector, of the values.
template <detail::is_member... Members>
auto all_or_error(Members... members) {
  return detail::gather<detail::wait_for_all_or_error>(detail::members_of(std::move(members)...));
}
template <class T>
auto all_or_error(std::vector<flow<T>> members) {
  return detail::gather<detail::wait_for_all_or_error>(detail::members_of(std::move(members)));
}
/// Runs with a deadline: ec::unknown, or ec::timeout when it had passed before.
template <class Self, detail::is_member... Members>
auto all_or_error(Self* self, deadline until, Members... members) {
  return detail::gather_until<detail::wait_for_all_or_error>(self, until, detail::members_of(std::move(members)...));
}
template <class Self, class T>
auto all_or_error(Self* self, deadline until, std::vector<flow<T>> members) {
  return detail::gather_until<detail::wait_for_all_or_error>(self, until, detail::members_of(std::move(members)));
}

/// Waits for the first that ends, well or not, and cancels the others: a std::variant whose index says which it was.
template <detail::is_member... Members>
auto when_any(Members... members) {
  static_assert(sizeof...(members) > 0, "somebody has to end");
  return detail::gather<detail::wait_for_any>(detail::members_of(std::move(members)...));
}
/// Runs members of one type, at least one: gives a first_of.
template <class T>
auto when_any(std::vector<flow<T>> members) {
  ARRAKIS_ASSERT(!members.empty(), "somebody has to end");
  return detail::gather<detail::wait_for_any>(detail::members_of(std::move(members)));
}
/// Runs with a deadline: a caf::expected, with ec::unknown when none has ended, or ec::timeout when none was begun.
template <class Self, detail::is_member... Members>
auto when_any(Self* self, deadline until, Members... members) {
  return detail::gather_until<detail::wait_for_any_in_time>(self, until, detail::members_of(std::move(members)...));
}
template <class Self, class T>
auto when_any(Self* self, deadline until, std::vector<flow<T>> members) {
  ARRAKIS_ASSERT(!members.empty(), "somebody has to end");
  return detail::gather_until<detail::wait_for_any_in_time>(self, until, detail::members_of(std::move(members)));
}
} // namespace arrakis
