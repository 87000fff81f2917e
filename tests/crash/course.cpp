#include "tests/crash/course.hpp"

#include "tests/crash/wire.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

namespace arrakis::crash {
namespace {
std::map<std::string, int> counts_of(const recording& r) {
  std::map<std::string, int> out;
  for (const auto& p : r.points)
    ++out[p.step];
  return out;
}
constexpr double slack = 1.5; // Periodic steps are not evenly spread.
} // namespace

course course_of(const recording& idle, const std::vector<recording>& runs) {
  const auto still = counts_of(idle);
  std::map<std::string, std::pair<int, int>> bounds; // Of each step: least and most over all recordings.
  std::set<std::string> more;                        // Than idle time explains.
  for (const auto& run : runs)
    for (const auto& [step, count] : counts_of(run)) {
      auto& [least, most] = bounds.try_emplace(step, count, 0).first->second;
      least = std::min(least, count);
      most = std::max(most, count);
      const auto found = still.find(step);
      const double by_itself = found == still.end()
                               ? 0
                               : static_cast<double>(found->second) * slack * static_cast<double>(run.length.count())
                                   / static_cast<double>(idle.length.count());
      if (count > by_itself)
        more.insert(step);
    }
  course out;
  std::set<point> told;
  for (const auto& run : runs)
    for (const auto& p : run.points) {
      if (!more.contains(p.step)) {
        out.background.insert(p.step);
        continue;
      }
      if (!told.insert(p).second)
        continue;
      const bool regular = !still.contains(p.step) && !comes_by_the_clock(p.step);
      const bool everywhere = regular && std::ranges::all_of(runs, [&](const recording& r) {
                                return std::ranges::find(r.points, p) != r.points.end();
                              });
      (everywhere ? out.sure : out.loose).push_back(p);
    }
  return out;
}

std::vector<size_t> drawn(size_t from, size_t count, uint64_t seed) {
  std::vector<size_t> all(from);
  std::iota(all.begin(), all.end(), size_t{0});
  std::mt19937_64 chance{seed};
  // Not std::shuffle, whose result is the library's own affair.
  for (size_t i = 0; i < std::min(count, from); ++i)
    std::swap(all[i], all[i + chance() % (from - i)]);
  all.resize(std::min(count, from));
  return all;
}

} // namespace arrakis::crash
