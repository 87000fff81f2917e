#pragma once
// Finds the daemon that arrakisctl talks to: from --config, the environment, or the folders where one is kept by
// default.
#include "apps/wiring/addresses.hpp"
#include "runtime/config.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace arrakis::ctl {

/// The configuration of the daemon that was found.
struct daemon {
  config settings;                   ///< node.state_folder is the folder that was chosen.
  std::vector<std::string> searched; ///< State folders, absolute, in the order in which they were looked at.
};
/// Where neither `file` nor the environment names a state folder: the first of ./state, ./state/arrakis (of `make run`)
/// and /var/lib/arrakis (of the systemd unit) whose daemon runs, else the first that a daemon has used, else the first
/// that exists, else ./state.
caf::expected<daemon> find_daemon(const std::string& file);
/// Looks again until the daemon of the chosen folder runs or the time is over; then what was found last.
caf::expected<daemon> wait_for_daemon(const std::string& file, std::chrono::steady_clock::time_point until);

/// The error of a server that is away becomes a sentence with its address (never a password) and the folders that were
/// searched; any other stays.
caf::error with_address(const caf::error&, const daemon&, const wiring::addresses&);

} // namespace arrakis::ctl
