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
  config settings;                   ///< node.state_folder is the folder of the found daemon.
  std::vector<std::string> searched; ///< Absolute state folders, in the order of the search.
};
/// Returns the daemon of the state folder that `file` or the environment names. If neither names one, takes the first
/// of ./state, ./state/arrakis and ./state/bot (of `make run`) and /var/lib/arrakis (of the systemd unit) with a
/// running daemon, else the first that a daemon has used, else the first that exists, else ./state.
caf::expected<daemon> find_daemon(const std::string& file);
/// Repeats find_daemon until a daemon runs or the time is over. Returns the last result.
caf::expected<daemon> wait_for_daemon(const std::string& file, std::chrono::steady_clock::time_point until);

/// Replaces the error of a server that does not answer by a message with its address (never a password) and the
/// searched folders. Returns other errors unchanged.
caf::error with_address(const caf::error&, const daemon&, const wiring::addresses&);

} // namespace arrakis::ctl
