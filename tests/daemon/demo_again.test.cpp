// `make run`, twice on the same state.
#include "runtime/json.hpp"
#include "tests/daemon/daemon.hpp"

#include <boost/json/object.hpp>
#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
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
