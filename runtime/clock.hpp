#pragma once
// The only source of wall time and of randomness. Tests replace both.
#include <chrono>
#include <cstdint>
#include <span>
#include <string>

namespace arrakis {

/// Milliseconds since the Unix epoch, by the machine's wall clock or what a test set. Thread-safe.
int64_t wall_ms();
/// Formats Unix milliseconds as ISO 8601 in UTC: "2026-11-24T05:38:16.123Z".
std::string iso8601(int64_t unix_ms);
/// Replaces the wall clock for the process (tests); an empty function restores it.
void set_wall_clock(int64_t (*now_ms)());

/// Cryptographic random bytes (OpenSSL). Throws std::runtime_error when the system gives none.
void random_bytes(std::span<unsigned char> out);
/// `bytes` random bytes as lower-case hex, for unguessable ids and nonces (16 bytes = 128 bits).
std::string random_hex(size_t bytes);
/// A random (version 4) UUID in the usual text form.
std::string random_uuid();
/// Uniform in [0, 1): jitter only, never a secret. Seedable per thread for tests with seed_jitter.
double jitter();
void seed_jitter(uint64_t seed); ///< Seeds this thread's jitter.

} // namespace arrakis
