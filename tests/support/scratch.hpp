#pragma once
// Folders and children of tests.
#include "runtime/process.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace arrakis::test {

/// A folder of its own under /tmp, whatever TMPDIR says: a socket's path may have 107 bytes. Removed with the object.
class scratch {
public:
  explicit scratch(const std::string& kind) {
    std::string name = "/tmp/arrakis-" + kind + "-XXXXXX";
    if (!::mkdtemp(name.data()))
      throw std::runtime_error("cannot make " + name);
    path_ = name;
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& file) const { return path_ + "/" + file; }
  const std::string& path() const { return path_; }

private:
  std::string path_;
};

/// The permission bits of a file or folder, 0 when there is none.
inline unsigned mode_of(const std::string& path) {
  struct stat status {};
  ::stat(path.c_str(), &status);
  return status.st_mode & 0777u;
}

/// The bytes of a file; empty when it cannot be read.
inline std::string content(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

/// Asks `ready` until it says yes; throws with the child's log when it ends or 30 s have passed.
template <class F>
void wait_until(process& child, const std::string& log, const std::string& what, F ready) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (!ready())
    if (child.wait(std::chrono::milliseconds{5}) || std::chrono::steady_clock::now() > end)
      throw std::runtime_error(what + " did not start:\n" + content(log));
}
} // namespace arrakis::test
