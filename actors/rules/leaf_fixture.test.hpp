#pragma once
// Leaves from their JSON, members, and what a chain would say of them.
#include "actors/rules/judgement.hpp"
#include "runtime/json.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <string>

namespace arrakis::rules::test {

/// The address of a contract, in its checksum form.
inline const std::string contract = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

/// A wallet whose address is `n` in each byte.
inline evm_address wallet(uint8_t n) {
  evm_address out;
  out.bytes.fill(n);
  return out;
}
/// The place of a reading.
inline provenance at(std::string chain = "base", int64_t block = 1200, std::string hash = "0xb10c") {
  return {std::move(chain), block, std::move(hash), {"rpc.example"}, 1'000};
}
/// Reads an amount in human units.
inline uint256 units(std::string_view text, int decimals = 18) { return parse_units(text, decimals).value(); }

/// Compiles one rule with this "when".
inline caf::expected<std::vector<compiled_rule>> compiled(std::string_view when,
                                                          const std::vector<const leaf_kind*>& kinds = all()) {
  auto rules = read_rules(
    fmt::format(R"({{"rules":[{{"id":"r","name":"R","grants":{{"tiers":true}},"when":{}}}]}})", when));
  if (!rules)
    return std::move(rules.error());
  return compile(std::move(*rules), kinds);
}
/// Compiles a rule that is right.
inline compiled_rule rule_of(std::string_view when, const std::vector<const leaf_kind*>& kinds = all()) {
  auto out = compiled(when, kinds);
  REQUIRE_MESSAGE(out, text_of(out.error()));
  return std::move(out->at(0));
}
/// Returns the error of a rule that is wrong.
inline std::string refusal(std::string_view when) {
  const auto out = compiled(when);
  REQUIRE_FALSE_MESSAGE(out, when);
  CHECK(code_of(out.error()) == ec::invalid);
  return text_of(out.error());
}

/// The answers of a chain near the tip.
struct chain_says : answers<grant_block> {
  chain_says& value(const chain_read& question, const uint256& number) {
    add(question, {contract_answer{number}, at(question.chain)});
    return *this;
  }
  chain_says& gives_up(const chain_read& question) {
    add(question, {contract_answer{reverted{}}, at(question.chain)});
    return *this;
  }
  chain_says& nothing(const chain_read& question, std::string why = "no endpoint answered") {
    add(question, unknown_reason{unknown_reason::no_answer, std::move(why)});
    return *this;
  }
};

/// The finding of a rule that is one leaf.
inline finding judged(const compiled_rule& rule, const wallets& member, const chain_says& says) {
  return judge(rule, member, [&](const chain_read& q) -> const any_reading<contract_answer>& { return says.find(q); })
    .findings.at(0);
}
/// Returns the sentence of a rule that is one leaf.
inline std::string sentence(const compiled_rule& rule, const finding& f, polarity sign = polarity::positive) {
  return rule.leaves.at(0).test->sentence(f, sign);
}

} // namespace arrakis::rules::test
