#include "adapters/postgres/outbox/outbox.hpp"
#include "runtime/clock.hpp"
#include "tests/support/stores.hpp"

#include <fmt/format.h>
#include <map>

namespace {
using namespace arrakis;
using outbox::done;

struct bench : test::stores {
  outbox::handle outbox = live.keep(outbox::start(live.sys(), relay));

  void owe(const community_id& to, int count, const std::string& kind = "enqueue_job") {
    owner(fmt::format("insert into outbox (community_id, kind, payload) select '{}', '{}', '{{\"version\":1}}' from "
                      "generate_series(1, {})",
                      to.value, kind, count));
  }
  std::vector<outbox::row> due(size_t count = 100, int jobs = 8,
                               std::chrono::milliseconds resend_after = std::chrono::hours{1}) {
    return get<outbox::rows>(outbox, outbox::due{count, jobs, resend_after, soon()}).list;
  }
  void sent(const std::vector<outbox::row>& rows) {
    std::vector<int64_t> ids;
    for (const auto& r : rows)
      ids.push_back(r.id);
    get<done>(outbox, outbox::mark_sent{ids, soon()});
  }
};
std::map<community_id, int> by_tenant(const std::vector<outbox::row>& rows) {
  std::map<community_id, int> result;
  for (const auto& r : rows)
    ++result[r.community];
  return result;
}
} // namespace

TEST_CASE("outbox: a noisy tenant does not hold up a quiet one") {
  bench b;
  const auto noisy = b.community(1), quiet = b.community(2);
  b.owe(noisy, 1000, "store_manifest");
  b.owe(quiet, 2, "store_manifest");
  const auto rows = b.due(4);
  REQUIRE(rows.size() == 4);
  CHECK(by_tenant(rows)[quiet] == 2);
  CHECK(by_tenant(rows)[noisy] == 2);
}

TEST_CASE("outbox: at most 8 jobs of a tenant are sent and open; the end of one lets the next in") {
  bench b;
  const auto mine = b.community(1), other = b.community(2);
  b.owe(mine, 20);
  b.owe(other, 1);
  auto rows = b.due();
  CHECK(by_tenant(rows)[mine] == 8);
  CHECK(by_tenant(rows)[other] == 1);
  b.sent(rows);
  CHECK(b.due().empty());
  b.get<done>(b.outbox, outbox::close{rows[0].id, b.soon()});
  b.get<done>(b.outbox, outbox::close{rows[0].id, b.soon()});
  const auto next = b.due();
  CHECK(next.size() == 1);
  // The limit is of jobs: objects go on.
  b.owe(mine, 5, "store_manifest");
  CHECK(b.due().size() == 6);
}

TEST_CASE("outbox: what was sent and never ended is due again, beyond the limit, in the order of its tenant") {
  bench b;
  const auto mine = b.community(1);
  b.owe(mine, 10);
  const auto first = b.due();
  b.sent(first);
  const auto again = b.due(100, 8, std::chrono::minutes{-1});
  REQUIRE(again.size() == 8);
  CHECK(again[0].id == first[0].id);
  CHECK(again[0].attempts == 1);
  CHECK(again[0].sent_at_ms > 0);
}

TEST_CASE("outbox: a postponed row waits until its time and keeps the reason") {
  bench b;
  const auto mine = b.community(1);
  b.owe(mine, 1);
  const auto row = b.due().at(0);
  b.get<done>(b.outbox, outbox::postpone{row.id, std::chrono::hours{1}, std::string("no answer\0", 10), b.soon()});
  CHECK(b.due().empty());
  CHECK(b.owner("select last_error from outbox") == "no answer?");
  b.get<done>(b.outbox, outbox::postpone{row.id, std::chrono::milliseconds{-1}, "no answer", b.soon()});
  CHECK(b.due().size() == 1);
  CHECK(b.due()[0].attempts == 2);
}
