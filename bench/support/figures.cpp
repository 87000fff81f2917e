#include "bench/support/figures.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <fmt/format.h>
#include <fstream>
#include <stdexcept>
#include <sys/resource.h>

namespace arrakis::bench {
namespace {
/// Four significant digits: more would be noise.
double rounded(double x) {
  if (x == 0)
    return 0;
  const double scale = std::pow(10, 3 - std::floor(std::log10(std::abs(x))));
  return std::round(x * scale) / scale;
}

boost::json::array rounded(const std::vector<double>& from) {
  boost::json::array made;
  for (double each : from)
    made.emplace_back(rounded(each));
  return made;
}

boost::json::object row(const figure& from) {
  const double ours = median(from.ours), peer = median(from.peer), ratio = ours / peer;
  boost::json::value goal, holds;
  if (from.goal) {
    const bool least = from.goal->what == goal::at_least;
    goal = fmt::format("ratio {} {:.3g}", least ? ">=" : "<=", from.goal->ratio);
    holds = least ? ratio >= from.goal->ratio : ratio <= from.goal->ratio;
  }
  return {{"name", from.name},
          {"unit", from.unit},
          {"ours", rounded(ours)},
          {"peer", rounded(peer)},
          {"peer_name", from.peer_name},
          {"ratio", rounded(ratio)},
          {"goal", goal},
          {"holds", holds},
          {"samples", {{"ours", rounded(from.ours)}, {"peer", rounded(from.peer)}}}};
}
} // namespace

double median(std::vector<double> of) {
  if (of.empty())
    throw std::runtime_error("a figure without samples");
  std::sort(of.begin(), of.end());
  const auto middle = of.size() / 2;
  return of.size() % 2 ? of[middle] : (of[middle - 1] + of[middle]) / 2;
}

void write(const std::string& file, const std::vector<figure>& figures) {
  boost::json::array rows;
  for (const auto& each : figures)
    rows.push_back(row(each));
  std::ofstream to{file, std::ios::trunc};
  to << boost::json::serialize(rows) << '\n';
  if (!to.flush())
    throw std::runtime_error("cannot write " + file);
}

std::chrono::microseconds cpu_used() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  auto micros = [](const timeval& t) { return std::chrono::seconds{t.tv_sec} + std::chrono::microseconds{t.tv_usec}; };
  return micros(used.ru_utime) + micros(used.ru_stime);
}
} // namespace arrakis::bench
