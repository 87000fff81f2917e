#pragma once
// The private folder of the embedded servers: who may use it, and what an earlier run left in it.
#include "runtime/error.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <sys/types.h>

namespace arrakis::embedded {

/// Ends `start` with this error; thrown and caught inside the folder only.
struct stopped {
  caf::error why;
};
[[noreturn]] void stop_with(ec code, std::string text);

/// Holds the lock of a folder. The kernel lets go of it when the process dies, however it dies.
class folder_lock {
public:
  folder_lock() = default;
  /// ec::conflict, naming the process, when another one holds it.
  explicit folder_lock(const std::string& file);
  folder_lock(folder_lock&& other) noexcept;
  folder_lock& operator=(folder_lock&& other) noexcept;
  ~folder_lock();

private:
  int fd_ = -1;
};

/// Makes `path` when missing, 0700; as root it is given to `user`.
void make_private(const std::string& path, const std::string& user);
/// ec::refused, naming the folder in the way, when `user` cannot pass through what lies above `path`. Only as root.
void check_reachable(const std::string& path, const std::string& user);
/// Waits until no process works in `path` any more: children of a server that was killed live on for a moment. Returns one
/// that still does after `limit`. Servers of both kinds have their data folder as working directory.
std::optional<pid_t> wait_until_abandoned(const std::string& path, std::chrono::milliseconds limit);
/// The last lines of a log, for an error message.
std::string tail(const std::string& file, size_t bytes_max = 1'500);

} // namespace arrakis::embedded
