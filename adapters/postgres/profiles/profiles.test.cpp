#include "adapters/postgres/profiles/profiles.hpp"

#include "adapters/postgres/communities/communities.hpp"
#include "adapters/postgres/deployments/deployments.hpp"
#include "schemas/canonical_json.hpp"
#include "tests/support/stores.hpp"

#include <fmt/format.h>
#include <pqxx/pqxx>

namespace {
using namespace arrakis;
using namespace std::chrono_literals;
using profiles::change;

constexpr snowflake stilgar{8}, chani{9};
constexpr snowflake naib{100}, fremen{101}, whale{102};

struct bench : test::stores {
  profiles::handle profiles = live.keep(profiles::start(live.sys(), app));
  communities::handle communities = live.keep(communities::start(live.sys(), app));
  community_id mine = active_community(1), theirs = active_community(2);

  community_id active_community(uint64_t guild) {
    const auto id = community(guild);
    add_version(id, 1);
    return id;
  }
  void add_version(const community_id& id, int version) {
    owner(fmt::format("update manifests set is_active = false where community_id = '{}'", id.value));
    owner(
      fmt::format("insert into manifests (community_id, version, content, canonical, sha256, previous_sha256,"
                  " signature, signed_at, is_active) values ('{0}', {1}, '{{}}', '{{}}', '{2}', '{3}', 's', 't', true)",
                  id.value, version, sha256_hex("{}"), version == 1 ? "" : sha256_hex("{}")));
  }
  profiles::record order() {
    return {.community = mine,
            .guild = {1},
            .member = stilgar,
            .manifest_version = 1,
            .trigger = "check",
            .verdict = R"({"rules": [ 1 ]})",
            .tier = "gold",
            .amount = uint256::max(),
            .asset = "base/native",
            .changes = {{naib, change::give, "gold"}},
            .entitled = {whale, naib},
            .managed = {naib, fremen, whale},
            .next_check = 6h,
            .until = soon()};
  }
  int64_t record(const profiles::record& r) { return get<profiles::recorded>(profiles, r).verdict_id; }
  ec refusal(const profiles::record& r) { return code<profiles::recorded>(profiles, r); }
  std::optional<profiles::profile> find(snowflake member = stilgar) {
    return get<profiles::found>(profiles, profiles::find{mine, member, soon()}).what;
  }
  std::vector<profiles::stored_verdict> history(size_t count_max = 50) {
    return get<profiles::judged_before>(profiles, profiles::history{mine, stilgar, count_max, soon()}).newest_first;
  }
  /// All that a record writes.
  std::string rows() const {
    return owner("select (select count(*) from verdicts) || ' ' || (select count(*) from outbox) || ' ' ||"
                 " (select count(*) from profiles) || ' ' || (select count(*) from audit_entries)");
  }
};
} // namespace

TEST_CASE("profiles: one transaction writes verdict, profile, a job for each change and an audit entry") {
  bench b;
  CHECK(!b.find());
  auto order = b.order();
  order.changes.push_back({fremen, change::take, "whales"});
  order.trace = "00-1-2-01";
  order.actor = "discord:8";
  const auto id = b.record(order);
  const auto found = b.find();
  REQUIRE(found);
  CHECK(found->tier == "gold");
  CHECK(found->amount == uint256::max());
  CHECK(found->entitled == std::vector<snowflake>{naib, whale});
  CHECK(found->verdict_id == id);
  CHECK(found->verdict == R"({"rules": [ 1 ]})"); // The spelling stays.
  CHECK(found->trigger == "check");
  CHECK(found->next_check_at_ms - found->judged_at_ms == doctest::Approx(6 * 3600 * 1000).epsilon(0.001));
  CHECK(b.rows() == "1 2 1 1");
  CHECK(b.owner("select managed::text || ' ' || judged_version || ' ' || judged_fence from profiles")
        == "{100,101,102} 1 0");
  CHECK(b.owner("select regexp_replace(payload->>'id', '-[0-9a-f-]{36}$', '-uuid') || ' ' || (payload->'data')::text "
                "from outbox where job_kind = 'ASSIGN_ROLE'")
        == fmt::format(
          R"(role-{0}-100-uuid {{"communityId":"{1}","guildId":"1","userId":"8","roleId":"100","verdictId":{0},)"
          R"("because":"gold","trace":"00-1-2-01"}})",
          id, b.mine.value));
  CHECK(b.owner("select payload->'data'->>'roleId' from outbox where job_kind = 'REMOVE_ROLE'") == "101");
  CHECK(b.owner("select payload::text from audit_entries")
        == fmt::format(R"({{"verdict":{},"version":1,"trigger":"check","tier":"gold","formerTier":"",)"
                       R"("given":[{{"role":"100","because":"gold"}}],"taken":[{{"role":"101","because":"whales"}}]}})",
                       id));
  CHECK(b.owner("select event || (target = 'profile:' || actor) from audit_entries") == "MEMBER_JUDGEDtrue");
}

