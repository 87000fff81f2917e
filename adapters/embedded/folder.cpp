#include "adapters/embedded/folder.hpp"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <poll.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace arrakis::embedded {
namespace fs = std::filesystem;
namespace {
const passwd& user_entry(const std::string& user) {
  const auto* entry = ::getpwnam(user.c_str());
  if (!entry)
    stop_with(ec::refused, "there is no user '" + user + "' on this machine to run PostgreSQL, which refuses root");
  return *entry;
}

std::optional<pid_t> at_work_in(const std::string& path) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const auto name = entry.path().filename().string();
    if (!std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c); }))
      continue;
    std::error_code unreadable; // Another user's process, or one that has just ended.
    if (fs::read_symlink(entry.path() / "cwd", unreadable) == path && !unreadable)
      return static_cast<pid_t>(std::stol(name));
  }
  return std::nullopt;
}
} // namespace

void stop_with(ec code, std::string text) { throw stopped{fail(code, std::move(text))}; }

folder_lock::folder_lock(const std::string& file) : fd_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  if (fd_ < 0)
    stop_with(ec::refused, fmt::format("{} cannot be opened: {}", file, std::strerror(errno)));
  if (::flock(fd_, LOCK_EX | LOCK_NB)) {
    char pid[32] = {};
    const auto got = ::read(fd_, pid, sizeof pid - 1);
    ::close(std::exchange(fd_, -1));
    stop_with(ec::conflict, fmt::format("{} is in use by process {}: stop that one, or choose another folder",
                                        fs::path{file}.parent_path().string(), got > 0 ? pid : "unknown"));
  }
  const auto mine = std::to_string(::getpid());
  if (::ftruncate(fd_, 0) || ::write(fd_, mine.data(), mine.size()) < 0)
    stop_with(ec::refused, fmt::format("{} cannot be written: {}", file, std::strerror(errno)));
}
folder_lock::folder_lock(folder_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
folder_lock& folder_lock::operator=(folder_lock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
folder_lock::~folder_lock() {
  if (fd_ >= 0)
    ::close(fd_);
}

void make_private(const std::string& path, const std::string& user) {
  std::error_code failed;
  fs::create_directories(path, failed);
  if (failed || ::chmod(path.c_str(), 0700))
    stop_with(ec::refused, fmt::format("{} cannot be made: {}", path, failed ? failed.message() : std::strerror(errno)));
  if (::geteuid() != 0)
    return;
  const auto& entry = user_entry(user);
  if (::chown(path.c_str(), entry.pw_uid, entry.pw_gid))
    stop_with(ec::refused, fmt::format("{} cannot be given to {}: {}", path, user, std::strerror(errno)));
}

void check_reachable(const std::string& path, const std::string& user) {
  if (::geteuid() != 0)
    return;
  const auto& entry = user_entry(user);
  for (auto above = fs::path{path}.parent_path();; above = above.parent_path()) {
    struct stat info {};
    if (::stat(above.c_str(), &info))
      stop_with(ec::refused, fmt::format("{}: {}", above.string(), std::strerror(errno)));
    const mode_t needed = info.st_uid == entry.pw_uid ? S_IXUSR : info.st_gid == entry.pw_gid ? S_IXGRP : S_IXOTH;
    if (!(info.st_mode & needed))
      stop_with(ec::refused, fmt::format("user {} cannot pass through {}: start as a plain user, or keep the data elsewhere",
                                         user, above.string()));
    if (above == above.root_path())
      return;
  }
}

std::optional<pid_t> wait_until_abandoned(const std::string& path, std::chrono::milliseconds limit) {
  const auto real = fs::weakly_canonical(path).string();
  const auto end = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto someone = at_work_in(real);
    if (!someone || std::chrono::steady_clock::now() >= end)
      return someone;
    ::poll(nullptr, 0, 10);
  }
}

std::string tail(const std::string& file, size_t bytes_max) {
  std::ifstream in{file, std::ios::ate};
  if (!in)
    return {};
  const auto size = static_cast<size_t>(in.tellg());
  in.seekg(static_cast<std::streamoff>(size > bytes_max ? size - bytes_max : 0));
  return {std::istreambuf_iterator<char>{in}, {}};
}
} // namespace arrakis::embedded
