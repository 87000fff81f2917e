#include "runtime/last_resort.hpp"

#include "runtime/exception.hpp"
#include "runtime/supervisor.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <csignal>
#include <doctest/doctest.h>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
struct ended {
  int code = -1;
  std::string said;
};

/// Runs `work` in a child process, whose standard error is read; its exit code is what `work` returns.
ended in_child(const std::function<int()>& work) {
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  const auto pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    ::dup2(pipe[1], STDERR_FILENO);
    ::close(pipe[0]);
    ::close(pipe[1]);
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    ::_exit(work());
  }
  ::close(pipe[1]);
  ended out;
  char chunk[512];
  for (ssize_t got = 0; (got = ::read(pipe[0], chunk, sizeof chunk)) > 0;)
    out.said.append(chunk, static_cast<size_t>(got));
  ::close(pipe[0]);
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  out.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return out;
}

void ask_for_end() { ::kill(::getpid(), SIGTERM); }

/// Waits for the order to end, as the daemon's main does: 3 when it came.
int wait_for_end() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  int number = 0;
  return sigwait(&ends, &number) == 0 && number == SIGTERM ? 3 : 4;
}

/// A supervisor whose only child cannot start, in a system of its own, until its process is asked to end: 0 when it was
/// not.
int supervise_in_vain(bool with_guard) {
  last_resort::install(ask_for_end);
  caf::actor_system_config config;
  config.set("scheduler.max-threads", size_t{1});
  config.set("logger.verbosity", caf::atom("quiet"));
  auto* const sys = new caf::actor_system{config}; // The destructor would wait for the logger.
  registry::tree_node::root("arrakis").make_default();
  const auto one = supervisor::strategy::one_for_one;
  const supervisor::intensity none{.restarts_max = 1, .backoff_first = 1ms};
  supervisor::child lost{"redis", []() -> caf::actor { throw std::runtime_error("no such file"); }, {}};
  auto* const top = new supervisor::handle{
    supervisor::start(*sys, "node", {supervisor::nested(*sys, "adapters", one, none, {lost})}, one, none)};
  if (with_guard)
    supervisor::end_process_with(*top);
  caf::scoped_actor self{*sys};
  self->monitor(*top);
  self->receive([](const caf::down_msg&) {});
  if (!with_guard)
    return 0;
  wait_for_end();
  return last_resort::gave_up() ? 1 : 0;
}
} // namespace

#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer) // Sanitizers need address space.
namespace {
void leave_address_space(size_t bytes) {
  std::string pages;
  FILE* in = ::fopen("/proc/self/statm", "r");
  size_t size = 0;
  REQUIRE(::fscanf(in, "%zu", &size) == 1);
  ::fclose(in);
  const rlimit space{size * static_cast<size_t>(::sysconf(_SC_PAGESIZE)) + bytes, RLIM_INFINITY};
  ::setrlimit(RLIMIT_AS, &space);
}

/// Allocates until the process is told to end, or nothing more is given.
void exhaust(std::vector<std::unique_ptr<char[]>>& held) {
  while (!last_resort::gave_up())
    held.push_back(std::make_unique<char[]>(256 << 10));
}
} // namespace

