#include "actors/guild/core/progress.hpp"

#include <doctest/doctest.h>

using namespace arrakis::blueprint;

TEST_CASE("progress: ten blocks, filled by whole tenths, and the number") {
  CHECK(bar(0) == "▱▱▱▱▱▱▱▱▱▱ 0 %");
  CHECK(bar(39) == "▰▰▰▱▱▱▱▱▱▱ 39 %");
  CHECK(bar(100) == "▰▰▰▰▰▰▰▰▰▰ 100 %");
}

TEST_CASE("progress: the end of the work counts as a part of it, and not as a resource") {
  CHECK(percent({1, 3}) == 33);
  CHECK(percent({0, 0}) == 0);
  CHECK(percent({10, 10}) == 100);
  CHECK(resources_text({4, 10}) == "4 of 9");
  CHECK(resources_text({10, 10}) == "9 of 9");
  CHECK(resources_text({0, 0}) == "0 of 0");
}

TEST_CASE("progress: a stage has a name, and what is no stage has none") {
  CHECK(stage_name("channels") == "channels and permissions");
  CHECK(stage_name("later").empty());
}
