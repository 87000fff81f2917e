#pragma once
// Memory limit of this process.
#include <cstdint>
#include <string>

namespace arrakis {
/// A limit and its origin.
struct memory_limit {
  uint64_t bytes = 0;
  std::string source; ///< Origin: the file of a cgroup, "RLIMIT_AS" or "the machine".
};

/// The least of: the machine's memory, RLIMIT_AS, and the limits of the process's memory cgroups and of all above them
/// (memory.max and memory.high of version 2, memory.limit_in_bytes of version 1), as far as they can be seen from here:
/// a container sees its own at the root of the mount. `root`: where proc/self/cgroup and sys/fs/cgroup lie (tests).
memory_limit find_memory_limit(const std::string& root = "/");
} // namespace arrakis
