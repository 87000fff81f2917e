#include "tests/contracts/outbox.hpp"

#include "runtime/clock.hpp"
#include "tests/contracts/asking.hpp"

#include <doctest/doctest.h>
#include <map>
#include <vector>

namespace arrakis::contracts {
namespace {
using namespace arrakis::outbox;

std::vector<share> shares(int jobs) {
  return {{.kind = "store_manifest", .group = "objects"},
          {.kind = "enqueue_job", .group = "jobs", .group_per_tenant = jobs}};
}
std::vector<row> due_rows(const outbox_bench& b, size_t count = 100, int jobs = 8) {
  auto got = ask<rows>(b.sys, b.port, due{count, shares(jobs), soon()});
  REQUIRE_MESSAGE(got, text_of(got.error()));
  return std::move(got->list);
}
void sent(const outbox_bench& b, const std::vector<row>& list,
          std::chrono::milliseconds look_up_after = std::chrono::hours{1}) {
  mark_sent m{.ids = {}, .until = soon(), .queue = {}, .look_up_after = look_up_after};
  for (const auto& r : list)
    m.ids.push_back(r.id);
  REQUIRE(ask<done>(b.sys, b.port, m));
}
std::map<community_id, int> by_tenant(const std::vector<row>& list) {
  std::map<community_id, int> result;
  for (const auto& r : list)
    ++result[r.community];
  return result;
}

void shares(const outbox_bench& b) {
  b.owe(1, 50, "store_manifest");
  b.owe(2, 2, "store_manifest");
  const auto list = due_rows(b, 4);
  REQUIRE(list.size() == 4);
  for (const auto& [tenant, count] : by_tenant(list))
    CHECK(count == 2);
}

void bounds_jobs(const outbox_bench& b) {
  b.owe(1, 20, "enqueue_job");
  const auto list = due_rows(b);
  CHECK(list.size() == 8);
  sent(b, list);
  CHECK(due_rows(b).empty());
  REQUIRE(ask<done>(b.sys, b.port, close{list[0].id, soon()}));
  REQUIRE(ask<done>(b.sys, b.port, close{list[0].id, soon()})); // Said twice, it is so once.
  CHECK(due_rows(b).size() == 1);
  b.owe(1, 5, "store_manifest");
  CHECK(due_rows(b).size() == 6);
}

void sends_again(const outbox_bench& b) {
  b.owe(1, 3, "enqueue_job");
  const auto first = due_rows(b);
  sent(b, first);
  CHECK(due_rows(b).empty());
  sent(b, first, std::chrono::milliseconds{-1});
  const auto again = due_rows(b);
  REQUIRE(again.size() == 3);
  CHECK(again[0].id == first[0].id);
  CHECK(again[0].attempts == 0);
  CHECK(again[0].sent_at_ms > 0);
}

void waits(const outbox_bench& b) {
  b.owe(1, 1, "enqueue_job");
  const auto one = due_rows(b).at(0);
  REQUIRE(ask<done>(b.sys, b.port, postpone{one.id, std::chrono::hours{1}, "no answer", soon(), true}));
  CHECK(due_rows(b).empty());
  REQUIRE(ask<done>(b.sys, b.port, postpone{one.id, std::chrono::seconds{-1}, "no answer", soon(), true}));
  REQUIRE(due_rows(b).size() == 1);
  CHECK(due_rows(b)[0].attempts == 2);
  REQUIRE(ask<done>(b.sys, b.port, postpone{one.id, std::chrono::seconds{-1}, {}, soon()}));
  CHECK(due_rows(b).at(0).attempts == 0); // A look-up succeeded.
}
} // namespace

void outbox(const std::function<outbox_bench()>& fresh) {
  SUBCASE("a noisy tenant does not hold up a quiet one") { shares(fresh()); }
  SUBCASE("so many jobs of a tenant are sent and open; the end of one lets the next in") { bounds_jobs(fresh()); }
  SUBCASE("what was sent and never ended is due again") { sends_again(fresh()); }
  SUBCASE("a postponed row waits until its time") { waits(fresh()); }
}
} // namespace arrakis::contracts
