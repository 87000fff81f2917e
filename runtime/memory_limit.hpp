#pragma once
// Memory limit of this process.
#include <cstdint>
#include <string>

namespace arrakis {
/// A memory limit and its origin.
struct memory_limit {
  uint64_t bytes = 0;
  std::string source; ///< Origin: the file of a cgroup, "RLIMIT_AS" or "the machine".
};

/// Finds the smallest of: the machine's memory, RLIMIT_AS, and the limits of the process's memory cgroups and their
/// parents (version 2: memory.max, memory.high; version 1: memory.limit_in_bytes), as far as they are visible: a
/// container sees its own at the root of the mount. `root`: folder of proc/self/cgroup and sys/fs/cgroup (tests).
memory_limit find_memory_limit(const std::string& root = "/");
} // namespace arrakis
