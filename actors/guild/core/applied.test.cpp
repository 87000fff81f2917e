#include "actors/guild/core/applied.hpp"

#include "tests/support/fakes/manifest.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::blueprint;

namespace {
struct fixture {
  manifest want = test::sample_manifest();
  guild::state now;
  std::vector<manifests::shadow_entry> shadow;
  fixture() {
    now.id = {1};
    now.bot = {2};
    now.roles = {{{11}, "Gold", 0, false, false, false, 1, 0}};
    now.channels = {{{21}, guild::category, "VIP", "", {}, 0, {}}, {{31}, guild::text, "news", "", {}, 0, {}}};
    shadow = {entry("role", "role-gold", 11), entry("category", "cat-vip", 21), entry("channel", "ch-news", 31)};
  }
  manifests::shadow_entry entry(const std::string& kind, const std::string& resource, uint64_t id) const {
    return {kind, resource, {id}, text(find_actual(now, kind, {id}).value_or(fields{}))};
  }
  ids known() const { return known_ids(want, shadow, now); }
  std::vector<snowflake> left() const {
    std::vector<snowflake> list;
    for (const auto& x : left_over(want, shadow, known(), now))
      list.push_back(x.id);
    return list;
  }
};
} // namespace

TEST_CASE_FIXTURE(fixture, "applied: known is what is in the guild; of several entries the last one there counts") {
  CHECK(known().size() == 3);
  shadow.push_back(entry("role", "role-gold", 12)); // A checkpoint of a role that somebody deleted.
  CHECK(known().at({"role", "role-gold"}) == snowflake{11});
  now.roles.push_back({{12}, "Gold", 0, false, false, false, 1, 0});
  CHECK(known().at({"role", "role-gold"}) == snowflake{12});
  now.roles.clear();
  CHECK_FALSE(known().contains({"role", "role-gold"}));
}

TEST_CASE_FIXTURE(fixture, "applied: a chosen role is itself, and one that was chosen before is nobody's") {
  want.roles[1].existing = snowflake{77};
  CHECK(known().at({"role", "role-silver"}) == snowflake{77});
  shadow[0].fields_json = chosen_text(actual(now.roles[0]));
  CHECK_FALSE(known().contains({"role", "role-gold"}));
  CHECK(left().empty());
}

TEST_CASE_FIXTURE(fixture, "applied: only text and announcement channels become each other; others are left over") {
  CHECK(left().empty());
  want.channels[0].type = "announcement";
  CHECK(known().contains({"channel", "ch-news"}));
  want.channels[0].type = "voice";
  CHECK_FALSE(known().contains({"channel", "ch-news"}));
  CHECK(left() == std::vector<snowflake>{{31}});
}

TEST_CASE_FIXTURE(fixture, "applied: left over is what the manifest has no more and the guild still has") {
  want.channels.erase(want.channels.begin());
  CHECK(left() == std::vector<snowflake>{{31}});
  now.channels.pop_back();
  CHECK(left().empty());
}
