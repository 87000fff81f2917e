// Cost of the relay's poll: the plan of its statement, with the blocks that PostgreSQL reads.
#include "adapters/postgres/outbox/due.hpp"

#include "adapters/postgres/outbox/outbox.hpp"
#include "runtime/json.hpp"
#include "tests/support/stores.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <pqxx/pqxx>

namespace {
using namespace arrakis;

constexpr int tenants = 300;
constexpr int due_count = 30;
/// For each row that a poll hands out: the ways down the indexes, one of them for each kind of its tenant, and the row.
constexpr int64_t blocks_per_row_max = 8;

struct reading {
  int64_t blocks = 0;
  int64_t rows = 0;
};

std::string shares() {
  return outbox::as_json({{.kind = "store_manifest", .group = "objects"},
                          {.kind = "enqueue_job", .job_kind = "A", .group = "jobs", .group_per_tenant = 80},
                          {.kind = "enqueue_job", .job_kind = "B", .group = "jobs", .group_per_tenant = 80}});
}

/// As the relay asks: with the values beside the statement, so that the plan is made for them.
reading read(pqxx::transaction_base& tx) {
  std::string text;
  for (const auto& line :
       tx.exec_params(std::string{"explain (analyze, buffers, format json) "} + outbox::due_rows, 100, shares(), false))
    text += line[0].as<std::string>();
  const auto tree = json::parse(text, {.depth_max = 128});
  REQUIRE(tree);
  const auto& top = tree->as_array().at(0).as_object().at("Plan").as_object();
  const auto number = [&](const char* key) { return top.at(key).to_number<int64_t>(); };
  return {number("Shared Hit Blocks") + number("Shared Read Blocks"), number("Actual Rows")};
}

struct fixture : test::stores {
  fixture() {
    owner(fmt::format("insert into communities (id, name) select {}, 'Sietch ' || n from generate_series(1, {}) n",
                      id_of("n"), tenants));
  }
  static std::string id_of(const std::string& n) {
    return fmt::format("('00000000-0000-4000-8000-' || lpad(({})::text, 12, '0'))::uuid", n);
  }
  /// Rows that are closed, or open and not due: of twenty, four closed, two in flight, four overdue, all of the same
  /// five tenants, and ten rest after a failure.
  void fill(int first, int last) {
    owner(fmt::format(
      "insert into outbox (community_id, kind, job_kind, key, payload, due_at, sent_at, close_by, closed_at)"
      " select {}, case when n % 20 >= 10 then 'store_manifest' else 'enqueue_job' end,"
      " case when n % 20 >= 10 then '' when n % 2 = 0 then 'A' else 'B' end, 'k' || n, '{{\"data\":{{}}}}',"
      " now() + case when n % 20 < 4 then interval '-1 hour' else interval '1 hour' end,"
      " case when n % 20 < 10 then now() end,"
      " now() + case when n % 20 between 6 and 9 then interval '-1 hour' else interval '1 day' end,"
      " case when n % 20 < 4 then now() end from generate_series({}, {}) n",
      id_of(fmt::format("case when n % 20 between 6 and 9 then n % 5 else n % {} end + 1", tenants)), first, last));
  }
  void add_due() {
    owner(fmt::format("insert into outbox (community_id, kind, job_kind, key, payload, sent_at)"
                      " select {}, 'enqueue_job', 'A', 'due' || n, '{{}}', case when n % 3 = 0 then now() end"
                      " from generate_series(1, {}) n",
                      id_of("n % 5 + 1"), due_count));
  }
  reading poll() {
    pqxx::connection db{server.relay_dsn()};
    pqxx::work tx{db};
    read(tx); // The first reading of a connection also looks up what the statement names.
    return read(tx);
  }
  /// The same with an index taken away, which comes back.
  reading poll_without(const std::string& index) {
    pqxx::connection db{server.admin_dsn()};
    pqxx::work tx{db};
    tx.exec("drop index " + index);
    read(tx);
    return read(tx);
  }
};
} // namespace

