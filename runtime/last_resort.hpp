#pragma once
// Last resort without memory or threads: log one line and end the process in order.
#include <cstddef>
#include <string_view>

namespace arrakis::last_resort {
/// Call once, in main. The first failing allocation frees a reserve of 4 MiB, so that running work can end, and calls
/// give_up(). An uncaught exception becomes a line on standard error and the exit code 1, without a core.
/// `end`: asks for the orderly end of the process; called at most once, from any thread, and allocates nothing.
void install(void (*end)());

bool is_installed(); ///< True after install().
/// Writes `why` to standard error as one line of the log and asks for the end. Before install(): std::terminate.
void give_up(std::string_view why) noexcept;
/// True after give_up(): the process ends with an exit code other than 0.
bool gave_up();

/// Throws std::runtime_error, which says how many of `wanted` further threads the system gives and what to do, unless
/// it gives all. Checked at the start: a library whose own thread is refused later may not be able to say so.
void require_threads(size_t wanted);
} // namespace arrakis::last_resort
