#include "schemas/trace.hpp"

#include <doctest/doctest.h>
#include <string>

using namespace arrakis;

TEST_CASE("trace: an id has 32 lower-case hex digits and is not zero") {
  CHECK(is_trace_id("0af7651916cd43dd8448eb211c80319c"));
  for (const auto& bad :
       {std::string{}, std::string(32, '0'), std::string{"0AF7651916CD43DD8448EB211C80319C"}, std::string(31, 'a'),
        std::string(33, 'a'), std::string{"0af7651916cd43dd8448eb211c80319\x1b"}, std::string(32, 'g')})
    CHECK_FALSE(is_trace_id(bad));
}
