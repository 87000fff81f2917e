#include "actors/wizard/core/walk.test.hpp"

#include <doctest/doctest.h>
#include <random>

using namespace arrakis;
using namespace arrakis::wizard::core;

namespace {
const std::vector<std::string> actions{"continue",
                                       "back",
                                       "chain",
                                       "asset-chain",
                                       "asset-type",
                                       "remove-asset",
                                       "check-again",
                                       "discard-asset",
                                       "tier-template",
                                       "role-tier",
                                       "role-gold",
                                       "role-",
                                       "role-#99999999999",
                                       "more-roles",
                                       "channel-template",
                                       "skip",
                                       "deploy",
                                       "retry",
                                       "refresh",
                                       "restart",
                                       "cancel",
                                       "edit-roles",
                                       "resume-existing",
                                       "start",
                                       "nonsense",
                                       "community-name",
                                       "asset-address",
                                       "asset-decimals",
                                       "correct",
                                       "tier-add",
                                       "tier-edit",
                                       "tier-pick",
                                       "tier-color",
                                       "tier-up",
                                       "tier-down",
                                       "tier-remove",
                                       "channel-pick",
                                       "channel-use",
                                       "more-channels",
                                       "edit-rules",
                                       "edit-rules",
                                       "rank-by",
                                       "rule-pick",
                                       "rule-new",
                                       "rule-add",
                                       "rule-edit",
                                       "rule-remove",
                                       "rule-grant"};
const std::vector<std::string> words{"",
                                     "0",
                                     "9",
                                     "-1",
                                     "base",
                                     "native:base",
                                     "erc20",
                                     ":::",
                                     "erc1155:",
                                     "simple",
                                     "gold",
                                     "1-5",
                                     "51+",
                                     "#FFD700",
                                     "yes",
                                     "none",
                                     "current",
                                     "create_new",
                                     "18446744073709551616",
                                     "\xF0\x9F\x94\xA5",
                                     std::string(5000, 'x'),
                                     "0x",
                                     "json",
                                     "native:berachain",
                                     "erc20:berachain",
                                     "tiers",
                                     "new",
                                     "tier:gold",
                                     R"({"leaf":"native","chain":"base","min":"1"})",
                                     R"({"not":{"leaf":"native","chain":"base","max":"1"}})",
                                     "asset-2",
                                     token};
} // namespace

TEST_CASE("wizard: whatever a client makes up is refused or accepted, and never breaks the record") {
  std::mt19937 chance{7};
  auto any = [&](auto& list) { return list[chance() % list.size()]; };
  auto r = fresh(std::string(32, 'e'), snowflake{1}, snowflake{2}, snowflake{3}, 0);
  r.version = 1;
  const auto facts = good_facts();
  for (int i = 0; i < 20'000; ++i) {
    event e{chance() % 4 ? event::click : event::submit, r.id, any(actions), any(words), std::nullopt, {}, {}};
    if (chance() % 10 == 0)
      e.seen_version = r.version;
    for (auto n = chance() % 3; n > 0; --n)
      e.values.push_back(any(words));
    for (auto field : {"name", "address", "token_id", "min_balance", "decimals", "ranks", "amount", "color", "hoist",
                       "when", "min", "max", "contract", "symbol"})
      if (chance() % 2)
        e.fields[field] = any(words);
    const context ctx{everything(), chance() % 5 ? &facts : nullptr, 0};
    auto d = apply(r, e, ctx);
    if (d.what == decision::refuse || d.what == decision::end || d.what == decision::restart
        || d.what == decision::open_form)
      continue;
    if (d.what == decision::inspect)
      d = inspected(d.next, chance() % 2 ? good_contract() : contract_facts{});
    r = d.next;
    if (r.at == step::deploy && chance() % 2)
      r = submission_failed(r, true, "why");
    r.version = 1;
    REQUIRE(read_record(to_text(r)));
    screen(r, ctx, d.sentence);
  }
}
