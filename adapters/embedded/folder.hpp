#pragma once
// The private folder of the embedded servers: who may use it, and what an earlier run left in it. Everything here
// throws std::runtime_error with the remedy.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>

namespace arrakis::embedded {

/// Holds a folder for this process. The kernel lets go of it when the process dies, however it dies.
class claim {
public:
  /// Throws, naming the process, when another one holds it.
  explicit claim(const std::string& folder);
  ~claim();
  claim(const claim&) = delete;
  claim& operator=(const claim&) = delete;

private:
  int fd_ = -1;
};

/// Makes `folder` when missing, 0700; throws when it is somebody else's or open to others.
void make_private(const std::string& folder);
/// Waits until no process works in `folder` any more: the children of a killed server live on for a moment, and would
/// write beside a new one. Throws, naming the process, when one still does after 10 s.
void wait_until_abandoned(const std::string& folder);
/// The end of a log, for an error message; nothing of its first `from` bytes.
std::string tail(const std::string& file, std::uintmax_t from = 0, size_t bytes_max = 1'500);

} // namespace arrakis::embedded
