#include "apps/wiring/state_folder.hpp"

#include "runtime/clock.hpp"
#include "runtime/process.hpp"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <stdexcept>
#include <string_view>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace arrakis::wiring {
namespace fs = std::filesystem;
namespace {

constexpr int path_only = O_PATH | O_DIRECTORY | O_CLOEXEC;

/// Names in a state folder; any one of them marks a folder as one of Arrakis.
constexpr std::array our_names{"in-use", "node", "node.lock", "arrakisd.json", "postgres",
                               "redis",  "run",  "keys",      "objects"};
constexpr std::string_view of_the_file_system = "lost+found"; // At the root of a fresh volume.

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw std::runtime_error(fmt::format("state folder {}: {}", path, why));
}
std::string system_text(int number) { return std::generic_category().message(number); }

/// Accesses files with the rights of `owner`: sets the ids for files and drops root's capabilities over files.
class files_as {
public:
  explicit files_as(const account& owner) {
    groups_.resize(static_cast<size_t>(std::max(0, ::getgroups(0, nullptr))));
    const bool grouped = ::getgroups(static_cast<int>(groups_.size()), groups_.data()) >= 0
                      && ::initgroups(owner.name.c_str(), owner.gid) == 0;
    ::setfsgid(owner.gid);
    ::setfsuid(owner.uid);
    const bool changed = static_cast<uid_t>(::setfsuid(static_cast<uid_t>(-1))) == owner.uid;
    if (!grouped || !changed) {
      back();
      throw std::runtime_error(fmt::format("cannot look as user {}; start as that user", shown(owner)));
    }
  }
  files_as(const files_as&) = delete;
  files_as& operator=(const files_as&) = delete;
  ~files_as() { back(); }

private:
  void back() {
    ::setfsuid(0);
    ::setfsgid(::getegid());
    [[maybe_unused]] const int restored = ::setgroups(groups_.size(), groups_.data());
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); // The change of ids may have set it.
  }
  std::vector<gid_t> groups_;
};

/// Opens the deepest existing folder of the path. Follows links: the checks apply to the found folder, not to the path.
state_folder walk(const std::string& path, account owner) {
  const files_as acting{owner};
  state_folder result{std::move(owner), open_folder{::open("/", path_only)}, {}, false};
  fs::path walked = "/";
  for (const auto& part : fs::absolute(path).relative_path()) {
    const auto name = part.string();
    if (name.empty() || (name == "." && result.missing.empty()))
      continue;
    if (!result.missing.empty()) {
      if (name == "." || name == "..")
        refuse(path, "it is missing, and its path has dots; write it without them");
      result.missing.push_back(name);
      continue;
    }
    if (const int next = ::openat(result.base.get(), name.c_str(), path_only); next >= 0) {
      result.base = open_folder{next};
      walked /= part;
      continue;
    }
    const int why = errno;
    struct stat link {};
    const auto full = (walked / part).string();
    if (why == EACCES)
      refuse(path, fmt::format("user {} may not enter {}; let it (chmod o+x), or choose another with node.state_folder",
                               shown(result.owner), walked.string()));
    if (why == ENOENT && ::fstatat(result.base.get(), name.c_str(), &link, AT_SYMLINK_NOFOLLOW) == 0)
      refuse(path, fmt::format("{} is a link to a folder that is missing; make that folder", full));
    if (why != ENOENT)
      refuse(path, fmt::format("{}: {}; choose another with node.state_folder", full, system_text(why)));
    result.missing.push_back(name);
  }
  // "." and not the descriptor: it was opened without a right to anything.
  result.owner_makes_it = ::faccessat(result.base.get(), ".", W_OK | X_OK, AT_EACCESS) == 0;
  return result;
}

/// Returns true if the folder has files, and none of them is Arrakis'.
bool holds_only_foreign_files(int folder) {
  const int fd = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* stream = fd < 0 ? nullptr : ::fdopendir(fd);
  if (!stream)
    return false;
  bool any = false, ours = false;
  while (const auto* entry = ::readdir(stream)) {
    const std::string_view name{entry->d_name};
    if (name == "." || name == ".." || name == of_the_file_system)
      continue;
    any = true;
    ours = ours || std::ranges::find(our_names, name) != our_names.end();
  }
  ::closedir(stream);
  return any && !ours;
}

