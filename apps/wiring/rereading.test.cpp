#include "apps/wiring/rereading.hpp"

#include <doctest/doctest.h>

using namespace arrakis::wiring;
using namespace std::chrono_literals;

TEST_CASE("rereading: files are read when they changed, and after a failure again as they are, ever later") {
  const rereading::time start{};
  rereading files{"a"};
  CHECK_FALSE(files.is_due("a", start));
  CHECK(files.is_due("b", start));
  files.note(false, start);
  CHECK_FALSE(files.is_due("b", start + 4s));
  CHECK(files.is_due("b", start + 5s));
  files.note(false, start + 5s);
  CHECK_FALSE(files.is_due("b", start + 14s));
  CHECK(files.is_due("b", start + 15s));
  files.note(true, start + 15s); // The reading succeeded.
  CHECK_FALSE(files.is_due("b", start + 24h));

  auto now = start;
  CHECK(files.is_due("c", now));
  for (int i = 0; i < 50; ++i) {
    files.note(false, now);
    CHECK(files.is_due("c", now + 5min));
    now += 5min;
  }
  CHECK(files.is_due("d", now)); // A change does not wait.
  files.note(false, now);
  CHECK(files.is_due("d", now + 5s));
}
