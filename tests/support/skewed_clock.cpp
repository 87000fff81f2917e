// A wall clock that is wrong, for a program that is started with this library before all others (LD_PRELOAD): it is
// SKEWED_CLOCK_AHEAD_MS ahead of the machine's, or behind by a negative number. Clocks that only measure, and time
// stamps of files, are the kernel's.
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace {
constexpr int64_t second_ns = 1'000'000'000;

int64_t ahead_ns() {
  static const int64_t value = [] {
    const char* text = std::getenv("SKEWED_CLOCK_AHEAD_MS");
    return text ? std::strtoll(text, nullptr, 10) * 1'000'000 : 0;
  }();
  return value;
}

timespec shifted(timespec at) {
  const int64_t ns = at.tv_nsec + ahead_ns();
  int64_t seconds = ns / second_ns, rest = ns % second_ns;
  if (rest < 0) {
    --seconds;
    rest += second_ns;
  }
  return {static_cast<time_t>(at.tv_sec + seconds), static_cast<long>(rest)};
}

/// Past the C library, which finds this file's functions first.
timespec wall() {
  timespec at{};
  ::syscall(SYS_clock_gettime, CLOCK_REALTIME, &at);
  return shifted(at);
}
} // namespace

extern "C" int clock_gettime(clockid_t which, timespec* to) noexcept {
  if (::syscall(SYS_clock_gettime, which, to) != 0)
    return -1;
  if (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)
    *to = shifted(*to);
  return 0;
}

extern "C" int gettimeofday(timeval* to, void*) noexcept {
  const auto at = wall();
  *to = {at.tv_sec, static_cast<suseconds_t>(at.tv_nsec / 1'000)};
  return 0;
}

extern "C" time_t time(time_t* to) noexcept {
  const auto at = wall().tv_sec;
  if (to)
    *to = at;
  return at;
}
