#pragma once
// Exclusive use of a state folder.
#include <string>

namespace arrakis {

/// Exclusive lock of a folder for this process, on the file `in-use` in it, which holds the process id. The kernel
/// releases the lock when the process dies.
class folder_claim {
public:
  /// Throws std::runtime_error when another process has the lock, and names that process. `setting` is the name of the
  /// setting that chooses another folder.
  explicit folder_claim(const std::string& folder, const std::string& setting = "node.state_folder");
  ~folder_claim();
  folder_claim(const folder_claim&) = delete;
  folder_claim& operator=(const folder_claim&) = delete;

private:
  int fd_ = -1;
};

} // namespace arrakis
