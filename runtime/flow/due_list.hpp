#pragma once
// The open deadlines of one owner in their order, and what they need of the owner's one timer.
//
// To set a timer of CAF's clock, or to take it back, wakes the clock's thread: about as much as all else that a request
// costs. Most requests are answered long before their deadline. So the timer does not follow each of them: it stays
// set for a deadline that has gone, fires too early, and is then set for the earliest deadline that is open.
#include <boost/intrusive/set.hpp>
#include <chrono>
#include <cstdint>

namespace arrakis::detail {

/// Not thread-safe.
class due_list {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using hook = boost::intrusive::set_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

  /// One deadline. It leaves its list when it is destroyed; remove() also says what the timer needs.
  class entry : public hook {
  public:
    entry() = default;
    entry(const entry&) = delete;
    entry& operator=(const entry&) = delete;
    bool is_open() const { return is_linked(); }
    friend bool operator<(const entry& a, const entry& b) { return a.due_ < b.due_; }

  private:
    friend class due_list;
    time_point due_;
  };

  /// The change that the timer needs.
  enum class step : uint8_t {
    none,
    set,      ///< For earliest(), in the place of the one that may be set.
    take_back ///< Nothing is open, and the timer would keep the owner in memory for long.
  };

  [[nodiscard]] step add(entry& of, time_point due) {
    of.due_ = due;
    open_.insert(open_.end(), of); // Mostly the last; equal ones stay in the order of their coming.
    return is_set_ && timer_ <= due ? step::none : step::set;
  }
  [[nodiscard]] step remove(entry& of) {
    of.unlink();
    return is_set_ && is_far_ && open_.empty() ? step::take_back : step::none;
  }
  /// Takes out the earliest entry that is due; none when none is.
  entry* take_due(time_point now) {
    if (open_.empty() || open_.begin()->due_ > now)
      return nullptr;
    auto& first = *open_.begin();
    first.unlink();
    return &first;
  }
  bool empty() const { return open_.empty(); }
  /// Of a list that is not empty.
  time_point earliest() const { return open_.begin()->due_; }

  /// The timer is set for earliest().
  void timer_is_set(time_point now) {
    is_set_ = true;
    timer_ = earliest();
    is_far_ = timer_ - now > near;
  }
  /// The timer has fired, or was taken back.
  void timer_is_gone() { is_set_ = false; }
  bool has_timer() const { return is_set_; }
  /// When the timer fires.
  time_point timer() const { return timer_; }

private:
  /// How long a timer may be left set for nothing. CAF's clock holds a strong reference to the owner for that time.
  static constexpr std::chrono::minutes near{1};

  boost::intrusive::multiset<entry, boost::intrusive::base_hook<hook>, boost::intrusive::constant_time_size<false>>
    open_;
  time_point timer_;
  bool is_set_ = false, is_far_ = false;
};
} // namespace arrakis::detail