TEST_CASE("profiles: a verdict that changes nothing is stored, and the audit trail does not grow") {
  bench b;
  auto order = b.order();
  order.former_verdict = b.record(order);
  order.changes.clear();
  order.former_verdict = b.record(order);
  CHECK(b.rows() == "2 1 1 1");
  order.tier.reset(); // A tier that ends is a change, also without a role.
  order.former_verdict = b.record(order);
  CHECK(b.rows() == "3 1 1 2");
  CHECK(!b.find()->tier);
}

TEST_CASE("profiles: a verdict whose number comes again after a restore owes its job under another id") {
  bench b;
  b.record(b.order());
  const auto before = b.owner("select payload->>'id' from outbox");
  b.owner("delete from profiles; delete from outbox; alter table verdicts alter column id restart");
  CHECK(b.record(b.order()) == 1);
  const auto after = b.owner("select payload->>'id' from outbox");
  CHECK(before.starts_with("role-1-100-"));
  CHECK(after.starts_with("role-1-100-"));
  CHECK(before != after);
}

TEST_CASE("profiles: a change stays unsettled until it is seen done, or the role is not managed any more") {
  bench b;
  auto order = b.order();
  order.changes.push_back({fremen, change::take, "whales"});
  order.former_verdict = b.record(order);
  CHECK(b.find()->unsettled == std::vector<snowflake>{naib, fremen});
  order.changes = {{whale, change::give, "whales"}};
  order.former_verdict = b.record(order);
  CHECK(b.find()->unsettled == std::vector<snowflake>{naib, fremen, whale});
  order.changes.clear();
  order.settled = {fremen};
  order.former_verdict = b.record(order);
  CHECK(b.find()->unsettled == std::vector<snowflake>{naib, whale});
  order.settled.clear();
  order.managed = order.entitled = {whale};
  b.record(order);
  CHECK(b.find()->unsettled == std::vector<snowflake>{whale});
}

TEST_CASE("profiles: an unknown amount leaves the former one, and zero replaces it") {
  bench b;
  auto order = b.order();
  order.amount = uint256{5};
  order.former_verdict = b.record(order);
  order.amount.reset();
  order.former_verdict = b.record(order);
  CHECK(b.find()->amount == uint256{5});
  order.amount = uint256{};
  b.record(order);
  CHECK(b.find()->amount == uint256{});
  auto unknown = b.order();
  unknown.member = chani;
  unknown.amount.reset();
  b.record(unknown);
  CHECK(!b.find(chani)->amount);
}

