#include "apps/wiring/privileges.hpp"

#include "apps/wiring/state_folder.hpp"
#include "runtime/file.hpp"
#include "runtime/log.hpp"
#include "runtime/process.hpp"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>
#include <grp.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace arrakis::wiring {

std::vector<std::string> harden_process() {
  open_standard_descriptors();
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  if (rlimit files{}; getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = std::max(files.rlim_cur, std::min<rlim_t>(files.rlim_max, 65'536));
    setrlimit(RLIMIT_NOFILE, &files);
  }
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  umask(0077);
  std::signal(SIGPIPE, SIG_IGN);
  return remove_environment("PG");
}

size_t descriptors_max() {
  rlimit files{};
  return getrlimit(RLIMIT_NOFILE, &files) == 0 ? static_cast<size_t>(files.rlim_cur) : 1'024;
}

namespace {
void become(const account& user) {
  int ends_with_parent = 0; // The kernel forgets it with the change of user (prctl(2), PR_SET_PDEATHSIG).
  prctl(PR_GET_PDEATHSIG, &ends_with_parent, 0, 0, 0);
  const bool grouped = user.name.empty() ? setgroups(1, &user.gid) == 0 : initgroups(user.name.c_str(), user.gid) == 0;
  if (!grouped || setgid(user.gid) != 0 || setuid(user.uid) != 0 || setuid(0) == 0)
    throw std::runtime_error(fmt::format("cannot become user {}; start as that user", shown(user)));
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); // setuid may have changed it.
  prctl(PR_SET_PDEATHSIG, ends_with_parent, 0, 0, 0);
}

void make_as_ourselves(const std::string& folder) {
  if (const auto bad = file::make_folder(folder))
    throw std::runtime_error(
      fmt::format("state folder {}: {}; choose another with node.state_folder", folder, text_of(bad)));
}
} // namespace

void leave_root(const std::string& folder) {
  if (geteuid() != 0)
    return make_as_ourselves(folder);
  const auto found = judge_state_folder(folder);
  make_state_folder(found, folder);
  become(found.owner);
  make_as_ourselves(folder);
  log::info("left_root", {{"user", found.owner.name}});
  if (found.owner.name != unprivileged_users.front())
    log::info("user_is_shared",
              {{"user", found.owner.name}, {"do", "give Arrakis a user of its own: docs/operating.md"}});
}

void become_owner_of(const std::string& folder) {
  struct stat seen {};
  if (geteuid() != 0 || ::stat(folder.c_str(), &seen) != 0 || seen.st_uid == 0)
    return;
  become(account_of(seen.st_uid).value_or(account{seen.st_uid, seen.st_gid, {}}));
}
} // namespace arrakis::wiring
