// Makes a state of tests/upgrade/states with the programs of another build:
//
//   tests_upgrade_make_state BUILD_FOLDER OUT.tar.xz      as root, or as a user whom the other build accepts
//
// One community is deployed; of a second a role is made and its answer lost; two jobs wait behind it; a fourth admin is
// at the review. Then everything is killed. Git keeps the archive, so a state is made once, from a clone of its commit.
#include "adapters/embedded/embedded.hpp"
#include "tests/system/records.hpp"

#include <boost/json/object.hpp>
#include <filesystem>
#include <fmt/format.h>

namespace {
using namespace arrakis;
using namespace arrakis::system_test;
namespace js = boost::json;

void require(bool holds, const std::string& what) {
  if (!holds)
    throw std::runtime_error(what);
}

void run_to_end(const std::vector<std::string>& argv) {
  process child{{argv, {}, {}, {}, {}}};
  require(child.wait(std::chrono::seconds{120}) && child.exit_status() == 0, argv[0] + " failed");
}

/// An archive is older than the 15 minutes of a session; so its record is made to stay.
void keep_wizard_session(demo::local_stack& t, const place& at) {
  const auto socket = embedded::redis_url(t.folder() + "/arrakis").substr(std::string_view{"unix://"}.size());
  run_to_end({"redis-cli", "-s", socket, "PERSIST", fmt::format("wizard:{}:{}", at.owner, at.guild)});
}

void make(const std::string& out) {
  // One job at a time: the others wait.
  test_stack w{false, {"ARRAKIS_QUEUE_CONCURRENCY=1"}};
  auto& t = w.stack();
  const auto deployed = w.create_guild("Deployed");
  auto first = w.at_review(deployed, "Deployed");
  require(demo::deploy(first), "the first community was not deployed");
  const auto in_flight = w.create_guild("In flight");
  const auto waiting_1 = w.create_guild("Waiting 1");
  const auto waiting_2 = w.create_guild("Waiting 2");
  const auto open = w.create_guild("At the review");
  auto second = w.at_review(in_flight, "In flight");
  auto third = w.at_review(waiting_1, "Waiting 1", "simple", "minimal");
  auto fourth = w.at_review(waiting_2, "Waiting 2", "simple", "minimal");
  auto fifth = w.at_review(open, "At the review", "simple", "minimal");
  const auto lost = w.order_fault(
    {{"kind", "lose_answer"}, {"method", "POST"}, {"path", "/guilds/" + in_flight.guild + "/roles"}, {"skip", 2}});
  second.press("wizard:deploy:*");
  require(w.wait_for_fault(lost), "the third role of the deployment in flight was not made");
  third.press("wizard:deploy:*");
  fourth.press("wizard:deploy:*");
  require(demo::eventually(
            [&] {
              const auto jobs = t.ctl({"jobs", "list", "waiting"}).second;
              const auto at = jobs.find("synth-");
              return at != std::string::npos && jobs.find("synth-", at + 1) != std::string::npos;
            },
            std::chrono::seconds{10}),
          "the two jobs do not wait");
  keep_wizard_session(t, open);
  require(newest_deployment(w, in_flight).state != "completed",
          "the deployment in flight has ended: too slow, try again");
  t.kill_arrakis();
  t.stop_discord();
  const auto folder = std::filesystem::path{t.folder()};
  run_to_end({"tar", "-C", folder.parent_path(), "--exclude=*.log", "--exclude=ctl.out", "--exclude=.s.PGSQL*",
              "--exclude=*.sock", "--numeric-owner", "-cJf", out, folder.filename()});
}
} // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: tests_upgrade_make_state BUILD_FOLDER OUT.tar.xz\n");
    return 2;
  }
  ::setenv("ARRAKIS_BUILD_DIR", argv[1], 1);
  try {
    make(std::filesystem::absolute(argv[2]));
    return 0;
  } catch (const std::exception& e) {
    fmt::print(stderr, "make_state: {}\n", e.what());
    return 1;
  }
}
