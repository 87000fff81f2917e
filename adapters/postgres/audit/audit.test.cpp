#include "adapters/postgres/audit/audit.hpp"
#include "adapters/postgres/audit/chain.hpp"
#include "runtime/clock.hpp"
#include "tests/support/stores.hpp"

#include <fmt/format.h>
#include <set>
#include <thread>

namespace {
using namespace arrakis;

struct bench : test::stores {
  audit::handle audit = live.keep(audit::start(live.sys(), app));
  community_id mine = community(1);

  audit::appended add(const community_id& to, std::string payload = "{}") {
    return get<audit::appended>(
      audit, audit::append{to, "ADMIN_ACTION", "subject-1", "community", std::move(payload), soon()});
  }
  audit::verified check(const community_id& of) { return get<audit::verified>(audit, audit::verify{of, soon()}); }
  /// As somebody who owns the database and is past the trigger.
  void tamper(const std::string& sql) {
    owner("set session_replication_role = replica; alter table audit_entries disable trigger all; " + sql);
  }
};
} // namespace

TEST_CASE("audit: an empty chain is whole, and entries are numbered from 1") {
  bench b;
  CHECK(b.check(b.mine).whole);
  CHECK(b.add(b.mine).sequence == 1);
  CHECK(b.add(b.mine).sequence == 2);
  const auto v = b.check(b.mine);
  CHECK(v.whole);
  CHECK(v.entries == 2);
}

TEST_CASE("audit: twenty threads append one gapless chain") {
  bench b;
  std::vector<std::thread> writers;
  std::vector<std::vector<int64_t>> numbers(20);
  for (auto& mine : numbers)
    writers.emplace_back([&] {
      for (int i = 0; i < 10; ++i)
        mine.push_back(b.add(b.mine).sequence);
    });
  for (auto& w : writers)
    w.join();
  std::set<int64_t> all;
  for (const auto& mine : numbers)
    all.insert(mine.begin(), mine.end());
  CHECK(all.size() == 200);
  CHECK(*all.rbegin() == 200);
  CHECK(b.check(b.mine).entries == 200);
  CHECK(b.check(b.mine).whole);
}

TEST_CASE("audit: verification reads chains longer than one batch") {
  bench b;
  for (int i = 0; i < 25; ++i)
    b.add(b.mine);
  CHECK(b.check(b.mine).entries == 25);
}

TEST_CASE("audit: whatever is altered, verification says where") {
  bench b;
  for (int i = 0; i < 5; ++i)
    b.add(b.mine, fmt::format(R"({{"n":{},"amount":"1.50"}})", i));
  const auto expect = [&](const std::string& sql, int64_t bad) {
    CAPTURE(sql);
    b.tamper(sql);
    const auto v = b.check(b.mine);
    CHECK(!v.whole);
    CHECK(v.first_bad == bad);
    CHECK(!v.why.empty());
  };
  SUBCASE("the payload") {
    expect(R"(update audit_entries set payload = '{"n":7,"amount":"1.50"}' where sequence = 3)", 3);
  }
  SUBCASE("the actor") { expect("update audit_entries set actor = 'subject-2' where sequence = 1", 1); }
  SUBCASE("the time") { expect("update audit_entries set at = '2020-01-01T00:00:00.000Z' where sequence = 5", 5); }
  SUBCASE("an entry is taken out") { expect("delete from audit_entries where sequence = 2", 2); }
  SUBCASE("the newest is taken away") { expect("delete from audit_entries where sequence = 5", 5); }
  SUBCASE("all are taken away") { expect("delete from audit_entries", 1); }
  SUBCASE("entry and hash fit each other, but not the next") {
    const audit::chain::entry forged{"ADMIN_ACTION", "subject-2", "community"};
    const auto at = b.owner("select at from audit_entries where sequence = 2");
    const auto previous = b.owner("select previous from audit_entries where sequence = 2");
    const auto payload = b.owner("select payload from audit_entries where sequence = 2");
    expect(fmt::format("update audit_entries set actor = 'subject-2', hash = '{}' where sequence = 2",
                       audit::chain::hash_of(2, at, forged, payload, previous)),
           3);
  }
  SUBCASE("the chain was another tenant's") {
    const auto other = b.community(2);
    b.tamper(fmt::format("update audit_entries set community_id = '{0}'; update audit_heads set community_id = '{0}'",
                         other.value));
    const auto v = b.check(other);
    CHECK(!v.whole);
    CHECK(v.first_bad == 1);
  }
}

TEST_CASE("audit: the database refuses to rewrite an entry, the owner's hand included") {
  bench b;
  b.add(b.mine);
  CHECK_THROWS(b.owner("update audit_entries set actor = 'x'"));
  CHECK_THROWS(b.owner("delete from audit_entries"));
  CHECK_THROWS(b.owner("truncate audit_entries"));
}

TEST_CASE("audit: a person is recorded as the id of the profile, always the same, and never by the platform's id") {
  bench b;
  const auto by = [&](std::string actor) {
    return b.code<audit::appended>(b.audit,
                                   audit::append{b.mine, "ADMIN_ACTION", std::move(actor), "t", "{}", b.soon()});
  };
  CHECK(by("discord:4711") == ec::none);
  CHECK(by("discord:4711") == ec::none);
  CHECK(by("discord:0") == ec::invalid);
  CHECK(by("discord:x") == ec::invalid);
  CHECK(b.owner("select count(*) from audit_entries where actor = (select id::text from profiles)") == "2");
  CHECK(b.owner("select count(*) from audit_entries a where a::text like '%4711%'") == "0");
  b.owner("delete from profiles"); // Erasure leaves the chain as it is.
  CHECK(b.check(b.mine).whole);
}

TEST_CASE("audit: spelling and order of a payload do not matter to its hash") {
  CHECK(audit::chain::hash_of(1, "t", {"e", "a", "t"}, R"({"a":1,"b":[true]})", "p")
        == audit::chain::hash_of(1, "t", {"e", "a", "t"}, R"({ "b" : [true], "a" : 1.0 })", "p"));
}

TEST_CASE("audit: what is no JSON, or nobody's, is refused and leaves no gap") {
  bench b;
  const auto append = [&](const community_id& to, std::string payload) {
    return b.code<audit::appended>(b.audit, audit::append{to, "ADMIN_ACTION", "s", "t", std::move(payload), b.soon()});
  };
  CHECK(append(b.mine, "{") == ec::invalid);
  CHECK(append(b.mine, R"({"big":18446744073709551615})") == ec::invalid);
  CHECK(append({random_uuid()}, "{}") == ec::invalid);
  CHECK(b.add(b.mine).sequence == 1);
}
