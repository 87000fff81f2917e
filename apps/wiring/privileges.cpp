#include "apps/wiring/privileges.hpp"

#include "runtime/process.hpp"

#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace arrakis::wiring {
namespace fs = std::filesystem;

void harden_process() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  umask(0077);
  std::signal(SIGPIPE, SIG_IGN);
}

void leave_root(const std::string& folder) {
  std::error_code failed;
  const bool fresh = fs::create_directories(folder, failed);
  if (failed)
    throw std::runtime_error(fmt::format("state folder {}: {}; choose another with node.state_folder", folder, failed.message()));
  if (fresh)
    fs::permissions(folder, fs::perms::owner_all, failed);
  if (geteuid() != 0)
    return;
  const auto user = unprivileged_user();
  const auto* entry = getpwnam(user.c_str());
  if (!entry)
    throw std::runtime_error(fmt::format("started as root, and there is no user '{}' to become; start as another user", user));
  const auto uid = entry->pw_uid;
  const auto gid = entry->pw_gid;
  const auto give = [&](const fs::path& path) { return lchown(path.c_str(), uid, gid) == 0; };
  bool given = give(folder);
  for (const auto& item : fs::recursive_directory_iterator(folder))
    given = give(item.path()) && given;
  if (!given || initgroups(user.c_str(), gid) != 0 || setgid(gid) != 0 || setuid(uid) != 0)
    throw std::runtime_error(fmt::format("cannot become user '{}' with state folder {}; start as that user", user, folder));
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); // setuid may have changed it.
}
} // namespace arrakis::wiring
