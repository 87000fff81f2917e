// Answers of an Ethereum node and what contracts put into them: whatever comes, values keep their bounds.
#include "adapters/chain/abi.hpp"
#include "adapters/chain/rpc.hpp"
#include "runtime/json.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace arrakis::fuzz {
namespace {
bool is_utf8(const std::string& text) {
  return arrakis::json::parse(arrakis::json::print(boost::json::value(text))).engaged();
}

void decode(std::string_view data) {
  using namespace arrakis::chain;
  if (const auto text = abi::text(data))
    ARRAKIS_ASSERT(!text->empty() && text->size() <= 1024 && is_utf8(*text), "a text is short and UTF-8");
  if (const auto number = abi::number(data, 18))
    ARRAKIS_ASSERT(*number <= 18 && abi::is_word(data), "a number keeps its bound");
  if (const auto flag = abi::boolean(data))
    ARRAKIS_ASSERT(abi::number(data, 1) == uint64_t{*flag}, "a boolean is 0 or 1");
}
} // namespace

void chain(std::string_view bytes) {
  using namespace arrakis::chain;
  decode(bytes);
  if (const auto raw = abi::bytes(bytes)) {
    ARRAKIS_ASSERT(raw->size() * 2 + 2 == bytes.size(), "two digits are a byte");
    decode(*raw);
  }
  for (const size_t count : {1, 2, 8}) {
    const auto answers = rpc::read(bytes, count);
    if (!answers)
      continue;
    ARRAKIS_ASSERT(answers->size() == count, "every call has its answer");
    for (const auto& answer : *answers) {
      ARRAKIS_ASSERT(is_utf8(answer.message), "the words of a node are UTF-8");
      if (const auto value = rpc::quantity(answer, "number"))
        ARRAKIS_ASSERT(*value >= 0, "a quantity has no sign");
      else
        ARRAKIS_ASSERT(is_utf8(text_of(value.error())), "a refusal is UTF-8");
      decode(rpc::outcome_of(answer).data);
    }
  }
}
} // namespace arrakis::fuzz
