#include "runtime/process_metrics.hpp"

#include "runtime/metrics.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace arrakis::metrics {
namespace {
/// Fields of /proc/pid/stat (proc(5)), counted after the program's name, which may hold any character.
enum field : size_t { user_ticks = 11, system_ticks = 12, start_ticks = 19, virtual_bytes = 20, resident_pages = 21 };

std::vector<double> read_stat() {
  std::ifstream in{"/proc/self/stat"};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  const auto name_end = text.rfind(')');
  std::istringstream rest{name_end == std::string::npos ? "" : text.substr(name_end + 1)};
  std::vector<double> values;
  std::string state;
  rest >> state;
  values.push_back(0); // The state is a letter.
  for (double value = 0; rest >> value;)
    values.push_back(value);
  return values;
}

/// Boot time of the machine, in seconds since 1970.
std::optional<double> boot_time() {
  std::ifstream in{"/proc/stat"};
  for (std::string line; std::getline(in, line);)
    if (std::istringstream words{line}; line.starts_with("btime ")) {
      std::string name;
      double seconds = 0;
      words >> name >> seconds;
      return seconds;
    }
  return std::nullopt;
}

void set_descriptors() {
  std::error_code bad;
  auto files = std::filesystem::directory_iterator{"/proc/self/fd", bad};
  if (!bad) // One is the folder that is being read.
    metrics::set("process_open_fds", "Open file descriptors.",
                 static_cast<double>(std::distance(begin(files), std::filesystem::directory_iterator{}) - 1));
  if (rlimit limit{}; ::getrlimit(RLIMIT_NOFILE, &limit) == 0)
    metrics::set("process_max_fds", "File descriptors that the process may have open.",
                 static_cast<double>(limit.rlim_cur));
}
} // namespace

int64_t threads() {
  std::error_code bad;
  auto all = std::filesystem::directory_iterator{"/proc/self/task", bad};
  return bad ? 0 : std::distance(begin(all), std::filesystem::directory_iterator{});
}

void update_process() {
  static std::mutex guard;
  static double counted = 0; // CPU seconds that the counter has.
  const std::lock_guard lock{guard};
  set_descriptors();
  const auto stat = read_stat();
  if (stat.size() <= resident_pages)
    return;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto cpu = (stat[user_ticks] + stat[system_ticks]) / ticks;
  metrics::count("process_cpu_seconds_total", "User and system CPU time, in seconds.",
                 cpu > counted ? cpu - counted : 0);
  counted = cpu;
  metrics::set("process_virtual_memory_bytes", "Virtual memory.", stat[virtual_bytes]);
  metrics::set("process_resident_memory_bytes", "Resident memory.",
               stat[resident_pages] * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  if (const auto boot = boot_time())
    metrics::set("process_start_time_seconds", "Start of the process, in seconds since 1970.",
                 *boot + stat[start_ticks] / ticks);
}
} // namespace arrakis::metrics
