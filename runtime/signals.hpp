#pragma once
// Signals: which end the daemon, which let it read its settings anew, and that no other one ends it.
#include <chrono>

namespace arrakis::signals {

/// Before any thread exists. SIGTERM, SIGINT, SIGQUIT, SIGPWR and SIGXCPU (a clean stop) and SIGHUP (settings) wait
/// until `next` is called; others that would end the process without a clean stop are ignored, real-time signals too. A
/// SIGHUP that was ignored by who started us (nohup) is heard again. Not for SIGSEGV and its like: after these nothing
/// is clean.
void prepare();
/// Waits for the next one of them, and returns its number; 0 when none came within `patience`.
int next(std::chrono::milliseconds patience);

} // namespace arrakis::signals
