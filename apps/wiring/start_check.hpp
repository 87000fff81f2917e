#pragma once
// What an operator should know about a configuration before a daemon runs with it: shared by `arrakisd --check-config`
// and by the start itself, so that both say the same.
#include "runtime/config.hpp"

#include <string>
#include <vector>

namespace arrakis::wiring {
/// Why a daemon with these settings would refuse to start: a sentence each, which names the key. Empty: it would start,
/// as far as this machine alone can tell: no server is asked, and the state folder is judge_state_folder's to judge.
/// Changes nothing.
std::vector<std::string> rejections(const config&);

/// A setting without which the daemon starts and serves less than an operator may expect.
struct advice {
  std::string key;
  std::string text; ///< What follows from it, and what to do.
};
std::vector<advice> missing_settings(const config&);
} // namespace arrakis::wiring
