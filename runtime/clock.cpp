#include "runtime/clock.hpp"

#include <atomic>
#include <fmt/format.h>
#include <openssl/rand.h>
#include <random>
#include <stdexcept>
#include <vector>

namespace arrakis {
namespace {
std::atomic<int64_t (*)()> replaced{nullptr};

std::mt19937_64& engine() {
  thread_local std::mt19937_64 of_thread{[] {
    uint64_t seed = 0;
    random_bytes({reinterpret_cast<unsigned char*>(&seed), sizeof seed});
    return seed;
  }()};
  return of_thread;
}

void append_hex(std::string& out, std::span<const unsigned char> bytes) {
  constexpr char digits[] = "0123456789abcdef";
  for (auto byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
}
} // namespace

int64_t wall_ms() {
  if (auto now = replaced.load(std::memory_order_relaxed))
    return now();
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::string iso8601(int64_t unix_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> at{milliseconds{unix_ms}};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{at - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

void set_wall_clock(int64_t (*now_ms)()) { replaced.store(now_ms, std::memory_order_relaxed); }

void random_bytes(std::span<unsigned char> out) {
  if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1)
    throw std::runtime_error{"the system gave no random bytes (RAND_bytes failed)"};
}

std::string random_hex(size_t bytes) {
  std::vector<unsigned char> raw(bytes);
  random_bytes(raw);
  std::string out;
  out.reserve(2 * bytes);
  append_hex(out, raw);
  return out;
}

std::string random_uuid() {
  unsigned char raw[16];
  random_bytes(raw);
  // RFC 4122, section 4.4: version 4 in the high half of byte 6, variant 10 in the top bits of byte 8.
  raw[6] = static_cast<unsigned char>((raw[6] & 0x0f) | 0x40);
  raw[8] = static_cast<unsigned char>((raw[8] & 0x3f) | 0x80);
  std::string out;
  out.reserve(36);
  size_t at = 0;
  for (size_t group : {4, 2, 2, 2, 6}) {
    if (at > 0)
      out += '-';
    append_hex(out, std::span{raw}.subspan(at, group));
    at += group;
  }
  return out;
}

double jitter() { return std::generate_canonical<double, 53>(engine()); }
void seed_jitter(uint64_t seed) { engine().seed(seed); }
} // namespace arrakis
