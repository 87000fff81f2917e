#include "apps/wiring/privileges.hpp"

#include "runtime/process.hpp"

#include <algorithm>
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
  if (rlimit files{}; getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = std::max(files.rlim_cur, std::min<rlim_t>(files.rlim_max, 65'536));
    setrlimit(RLIMIT_NOFILE, &files);
  }
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  umask(0077);
  std::signal(SIGPIPE, SIG_IGN);
}

size_t descriptors_max() {
  rlimit files{};
  return getrlimit(RLIMIT_NOFILE, &files) == 0 ? static_cast<size_t>(files.rlim_cur) : 1'024;
}

namespace {
void become(const passwd& user) {
  int ends_with_parent = 0; // The kernel forgets it with the change of user (prctl(2), PR_SET_PDEATHSIG).
  prctl(PR_GET_PDEATHSIG, &ends_with_parent, 0, 0, 0);
  if (initgroups(user.pw_name, user.pw_gid) != 0 || setgid(user.pw_gid) != 0 || setuid(user.pw_uid) != 0)
    throw std::runtime_error(fmt::format("cannot become user '{}'; start as that user", user.pw_name));
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); // setuid may have changed it.
  prctl(PR_SET_PDEATHSIG, ends_with_parent, 0, 0, 0);
}
} // namespace

void leave_root(const std::string& folder) {
  std::error_code failed;
  const bool fresh = fs::create_directories(folder, failed);
  if (failed)
    throw std::runtime_error(
      fmt::format("state folder {}: {}; choose another with node.state_folder", folder, failed.message()));
  if (fresh)
    fs::permissions(folder, fs::perms::owner_all, failed);
  if (geteuid() != 0)
    return;
  const auto user = unprivileged_user();
  const auto* entry = getpwnam(user.c_str());
  if (!entry)
    throw std::runtime_error(
      fmt::format("started as root, and there is no user '{}' to become; start as another user", user));
  const auto give = [&](const fs::path& path) { return lchown(path.c_str(), entry->pw_uid, entry->pw_gid) == 0; };
  bool given = give(folder);
  for (const auto& item : fs::recursive_directory_iterator(folder))
    given = give(item.path()) && given;
  if (!given)
    throw std::runtime_error(fmt::format("cannot give state folder {} to user '{}'; start as that user", folder, user));
  become(*entry);
}

void become_owner_of(const std::string& folder) {
  struct stat seen {};
  if (geteuid() != 0 || ::stat(folder.c_str(), &seen) != 0 || seen.st_uid == 0)
    return;
  const auto* entry = getpwuid(seen.st_uid);
  if (!entry)
    throw std::runtime_error(
      fmt::format("state folder {} belongs to a user without a name; start as that user", folder));
  become(*entry);
}
} // namespace arrakis::wiring
