#pragma once
// Checks of a configuration before a daemon starts. `arrakisd --check-config` and the start share them, so both report
// the same faults.
#include "runtime/config.hpp"

#include <string>
#include <vector>

namespace arrakis::wiring {
/// Returns why a daemon with these settings would refuse to start: a sentence for each fault, which names the key.
/// Checks this machine only: it asks no server, and judge_state_folder checks the state folder. Changes nothing.
std::vector<std::string> rejections(const config&);

/// A missing setting, without which the daemon starts but serves less than an operator may expect.
struct advice {
  std::string key;
  std::string text; ///< The consequence, and what to do.
};
/// Returns the missing settings that an operator should know about.
std::vector<advice> missing_settings(const config&);
} // namespace arrakis::wiring
