#pragma once
// What both ways in do alike, each once: the bound on interactions in work, and what is recorded of a first answer.
#include "actors/ingress/messages.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>

namespace arrakis::ingress {

/// The bound on interactions in work: those whose first answer is not out, and those whose handler has not replied. It
/// is asked before an interaction waits in any mailbox, so that users hear "busy" in time however much waits (P9).
/// Thread-safe. It outlives all places.
class admission {
public:
  explicit admission(size_t in_flight_max = 512) : in_flight_max_(in_flight_max) {}
  admission(const admission&) = delete;
  admission& operator=(const admission&) = delete;

  /// ec::busy, counted: as many are in work as may be. A PING needs no place.
  caf::expected<incoming> admit(std::shared_ptr<const interaction>);
  size_t in_flight() const { return in_flight_.load(); }

private:
  const size_t in_flight_max_;
  std::atomic<size_t> in_flight_{0};
  friend class place;
};

/// A place among those in work, as long as it lives.
class place {
public:
  explicit place(admission& of) : of_(of), is_free_(of_.in_flight_.fetch_add(1) < of_.in_flight_max_) {}
  ~place() { of_.in_flight_.fetch_sub(1); }
  place(const place&) = delete;
  place& operator=(const place&) = delete;

  bool is_free() const { return is_free_; }

private:
  admission& of_;
  const bool is_free_;
};

/// What became of a first answer.
enum class delivery {
  answered,   ///< Discord took it, or the HTTP response with it was handed to the connection.
  refused,    ///< Discord refused it.
  unanswered, ///< There was none in time, or none may be given.
};
/// Counts it, and observes the time since the interaction came in.
void record_delivery(const interaction&, delivery);
/// Counts it, and logs why, once in 10 s; that it was taken before is no news: whoever took it answers.
void record_unanswered(const interaction&, const caf::error& why);

} // namespace arrakis::ingress
