#include "runtime/process_metrics.hpp"

#include "runtime/clock.hpp"
#include "runtime/metrics.hpp"

#include <ctime>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <vector>

using namespace arrakis;

namespace {
double value_of(const std::string& name) {
  metrics::update_process();
  const auto text = metrics::exposition();
  const auto at = text.find("\n" + name + " ");
  REQUIRE_MESSAGE(at != std::string::npos, name);
  return std::stod(text.substr(at + name.size() + 2));
}
} // namespace

TEST_CASE("process metrics: memory, descriptors, CPU time and the start are this process's") {
  CHECK(value_of("process_resident_memory_bytes") > 1 << 20);
  CHECK(value_of("process_virtual_memory_bytes") > value_of("process_resident_memory_bytes"));
  const auto now = static_cast<double>(wall_ms()) / 1000;
  CHECK(value_of("process_start_time_seconds") <= now + 1); // Ticks are rounded, and so is the time of the boot.
  CHECK(value_of("process_start_time_seconds") > now - 24 * 3600);
  const auto before = value_of("process_open_fds");
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  CHECK(value_of("process_open_fds") == before + 1);
  ::close(fd);
  CHECK(value_of("process_max_fds") >= before);
}

TEST_CASE("process metrics: the counter of CPU time follows the clock of the process and never falls") {
  const auto spent = [] { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };
  const auto before = value_of("process_cpu_seconds_total");
  const auto from = spent();
  while (spent() < from + 0.1) {}
  const auto after = value_of("process_cpu_seconds_total");
  CHECK(after >= before + 0.05);
  CHECK(after <= spent() + 0.05);
  CHECK(value_of("process_cpu_seconds_total") >= after);
}
