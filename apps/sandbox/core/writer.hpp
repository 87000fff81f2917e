#pragma once
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace arrakis::sandbox {
/// Writes the newest text to one file, durable, on a thread of its own: the io thread never waits for the disk.
class writer {
public:
  explicit writer(std::string path);
  ~writer(); ///< After the last text has been written.
  void put(std::string text);

private:
  void run();
  std::string path_;
  std::mutex lock_;
  std::condition_variable wake_;
  std::optional<std::string> next_;
  bool ending_ = false;
  std::thread thread_;
};
} // namespace arrakis::sandbox
