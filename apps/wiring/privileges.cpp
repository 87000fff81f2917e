#include "apps/wiring/privileges.hpp"

#include "apps/wiring/state_folder.hpp"
#include "apps/wiring/terminal_guard.hpp"
#include "runtime/file.hpp"
#include "runtime/log.hpp"
#include "runtime/process.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
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
  forbid_typing_into_terminals();
  umask(0077);
  std::signal(SIGPIPE, SIG_IGN);
  return remove_environment("PG");
}

size_t descriptors_max() {
  rlimit files{};
  return getrlimit(RLIMIT_NOFILE, &files) == 0 ? static_cast<size_t>(files.rlim_cur) : 1'024;
}

namespace {
/// libpq reads passwords, certificates and authorities below HOME, which stays as it was when a program changes its
/// user by itself or by setpriv or runuser. Where the new user may not enter that folder, libpq gives up TLS: silently,
/// with sslmode=prefer.
void take_own_home(bool user_changed) {
  const char* home = ::getenv("HOME");
  if (!user_changed && (!home || ::access(home, X_OK) == 0 || errno != EACCES))
    return;
  const std::string before = home ? home : "";
  const auto* entry = ::getpwuid(::geteuid());
  if (entry && entry->pw_dir && *entry->pw_dir)
    ::setenv("HOME", entry->pw_dir, 1);
  else
    ::unsetenv("HOME");
  if (!user_changed)
    log::warn("process.home_is_anothers", {{"was", before}, {"is", entry && entry->pw_dir ? entry->pw_dir : ""}});
}

/// Closes the files that a shell or supervisor of root left open, so that the account does not inherit them.
void close_inherited() { ::close_range(3, ~0U, 0); }

void become(const account& user) {
  int ends_with_parent = 0; // The kernel forgets it with the change of user (prctl(2), PR_SET_PDEATHSIG).
  prctl(PR_GET_PDEATHSIG, &ends_with_parent, 0, 0, 0);
  const bool grouped = user.name.empty() ? setgroups(1, &user.gid) == 0 : initgroups(user.name.c_str(), user.gid) == 0;
  if (!grouped || setgid(user.gid) != 0 || setuid(user.uid) != 0 || setuid(0) == 0)
    throw std::runtime_error(fmt::format("cannot become user {}; start as that user", shown(user)));
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); // setuid may have changed it.
  prctl(PR_SET_PDEATHSIG, ends_with_parent, 0, 0, 0);
  take_own_home(true);
}

/// Returns true if another user than root and the owner may have created the folder under this name. A relative path
/// depends on root's working directory.
bool others_may_put(const std::string& folder, const account& owner) {
  const std::filesystem::path path{folder};
  struct stat above {};
  return path.is_relative() || ::stat((path / "").parent_path().parent_path().c_str(), &above) != 0
      || (above.st_uid != 0 && above.st_uid != owner.uid) || (above.st_mode & 022) != 0;
}

/// Creates the folder if it is missing. Throws if another user may write to it: its files name servers, keys and
/// objects.
void make_as_ourselves(const std::string& folder) {
  auto bad = file::make_folder(folder);
  if (!bad)
    bad = file::check_own_folder(folder);
  if (bad)
    throw std::runtime_error(
      fmt::format("state folder {}: {}; choose another with node.state_folder", folder, text_of(bad)));
}
} // namespace

void leave_root(const std::string& folder) {
  if (geteuid() != 0) {
    take_own_home(false);
    return make_as_ourselves(folder);
  }
  close_inherited();
  const auto found = judge_state_folder(folder);
  make_state_folder(found, folder);
  become(found.owner);
  make_as_ourselves(folder);
  log::info("process.root_left", {{"user", found.owner.name}});
  if (found.owner.name != unprivileged_users.front())
    log::info("process.user_is_shared",
              {{"user", found.owner.name}, {"do", "give Arrakis a user of its own: docs/operating.md"}});
}

void become_owner_of(const std::string& folder) {
  if (geteuid() != 0)
    return take_own_home(false);
  close_inherited();
  auto owner = owner_for(folder);
  struct stat seen {};
  if (::stat(folder.c_str(), &seen) == 0 && seen.st_uid != 0 && seen.st_uid != owner.uid) {
    owner = account_of(seen.st_uid).value_or(account{seen.st_uid, seen.st_gid, {}});
    if (others_may_put(folder, owner))
      throw std::runtime_error(
        fmt::format("state folder {}: it belongs to user {}, and may have been put there for us to find, with servers "
                    "that answer in the daemon's place; run this as that user, or name another with node.state_folder",
                    folder, shown(owner)));
  }
  become(owner);
}
} // namespace arrakis::wiring
