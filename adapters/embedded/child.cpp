#include "adapters/embedded/child.hpp"

#include "adapters/embedded/folder.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <stdexcept>
#include <unistd.h>

namespace arrakis::embedded {
namespace {
using namespace std::chrono_literals;

constexpr auto poll_every = 250ms;      // Interval at which the watcher checks for a stop.
constexpr auto back_off_min = 100ms;    // Wait before the first restart.
constexpr auto back_off_max = 10'000ms; // Longest wait between restarts of a failing server.
constexpr auto stop_grace = 30s;        // PostgreSQL's last checkpoint; then SIGKILL, which costs a recovery.
constexpr auto healthy_after = 60s;     // After this uptime the next crash counts as a first one.
constexpr auto waiting_told_every = 5'000ms;
constexpr std::uintmax_t log_bytes_max = 10 << 20; // A larger log is renamed to <log>.1; one is kept.

bool exists(const std::string& program) {
  if (program.find('/') != std::string::npos)
    return ::access(program.c_str(), X_OK) == 0;
  const char* path = std::getenv("PATH");
  std::string_view rest{path ? path : "/usr/bin:/bin"};
  while (!rest.empty()) {
    const auto end = std::min(rest.find(':'), rest.size());
    if (::access((std::string{rest.substr(0, end)} + "/" + program).c_str(), X_OK) == 0)
      return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

void rotate(const std::string& log) {
  std::error_code missing;
  if (std::filesystem::file_size(log, missing) > log_bytes_max && !missing)
    std::filesystem::rename(log, log + ".1", missing);
}
} // namespace

std::vector<std::string> server_environment(const std::string& home) {
  return {"LANG=C.UTF-8", "LC_ALL=C.UTF-8", "TZ=UTC", "HOME=" + home};
}

child::child(recipe r) : recipe_(std::move(r)) {
  if (const auto& program = recipe_.program.argv.front(); !exists(program))
    throw std::runtime_error(program + " is not on this machine; `make deps` installs it");
  launch();
  log::info("embedded.started", {{"server", recipe_.name}, {"pid", pid()}});
  watcher_ = std::thread{[this] { watch(); }};
}

child::~child() {
  {
    std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  if (watcher_.joinable())
    watcher_.join();
  if (process_ && process_->running()) {
    process_->stop(recipe_.stop_signal, stop_grace);
    log::info("embedded.stopped", {{"server", recipe_.name}, {"status", process_->exit_status().value_or(-1)}});
  }
}

/// Starts once. False: the server ended, and the cause was repaired. Throws as the constructor.
bool child::try_to_launch() {
  rotate(recipe_.program.output);
  recipe_.prepare();
  std::error_code missing;
  const auto earlier = std::filesystem::file_size(recipe_.program.output, missing);
  process_.emplace(recipe_.program);
  const auto begin = std::chrono::steady_clock::now();
  auto told = begin;
  for (;;) {
    auto why = recipe_.why_not_ready();
    if (why.empty())
      return true;
    const auto now = std::chrono::steady_clock::now();
    const bool ended = process_->wait(5ms);
    if (ended || now >= begin + recipe_.patience || stopping_within(0ms)) {
      if (ended)
        why = fmt::format("it ended with status {}", process_->exit_status().value_or(-1));
      process_.reset();
      const auto log = tail(recipe_.program.output, missing ? 0 : earlier);
      if (ended && recipe_.repair && recipe_.repair(log))
        return false;
      throw std::runtime_error(fmt::format("{} did not start: {}; the end of its log:\n{}", recipe_.name, why, log));
    }
    if (now >= told + waiting_told_every) {
      told = now;
      log::info("embedded.waiting", {{"server", recipe_.name}, {"error", why}});
    }
  }
}

void child::launch() {
  if (!try_to_launch() && !try_to_launch())
    throw std::runtime_error(recipe_.name + " did not start, though its data was set aside");
  pid_ = process_->pid();
}

bool child::stopping_within(std::chrono::milliseconds wait) {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, wait, [this] { return stopping_; });
}

bool child::start_again() {
  try {
    launch();
    return true;
  } catch (const std::exception& e) {
    log::error("embedded.restart_failed", {{"server", recipe_.name}, {"error", e.what()}});
    return false;
  }
}

void child::watch() {
  auto wait = std::chrono::milliseconds{back_off_min};
  auto since = std::chrono::steady_clock::now();
  while (!stopping_within(0ms)) {
    if (process_ && !process_->wait(poll_every))
      continue;
    pid_ = -1;
    log::error("embedded.died",
               {{"server", recipe_.name}, {"status", process_ ? process_->exit_status().value_or(-1) : -1}});
    if (std::chrono::steady_clock::now() - since > healthy_after)
      wait = back_off_min;
    if (stopping_within(wait))
      return;
    wait = std::min(wait * 2, std::chrono::milliseconds{back_off_max});
    metrics::count("arrakis_embedded_restarts_total", "Starts of an embedded server after its death.", 1,
                   {{"server", recipe_.name}});
    if (start_again())
      log::info("embedded.restarted", {{"server", recipe_.name}, {"pid", pid()}});
    since = std::chrono::steady_clock::now();
  }
}
} // namespace arrakis::embedded
