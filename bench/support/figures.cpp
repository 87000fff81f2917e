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
  const bool beside = !from.peer.empty();
  const double ours = median(from.ours), peer = beside ? median(from.peer) : 1, ratio = ours / peer;
  boost::json::value goal, holds;
  if (from.goal) {
    const auto& g = *from.goal;
    const bool of_ratio = beside && g.of == bench::goal::ratio, least = g.what == bench::goal::at_least;
    const double found = of_ratio ? ratio : ours;
    goal = fmt::format("{} {} {:.3g}{}", of_ratio ? "ratio" : "ours", least ? ">=" : "<=", g.number,
                       of_ratio ? "" : " " + from.unit);
    holds = least ? found >= g.number : found <= g.number;
  }
  boost::json::object made{{"name", from.name}, {"unit", from.unit}, {"ours", rounded(ours)}};
  made["peer"] = beside ? boost::json::value(rounded(peer)) : nullptr;
  made["peer_name"] = beside ? boost::json::value(from.peer_name) : nullptr;
  made["ratio"] = beside ? boost::json::value(rounded(ratio)) : nullptr;
  made["goal"] = std::move(goal);
  made["holds"] = std::move(holds);
  made["samples"] = boost::json::object{{"ours", rounded(from.ours)}, {"peer", rounded(from.peer)}};
  return made;
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
