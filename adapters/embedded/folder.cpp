#include "adapters/embedded/folder.hpp"

#include "runtime/file.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <poll.h>
#include <stdexcept>

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
