#include "runtime/folder_claim.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <stdexcept>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace arrakis {

folder_claim::folder_claim(const std::string& folder, const std::string& setting)
  : fd_(::open((folder + "/in-use").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
  if (fd_ < 0)
    throw std::runtime_error(fmt::format("{}/in-use cannot be opened: {}", folder, std::strerror(errno)));
  if (::flock(fd_, LOCK_EX | LOCK_NB)) {
    char pid[32] = {};
    const auto got = ::read(fd_, pid, sizeof pid - 1);
    ::close(std::exchange(fd_, -1));
    throw std::runtime_error(
      fmt::format("state folder {} is in use by process {}; stop that one, or choose another folder with {}", folder,
                  got > 0 ? pid : "unknown", setting));
  }
  const auto mine = std::to_string(::getpid());
  if (::ftruncate(fd_, 0) || ::write(fd_, mine.data(), mine.size()) < 0) {
    const int why = errno;
    ::close(std::exchange(fd_, -1));
    throw std::runtime_error(fmt::format("{}/in-use cannot be written: {}", folder, std::strerror(why)));
  }
}

folder_claim::~folder_claim() { ::close(fd_); }

} // namespace arrakis