void judge_existing(const state_folder& found, const std::string& path) {
  struct stat seen {};
  if (::fstat(found.base.get(), &seen) != 0)
    refuse(path, system_text(errno));
  if (seen.st_uid == 0)
    refuse(path, fmt::format("it belongs to root, and Arrakis runs as {}; if it is Arrakis' own: chown -hR {}: '{}'",
                             shown(found.owner), found.owner.name, path));
  if (seen.st_uid != found.owner.uid)
    refuse(path, fmt::format("it belongs to user {}; start as that user, or choose another with node.state_folder",
                             shown(account_of(seen.st_uid).value_or(account{seen.st_uid, 0, {}}))));
  if (holds_only_foreign_files(found.base.get()))
    refuse(path, "it holds files, and none of Arrakis; choose another with node.state_folder");
}

/// Throws if root must not create the folders below `base`, because another user could replace one of them meanwhile.
void judge_base(const state_folder& found, const std::string& path) {
  struct stat seen {};
  if (::fstat(found.base.get(), &seen) != 0)
    refuse(path, system_text(errno));
  if (!found.owner_makes_it && (seen.st_uid != 0 || (seen.st_mode & 022) != 0))
    refuse(path, fmt::format("it is missing, and others than root may change the folder above it; make it: "
                             "install -d -o {} -m 700 '{}'",
                             found.owner.name, path));
}
} // namespace

std::string shown(const account& who) {
  return who.name.empty() ? std::to_string(who.uid) : fmt::format("'{}'", who.name);
}

std::optional<account> account_of(uid_t uid) {
  const auto* entry = ::getpwuid(uid);
  return entry ? std::optional{account{entry->pw_uid, entry->pw_gid, entry->pw_name}} : std::nullopt;
}

open_folder::open_folder(open_folder&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
open_folder& open_folder::operator=(open_folder&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
open_folder::~open_folder() {
  if (fd_ >= 0)
    ::close(fd_);
}

account owner_for(const std::string& path) {
  struct stat seen {};
  const bool exists = ::stat(path.c_str(), &seen) == 0;
  for (const char* name : unprivileged_users)
    if (const auto* entry = ::getpwnam(name); entry && exists && entry->pw_uid == seen.st_uid)
      return {entry->pw_uid, entry->pw_gid, name};
  const auto best = unprivileged_user();
  const auto* entry = ::getpwnam(best.c_str());
  if (!entry || entry->pw_uid == 0)
    throw std::runtime_error(fmt::format(
      "started as root, and there is no user '{}' to become; make one (useradd --system arrakis), or start as another "
      "user",
      best));
  return {entry->pw_uid, entry->pw_gid, best};
}

state_folder judge_state_folder(const std::string& path) {
  auto found = walk(path, owner_for(path));
  if (found.missing.empty())
    judge_existing(found, path);
  else
    judge_base(found, path);
  return found;
}

void make_state_folder(const state_folder& found, const std::string& path) {
  if (found.owner_makes_it)
    return;
  open_folder above{::openat(found.base.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  for (size_t i = 0; i < found.missing.size(); ++i) {
    const bool last = i + 1 == found.missing.size();
    const auto fresh = fmt::format(".arrakis-{}", random_hex(8));
    const bool made = ::mkdirat(above.get(), fresh.c_str(), 0700) == 0;
    open_folder next{::openat(above.get(), fresh.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!made || next.get() < 0 || (!last && ::fchmod(next.get(), 0755) != 0)
        || (last && ::fchown(next.get(), found.owner.uid, found.owner.gid) != 0)
        || ::renameat(above.get(), fresh.c_str(), above.get(), found.missing[i].c_str()) != 0
        || ::fsync(above.get()) != 0) {
      const int why = errno;
      ::unlinkat(above.get(), fresh.c_str(), AT_REMOVEDIR);
      refuse(path, fmt::format("it cannot be made: {}; choose another with node.state_folder", system_text(why)));
    }
    above = std::move(next);
  }
}
} // namespace arrakis::wiring
