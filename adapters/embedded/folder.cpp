#include "adapters/embedded/folder.hpp"

#include "runtime/file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <poll.h>
#include <stdexcept>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace arrakis::embedded {
namespace fs = std::filesystem;
namespace {
using namespace std::chrono_literals;

/// PostgreSQL's children notice the death of their parent within a second or so.
constexpr auto abandoned_limit = 10s;

/// Both servers have their data folder as working directory, and PostgreSQL's children too.
std::optional<pid_t> at_work_in(const std::string& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const auto name = entry.path().filename().string();
    if (!std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c); }))
      continue;
    std::error_code unreadable; // Another user's process, or one that has just ended.
    if (fs::read_symlink(entry.path() / "cwd", unreadable) == folder && !unreadable)
      return static_cast<pid_t>(std::stol(name));
  }
  return std::nullopt;
}
} // namespace

claim::claim(const std::string& folder)
  : fd_(::open((folder + "/in-use").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  if (fd_ < 0)
    throw std::runtime_error(fmt::format("{}/in-use cannot be opened: {}", folder, std::strerror(errno)));
  if (::flock(fd_, LOCK_EX | LOCK_NB)) {
    char pid[32] = {};
    const auto got = ::read(fd_, pid, sizeof pid - 1);
    ::close(std::exchange(fd_, -1));
    throw std::runtime_error(
      fmt::format("state folder {} is in use by process {}; stop that one, or choose another folder with "
                  "node.state_folder",
                  folder, got > 0 ? pid : "unknown"));
  }
  const auto mine = std::to_string(::getpid());
  if (::ftruncate(fd_, 0) || ::write(fd_, mine.data(), mine.size()) < 0) {
    const int why = errno;
    ::close(std::exchange(fd_, -1));
    throw std::runtime_error(fmt::format("{}/in-use cannot be written: {}", folder, std::strerror(why)));
  }
}
claim::~claim() { ::close(fd_); }

void make_private(const std::string& folder) {
  if (const auto bad = file::make_folder(folder))
    throw std::runtime_error(text_of(bad));
  if (const auto bad = file::check_private_folder(folder))
    throw std::runtime_error(text_of(bad));
}

void wait_until_abandoned(const std::string& folder) {
  const auto real = fs::weakly_canonical(folder).string();
  const auto end = std::chrono::steady_clock::now() + abandoned_limit;
  while (const auto someone = at_work_in(real)) {
    if (std::chrono::steady_clock::now() >= end)
      throw std::runtime_error(fmt::format("process {} still works in {}; end it first", *someone, folder));
    ::poll(nullptr, 0, 10);
  }
}

std::string tail(const std::string& file, std::uintmax_t from, size_t bytes_max) {
  std::ifstream in{file, std::ios::ate | std::ios::binary};
  if (!in)
    return {};
  const auto size = static_cast<std::uintmax_t>(in.tellg());
  in.seekg(static_cast<std::streamoff>(std::max(size > bytes_max ? size - bytes_max : 0, std::min(from, size))));
  return {std::istreambuf_iterator<char>{in}, {}};
}
} // namespace arrakis::embedded
