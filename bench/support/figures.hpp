#pragma once
// Results of a bench program for bench/run: our figures, each beside a peer's of the same run.
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::bench {

/// The promised limit of the ratio ours / peer, or of our own figure (always if there is no peer).
struct goal {
  /// Direction of the limit.
  enum kind { at_least, at_most } what = at_least;
  double number = 1;
  /// The compared value.
  enum subject { ratio, ours } of = ratio;
};

/// One row of results.json; `ours` and `peer` there are the medians of these samples, one of each round.
struct figure {
  std::string name;
  std::string unit;
  std::vector<double> ours;
  std::vector<double> peer; ///< Empty: there is none, and peer, peer_name and ratio are null in results.json.
  std::string peer_name;
  std::optional<bench::goal> goal; ///< None: reported, and nothing is promised.
};

/// Returns the median.
double median(std::vector<double>);

/// Writes a JSON array of {name, unit, ours, peer, peer_name, ratio, goal, holds, samples}; bench/run adds the commit.
/// Throws std::runtime_error when the file cannot be written.
void write(const std::string& file, const std::vector<figure>&);

/// User and system time of this process and its threads, so far.
std::chrono::microseconds cpu_used();

/// A clock on the wall and one on our CPU, from construction on.
class stopwatch {
public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count(); }
  double cpu_us() const { return static_cast<double>((cpu_used() - used_).count()); }

private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::chrono::microseconds used_ = cpu_used();
};
} // namespace arrakis::bench
