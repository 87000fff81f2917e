#pragma once
// The kernel's view of our programs while they run: user, arguments, environment, sockets; and programs that are
// stopped by a signal.
#include <string>
#include <vector>

namespace arrakis::system_test {

/// `pid` and all that came of it, itself first.
std::vector<int> family_of(int pid);
/// A file of /proc/{pid}; zero bytes become line breaks.
std::string proc_file(int pid, const std::string& name);
/// "Uid" or "CapEff": the first word after the colon in /proc/{pid}/status.
std::string status_of(int pid, const std::string& key);
/// Files and folders that others may read or enter below `folder`: "path 0644".
std::vector<std::string> open_to_others(const std::string& folder);
/// The TCP and UDP sockets of the process that wait for strangers, as /proc/net has them: "tcp 0100007F:0BB8".
std::vector<std::string> listening(int pid);

/// Processes that stand still: they neither answer nor go away. They go on with the object's end.
class standing_still {
public:
  /// Returns when every thread has stopped; throws std::runtime_error when one does not within 10 s.
  explicit standing_still(std::vector<int> pids);
  ~standing_still();
  standing_still(const standing_still&) = delete;
  standing_still& operator=(const standing_still&) = delete;

private:
  std::vector<int> pids_;
};

} // namespace arrakis::system_test