TEST_CASE("profiles: a verdict whose ground has changed is stale and writes nothing") {
  bench b;
  const auto id = b.record(b.order());
  const auto before = b.rows();
  CHECK(b.refusal(b.order()) == ec::stale); // Another verdict was recorded meanwhile.
  auto order = b.order();
  order.former_verdict = id;
  SUBCASE("its version is not the active one") {
    b.add_version(b.mine, 2);
    CHECK(b.refusal(order) == ec::stale);
    order.manifest_version = 2;
    CHECK(b.refusal(order) == ec::none); // Negative control.
    return;
  }
  SUBCASE("there was a freeze") {
    const auto set = [&](const char* status) {
      return b.get<communities::record>(b.communities,
                                        communities::set_status{b.mine, status, "operator", "", b.soon()});
    };
    set("frozen");
    CHECK(b.refusal(order) == ec::frozen);
    order.fence = set("active").fence;
    const auto now = std::exchange(order.fence, 0);
    CHECK(b.refusal(order) == ec::stale);
    order.fence = now;
    CHECK(b.refusal(order) == ec::none); // Negative control.
    return;
  }
  SUBCASE("the guild is another one") {
    order.guild = {2};
    CHECK(b.refusal(order) == ec::stale);
  }
  SUBCASE("the community does not exist") {
    order.community = {"11111111-1111-4111-8111-111111111111"};
    CHECK(b.refusal(order) == ec::not_found);
  }
  SUBCASE("the community is in quarantine") {
    b.owner("select add_quarantine('community', '1', 1, 'crashed', 'm', 'n')");
    CHECK(b.refusal(order) == ec::quarantined);
  }
  CHECK(b.rows() == before);
}

TEST_CASE("profiles: of verdicts from the same ground one is recorded") {
  bench b;
  std::vector<std::thread> judges;
  std::atomic<int> recorded{0}, stale{0};
  for (int i = 0; i < 8; ++i)
    judges.emplace_back([&] {
      const auto code = b.refusal(b.order());
      recorded += code == ec::none;
      stale += code == ec::stale;
    });
  for (auto& j : judges)
    j.join();
  CHECK(recorded == 1);
  CHECK(stale == 7);
  CHECK(b.rows() == "1 1 1 1");
}

TEST_CASE("profiles: what breaks a limit is refused with its field, and nothing is written") {
  bench b;
  const auto names = [&](auto change, const char* field) {
    auto order = b.order();
    change(order);
    const auto answer = b.live.ask<profiles::recorded>(b.profiles, order);
    REQUIRE(!answer);
    CHECK(code_of(answer.error()) == ec::invalid);
    CHECK_MESSAGE(text_of(answer.error()).find(field) != std::string::npos, text_of(answer.error()));
  };
  names([](auto& o) { o.member = {}; }, "member");
  names([](auto& o) { o.verdict = "[1]"; }, "verdict");
  names([](auto& o) { o.verdict = "{"; }, "verdict");
  names([](auto& o) { o.verdict = "{\"a\":\"" + std::string(profiles::verdict_bytes_max, 'x') + "\"}"; }, "verdict");
  names([](auto& o) { o.trigger = ""; }, "trigger");
  names([](auto& o) { o.tier = ""; }, "tier");
  names([](auto& o) { o.asset = ""; }, "asset");
  names([](auto& o) { o.next_check = -1s; }, "next_check");
  names([](auto& o) { o.changes.push_back({naib, change::take, ""}); }, "changes");
  names([](auto& o) { o.changes = {{{}, change::give, ""}}; }, "changes");
  names([](auto& o) { o.entitled.clear(); }, "entitled"); // A role that is given is one to have.
  names([](auto& o) { o.changes = {{whale, change::take, ""}}; }, "entitled");
  names([](auto& o) { o.entitled.resize(profiles::entitled_max + 1, naib); }, "entitled");
  names([](auto& o) { o.managed = {naib}; }, "managed"); // The member is to have two.
  names([](auto& o) { o.managed = {naib, whale}, o.changes.push_back({fremen, change::take, ""}); }, "managed");
  names([](auto& o) { o.managed.resize(profiles::managed_max + 1, naib); }, "managed");
  CHECK(b.rows() == "0 0 0 0");
  auto largest = b.order();
  largest.verdict = "{\"a\":\"" + std::string(profiles::verdict_bytes_max - 8, 'x') + "\"}";
  CHECK(b.refusal(largest) == ec::none);
}

