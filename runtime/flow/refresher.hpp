#pragma once
// Cached data of a store, refreshed by periodic reads.
#include "runtime/flow/flows.hpp"

#include <caf/error.hpp>
#include <functional>

namespace arrakis {

/// Runs the readings of one actor, of which at most one is under way. It is a member of that actor's state and ends
/// with it.
///   self->state.readings.emplace([self] { return read_changes(self); }, refresher::events{"fences.away",
///   "fences.back"});
class refresher {
public:
  /// Log events: the first failure after a success is a warning with its error, the first success after it is logged
  /// too. Both texts outlive the refresher.
  struct events {
    const char* failed;
    const char* recovered;
  };
  /// `read` starts one reading; its result is none, or why the store could not be read.
  refresher(std::function<flow<caf::error>()> read, events names) : read_(std::move(read)), names_(names) {}
  refresher(const refresher&) = delete;
  refresher& operator=(const refresher&) = delete;

  /// Starts a reading at once. If one is under way, one more follows it, because it may have missed the change, however
  /// often this is called meanwhile.
  void read_now();
  /// Starts a reading, unless one is under way.
  void read_if_idle();

private:
  static flow<> run(refresher* self);

  const std::function<flow<caf::error>()> read_;
  const events names_;
  bool reading_ = false;
  bool again_ = false;
  bool failing_ = false;
  flows flows_; ///< The last member: its flow uses the others.
};
} // namespace arrakis
