// `make run`, twice on the same state.
#include "runtime/json.hpp"
#include "tests/daemon/daemon.hpp"

#include <boost/json/object.hpp>
#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <sys/stat.h>

using namespace arrakis;
using namespace arrakis::daemon_test;
using std::chrono::seconds;

namespace {
struct demo_run {
  const test::scratch& place;
  std::string folder = place / "state", output = place / "output", card = folder + "/stack.json";
  std::optional<process> child;

  void start() {
    std::filesystem::remove(card);
    child.emplace(process_options{.argv = {program("demo"), folder}, .env = {"EMPTY=1"}, .output = output});
  }
  /// The addresses of the stack, once it is up.
  std::map<std::string, std::string> addresses() {
    demo::eventually([&] { return test::content(card).ends_with('\n') || !child->running(); }, seconds{120});
    const auto parsed = json::parse(test::content(card));
    REQUIRE_MESSAGE((parsed && parsed->is_object()), test::content(output));
    std::map<std::string, std::string> found;
    for (const auto* name : {"discord", "public", "admin"})
      found[name] = json::text_or(parsed->get_object(), name);
    return found;
  }
  /// Exit code and output of a second run on the same folder.
  std::pair<int, std::string> second(const strings& environment) const {
    process run{{.argv = {program("demo"), folder}, .env = environment, .output = place / "second"}};
    REQUIRE(run.wait(seconds{120}));
    return {*run.exit_status(), test::content(place / "second")};
  }
  void stop() {
    child->stop(SIGINT, seconds{60});
    CHECK(child->exit_status() == 0);
  }
};
} // namespace

TEST_CASE("demo: a second run on the same state has the addresses of the first, so that an open page still works") {
  const test::scratch place{"demo"};
  ::chmod(place.path().c_str(), 0755);
  demo_run one{place};
  one.start();
  const auto first = one.addresses();
  one.stop();
  one.start();
  CHECK(one.addresses() == first);
  one.stop();
  std::filesystem::remove(one.folder + "/ports.json"); // Negative control: without the memory of them they differ.
  const auto log = one.folder + "/arrakisd.log";
  const auto from = test::content(log).size();
  one.start();
  CHECK(one.addresses() != first);
  one.stop();
  // The gateway that the stored session names is gone: nobody waits for it.
  const auto said = test::content(log).substr(from);
  const auto refused = said.find("\"shard.resume_address_refused\""), running = said.find("\"shard.running\"");
  CHECK_MESSAGE(refused != std::string::npos, said);
  CHECK_MESSAGE(running != std::string::npos, said);
  CHECK(refused < running);
  CHECK(said.find("\"shard.gateway_not_reached\"") == std::string::npos);
}

TEST_CASE("demo: a second run beside the first is refused and changes nothing, also with FRESH=1") {
  const test::scratch place{"demo"};
  ::chmod(place.path().c_str(), 0755);
  demo_run one{place};
  one.start();
  const auto first = one.addresses();
  const auto ports = test::content(one.folder + "/ports.json");
  for (const auto& environment : {strings{"EMPTY=1", "ONCE=1"}, strings{"EMPTY=1", "ONCE=1", "FRESH=1"}}) {
    const auto [code, said] = one.second(environment);
    CHECK(code == 1);
    CHECK_MESSAGE(said.find(fmt::format("is in use by process {}; stop that one, or choose another folder with STATE",
                                        one.child->pid()))
                    != std::string::npos,
                  said);
    CHECK(test::content(one.folder + "/ports.json") == ports);
    CHECK(one.addresses() == first);
  }
  one.stop();
}

TEST_CASE("demo: when the daemon dies under it, the run ends and says so, line by line") {
  const test::scratch place{"demo"};
  ::chmod(place.path().c_str(), 0755);
  demo_run one{place};
  one.start();
  one.addresses();
  std::filesystem::create_directories(one.folder + "/bot/keys");
  ::kill(std::stoi(test::content(one.folder + "/arrakis/in-use")), SIGKILL);
  REQUIRE(one.child->wait(seconds{60}));
  CHECK(one.child->exit_status() == 1);
  const auto said = test::content(one.output);
  CHECK_MESSAGE(said.find("\narrakisd was killed by signal 9; the end of its log:\n") != std::string::npos, said);
  CHECK(said.find("\\n{") == std::string::npos);
  CHECK(!std::filesystem::exists(one.card));
  // FRESH=1 forgets the guild of the sandbox, and keeps what belongs to a bot in the real Discord.
  std::ofstream{one.folder + "/arrakis/of-the-last-run"} << "x";
  const auto [code, second] = one.second({"EMPTY=1", "ONCE=1", "FRESH=1"});
  CHECK_MESSAGE(code == 0, second);
  CHECK(!std::filesystem::exists(one.folder + "/arrakis/of-the-last-run"));
  CHECK(std::filesystem::exists(one.folder + "/bot/keys"));
}
