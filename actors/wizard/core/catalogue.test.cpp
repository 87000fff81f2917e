#include "actors/wizard/core/catalogue.hpp"

#include "actors/guild/core/manifest_names.hpp"
#include "actors/wizard/core/plan.hpp"
#include "runtime/config_toml.hpp"
#include "runtime/json.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <set>

using namespace arrakis;
using namespace arrakis::wizard::core;

TEST_CASE("config: every chain of the catalogue is offered, in one select") {
  CHECK(everything().chains.size() == chain::catalogue().size());
  CHECK(everything().chains.size() <= 25);
}

TEST_CASE("config: a chain without an endpoint is not offered, also where no chain has one") {
  CHECK(offering({}).chains.empty());
  CHECK(offering({"sandbox"}).chains.size() == 1);
  CHECK(offering({"base", "no-such-chain"}).chains.size() == 1);
  CHECK(offering({}).tiers.size() == everything().tiers.size());
}

TEST_CASE("config: every theme ranks its tiers without hole or overlap") {
  CHECK(everything().themes.size() >= 3);
  for (auto& t : everything().themes) {
    CAPTURE(t.id);
    CHECK((t.plan == "free" || t.plan == "premium" || t.plan == "enterprise"));
    CHECK((t.strategy == "absolute" || t.strategy == "percentage" || t.strategy == "threshold"));
    REQUIRE(!t.tiers.empty());
    int64_t next = 1;
    std::set<std::string> ids;
    for (auto& tier : t.tiers) {
      CHECK(tier.min_rank == next);
      CHECK(ids.insert(tier.id).second);
      next = tier.max_rank.value_or(INT64_MAX - 1) + 1;
    }
  }
}

TEST_CASE("config: every tier template names a theme, and with every channel template it makes a whole plan") {
  for (auto& t : everything().tiers) {
    CAPTURE(t.id);
    CHECK(!t.description.empty());
    bool known = false;
    for (auto& theme : everything().themes)
      known |= theme.id == t.theme;
    CHECK(known);
    for (auto& c : everything().channels) {
      draft d;
      choose_tiers(d, t);
      choose_channels(d, c);
      std::set<std::string> ids;
      for (auto& id : resource_ids(build_manifest(d)))
        CHECK(ids.insert(id).second);
      for (size_t i = 0; i < c.categories.size(); ++i)
        CHECK(d.categories[i].access_tiers.empty() == c.categories[i].access.empty());
      for (auto& channel : d.channels)
        CHECK((channel.type == "text" || channel.type == "voice" || channel.type == "announcement"
               || channel.type == "forum"));
    }
  }
}

TEST_CASE("config: slugs are short, plain and never empty") {
  CHECK(slug("Fedaykin Elite") == "fedaykin-elite");
  CHECK(slug("  !! ") == "x");
  CHECK(slug(std::string(60, 'A')).size() == 40);
}

TEST_CASE("config: what the wizard builds from any templates is a valid manifest, and is read back the same") {
  for (auto& t : everything().tiers)
    for (auto& c : everything().channels) {
      CAPTURE(t.id);
      CAPTURE(c.id);
      draft d;
      d.name = "Dune Traders";
      d.assets.push_back({"asset-1", "native", "berachain", std::nullopt, "BERA", 18, "6.9", std::nullopt});
      d.assets.push_back(
        {"asset-2", "erc1155", "base", "0x00000000000000000000000000000000000000AA", "KEY", 0, "1", "7"});
      choose_tiers(d, t);
      choose_channels(d, c);
      d.roles[0].existing = snowflake{100000000000000002};
      const auto built = build_manifest(d);
      auto read = read_manifest(json::print(to_json(built)));
      REQUIRE_MESSAGE(read, (read ? std::string{} : text_of(read.error())));
      CHECK(*read == built);
      CHECK_FALSE(check_names(built));
      CHECK(build_manifest(draft_of(built)) == built);
    }
}

TEST_CASE("config: the names of themes are names that a manifest may have") {
  for (auto& t : everything().themes) {
    manifest m;
    m.community_name = t.name;
    for (auto& x : t.tiers)
      m.tiers.push_back({x.id, x.name, x.min_rank, x.max_rank});
    CHECK_MESSAGE(!check_names(m), t.id);
  }
}

TEST_CASE("config: a program that holds the catalogue reads odd TOML as any other does") {
  REQUIRE(!everything().chains.empty());
  for (const auto* odd : {"\xc3\xa9 = 1\n", "[?]\n"})
    CHECK_FALSE(config_toml::parse(odd, "odd.toml"));
}
