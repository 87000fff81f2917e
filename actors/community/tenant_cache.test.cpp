#include "actors/community/tenant_cache.hpp"

#include "tests/support/fakes/manifest.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using community::finding;
using community::tenant_cache;
using community::tenant_status;
using community::verdict;
using community::verdict_cache;

namespace {
verdict found(uint64_t member, int64_t at_ms = 0) { return {{member}, 1, at_ms, 0, finding::yes}; }

community::described described_as(int64_t version, int64_t fence, const std::string& status = "active") {
  community::described now;
  now.exists = true;
  now.record.status = status;
  now.record.fence = fence;
  now.record.active_version = version;
  now.active = std::make_shared<const manifest>(test::sample_manifest());
  return now;
}
} // namespace

TEST_CASE("tenant cache: a rank is of the first tier that takes it, and of none outside every tier") {
  auto sample = test::sample_manifest();
  sample.tiers = {{"gold", "Gold", 1, 10}, {"silver", "Silver", 11, 20}, {"bronze", "Bronze", 15, 30}};
  const auto rules = community::rules_of(sample);
  struct row {
    int64_t rank;
    const char* tier;
  };
  for (const auto& [rank, tier] : {row{0, ""},
                                   {-1, ""},
                                   {1, "gold"},
                                   {10, "gold"},
                                   {11, "silver"},
                                   {20, "silver"},
                                   {21, "bronze"},
                                   {30, "bronze"},
                                   {31, ""}}) {
    CAPTURE(rank);
    const auto* rule = community::tier_of(rules, rank);
    CHECK((rule ? rule->tier : std::string{}) == tier);
  }
  CHECK(rules[0].role == "role-gold");
  CHECK_MESSAGE(rules[2].role.empty(), "a tier without a role earns none");
}

TEST_CASE("tenant cache: an open tier has no last rank") {
  const auto rules = community::rules_of(test::sample_manifest());
  CHECK(community::tier_of(rules, std::numeric_limits<int64_t>::max())->tier == "silver");
}

TEST_CASE("tenant cache: a tier by amount takes no rank") {
  auto sample = test::sample_manifest();
  sample.tiers = {{"whale", "Whale", 1, std::nullopt, "1000"}, {"silver", "Silver", 1, std::nullopt}};
  const auto rules = community::rules_of(sample);
  CHECK(community::tier_of(rules, 1)->tier == "silver");
  sample.tiers[0].threshold.reset(); // Negative control.
  CHECK(community::tier_of(community::rules_of(sample), 1)->tier == "whale");
}

TEST_CASE("tenant cache: a verdict stays for five minutes, and the newest of a member counts") {
  verdict_cache cache;
  cache.store(found(1, 1000));
  CHECK(cache.find({1}, 1000 + verdict_cache::fresh_ms - 1));
  CHECK_FALSE(cache.find({1}, 1000 + verdict_cache::fresh_ms));
  CHECK_FALSE(cache.find({1}, 999)); // The clock was set back.
  CHECK_FALSE(cache.find({2}, 1000));
  auto newer = found(1, 2000);
  newer.answer = finding::unknown;
  cache.store(newer);
  CHECK(cache.size() == 1);
  CHECK(cache.find({1}, 2000)->answer == finding::unknown);
}

TEST_CASE("tenant cache: beyond its limit the oldest verdict is dropped") {
  verdict_cache cache;
  for (uint64_t member = 1; member <= verdict_cache::size_max + 1; ++member)
    cache.store(found(member));
  CHECK(cache.size() == verdict_cache::size_max);
  CHECK_FALSE(cache.find({1}, 0));
  CHECK(cache.find({2}, 0));
}

TEST_CASE("tenant cache: a new version or fence drops the verdicts, reading the same again does not") {
  tenant_cache now;
  now.refresh(described_as(1, 0));
  now.verdicts.store(found(1));
  now.refresh(described_as(1, 0));
  CHECK(now.verdicts.size() == 1);
  now.refresh(described_as(1, 1, "frozen"));
  CHECK(now.status == tenant_status::frozen);
  CHECK(now.verdicts.size() == 0);
  now.verdicts.store(found(1));
  now.refresh(described_as(2, 1, "frozen"));
  CHECK(now.verdicts.size() == 0);
}
