#pragma once
// Shared by gateway and webhook: the bound on interactions in work, and the record of a first answer.
#include "actors/ingress/messages.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

namespace arrakis::ingress {

/// Limit of interactions in work: those without a first answer yet, and those whose handler has not replied. It is
/// checked before an interaction enters a mailbox, so users get "busy" in time under any load (P9). Thread-safe. It
/// outlives all slots.
class admission {
public:
  explicit admission(size_t in_flight_max = 512) : in_flight_max_(in_flight_max) {}
  admission(const admission&) = delete;
  admission& operator=(const admission&) = delete;

  /// Takes a slot for the interaction. ec::busy, counted: the limit is reached. A PING needs no slot.
  caf::expected<incoming> admit(std::shared_ptr<const interaction>);
  size_t in_flight() const { return in_flight_.load(); }

private:
  const size_t in_flight_max_;
  std::atomic<size_t> in_flight_{0};
  friend class admission_slot;
};

/// Slot of one interaction in work; its destructor frees the slot.
class admission_slot {
public:
  explicit admission_slot(admission& of) : of_(of), is_free_(of_.in_flight_.fetch_add(1) < of_.in_flight_max_) {}
  ~admission_slot() { of_.in_flight_.fetch_sub(1); }
  admission_slot(const admission_slot&) = delete;
  admission_slot& operator=(const admission_slot&) = delete;

  bool is_free() const { return is_free_; }

private:
  admission& of_;
  const bool is_free_;
};

/// Returns the answer to deliver (by gateway or webhook) for a result of the ingress: its answer, or a sentence for its
/// error. ec::unknown: no answer came, and the sentence says that the work may have been done. Nothing: no answer may
/// be given (ec::conflict: another process answers; ec::refused: another application's interaction), or it would be
/// late; then it is counted as unanswered. Errors are counted and logged once in 10 s, except ec::busy, which admit()
/// counts, and ec::conflict.
std::optional<interaction_answer> to_deliver(const interaction&, caf::expected<interaction_answer> first,
                                             bool in_time = true);

/// Counts a first answer by its `outcome`, a constant such as "direct", "modal", "deferred", "busy" or "failed".
void count_answer(const char* outcome);

/// Result of the delivery of an answer.
enum class delivery {
  answered, ///< Discord took it, or the HTTP response with it was handed to the connection.
  refused,  ///< Discord refused it.
};
/// Counts a delivery, and observes the time since the interaction arrived.
void record_delivery(const interaction&, delivery);

} // namespace arrakis::ingress
