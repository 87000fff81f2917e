#include "tests/crash/course.hpp"

#include "tests/crash/walk.hpp"

#include <doctest/doctest.h>

using namespace arrakis::crash;
using namespace std::chrono_literals;

namespace {
recording of(const std::vector<std::string>& steps, std::chrono::milliseconds length) {
  std::map<std::string, int> counts;
  recording r{{}, length};
  for (const auto& step : steps)
    r.points.push_back({step, ++counts[step]});
  return r;
}
} // namespace

TEST_CASE("crash course: steps that happen when idle are background; more of them during a deployment are points") {
  const auto idle = of({"poll", "poll", "poll", "poll", "take"}, 10s);
  const auto c = course_of(idle, {of({"poll", "take", "make", "make"}, 2s), of({"take", "make", "make"}, 2s)});
  CHECK(c.background == std::set<std::string>{"poll"}); // 4 in 10 s explain 1 in 2 s; one "take" in 10 s does not.
  CHECK(c.sure == std::vector<point>{{"make", 1}, {"make", 2}});
  CHECK(c.loose == std::vector<point>{{"take", 1}}); // The deployment's own one cannot be told from the others.
}

TEST_CASE("crash course: a point that only some recordings have is walked, and may stay away") {
  const auto c = course_of(of({}, 10s), {of({"make", "edit"}, 1s), of({"make"}, 1s), of({"make"}, 1s)});
  CHECK(c.sure == std::vector<point>{{"make", 1}});
  CHECK(c.loose == std::vector<point>{{"edit", 1}});
}

TEST_CASE("crash course: renewals come by the clock, so a faster run may have fewer, whatever the recordings have") {
  const auto run = of({"COMMIT renew deployments", "make"}, 1s);
  const auto c = course_of(of({}, 10s), {run, run, run});
  CHECK(c.sure == std::vector<point>{{"make", 1}});
  CHECK(c.loose == std::vector<point>{{"COMMIT renew deployments", 1}});
}

TEST_CASE("crash walk: a point that was not met is named with its reason") {
  const trial sure{{"make", 3}, fault::kill_before, true}, loose{{"edit", 2}, fault::kill_before, false};
  CHECK(why_unmet(sure, 2, true) == "its step passed 2 times only");
  CHECK(why_unmet(loose, 0, true) == "its step did not pass, as in some of the recordings");
  CHECK(why_unmet(loose, 1, true) == "its step passed 1 times only, as in some of the recordings");
  CHECK(why_unmet(sure, 0, false) == "it did not end within 30 s; its step passed 0 times");
}

TEST_CASE("crash course: a seed draws the same points again, and none twice") {
  const auto some = drawn(100, 6, 42);
  CHECK(some == drawn(100, 6, 42));
  CHECK(some != drawn(100, 6, 43));
  CHECK(std::set<size_t>(some.begin(), some.end()).size() == 6);
  CHECK(drawn(3, 6, 1).size() == 3);
}
