#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace arrakis::wiring {
/// What every program of ours does first: descriptors 0 to 2 are open, no core dumps (they would hold keys), no program
/// that we start has more rights than we (PR_SET_NO_NEW_PRIVS) or types into a terminal, files 0600 and folders 0700 by
/// default, SIGPIPE ignored. Before anything else: OpenSSL takes its setting at the first use only. It may also have as
/// many open files as the system lets it, at most 65,536: a soft limit of 1024 would be reached by connections long
/// before their own named limit. libpq and PostgreSQL take settings from variables that begin with PG, which belong to
/// the person at the terminal and not to us: they are removed. Returns their names, for the log.
std::vector<std::string> harden_process();
/// Open files and sockets that this process may have.
size_t descriptors_max();
/// When we are root: makes `folder` when it is missing (state_folder.hpp) and becomes its owner for good, who is one of
/// `unprivileged_users`, with that user's HOME and without the descriptors above 2. Otherwise only makes the folder,
/// 0700. An existing folder stays as it is, and is refused when another user than root may change what is in it. Throws
/// std::runtime_error naming the folder and the remedy; then nothing was changed. Before there is a second thread.
void leave_root(const std::string& folder);
/// The same for an operator's tool, which makes no folder: root becomes the user who would run the daemon there, so
/// that no file is left that the daemon cannot read, and nothing is done with root's rights. A folder of any other user
/// is taken where only root or that user may have put it; elsewhere (a relative path, /tmp) somebody would answer in
/// the daemon's place, and it is refused. Throws as above.
void become_owner_of(const std::string& folder);
} // namespace arrakis::wiring
