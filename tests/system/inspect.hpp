#pragma once
// What the kernel says of our programs while they run: who they are, what they were told, what they listen on.
#include <string>
#include <vector>

namespace arrakis::system_test {

/// `pid` and all that came of it, itself first.
std::vector<int> family_of(int pid);
/// A file of /proc/{pid}; zero bytes become line breaks.
std::string proc_file(int pid, const std::string& name);
/// "Uid" or "CapEff": the first word after the colon in /proc/{pid}/status.
std::string status_of(int pid, const std::string& key);
/// What others may read or enter below `folder`: "path 0644".
std::vector<std::string> open_to_others(const std::string& folder);
/// The TCP and UDP sockets of the process that wait for strangers, as /proc/net has them: "tcp 0100007F:0BB8".
std::vector<std::string> listening(int pid);

} // namespace arrakis::system_test
