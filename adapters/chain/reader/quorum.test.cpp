#include "adapters/chain/reader/quorum.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::chain;
using namespace arrakis::chain::reader;

namespace {
value_or_reason value(uint64_t n) { return contract_answer{uint256{n}}; }
value_or_reason gave_up() { return contract_answer{reverted{}}; }
value_or_reason odd(std::string why = "the contract returned 31 bytes in the place of 32") {
  return unknown_reason{unknown_reason::malformed, std::move(why)};
}
vote of(std::string endpoint, value_or_reason said, int64_t block = 100) { return {endpoint, block, said}; }

/// "7 of a b", "open 1", "unknown ...": a row of the table.
std::string counted(const std::vector<vote>& votes, size_t needed) {
  const auto result = count_votes(votes, needed);
  if (const auto* open = std::get_if<open_vote>(&result))
    return "open " + std::to_string(open->missing);
  if (const auto* why = std::get_if<unknown_reason>(&result))
    return "unknown: " + why->detail;
  const auto& found = std::get<agreed>(result);
  std::string out = std::holds_alternative<reverted>(found.value) ? "reverted"
                                                                  : to_decimal(std::get<uint256>(found.value));
  for (const auto& each : found.endpoints)
    out += " " + each;
  return out;
}
} // namespace

TEST_CASE("quorum: so many endpoints that say the same decide") {
  CHECK(counted({}, 2) == "open 2");
  CHECK(counted({of("a", value(7))}, 2) == "open 1");
  CHECK(counted({of("a", value(7)), of("b", value(7))}, 2) == "7 a b");
  CHECK(counted({of("a", value(7)), of("b", value(8))}, 2) == "open 1");
  CHECK(counted({of("a", value(7)), of("b", value(8)), of("c", value(7))}, 2) == "7 a c");
  CHECK(counted({of("a", value(7)), of("b", value(8)), of("c", value(9))}, 2) == "open 1");
  CHECK(counted({of("a", value(7))}, 1) == "7 a");
  CHECK(counted({of("a", value(7)), of("b", value(7))}, 3) == "open 1");
}

TEST_CASE("quorum: a revert is an answer of its own, and no zero") {
  CHECK(counted({of("a", gave_up()), of("b", value(0))}, 2) == "open 1");
  CHECK(counted({of("a", gave_up()), of("b", gave_up())}, 2) == "reverted a b");
}

TEST_CASE("quorum: one endpoint that is asked twice, or by two addresses of one host, is one voter") {
  CHECK(counted({of("a", value(7)), of("a", value(7))}, 2) == "open 1");
  CHECK(counted({of("a", value(7), 100), of("a", value(7), 99)}, 2) == "7 a"); // Two blocks are two votes.
  CHECK(counted({of("a", value(7), 100), of("a", value(8), 99)}, 2) == "open 1");
}

TEST_CASE("quorum: two answers that both have enough votes decide nothing") {
  CHECK(counted({of("a", value(7)), of("b", value(7)), of("c", value(8)), of("d", value(8))}, 2)
        == "unknown: the endpoints of the chain disagree");
  CHECK(counted({of("a", value(7)), of("b", value(8))}, 1) == "unknown: the endpoints of the chain disagree");
}

TEST_CASE("quorum: a reason that enough give is the answer; one alone waits for others") {
  CHECK(counted({of("a", odd()), of("b", odd())}, 2) == "unknown: the contract returned 31 bytes in the place of 32");
  CHECK(counted({of("a", odd())}, 2) == "open 2");
  CHECK(counted({of("a", odd()), of("b", value(7)), of("c", value(7))}, 2) == "7 b c");
}

TEST_CASE("quorum: what stays open says why") {
  const auto why = [](const std::vector<vote>& votes) { return explain_open(votes, 2, "Base").detail; };
  CHECK(why({}) == "no endpoint of Base answered");
  CHECK(why({of("a", value(7))}) == "1 of the 2 answers needed came from Base");
  CHECK(why({of("a", value(7)), of("b", value(8))}) == "the endpoints of the chain disagree");
  CHECK(why({of("a", odd())}) == "the contract returned 31 bytes in the place of 32");
}

TEST_CASE("quorum: whoever said another value is named, whoever said none is not") {
  const std::vector<vote> votes{of("a", value(7)), of("b", value(8)), of("c", value(7)), of("d", odd())};
  CHECK(dissenters(votes, std::get<agreed>(count_votes(votes, 2))) == std::vector<std::string>{"b"});
}