TEST_CASE_FIXTURE(fixture, "outbox: a poll reads as much as is due, and not as much as there is") {
  add_due();
  fill(1, 2'500);
  const auto few = poll();
  CHECK(few.rows == due_count);
  CHECK(few.blocks <= blocks_per_row_max * due_count);
  fill(2'501, 10'000 - due_count);
  CHECK(owner("select count(*) from outbox") == "10000");
  for (const bool analyzed : {false, true}) {
    CAPTURE(analyzed);
    if (analyzed)
      owner("analyze outbox");
    const auto many = poll();
    CHECK(many.rows == due_count);
    CHECK(many.blocks <= blocks_per_row_max * due_count);
  }
  owner("update outbox set due_at = now() + interval '1 hour' where key like 'due%'");
  CHECK(poll().rows == 0);
  CHECK(poll().blocks <= 20);
  owner("update outbox set due_at = now() where key like 'due%'");
  // Negative control: without any of them the poll reads what is open, or what is overdue.
  for (const auto* index : {"outbox_unsent_due", "outbox_sent_due", "outbox_sent"}) {
    CAPTURE(index);
    const auto without = poll_without(index);
    CHECK(without.rows == due_count);
    CHECK(without.blocks > blocks_per_row_max * due_count);
  }
}

TEST_CASE_FIXTURE(fixture, "outbox: a poll reads little of what a noisy tenant has waiting") {
  owner(fmt::format("insert into outbox (community_id, kind, job_kind, key, payload, due_at) select {}, 'enqueue_job',"
                    " 'A', 'noise' || n, '{{}}', now() - interval '1 hour' from generate_series(1, 10000) n",
                    id_of("1")));
  add_due();
  const auto found = poll();
  CHECK(found.rows == 100);
  CHECK(found.blocks <= blocks_per_row_max * found.rows);
  CHECK(poll_without("outbox_unsent").blocks > blocks_per_row_max * found.rows); // Negative control.
}

namespace {
/// 10,000 rows of a tenant in quarantine, due for an hour, and one of another.
struct quarantined : fixture {
  outbox::handle outbox = live.keep(outbox::start(live.sys(), relay));
  quarantined() {
    owner(fmt::format("insert into outbox (community_id, kind, job_kind, key, payload, due_at, sent_at) select {},"
                      " 'enqueue_job', 'A', 'held' || n, '{{}}', now() - interval '1 hour',"
                      " case when n % 2 = 0 then now() end from generate_series(1, 10000) n",
                      id_of("1")));
    owner(fmt::format("insert into outbox (community_id, kind, job_kind, key, payload) values ({}, 'enqueue_job', 'A',"
                      " 'other', '{{}}')",
                      id_of("2")));
    owner(fmt::format("insert into quarantines (kind, key, community_id, error, message, node)"
                      " values ('community', '1', {}, 'it threw', 'm', 'n')",
                      id_of("1")));
  }
  std::vector<outbox::row> due() {
    return get<outbox::rows>(outbox, outbox::due{100, {{.kind = "enqueue_job", .job_kind = "A"}}, soon()}).list;
  }
  int64_t due_count() { return std::stoll(owner("select count(*) from outbox where due_at <= now()")); }
};
} // namespace

TEST_CASE_FIXTURE(quarantined, "outbox: rows of a tenant in quarantine leave the poll, and are due again on release") {
  constexpr int64_t few = 100; // For 10,000 rows that are open.
  const auto before = poll().blocks;
  CHECK(before > 3 * few); // Negative control: until they are postponed, each poll reads all of them.
  for (int polls = 0; polls < 10; ++polls) {
    const auto rows = due();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].key == "other");
  }
  CHECK(due_count() == 1);
  owner("vacuum outbox"); // The entries of what was due are gone from the index.
  CHECK(poll().rows == 1);
  CHECK(poll().blocks <= few);
  MESSAGE("blocks of a poll: ", before, " before, ", poll().blocks, " after");
  // As quarantines::release does it.
  owner("select release_quarantine(id, 'operator', 'mended') from quarantines");
  owner("update outbox set due_at = clock_timestamp() where closed_at is null");
  CHECK(due_count() == 10'001);
  CHECK(due().size() == 100);
}

TEST_CASE_FIXTURE(quarantined,
                  "outbox: a release waits for the relay that postpones the rows, so it has the last word") {
  pqxx::connection relay_db{server.relay_dsn()}, admin_db{server.admin_dsn()};
  {
    pqxx::work postponing{relay_db};
    outbox::postpone_quarantined(postponing);
    pqxx::work releasing{admin_db};
    releasing.exec("set local lock_timeout = '50ms'");
    CHECK_THROWS_AS(releasing.exec("select release_quarantine(id, 'operator', 'mended') from quarantines"),
                    pqxx::sql_error);
    postponing.commit();
  }
  pqxx::work releasing{admin_db};
  releasing.exec("select release_quarantine(id, 'operator', 'mended') from quarantines");
  pqxx::work postponing{relay_db};
  const auto before = due_count();
  outbox::postpone_quarantined(postponing); // A released tenant: nothing of it is postponed any more.
  postponing.commit();
  CHECK(due_count() == before);
}
