#pragma once
#include <cstddef>
#include <string>

namespace arrakis::wiring {
/// What every program of ours does first: no core dumps (they would hold keys), files 0600 and folders 0700 by default,
/// SIGPIPE ignored. Before anything else: OpenSSL takes its setting at the first use only.
/// It may also have as many open files as the system lets it, at most 65,536: a soft limit of 1024 would be reached by
/// connections long before their own named limit.
void harden_process();
/// Open files and sockets that this process may have.
size_t descriptors_max();
/// When we are root: makes `folder` (and what is in it) belong to the unprivileged user and becomes that user for good.
/// Otherwise only creates the folder, 0700. Throws std::runtime_error naming the folder and the remedy.
void leave_root(const std::string& folder);
/// When we are root and `folder` belongs to somebody else: becomes its owner for good, so that an operator's tool
/// leaves no file there that the daemon cannot read. Throws as above.
void become_owner_of(const std::string& folder);
} // namespace arrakis::wiring
