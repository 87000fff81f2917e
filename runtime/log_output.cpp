#include "runtime/log_output.hpp"

#include "runtime/clock.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <fmt/format.h>
#include <poll.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace arrakis::log {
namespace {
using namespace std::chrono_literals;
constexpr auto last_chance = 1s;

bool takes_bytes(int fd, std::chrono::milliseconds patience) {
  pollfd entry{fd, POLLOUT, 0};
  return ::poll(&entry, 1, static_cast<int>(patience.count())) > 0;
}
} // namespace

output::~output() {
  {
    std::unique_lock lock{mutex_};
    stopping_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, last_chance, [this] { return kept_.empty() || !writer_.joinable(); });
    kept_.clear();
    changed_.notify_all();
  }
  if (writer_.joinable())
    writer_.join();
}

void output::write(std::string_view line) {
  std::lock_guard lock{mutex_};
  keep(line);
  write_what_fits();
  if (!kept_.empty())
    start_writer();
}

void output::keep(std::string_view line) {
  if (dropped_ > 0 || kept_.size() + line.size() + 1 > kept_max_) {
    ++dropped_;
    return;
  }
  kept_ += line;
  kept_ += '\n';
}

/// A pipe that is ready takes PIPE_BUF bytes without waiting (pipe(7)).
void output::write_what_fits() {
  while (!kept_.empty() && takes_bytes(fd_, 0ms)) {
    const auto written = ::write(fd_, kept_.data(), std::min<size_t>(kept_.size(), PIPE_BUF));
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0 && errno == EAGAIN)
      return;
    kept_.erase(0, written < 0 ? kept_.size() : static_cast<size_t>(written));
    if (kept_.empty() && dropped_ > 0)
      kept_ = fmt::format(
        "{{\"time\":\"{}\",\"level\":\"warn\",\"event\":\"log.lines_dropped\",\"count\":\"{}\",\"why\":\"who reads the "
        "log stood still\"}}\n",
        iso8601(wall_ms()), std::exchange(dropped_, 0));
  }
}

void output::start_writer() {
  if (!writer_.joinable() && !stopping_)
    try {
      writer_ = std::thread{[this] { run_writer(); }};
    } catch (const std::system_error&) { // No thread available: the next line tries again.
    }
  changed_.notify_all();
}

void output::run_writer() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !kept_.empty(); });
    if (kept_.empty())
      return;
    lock.unlock();
    takes_bytes(fd_, 100ms); // Then checks for the stop.
    lock.lock();
    write_what_fits();
    if (kept_.empty())
      changed_.notify_all();
  }
}

} // namespace arrakis::log
