#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace arrakis::wiring {
/// Hardens the process. Call it first in every program, because OpenSSL reads its setting only at its first use. Opens
/// descriptors 0 to 2 if they are closed, disables core dumps (they contain keys), gives child processes no further
/// rights (PR_SET_NO_NEW_PRIVS) and no way to type into a terminal, sets a umask of 077, ignores SIGPIPE, and raises
/// the limit of open files to that of the system, at most 65,536 (connections would reach a soft limit of 1024 before
/// their own limit). Removes the environment variables that begin with PG, from which libpq and PostgreSQL would take
/// settings of the person at the terminal. Returns their names, for the log.
std::vector<std::string> harden_process();
/// Returns the maximum number of open files and sockets of this process.
size_t descriptors_max();
/// As root, creates `folder` if it is missing (state_folder.hpp) and becomes its owner for good, one of
/// `unprivileged_users`, with that user's HOME and without descriptors above 2. As another user, only creates the
/// folder (0700). Does not change an existing folder, and refuses one that another user than root may write to. Throws
/// std::runtime_error that names the folder and the remedy; then nothing has changed. Call it before a second thread
/// starts.
void leave_root(const std::string& folder);
/// Does the same for an operator's tool, which creates no folder: root becomes the user who would run the daemon there,
/// so the tool leaves no file that the daemon cannot read, and does nothing as root. Accepts a folder of another user
/// only where only root or that user can have created it; elsewhere (a relative path, /tmp) another user's servers
/// could answer in the daemon's place. Throws as above.
void become_owner_of(const std::string& folder);
} // namespace arrakis::wiring
