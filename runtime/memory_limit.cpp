#include "runtime/memory_limit.hpp"

#include <charconv>
#include <fstream>
#include <sstream>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

namespace arrakis {
namespace {
void consider(memory_limit& least, uint64_t bytes, const std::string& source) {
  if (bytes > 0 && bytes < least.bytes)
    least = {bytes, source};
}

/// Parses a limit; "max" and malformed numbers mean none.
void consider_file(memory_limit& least, const std::string& path) {
  std::string text;
  if (std::ifstream in{path}; !(in >> text))
    return;
  uint64_t bytes = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  if (failed == std::errc{} && end == text.data() + text.size())
    consider(least, bytes, path);
}

/// `group` and every group above it, below `mount`. A group that is not visible below the mount has no files there.
void consider_groups(memory_limit& least, const std::string& mount, std::string group,
                     const std::vector<std::string>& files) {
  for (;;) {
    for (const auto& file : files)
      consider_file(least, mount + group + "/" + file);
    if (group.empty())
      return;
    group.resize(group.rfind('/'));
  }
}

bool names_memory(std::string_view controllers) {
  while (!controllers.empty()) {
    const auto one = controllers.substr(0, controllers.find(','));
    if (one == "memory")
      return true;
    controllers.remove_prefix(std::min(one.size() + 1, controllers.size()));
  }
  return false;
}
} // namespace

memory_limit find_memory_limit(const std::string& root) {
  memory_limit least{static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)),
                     "the machine"};
  if (rlimit space{}; getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY)
    consider(least, space.rlim_cur, "RLIMIT_AS");
  const auto mount = root + (root.ends_with('/') ? "" : "/") + "sys/fs/cgroup";
  std::ifstream groups{root + (root.ends_with('/') ? "" : "/") + "proc/self/cgroup"};
  // "0::/a/b" of version 2, "4:memory:/a/b" of version 1 (cgroups(7)).
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos)
      continue;
    auto group = line.substr(second + 1);
    if (!group.starts_with('/') || group.find("/..") != group.npos)
      group = "/"; // Outside this namespace.
    if (group == "/")
      group.clear();
    const auto controllers = std::string_view{line}.substr(first + 1, second - first - 1);
    if (controllers.empty()) {
      consider_groups(least, mount, group, {"memory.max", "memory.high"});
      consider_groups(least, mount + "/unified", group, {"memory.max", "memory.high"});
    } else if (names_memory(controllers)) {
      consider_groups(least, mount + "/memory", group, {"memory.limit_in_bytes"});
    }
  }
  return least;
}
} // namespace arrakis
