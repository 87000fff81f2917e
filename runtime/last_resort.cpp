#include "runtime/last_resort.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <fmt/format.h>
#include <memory>
#include <mutex>
#include <new>
#include <poll.h>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

namespace arrakis::last_resort {
namespace {
constexpr size_t reserve_bytes = 4 << 20;
char* reserve = nullptr; // Freed by the new-handler call that wins `out_of_memory`.
std::atomic<void (*)()> end_process{nullptr};
std::atomic<bool> gave_up_already{false}, out_of_memory{false};

/// Writes a log line without allocating and without the log's lock, whose holder may be the thread without memory.
void write_line(std::string_view why) noexcept {
  char line[512];
  size_t size = 0;
  const auto add = [&](std::string_view text, bool quoted) {
    for (const char c : text) {
      if (size + 8 > sizeof line)
        return;
      if (quoted && (c == '"' || c == '\\'))
        line[size++] = '\\';
      line[size++] = quoted && static_cast<unsigned char>(c) < 32 || c == 127 ? ' ' : c;
    }
  };
  add(R"({"level":"error","event":"process.gave_up","error":")", false);
  add(why, true);
  line[size++] = '"';
  line[size++] = '}';
  line[size++] = '\n';
  pollfd reader{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&reader, 1, 1'000) > 0) // The reader may hang; the process ends nevertheless.
    [[maybe_unused]]
    const auto ignored = ::write(STDERR_FILENO, line, size);
}

void no_memory() {
  std::set_new_handler(nullptr); // The next failure is a std::bad_alloc.
  if (out_of_memory.exchange(true))
    return;
  delete[] std::exchange(reserve, nullptr);
  give_up("there is no memory left: the process ends; give it more, or lower runtime.workers and postgres.connections");
}

[[noreturn]] void uncaught() {
  try {
    if (const auto thrown = std::current_exception())
      std::rethrow_exception(thrown);
    write_line("the process cannot go on, and ends at once");
  } catch (const std::exception& e) {
    write_line(e.what());
  }
  std::_Exit(1);
}
} // namespace

void install(void (*end)()) {
  end_process = end;
  reserve = new char[reserve_bytes];
  for (size_t i = 0; i < reserve_bytes; i += 4096)
    reserve[i] = 1; // Touches the pages, so that the kernel provides them now.
  std::set_new_handler(no_memory);
  std::set_terminate(uncaught);
}

bool is_installed() { return end_process.load() != nullptr; }

void give_up(std::string_view why) noexcept {
  auto* const end = end_process.load();
  if (!end)
    std::terminate();
  if (gave_up_already.exchange(true))
    return;
  write_line(why);
  end();
}

bool gave_up() { return gave_up_already; }

void require_threads(size_t wanted) {
  std::mutex lock;
  std::condition_variable changed;
  bool over = false;
  std::vector<std::thread> made;
  made.reserve(wanted);
  std::string why_not;
  try {
    while (made.size() < wanted)
      made.emplace_back([&] {
        std::unique_lock hold{lock};
        changed.wait(hold, [&] { return over; });
      });
  } catch (const std::system_error& e) {
    why_not = e.code().message();
  }
  {
    std::lock_guard hold{lock};
    over = true;
  }
  changed.notify_all();
  const auto got = made.size();
  for (auto& one : made)
    one.join();
  if (got < wanted)
    throw std::runtime_error(
      fmt::format("the system gives this process {} of the {} threads that it needs ({}): raise its limit (ulimit -u, "
                  "pids.max, TasksMax, "
                  "or its memory), or lower runtime.io_threads, runtime.workers and postgres.connections",
                  got, wanted, why_not));
}
} // namespace arrakis::last_resort
