#include "adapters/chain/reader/plan.hpp"

#include "runtime/json.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace arrakis;
using namespace arrakis::chain;
using namespace arrakis::chain::reader;

namespace {
const std::string hash_a = "0x" + std::string(64, 'a'), hash_b = "0x" + std::string(64, 'b');
const block_id at{16, hash_a};

rpc::answer result(std::string_view json_text) {
  rpc::answer out;
  out.result = json::parse(json_text).value();
  return out;
}
rpc::answer header(int64_t number, const std::string& hash) {
  return result(fmt::format(R"({{"number":"0x{:x}","hash":"{}","timestamp":"0x5"}})", number, hash));
}
rpc::answer error(int64_t code) { return {{}, true, code, "no"}; }
std::vector<chain_read> balances(size_t count) {
  std::vector<chain_read> out;
  for (size_t i = 0; i < count; ++i)
    out.push_back({"base", token_balance{{}, {}}});
  return out;
}
} // namespace

TEST_CASE("plan: a block by its hash, or between two readings of its header") {
  const dialect by_hash{true, {}}, by_number{false, {}};
  CHECK(selector_of(at, by_hash).json == R"({"blockHash":")" + hash_a + R"(","requireCanonical":true})");
  CHECK(selector_of(at, by_number).json == R"("0x10")");
  CHECK(pin({rpc::chain_id()}, at, by_hash).size() == 1);
  const auto calls = pin({rpc::chain_id()}, at, by_number);
  REQUIRE(calls.size() == 3);
  CHECK(calls[0].method == "eth_getBlockByNumber");
  CHECK(calls[2].params_json == R"(["0x10",false])");
}

TEST_CASE("plan: an answer between headers of another block is none, before or after") {
  const dialect by_number{false, {}};
  const auto value = result(R"("0x1")");
  CHECK(unpin({header(16, hash_a), value, header(16, hash_a)}, at, by_number)->size() == 1);
  for (const auto& other : {header(16, hash_b), header(15, hash_a), result("null"), error(1), result("{}")}) {
    CHECK(code_of(unpin({other, value, header(16, hash_a)}, at, by_number).error()) == ec::conflict);
    CHECK(code_of(unpin({header(16, hash_a), value, other}, at, by_number).error()) == ec::conflict);
  }
  // Negative control: by hash nobody looks at headers.
  CHECK(unpin({header(16, hash_b)}, at, {true, {}})->size() == 1);
}

TEST_CASE("plan: a header needs number, hash and time") {
  CHECK(read_header(header(16, hash_a))->id == at);
  CHECK(read_header(header(16, hash_a))->time_s == 5);
  for (const auto* odd : {R"({})", R"("0x1")", "null", R"({"number":"0x1","hash":"0x12","timestamp":"0x1"})",
                          R"({"number":"1","hash":"0x","timestamp":"0x1"})"})
    CHECK_FALSE_MESSAGE(read_header(result(odd)), odd);
}

TEST_CASE("plan: the probe finds out what an endpoint takes") {
  const std::string multicall = "0xcA11bde05977b3631167028862bE2a173976CA11";
  const std::string of_00 = "0xbc36789e7a1e281436464229828f817d6612f7b477d66591ff96a9e064bcc98a"; // keccak256("\0")
  const auto yes = result(R"("0x0")"), chain = result(R"("0x2105")"), code = result(R"("0x00")");
  const auto read = [&](std::vector<rpc::answer> answers) { return read_probe(answers, 8453, multicall, of_00); };
  const auto both = read({chain, yes, error(-32000), code});
  REQUIRE(both);
  CHECK((both->speaks.by_hash && both->speaks.multicall && both->is_certain));
  const auto ignores_hashes = read({chain, yes, yes, code});
  CHECK((!ignores_hashes->speaks.by_hash && ignores_hashes->is_certain));
  const auto no_hashes = read({chain, error(-32602), error(-32602), code});
  CHECK((!no_hashes->speaks.by_hash && no_hashes->is_certain));
  const auto away = read({chain, error(-32000), error(-32000), code});
  CHECK((!away->speaks.by_hash && !away->is_certain));
  CHECK_FALSE(read({chain, yes, error(1), result(R"("0x01")")})->speaks.multicall); // Another code.
  CHECK_FALSE(read({chain, yes, error(1), result(R"("0x")")})->speaks.multicall);
  CHECK_FALSE(read({chain, yes, error(1), error(1)})->is_certain);
  CHECK(code_of(read({result(R"("0x1")"), yes, error(1), code}).error()) == ec::refused);
}

TEST_CASE("plan: questions are split over calls of aggregate3, and what cannot be read is asked alone") {
  const dialect how{true, evm_address{}};
  CHECK(aggregate_calls(balances(251), at, how).size() == 2);
  const auto found = read_aggregates(balances(251), {error(1), result(R"("0x")")});
  REQUIRE(found.size() == 251);
  for (const auto& each : found)
    CHECK_FALSE(each);
}
