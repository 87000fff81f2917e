#pragma once
// The report of all cases: read from the installations' files, printed as it comes, and as a table at the end.
#include "tests/crash/walk.hpp"

#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <vector>

namespace arrakis::crash {

/// Returns the line that an installation writes for case `index`.
boost::json::object to_json(size_t index, const verdict&);

/// Collects the results of all installations and prints them.
class report {
public:
  explicit report(const std::vector<trial>& all);
  /// The file of installation `installation` as it is now: lines that are new are taken in, findings printed.
  void read(size_t installation, const std::string& text);
  /// The table. True when all was walked and nothing was lost, doubled or wrong.
  bool print() const;

private:
  struct line {
    int walked = 0, unmet = 0, lost = 0, doubled = 0, wrong = 0;
    int64_t took_ms = 0, longest_ms = 0;
  };
  void take(const boost::json::object&);

  const std::vector<trial>& all_;
  std::map<size_t, size_t> read_; ///< Bytes of each installation's file that are known.
  std::map<fault, line> table_;
  std::map<std::string, int64_t> parts_ms_;
  std::chrono::steady_clock::time_point began_;
  size_t done_ = 0;
  size_t missed_ = 0;             ///< Sure points that did not come.
  int clicks_ = 0;                ///< Beyond one for each case.
  system_test::refusals refused_; ///< By Discord.
};

/// The logs of cases with findings, from the installations' folder to build/crash.
void keep_logs(const std::string& folder);

} // namespace arrakis::crash
