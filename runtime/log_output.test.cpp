#include "runtime/log_output.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>

using namespace arrakis;

namespace {
struct small_pipe {
  int ends[2] = {-1, -1};
  small_pipe() {
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    REQUIRE(::fcntl(ends[1], F_SETPIPE_SZ, 4096) == 4096);
  }
  ~small_pipe() {
    ::close(ends[0]);
    close_writer();
  }
  void close_writer() {
    if (ends[1] >= 0)
      ::close(ends[1]);
    ends[1] = -1;
  }
  /// Reads until `done` says so of all that was read, or the end.
  template <class F>
  std::string read_until(F done) {
    std::string all;
    char buffer[4096];
    while (!done(all)) {
      const auto got = ::read(ends[0], buffer, sizeof buffer);
      if (got <= 0)
        break;
      all.append(buffer, static_cast<size_t>(got));
    }
    return all;
  }
};
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
std::string line(int i) { return fmt::format("{:050}", i); }
} // namespace

TEST_CASE("log: a reader that stands still holds nobody, gets what was kept in order, and is told what was not") {
  small_pipe pipe;
  log::output to{pipe.ends[1], 10'000};
  for (int i = 0; i < 1'000; ++i)
    to.write(line(i)); // A descriptor that waits would never come back from here.
  const auto all = pipe.read_until(
    [](const auto& text) { return has(text, "log.lines_dropped") && text.back() == '\n'; });
  size_t at = 0;
  int whole = 0;
  for (; at < all.size() && all[at] == '0'; at = all.find('\n', at) + 1)
    CHECK(all.substr(at, 50) == line(whole++));
  CHECK(whole >= 10'000 / 51);
  CHECK(has(all.substr(at), fmt::format("\"count\":\"{}\"", 1'000 - whole)));
  to.write("later"); // Nothing is dropped any more.
  CHECK(pipe.read_until([](const auto& text) { return !text.empty() && text.back() == '\n'; }) == "later\n");
}

TEST_CASE("log: what is kept when the process ends is written if its reader goes on, and given up if not") {
  small_pipe pipe;
  {
    log::output to{pipe.ends[1]};
    for (int i = 0; i < 200; ++i)
      to.write(line(i));
  } // Nobody reads: one second, and then it ends.
  std::string all;
  std::thread reader;
  {
    log::output to{pipe.ends[1]};
    to.write("the last");
    reader = std::thread{[&] { all = pipe.read_until([](const auto& text) { return has(text, "the last\n"); }); }};
  }
  reader.join();
  CHECK(has(all, line(0)));
  CHECK(has(all, "the last\n"));
}

TEST_CASE("log: lines to a pipe without a reader are lost, and hold nobody") {
  small_pipe pipe;
  std::signal(SIGPIPE, SIG_IGN);
  log::output to{pipe.ends[1]};
  ::close(std::exchange(pipe.ends[0], -1));
  for (int i = 0; i < 1'000; ++i)
    to.write(line(i));
}
