// The program behind `make run`, which may run as root and writes below a folder that it found.
#include "tests/daemon/daemon.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::daemon_test;
namespace fs = std::filesystem;

namespace {
/// Exit code and output.
std::pair<int, std::string> demo_on(const std::string& folder, const std::string& output, const strings& environment) {
  process run{{.argv = {program("demo"), folder}, .env = environment, .output = output}};
  REQUIRE(run.wait(std::chrono::seconds{120}));
  return {*run.exit_status(), test::content(output)};
}
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
} // namespace

TEST_CASE("demo: FRESH=1 removes no files but those of a run") {
  const test::scratch tmp{"demo"};
  fs::create_directories(tmp / "documents/letters");
  const auto [code, said] = demo_on(tmp / "documents", tmp / "output", {"FRESH=1", "ONCE=1"});
  CHECK(code == 1);
  CHECK_MESSAGE(has(said, "removes nothing"), said);
  CHECK(fs::exists(tmp / "documents/letters"));
}

TEST_CASE("demo: a folder or symbolic link of another user is not written through") {
  if (::geteuid() != 0)
    return;
  const test::scratch tmp{"demo"};
  ::chmod(tmp.path().c_str(), 0755);
  std::ofstream{tmp / "precious"} << "precious";
  fs::create_directory(tmp / "state");
  for (const auto* name : {"arrakisd.log", "discord.log", "stack.json"})
    fs::create_symlink(tmp / "precious", (tmp / "state/") + name);
  REQUIRE(::chown((tmp / "state").c_str(), 1, 1) == 0);
  const auto [code, said] = demo_on(tmp / "state", tmp / "output", {"ONCE=1"});
  CHECK(code == 1);
  CHECK_MESSAGE(has(said, "belongs to another user"), said);
  CHECK(test::content(tmp / "precious") == "precious");
}
