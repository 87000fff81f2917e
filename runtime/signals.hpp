#pragma once
// Signals: which end the daemon, which let it read its settings anew, and that no other one ends it.
#include <chrono>

namespace arrakis::signals {

/// Blocks SIGTERM, SIGINT, SIGQUIT, SIGPWR and SIGXCPU (clean stop) and SIGHUP (reload) until `next` is called, and
/// ignores other signals that would end the process without a clean stop, real-time ones too. A SIGHUP that nohup
/// ignored is received again. Call it before any thread exists. Not for SIGSEGV and its like: no clean end is possible
/// after these.
void prepare();
/// Waits for the next of these signals and returns its number; 0 if none came within `patience`.
int next(std::chrono::milliseconds patience);

} // namespace arrakis::signals
