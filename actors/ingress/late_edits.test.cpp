// Edits that come after the first answer.
#include "actors/ingress/ingress_fixture.test.hpp"

using namespace arrakis;
using namespace arrakis::ingress;
using namespace std::chrono_literals;

TEST_CASE_FIXTURE(fixture, "ingress: a late edit that an end may have overtaken is followed by that end") {
  for (const bool may_end : {true, false}) // Negative control: without it the late edit is the last one.
    for (const bool ended : {true, false}) {
      CAPTURE(may_end);
      CAPTURE(ended);
      w.calls.clear();
      w.asked_again = 0;
      w.handler = surroundings::late;
      w.says = {.data_json = R"({"content":"building"})", .may_end = may_end};
      w.says_again = ended ? reply{.data_json = R"({"content":"is ready"})"} : reply{};
      bring(slash("setup"));
      sim.advance(20s);
      CHECK(w.asked_again == (may_end ? 1 : 0));
      REQUIRE(w.calls.size() == (may_end && ended ? 2 : 1));
      CHECK(w.calls[0].body == R"({"content":"building"})");
      CHECK(w.calls.back().body == (may_end && ended ? R"({"content":"is ready"})" : R"({"content":"building"})"));
    }
}

TEST_CASE_FIXTURE(fixture, "ingress: after a late edit the end is asked for until somebody knows it, for 2 min") {
  const auto asked = [&](int fails, ec failure) {
    w.calls.clear();
    w.asked_again = 0;
    w.fails_again = fails;
    w.failure = failure;
    w.handler = surroundings::late;
    w.says = {.data_json = R"({"content":"building"})", .may_end = true};
    w.says_again = {.data_json = R"({"content":"is ready"})"};
    bring(slash("setup"));
    sim.advance(3min);
    return w.asked_again;
  };
  CHECK(asked(5, ec::unavailable) == 6);
  REQUIRE(w.calls.size() == 2);
  CHECK(w.calls.back().body == R"({"content":"is ready"})");
  CHECK(asked(1, ec::not_found) == 1); // Negative control: another try changes nothing.
  CHECK(w.calls.size() == 1);
  const int all = asked(1'000, ec::timeout);
  CHECK(all > 10);
  CHECK(all < 20);
  CHECK(w.calls.size() == 1);
}

TEST_CASE_FIXTURE(fixture, "ingress: an edit waits for the message that the first answer makes") {
  w.handler = surroundings::late;
  w.not_found_first = 3;
  bring(slash("setup"));
  sim.advance(5s);
  CHECK(w.calls.size() == 4);
}
