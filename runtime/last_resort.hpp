#pragma once
// Last resort without memory or threads: log one line and end the process in order.
#include <cstddef>
#include <string_view>

namespace arrakis::last_resort {
/// Handles memory shortage and uncaught exceptions; call it once, in main. The first failing allocation frees a reserve
/// of 4 MiB, so that running work can end, and calls give_up(). An uncaught exception becomes a log line and exit code
/// 1, without a core. `end` requests the orderly end; called at most once, on any thread; must not allocate.
void install(void (*end)());

bool is_installed(); ///< True after install().
/// Writes `why` to standard error as one log line and requests the process's end. Before install(): std::terminate.
void give_up(std::string_view why) noexcept;
/// True after give_up(): the process ends with an exit code other than 0.
bool gave_up();

/// Checks at the start that the system grants `wanted` further threads. Throws std::runtime_error with their number and
/// the remedy if not: a library that is refused its own thread later may not report it.
void require_threads(size_t wanted);
} // namespace arrakis::last_resort
