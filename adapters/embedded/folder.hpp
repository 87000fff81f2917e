#pragma once
// Private folder of the embedded servers: access, exclusive use, and processes of an earlier run. Every function here
// throws std::runtime_error with the remedy.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>

namespace arrakis::embedded {

/// Exclusive lock of a folder for this process. The kernel releases it when the process dies.
class claim {
public:
  /// Throws when another process has the lock, and names that process.
  explicit claim(const std::string& folder);
  ~claim();
  claim(const claim&) = delete;
  claim& operator=(const claim&) = delete;

private:
  int fd_ = -1;
};

/// Creates `folder` when missing, mode 0700. Throws when it belongs to another user or is open to others.
void make_private(const std::string& folder);
/// Waits until no process works in `folder` any more: the children of a killed server live on for a moment, and would
/// write beside a new one. Throws, naming the process, when one still does after 10 s.
void wait_until_abandoned(const std::string& folder);
/// End of a log file for an error message, without its first `from` bytes.
std::string tail(const std::string& file, std::uintmax_t from = 0, size_t bytes_max = 1'500);

} // namespace arrakis::embedded
