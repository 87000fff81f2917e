#pragma once
// One deployment with one fault, from the click on Deploy to its end; and the recording that says where faults may
// strike.
#include "tests/crash/check.hpp"
#include "tests/crash/course.hpp"

#include <string>
#include <vector>

namespace arrakis::crash {

struct trial {
  point at;
  fault what = fault::kill_before;
  bool sure = true;         ///< Every recording had the point.
  std::string text() const; ///< "killed before @ COMMIT insert outbox #1"
};

struct verdict {
  bool met = false;  ///< The point came, and the fault struck.
  std::string unmet; ///< Why it was not met.
  std::vector<finding> findings;
  std::chrono::milliseconds took{}, set_up{}, to_strike{}, to_mend{}, to_finish{}, to_check{};
  int clicks = 1; ///< How often the admin had to press Deploy.
};

/// Why the fault did not strike: its step passed so often, and the deployment had ended or not.
std::string why_unmet(const trial&, int passed, bool ended);

/// Records an idle time and `runs` deployments, after one that warms everything up.
course record(lane&, int runs, std::chrono::milliseconds idle);

/// Founds a guild with foreign things in it, deploys, strikes, mends, waits for the end and checks.
verdict walk(lane&, const trial&);

/// The same without a fault: where it ended, for the checks of the check.
struct site {
  system_test::place at;
  foreign before;
};
site deployed(lane&, const std::string& name);

} // namespace arrakis::crash