TEST_CASE("profiles: the newest 20 verdicts of a member stay, and the others' do too") {
  bench b;
  auto other = b.order();
  other.member = chani;
  b.record(other);
  auto order = b.order();
  for (int i = 1; i <= 23; ++i) {
    order.verdict = fmt::format(R"({{"n":{}}})", i);
    order.former_verdict = b.record(order);
  }
  const auto kept = b.history();
  REQUIRE(kept.size() == profiles::verdicts_max);
  CHECK(kept.front().verdict == R"({"n":23})");
  CHECK(kept.front().id == order.former_verdict);
  CHECK(kept.front().manifest_version == 1);
  CHECK(kept.back().verdict == R"({"n":4})");
  CHECK(b.history(3).size() == 3);
  CHECK(b.find(chani));
}

TEST_CASE("profiles: members rank by what they hold, equal amounts equally; nothing and unknown do not count") {
  bench b;
  const auto holds = [&](uint64_t member, std::optional<uint64_t> amount) {
    auto order = b.order();
    order.member = {member};
    order.amount = amount ? std::optional{uint256{*amount}} : std::nullopt;
    b.record(order);
  };
  holds(1, 500), holds(2, 300), holds(3, 300), holds(4, {}), holds(5, 10), holds(6, 0);
  const auto rank = [&](uint64_t member, uint64_t amount, std::string asset = "base/native") {
    const auto r = b.get<profiles::ranked>(b.profiles,
                                           profiles::rank{b.mine, {member}, asset, uint256{amount}, b.soon()});
    return fmt::format("{} of {}", r.rank, r.of);
  };
  CHECK(rank(1, 500) == "1 of 4");
  CHECK(rank(2, 300) == "2 of 4");
  CHECK(rank(3, 300) == "2 of 4");
  CHECK(rank(5, 10) == "4 of 4");
  CHECK(rank(6, 0) == "5 of 5");
  CHECK(rank(1, 5) == "4 of 4");    // By what is held now: the stored 500 are not somebody else's.
  CHECK(rank(77, 400) == "2 of 5"); // Not judged before.
  // The manifest ranks by another asset now: amounts of the former one, in other units, are nobody's rank.
  CHECK(rank(5, 10, "base/erc20/0x1") == "1 of 1");
  auto anew = b.order();
  anew.member = {2};
  anew.former_verdict = b.find({2})->verdict_id;
  anew.amount.reset(); // Not read: what is stored is still of the former asset.
  anew.asset = "base/erc20/0x1";
  anew.former_verdict = b.record(anew);
  CHECK(rank(5, 10, "base/erc20/0x1") == "1 of 1");
  CHECK(rank(5, 10) == "4 of 4");
  anew.amount = uint256{20};
  b.record(anew);
  CHECK(rank(5, 10, "base/erc20/0x1") == "2 of 2");
  CHECK(rank(5, 10) == "3 of 3");
  const auto alone = b.get<profiles::ranked>(b.profiles,
                                             profiles::rank{b.theirs, {1}, "base/native", uint256::max(), b.soon()});
  CHECK(alone.rank == 1);
  CHECK(alone.of == 1);
}

TEST_CASE("profiles: another tenant sees no profile, verdict or rank") {
  bench b;
  b.record(b.order());
  const auto of_theirs = [&](auto message) {
    message.community = b.theirs;
    return message;
  };
  CHECK(!b.get<profiles::found>(b.profiles, of_theirs(profiles::find{b.mine, stilgar, b.soon()})).what);
  CHECK(b.get<profiles::judged_before>(b.profiles, of_theirs(profiles::history{b.mine, stilgar, 20, b.soon()}))
          .newest_first.empty());
  pqxx::connection app{b.server.dsn()};
  const auto rows = [&](const community_id& tenant, const char* table) {
    pqxx::work tx{app};
    tx.exec_params("select set_config('app.current_tenant', $1, true)", tenant.value);
    return tx.exec(std::string{"select from "} + table).size();
  };
  CHECK(rows(b.theirs, "verdicts") == 0);
  CHECK(rows(b.theirs, "profiles") == 0);
  CHECK(rows(b.mine, "verdicts") == 1); // Negative control.
  CHECK(rows(b.mine, "profiles") == 1);
}

TEST_CASE("profiles: a person who is erased takes the verdicts along, and the audit trail stays") {
  bench b;
  b.record(b.order());
  b.owner("delete from profiles");
  CHECK(b.rows() == "0 1 0 1");
  CHECK(!b.find());
}
