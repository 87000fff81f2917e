#include "runtime/process.hpp"
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

TEST_CASE("process: our settings go on to a child only when it is to have them") {
  ::setenv("ARRAKIS_PROCESS_TEST_SECRET", "spice", 1);
  for (const bool keeps : {true, false}) {
    scratch tmp;
    arrakis::process child{{.argv = {"sh", "-c", "echo $ARRAKIS_PROCESS_TEST_SECRET,$ARRAKIS_OWN"},
                            .env = {"ARRAKIS_OWN=water"},
                            .output = tmp.path() + "/out",
                            .keeps_settings = keeps}};
    REQUIRE(child.wait(10s));
    CHECK(tmp.read("out") == (keeps ? "spice,water\n" : ",water\n"));
  }
  ::unsetenv("ARRAKIS_PROCESS_TEST_SECRET");
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

TEST_CASE("process: the destructor ends the child") {
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

TEST_CASE("process: as root, the child runs as the unprivileged user") {
  if (::geteuid() != 0)
    return;
  scratch tmp;
  arrakis::process child{{.argv = {"id", "-un"}, .user = arrakis::unprivileged_user(), .output = tmp.path() + "/out"}};
  REQUIRE(child.wait(10s));
  CHECK(tmp.read("out") == arrakis::unprivileged_user() + "\n");
}
