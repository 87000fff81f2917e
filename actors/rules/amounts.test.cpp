#include "actors/rules/amounts.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::rules;

namespace {
amount_range range(uint64_t min, uint64_t max) {
  amount_range out;
  out.decimals = 1;
  out.unit = "T";
  if (min > 0)
    out.min = uint256{min};
  if (max > 0)
    out.max = uint256{max};
  return out;
}
bounds between(uint64_t least, uint64_t most) { return {uint256{least}, uint256{most}}; }
bounds from(uint64_t least) { return {uint256{least}, std::nullopt}; }
} // namespace

TEST_CASE("amounts: a range judges bounds by everything that lies within them") {
  const auto r = range(10, 20);
  CHECK(judge(r, between(9, 9)) == truth::no);
  CHECK(judge(r, between(10, 10)) == truth::yes);
  CHECK(judge(r, between(10, 19)) == truth::yes);
  CHECK(judge(r, between(10, 20)) == truth::unknown);
  CHECK(judge(r, between(9, 10)) == truth::unknown);
  CHECK(judge(r, between(20, 30)) == truth::no);
  CHECK(judge(r, from(19)) == truth::unknown);
  CHECK(judge(r, from(20)) == truth::no);
  CHECK(judge(range(10, 0), from(10)) == truth::yes);
  CHECK(judge(range(0, 10), from(0)) == truth::unknown);
  CHECK(judge(range(0, 10), between(0, 9)) == truth::yes);
}

TEST_CASE("amounts: bounds add up, and what exceeds 256 bits is above every max") {
  CHECK((between(1, 2) + between(3, 4)).most == uint256{6});
  CHECK_FALSE((between(1, 2) + from(3)).most);
  const auto over = bounds::exactly(uint256::max()) + bounds::exactly(uint256{1});
  CHECK(over.least == uint256::max());
  CHECK_FALSE(over.is_exact());
  auto r = range(1, 0);
  CHECK(judge(r, over) == truth::yes);
  r.max = uint256::max();
  CHECK(judge(r, over) == truth::no);
}

TEST_CASE("amounts: they are told in human units") {
  CHECK(describe(range(10, 0)) == "at least 1 T");
  CHECK(describe(range(0, 25)) == "less than 2.5 T");
  CHECK(describe(range(10, 25)) == "at least 1 and less than 2.5 T");
  CHECK(judge(range(10, 0), over::sum, {between(4, 4), from(3)}).held == "at least 0.7 T (not all could be read)");
  CHECK(judge(range(10, 0), over::any, {between(4, 4), between(12, 12)}).held == "1.2 T in one wallet");
}
