#include "runtime/utf8.hpp"

#include <doctest/doctest.h>

using arrakis::utf8_head;

TEST_CASE("utf8: a head holds whole characters only") {
  CHECK(utf8_head("abc", 3) == "abc");
  CHECK(utf8_head("abc", 2) == "ab");
  CHECK(utf8_head("a沙b", 4) == "a沙");
  for (const size_t bytes_max : {1, 2, 3})
    CHECK(utf8_head("a沙b", bytes_max) == "a");
  CHECK(utf8_head("沙", 2).empty());
}
