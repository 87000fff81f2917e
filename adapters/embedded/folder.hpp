#pragma once
// Private folder of the embedded servers: access, and processes of an earlier run. Every function here
// throws std::runtime_error with the remedy.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>

namespace arrakis::embedded {

/// Creates `folder` when missing, mode 0700. Throws when it belongs to another user or is open to others.
void make_private(const std::string& folder);
/// Waits until no process works in `folder` any more: the children of a killed server live on for a moment, and would
/// write beside a new one. Throws, naming the process, when one still does after 10 s.
void wait_until_abandoned(const std::string& folder);
/// End of a log file for an error message, without its first `from` bytes.
std::string tail(const std::string& file, std::uintmax_t from = 0, size_t bytes_max = 1'500);

} // namespace arrakis::embedded