TEST_CASE(
  "last resort: the first allocation that fails is served from the reserve, said, and ends the process in order") {
  const auto seen = in_child([] {
    last_resort::install(&ask_for_end);
    leave_address_space(32 << 20);
    std::vector<std::unique_ptr<char[]>> held;
    held.reserve(10'000);
    exhaust(held); // Throws nothing.
    return wait_for_end();
  });
  CHECK(seen.code == 3);
  CHECK(seen.said.find(R"("event":"process.gave_up","error":"there is no memory left)") != std::string::npos);
}

TEST_CASE("last resort: negative control: without it the first allocation that fails is an uncaught std::bad_alloc") {
  const auto seen = in_child([] {
    leave_address_space(32 << 20);
    std::vector<std::unique_ptr<char[]>> held;
    held.reserve(10'000);
    try {
      exhaust(held);
    } catch (const std::bad_alloc&) {
      return 7;
    }
    return 0;
  });
  CHECK(seen.code == 7);
}

TEST_CASE("last resort: threads that the system does not give are a sentence with their number") {
  const auto seen = in_child([] {
    leave_address_space(24 << 20); // A stack has 8 MiB.
    try {
      last_resort::require_threads(20);
    } catch (const std::runtime_error& e) {
      ::dprintf(STDERR_FILENO, "%s", e.what());
      return 5;
    }
    return 0;
  });
  CHECK(seen.code == 5);
  CHECK(seen.said.find(" of the 20 threads that it needs") != std::string::npos);
}

TEST_CASE("last resort: an actor that ends because it gets no thread ends the process") {
  const auto seen = in_child([] {
    last_resort::install(&ask_for_end);
    std::promise<void> over;
    const auto end = over.get_future().share();
    std::vector<std::thread> held;
    held.reserve(1'000);
    leave_address_space(24 << 20);
    try {
      while (held.size() < held.capacity())
        held.emplace_back([&] { end.wait(); });
    } catch (const std::system_error&) {
      (void)error_of(std::current_exception());
    }
    over.set_value();
    for (auto& one : held)
      one.join();
    return last_resort::gave_up() ? wait_for_end() : 0;
  });
  CHECK(seen.code == 3);
  CHECK(seen.said.find("no further thread") != std::string::npos);
}
#endif

TEST_CASE("last resort: an exception that nobody catches is a line, and the exit code 1") {
  const auto seen = in_child([] {
    last_resort::install(&ask_for_end);
    std::thread{[] { throw std::runtime_error("a \"reason\""); }}.join();
    return 0;
  });
  CHECK(seen.code == 1);
  CHECK(seen.said == "{\"level\":\"error\",\"event\":\"process.gave_up\",\"error\":\"a \\\"reason\\\"\"}\n");
}

// Negative control: judged by its code alone, a socket that says "not now" ends the process.
TEST_CASE("last resort: any other fault ends its actor alone, also one with the code of a thread that is refused") {
  const auto end_by = [](std::errc code) {
    return in_child([code] {
      last_resort::install(&ask_for_end);
      (void)error_of(std::make_exception_ptr(std::system_error{std::make_error_code(code)}));
      return last_resort::gave_up() ? wait_for_end() : 0;
    });
  };
  CHECK(end_by(std::errc::resource_unavailable_try_again).code == 0);
  CHECK(end_by(std::errc::no_such_file_or_directory).code == 0);
}

TEST_CASE("last resort: giving up is said once, and asks for the end once") {
  const auto seen = in_child([] {
    last_resort::install(&ask_for_end);
    last_resort::give_up("first");
    last_resort::give_up("second");
    return last_resort::gave_up() ? wait_for_end() : 0;
  });
  CHECK(seen.code == 3);
  CHECK(seen.said.find("first") != std::string::npos);
  CHECK(seen.said.find("second") == std::string::npos);
}

TEST_CASE("last resort: threads that are there are given back") { last_resort::require_threads(8); }

TEST_CASE("last resort: a supervision tree that gives up ends the process with one error line of path and reason") {
  const auto end = in_child([] { return supervise_in_vain(true); });
  CHECK(end.code == 1);
  const auto line = end.said.find(R"("level":"error")");
  REQUIRE(line != std::string::npos);
  CHECK(end.said.find(R"("level":"error")", line + 1) == std::string::npos);
  const auto text = end.said.substr(line);
  CHECK(text.find("arrakis/node/adapters crashed more than 1 times") != std::string::npos);
  CHECK(text.find("arrakis/node/adapters/redis crashed more than 1 times") != std::string::npos);
  CHECK(text.find("no such file") != std::string::npos);
}

TEST_CASE("last resort: negative control: without the guard the process goes on without its tree") {
  const auto end = in_child([] { return supervise_in_vain(false); });
  CHECK(end.code == 0);
  CHECK(end.said.find(R"("level":"error")") == std::string::npos);
}
