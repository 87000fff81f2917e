#pragma once
// Random bytes that a seed decides: ids and nonces are the same in a replay.
#include <cstdint>

namespace arrakis::simulation {
namespace chance {
/// From here on OpenSSL's random bytes are drawn from `seed`; for this process and one thread.
void seed(uint64_t);
/// Restores OpenSSL's own source.
void restore();
} // namespace chance

/// How far our processes' wall clock is from everybody else's.
int64_t clock_jump();
/// Moves the wall clock by `ms`.
void jump_clock(int64_t ms);
} // namespace arrakis::simulation
