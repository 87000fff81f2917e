// Two nodes on the same PostgreSQL and Redis: a second arrakisd that only works, beside one that does everything.
#include "tests/system/node.hpp"
#include "tests/system/records.hpp"

#include <doctest/doctest.h>

namespace {
using namespace arrakis;
using namespace arrakis::system_test;
using strings = std::vector<std::string>;
using std::chrono::seconds;

/// Each node works on one job at a time, so that two jobs at once need both.
test_stack& here() { return shared(false, {"ARRAKIS_QUEUE_CONCURRENCY=1"}); }

/// A second process that only works.
struct worker_node : node {
  worker_node() : node(here(), "second", "worker", {"ARRAKIS_QUEUE_CONCURRENCY=1"}) {}
};

void check_whole(const place& at) {
  CHECK(disagreements(here(), at) == strings{});
  CHECK(read_guild(here(), at).made.size() == 10);
  CHECK(audit_entries(here(), at) == 2);
}

struct held {
  place at;
  int64_t fault;
};
/// A deployment that stands at its second channel for `wait`.
held deploy_slowly(const std::string& name, std::chrono::milliseconds wait) {
  auto& w = here();
  const auto at = w.create_guild(name);
  auto admin = w.at_review(at, name);
  const auto fault = w.slow_create(at, "channels", 3, wait);
  admin.press("wizard:deploy:*");
  return {at, fault};
}
} // namespace

TEST_CASE("nodes: two share the queue, and a stalled job of a killed one is completed by the other") {
  auto& w = here();
  worker_node second;
  // Two at once: each node has one of them, whichever.
  const auto one = deploy_slowly("One of two", std::chrono::milliseconds{2'500});
  const auto two = deploy_slowly("Two of two", std::chrono::milliseconds{2'500});
  for (const auto& each : {one, two})
    REQUIRE(w.wait_for_fault(each.fault));
  for (const auto& each : {one, two})
    CHECK(wait_for_state(w, each.at, 1, "completed"));
  REQUIRE(demo::eventually([&] { return second.says("\"end\":\"completed\""); }, seconds{10}));
  for (const auto& each : {one, two})
    check_whole(each.at);

  const auto three = deploy_slowly("Three", std::chrono::milliseconds{2'500});
  const auto four = deploy_slowly("Four", std::chrono::milliseconds{2'500});
  for (const auto& each : {three, four})
    REQUIRE(w.wait_for_fault(each.fault));
  second.kill();
  for (const auto& each : {three, four})
    CHECK(wait_for_state(w, each.at, 1, "completed"));
  for (const auto& each : {three, four}) {
    check_whole(each.at);
    CHECK(wait_until_idle(w, each.at));
  }
}

TEST_CASE("nodes: SIGTERM drains the worker: the active job completes first") {
  auto& w = here();
  worker_node second;
  const auto one = deploy_slowly("Last but one", std::chrono::milliseconds{1'000});
  const auto two = deploy_slowly("Last", std::chrono::milliseconds{1'000});
  for (const auto& each : {one, two})
    REQUIRE(w.wait_for_fault(each.fault));
  CHECK(second.stop() == 0);
  CHECK(second.says("\"end\":\"completed\""));
  for (const auto& each : {one, two}) {
    CHECK(wait_for_state(w, each.at, 1, "completed"));
    check_whole(each.at);
  }
}
