// Answers of an endpoint to a reading at one block: headers, what it takes, values of aggregate3.
#include "adapters/chain/reader/plan.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace arrakis::fuzz {
namespace {
using namespace arrakis::chain::reader;

const block_id at{16, "0x" + std::string(64, 'a')};

void read_pinned(const std::vector<chain::rpc::answer>& answers) {
  const auto own = unpin(answers, at, {});
  if (!own)
    return;
  ARRAKIS_ASSERT(own->size() + 2 == answers.size(), "the headers are taken out, and no more");
  for (const auto* each : {&answers.front(), &answers.back()})
    ARRAKIS_ASSERT(read_header(*each)->id == at, "an answer stands between headers of its block");
}

void read_values(const std::vector<chain::rpc::answer>& answers) {
  const evm_address where;
  const std::vector<chain_read> questions(3, {"a", token_balance{where, where}});
  for (const auto& each : read_aggregates(questions, {answers.front()}))
    if (each && std::holds_alternative<contract_answer>(*each))
      ARRAKIS_ASSERT(!answers.front().failed, "a failed call has no value");
}
} // namespace

void native_reads(std::string_view bytes) {
  for (const size_t count : {1, 3, 4}) {
    const auto answers = chain::rpc::read(bytes, count);
    if (!answers)
      continue;
    read_values(*answers);
    if (count >= 2)
      read_pinned(*answers);
    for (const auto& each : *answers)
      if (const auto header = read_header(each))
        ARRAKIS_ASSERT(header->id.number >= 0 && header->time_s >= 0 && header->id.hash.size() == 66,
                       "a header has a number, a hash and a time");
    if (count != 4)
      continue;
    const auto probed = read_probe(*answers, 1, at.hash.substr(0, 42), at.hash);
    if (probed && probed->speaks.by_hash)
      ARRAKIS_ASSERT((*answers)[2].failed, "whoever answers for a hash that no block has does not look at hashes");
    ARRAKIS_ASSERT(!probed || !probed->speaks.multicall, "no code has this hash");
  }
}
} // namespace arrakis::fuzz
