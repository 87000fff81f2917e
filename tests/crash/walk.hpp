#pragma once
// One deployment, one Apply of /reconcile or one role change, with one fault, from the click or verdict that begins it
// to its end; and the recording that says where faults may strike.
#include "tests/crash/check.hpp"
#include "tests/crash/course.hpp"
#include "tests/system/records.hpp"

#include <string>
#include <vector>

namespace arrakis::crash {

/// One case: a fault at a point.
struct trial {
  point at;
  fault what = fault::kill_before;
  bool sure = true; ///< Every recording had the point.
  work of = work::deployment;
  std::string text()
    const; ///< "killed before @ COMMIT insert outbox #1"; "reconcile, killed before @ ...", "role change, ..."
};

/// The result of one case.
struct verdict {
  bool met = false;  ///< The point came, and the fault struck.
  std::string unmet; ///< Why it was not met.
  std::vector<finding> findings;
  system_test::refusals refused; ///< By Discord, meanwhile.
  std::chrono::milliseconds took{}, set_up{}, to_strike{}, to_mend{}, to_finish{}, to_check{};
  int clicks = 1; ///< How often the admin had to press the button.
};

/// Why the fault did not strike: its step passed so often, and the deployment had ended or not.
std::string why_unmet(const trial&, int passed, bool ended);

/// Returns a finding for each route on which Discord refused requests; none after a fault that takes the state of
/// the buckets from both that have it, arrakisd and Redis.
std::vector<finding> findings_of(const system_test::refusals&, fault);

/// Records an idle time, after a deployment that warms everything up.
recording record_idle(installation&, std::chrono::milliseconds);
/// Records `runs` of this work, after one that warms it up.
course record(installation&, work, int runs, const recording& idle);

/// Creates a guild with foreign resources, begins the work, injects the fault, repairs, waits for the end and checks.
verdict walk(installation&, const trial&);

/// A guild whose work has ended without a fault, for tests of check().
struct site {
  system_test::place at;
  foreign before;
  crash::goal goal;
};
/// Deploys into a new guild.
site deployed(installation&, const std::string& name);
/// Deploys into a new guild, damages it and applies /reconcile.
site reconciled(installation&, const std::string& name);
/// Deploys into a new guild, and gives its owner one role and takes another by a verdict.
site judged(installation&, const std::string& name);

} // namespace arrakis::crash
