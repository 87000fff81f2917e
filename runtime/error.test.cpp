#include "runtime/error.hpp"

#include <caf/sec.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
struct color {
  int number = 0;
};
} // namespace

TEST_CASE("error: a code and a sentence, and the details beside them, are what was given") {
  const auto plain = fail(ec::invalid, "field 'name': too long");
  CHECK(code_of(plain) == ec::invalid);
  CHECK(text_of(plain) == "field 'name': too long");
  CHECK_FALSE(detail_of<color>(plain));
  CHECK_FALSE(retry_after_of(plain));

  const auto rich = fail(ec::busy, "a sentence", color{7}, retry_after{5s});
  CHECK(code_of(rich) == ec::busy);
  CHECK(text_of(rich) == "a sentence");
  CHECK(detail_of<color>(rich)->number == 7);
  CHECK(retry_after_of(rich) == 5s);
  CHECK_FALSE(detail_of<server_away>(rich));
}

TEST_CASE("error: a wait is a value, whatever the sentence says, and survives copies") {
  const auto held = throttle("90000 ms, says somebody", 40'005ms);
  CHECK(code_of(held) == ec::throttled);
  auto copy = held;
  const auto moved = std::move(copy);
  CHECK(retry_after_of(moved) == 40'005ms);
  // Negative control: a number in the sentence alone is no wait.
  CHECK_FALSE(retry_after_of(fail(ec::busy, "40005 ms: a limit of Discord")));
}

TEST_CASE("error: an error of CAF and no error at all have no details") {
  CHECK_FALSE(retry_after_of({}));
  CHECK_FALSE(retry_after_of(caf::sec::request_timeout));
  CHECK(code_of(caf::sec::request_timeout) == ec::unknown);
  CHECK(text_of(caf::sec::request_receiver_down) == "the receiver ended");
}
