#include "runtime/process.hpp"
#include "runtime/process_metrics.hpp"
#include "tests/support/scratch.hpp"

#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <unistd.h>

using namespace std::chrono_literals;
namespace {
struct scratch : arrakis::test::scratch {
  scratch() : arrakis::test::scratch("process") { std::filesystem::permissions(path(), std::filesystem::perms::all); }
  std::string read(const char* file) const { return arrakis::test::content(*this / file); }
};
} // namespace

TEST_CASE("process: runs in its folder with its environment, and its output goes to the file") {
  scratch tmp;
  arrakis::process child{{.argv = {"sh", "-c", "pwd; echo $WHO; exit 3"},
                          .env = {"WHO=Shai-Hulud"},
                          .folder = tmp.path(),
                          .output = tmp.path() + "/out"}};
  REQUIRE(child.wait(10s));
  CHECK(child.exit_status() == 3);
  CHECK(tmp.read("out") == tmp.path() + "\nShai-Hulud\n");
}

TEST_CASE("process: a child inherits our environment, or gets the one that was made for it and our PATH") {
  ::setenv("ARRAKIS_PROCESS_TEST_SECRET", "spice", 1);
  for (const bool inherits : {true, false}) {
    scratch tmp;
    arrakis::process child{
      {.argv = {"env"}, .env = {"ARRAKIS_OWN=water"}, .output = tmp.path() + "/out", .inherits = inherits}};
    REQUIRE(child.wait(10s));
    const auto said = tmp.read("out");
    CHECK((said.find("ARRAKIS_PROCESS_TEST_SECRET=spice\n") != said.npos) == inherits);
    if (!inherits)
      CHECK(said == std::string{"ARRAKIS_OWN=water\nPATH="} + std::getenv("PATH") + "\n");
  }
  ::unsetenv("ARRAKIS_PROCESS_TEST_SECRET");
}

TEST_CASE("process: what we ignore, a child does not") {
  ::signal(SIGUSR1, SIG_IGN);
  arrakis::process child{{.argv = {"sh", "-c", "kill -USR1 $$; exit 3"}}};
  REQUIRE(child.wait(10s));
  CHECK(child.exit_status() == 128 + SIGUSR1);
  ::signal(SIGUSR1, SIG_DFL);
}

TEST_CASE("process: a child's end is seen though we were started with its signal ignored") {
  struct sigaction unwaited {};
  unwaited.sa_handler = SIG_DFL;
  unwaited.sa_flags = SA_NOCLDWAIT;
  for (const bool by_flag : {false, true}) {
    if (by_flag)
      ::sigaction(SIGCHLD, &unwaited, nullptr);
    else
      ::signal(SIGCHLD, SIG_IGN);
    arrakis::process child{{.argv = {"sh", "-c", "exit 3"}}};
    REQUIRE(child.wait(10s));
    CHECK(child.exit_status() == 3);
  }
}

TEST_CASE("process: variables are removed by the beginning of their name") {
  ::setenv("ARRAKIS_GONE_B", "1", 1);
  ::setenv("ARRAKIS_GONE_A", "a=b", 1);
  CHECK(arrakis::remove_environment("ARRAKIS_GONE_") == std::vector<std::string>{"ARRAKIS_GONE_A", "ARRAKIS_GONE_B"});
  CHECK(std::getenv("ARRAKIS_GONE_A") == nullptr);
  CHECK(arrakis::remove_environment("ARRAKIS_GONE_").empty());
}

TEST_CASE("process: a program that does not exist is named") {
  CHECK_THROWS_WITH_AS(arrakis::process({.argv = {"/no/such/worm"}}), doctest::Contains("/no/such/worm"),
                       std::runtime_error);
}

TEST_CASE("process: what ignores SIGTERM is killed after the grace") {
  scratch tmp;
  arrakis::process child{
    {.argv = {"sh", "-c", "trap '' TERM; echo up > up; while :; do sleep 1; done"}, .folder = tmp.path()}};
  while (tmp.read("up").empty())
    child.wait(5ms);
  child.stop(SIGTERM, 20ms);
  CHECK(child.exit_status() == 128 + SIGKILL);
}

TEST_CASE("process: the destructor ends the child with SIGKILL") {
  int pid = 0;
  {
    arrakis::process child{{.argv = {"sleep", "1000"}}};
    pid = child.pid();
    CHECK(child.running());
  }
  CHECK(::kill(pid, 0) == -1);
}

TEST_CASE("process: a child outlives the thread that made it") {
  std::optional<arrakis::process> child;
  std::thread{[&] { child.emplace(arrakis::process_options{.argv = {"sleep", "1000"}}); }}.join();
  CHECK(!child->wait(20ms));
}

TEST_CASE("process: the thread that makes children ends with the last of them") {
  const auto before = arrakis::metrics::threads();
  {
    arrakis::process first{{.argv = {"sleep", "1000"}}};
    std::optional<arrakis::process> second{std::in_place, arrakis::process_options{.argv = {"sleep", "1000"}}};
    CHECK(arrakis::metrics::threads() == before + 1);
    second.reset();
    CHECK(first.running());
  }
  CHECK(arrakis::metrics::threads() == before);
  CHECK(arrakis::process{{.argv = {"sleep", "1000"}}}.running());
}

TEST_CASE("process: as root, a log that its user made a link to root's file is not written to") {
  if (::geteuid() != 0)
    return;
  scratch tmp;
  std::ofstream{tmp.path() + "/roots"} << "untouched";
  std::filesystem::permissions(tmp.path() + "/roots", std::filesystem::perms::owner_all);
  std::filesystem::create_symlink(tmp.path() + "/roots", tmp.path() + "/out");
  const auto start = [&] {
    arrakis::process{{.argv = {"id"}, .user = arrakis::unprivileged_user(), .output = tmp.path() + "/out"}};
  };
  CHECK_THROWS_WITH_AS(start(), doctest::Contains("Permission denied"), std::runtime_error);
  CHECK(tmp.read("roots") == "untouched");
}

TEST_CASE("process: as root, the child runs as the unprivileged user") {
  if (::geteuid() != 0)
    return;
  scratch tmp;
  arrakis::process child{{.argv = {"id", "-un"}, .user = arrakis::unprivileged_user(), .output = tmp.path() + "/out"}};
  REQUIRE(child.wait(10s));
  CHECK(tmp.read("out") == arrakis::unprivileged_user() + "\n");
}
