#include "adapters/postgres/communities/communities.hpp"
#include "adapters/postgres/audit/audit.hpp"
#include "runtime/clock.hpp"
#include "tests/support/stores.hpp"

#include <thread>

namespace {
using namespace arrakis;
using communities::record;

struct bench : test::stores {
  communities::handle communities = live.keep(communities::start(live.sys(), app));
  std::optional<community_id> find(uint64_t guild) {
    return get<communities::found>(communities, communities::find_by_guild{{guild}, soon()}).id;
  }
  record set(const community_id& id, const std::string& status) {
    return get<record>(communities, communities::set_status{id, status, "subject-1", "test", soon()});
  }
};
} // namespace

TEST_CASE("communities: a guild leads to its tenant, an unknown one to nothing") {
  bench b;
  const auto mine = b.community(17);
  b.community(18);
  CHECK(b.find(17) == mine);
  CHECK(!b.find(19));
  const auto loaded = b.get<record>(b.communities, communities::load{mine, b.soon()});
  CHECK(loaded.guild == snowflake{17});
  CHECK(loaded.name == "Sietch 17");
  CHECK(loaded.status == "active");
  CHECK(loaded.fence == 0);
  CHECK(loaded.active_version == 0);
  CHECK(b.code<record>(b.communities, communities::load{{random_uuid()}, b.soon()}) == ec::not_found);
}

TEST_CASE("communities: the operator's list has all tenants, up to its limit") {
  bench b;
  for (uint64_t guild = 1; guild <= 5; ++guild)
    b.community(guild);
  CHECK(b.get<communities::listed>(b.communities, communities::list{b.soon()}).rows.size() == 5);
  const auto some = b.get<communities::listed>(b.communities, communities::list{b.soon(), 2}).rows;
  REQUIRE(some.size() == 2);
  CHECK(some[0].name.starts_with("Sietch "));
}

TEST_CASE("communities: freeze and thaw raise the fence and are audited") {
  bench b;
  const auto mine = b.community(1);
  CHECK(b.set(mine, "frozen").fence == 1);
  CHECK(b.set(mine, "active").fence == 2);
  const auto audit = b.live.keep(audit::start(b.live.sys(), b.app));
  const auto chain = b.get<audit::verified>(audit, audit::verify{mine, b.soon()});
  CHECK(chain.whole);
  CHECK(chain.entries == 2);
  CHECK(b.owner("select event from audit_entries where sequence = 1") == "COMMUNITY_FROZEN");
}

TEST_CASE("communities: a frozen one says why, by its newest freeze, and an active one does not") {
  bench b;
  const auto mine = b.community(1);
  const auto set = [&](const char* status, const char* reason) {
    return b.get<record>(b.communities, communities::set_status{mine, status, "s", reason, b.soon()});
  };
  const auto reason = [&] { return b.get<record>(b.communities, communities::load{mine, b.soon()}).frozen_because; };
  CHECK(reason().empty());
  set("frozen", "spam \"wave\"");
  CHECK(reason() == "spam \"wave\"");
  set("active", "over");
  CHECK(reason().empty());
  set("frozen", "again");
  CHECK(reason() == "again");
}

TEST_CASE("communities: a repeated order changes nothing") {
  bench b;
  const auto mine = b.community(1);
  CHECK(b.set(mine, "frozen").fence == 1);
  CHECK(b.set(mine, "frozen").fence == 1);
  CHECK(b.owner("select count(*) from audit_entries") == "1");
}

TEST_CASE("communities: of many orders at once each counts once") {
  bench b;
  const auto mine = b.community(1);
  std::vector<std::thread> hands;
  for (int i = 0; i < 8; ++i)
    hands.emplace_back([&, i] {
      for (int round = 0; round < 5; ++round)
        b.set(mine, (i + round) % 2 ? "frozen" : "active");
    });
  for (auto& h : hands)
    h.join();
  CHECK(b.owner("select fence = (select count(*) from audit_entries) from communities") == "t");
}

TEST_CASE("communities: a reason has a bound, in characters") {
  bench b;
  const auto mine = b.community(1);
  const auto with = [&](size_t characters) {
    std::string reason;
    for (size_t i = 0; i < characters; ++i)
      reason += "é";
    return b.code<record>(b.communities, communities::set_status{mine, "frozen", "s", std::move(reason), b.soon()});
  };
  CHECK(with(communities::reason_characters_max + 1) == ec::invalid);
  CHECK(b.owner("select count(*) from audit_entries") == "0");
  CHECK(with(communities::reason_characters_max) == ec::none);
}

TEST_CASE("communities: a status that does not exist, or of nobody, is refused") {
  bench b;
  const auto mine = b.community(1);
  CHECK(b.code<record>(b.communities, communities::set_status{mine, "melted", "s", "r", b.soon()}) == ec::invalid);
  CHECK(b.code<record>(b.communities, communities::set_status{{random_uuid()}, "frozen", "s", "r", b.soon()})
        == ec::not_found);
  CHECK(b.code<record>(b.communities, communities::load{{"'; drop table communities; --"}, b.soon()}) == ec::invalid);
}
