#pragma once
// The points that a deployment passes. They are recorded, so that a new step is covered without being listed.
#include "tests/crash/taps.hpp"

#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace arrakis::crash {

/// The points of one run.
struct recording {
  std::vector<point> points; ///< In their order.
  std::chrono::milliseconds length{};
};

/// The points of several runs, by how surely they come.
struct course {
  std::vector<point> sure;          ///< In every recording, of a step that neither idle time nor the clock explains.
  std::vector<point> loose;         ///< Points that depend on time, such as edits of progress: they may not come.
  std::set<std::string> background; ///< Steps that go on also when nothing is deployed.
};

/// A step is background when an idle time explains all that the recordings have of it: no recording holds more than one
/// and a half times what passes in as long an idle time.
course course_of(const recording& idle, const std::vector<recording>& runs);

/// Each point with its number among `count` draws without repetition; the same for the same seed.
std::vector<size_t> drawn(size_t from, size_t count, uint64_t seed);

} // namespace arrakis::crash
