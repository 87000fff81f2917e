#include "adapters/postgres/outbox/outbox.hpp"
#include "adapters/postgres/migrate.hpp"
#include "adapters/postgres/outbox/work_item.hpp"
#include "runtime/clock.hpp"
#include "tests/support/stores.hpp"

#include <fmt/format.h>
#include <map>
#include <memory>
#include <pqxx/pqxx>

namespace {
using namespace arrakis;
using outbox::done;

struct bench : test::stores {
  outbox::handle outbox = live.keep(outbox::start(live.sys(), relay));

  bool counts_overdue = false;

  static std::vector<outbox::share> shares(int jobs) {
    return {{.kind = "store_manifest", .group = "objects"},
            {.kind = "enqueue_job", .group = "jobs", .group_per_tenant = jobs}};
  }
  void owe(const community_id& to, int count, const std::string& kind = "enqueue_job") {
    owner(fmt::format("insert into outbox (community_id, kind, payload) select '{}', '{}', '{{\"version\":1}}' from "
                      "generate_series(1, {})",
                      to.value, kind, count));
  }
  std::vector<outbox::row> due(size_t count = 100, int jobs = 8) {
    return get<outbox::rows>(outbox, outbox::due{count, shares(jobs), soon(), counts_overdue}).list;
  }
  void sent(const std::vector<outbox::row>& rows, std::chrono::milliseconds look_up_after = std::chrono::hours{1}) {
    std::vector<int64_t> ids;
    for (const auto& r : rows)
      ids.push_back(r.id);
    get<done>(outbox, outbox::mark_sent{ids, soon(), {}, std::chrono::hours{72}, look_up_after});
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
  b.sent(first, std::chrono::milliseconds{-1});
  const auto again = b.due();
  REQUIRE(again.size() == 8);
  CHECK(again[0].id == first[0].id);
  CHECK(again[0].attempts == 0);
  CHECK(again[0].sent_at_ms > 0);
}

TEST_CASE("outbox: jobs of all kinds of a queue count together, and a kind may have less than its queue") {
  bench b;
  const auto mine = b.community(1);
  for (const char* kind : {"A", "B", "C"})
    b.owner(fmt::format("insert into outbox (community_id, kind, job_kind, key, payload) select '{}', 'enqueue_job', "
                        "'{}', '{}-' || n, '{{}}' from generate_series(1, 10) n",
                        mine.value, kind, kind));
  const auto job = [](const char* kind, const char* queue, int of_kind) {
    return outbox::share{"enqueue_job", kind, of_kind, queue, 5};
  };
  const auto due = [&](std::vector<outbox::share> shares) {
    std::map<std::string, int> result;
    for (const auto& row : b.get<outbox::rows>(b.outbox, outbox::due{100, std::move(shares), b.soon()}).list)
      ++result[row.job_kind];
    return result;
  };
  using counts = std::map<std::string, int>;
  CHECK(due({job("A", "one", 100), job("B", "one", 100)}) == counts{{"A", 5}}); // In the order of their ids.
  CHECK(due({job("A", "one", 2), job("B", "one", 100)}) == counts{{"A", 2}, {"B", 3}});
  CHECK(due({job("A", "one", 2), job("B", "two", 100)}) == counts{{"A", 2}, {"B", 5}});
  CHECK(due({job("C", "three", 1)}) == counts{{"C", 1}}); // A kind without a share waits for a node that knows it.
  CHECK(due({}).empty());
}

TEST_CASE("outbox: a row past its deadline is handed out once, listed, and does not count against its tenant") {
  bench b;
  const auto mine = b.community(1);
  const auto overview = b.live.keep(outbox::start_overview(b.live.sys(), b.app));
  b.owe(mine, 9);
  const auto first = b.due();
  REQUIRE(first.size() == 8);
  std::vector<int64_t> ids;
  for (const auto& row : first)
    ids.push_back(row.id);
  b.get<done>(b.outbox, outbox::mark_sent{ids, b.soon(), "jobs", std::chrono::hours{1}, std::chrono::hours{1}});
  const auto report = [&] { return b.get<outbox::overdue_rows>(b.outbox, outbox::report_overdue{5, b.soon()}); };
  CHECK(report().counts.empty());
  CHECK(b.due().empty());
  b.owner("update outbox set close_by = now() - interval '1 s' where sent_at is not null");
  b.counts_overdue = true; // Negative control: without the deadline the tenant's next row never goes.
  CHECK(b.due().empty());
  b.counts_overdue = false;
  CHECK(b.due().size() == 1);
  CHECK(report().fresh.size() == 5);
  const auto rest = report();
  REQUIRE(rest.fresh.size() == 3);
  CHECK(rest.fresh[0].what.community == mine);
  CHECK(rest.fresh[0].what.queue == "jobs");
  CHECK(rest.fresh[0].close_by.ends_with("Z"));
  REQUIRE(rest.counts.size() == 1);
  CHECK(rest.counts[0].rows == 8);
  CHECK(report().fresh.empty());
  const auto listed = b.get<outbox::overdue_list>(overview, outbox::list_overdue{100, b.soon()}).rows;
  REQUIRE(listed.size() == 8);
  CHECK(listed[0].what.key == first[0].key);
  CHECK(listed[0].what.payload_json.empty());
  b.get<done>(b.outbox, outbox::close{ids[0], b.soon()});
  CHECK(report().counts[0].rows == 7);
}

TEST_CASE("outbox: a row that was reported before it was first sent is reported again at its new deadline") {
  bench b;
  b.owe(b.community(1), 1);
  const auto reported = [&] {
    return b.get<outbox::overdue_rows>(b.outbox, outbox::report_overdue{5, b.soon()}).fresh.size();
  };
  const auto pass_deadline = [&] { b.owner("update outbox set close_by = now() - interval '1 s'"); };
  pass_deadline(); // The queue was away for a week.
  CHECK(reported() == 1);
  const auto row = b.due();
  REQUIRE(row.size() == 1);
  b.sent(row);
  CHECK(reported() == 0); // The deadline is a new one.
  pass_deadline();
  CHECK(reported() == 1);
  b.sent(row); // Sent again, it keeps its deadline, and the report stands.
  CHECK(reported() == 0);
}

TEST_CASE("outbox: what a node of before work items inserts has the key and kind of its job") {
  bench b;
  const auto mine = b.community(1);
  const auto insert = fmt::format("insert into outbox (community_id, kind, payload) values ('{0}', 'enqueue_job',"
                                  " '{{\"id\":\"synth-1\",\"name\":\"SYNTHESIZE_COMMUNITY\",\"data\":{{}}}}'),"
                                  " ('{0}', 'store_manifest', '{{\"version\":1}}')",
                                  mine.value);
  b.owner(insert);
  CHECK(b.owner("select key || ' ' || job_kind from outbox where kind = 'enqueue_job'")
        == "synth-1 SYNTHESIZE_COMMUNITY");
  CHECK(b.owner("select key <> '' and job_kind = '' from outbox where kind = 'store_manifest'") == "t");
  // Negative control: without the trigger such a node is refused, and with it the decision that owed the rows.
  b.owner("alter table outbox disable trigger name_work_item");
  CHECK_THROWS_AS(b.owner(insert), pqxx::not_null_violation);
}

TEST_CASE("outbox: rows of before work items get key, kind of job and deadline, and are closed once") {
  test::stores db; // The database cluster has the roles.
  db.owner("create role outbox_owner login createrole; grant arrakis_lookup to outbox_owner with admin option");
  db.owner("create database before_work_items owner outbox_owner");
  auto dsn = db.server.admin_dsn();
  dsn = dsn.substr(0, dsn.find(" dbname=")) + " dbname=before_work_items user=";
  pqxx::nontransaction{*std::make_unique<pqxx::connection>(dsn + "arrakis_owner")}.exec(
    "alter schema public owner to outbox_owner");
  auto older = migrations::all();
  std::erase_if(older, [](const auto& m) { return m.name >= std::string_view{"0010"}; });
  REQUIRE(older.size() == 9);
  REQUIRE(postgres::migrate(dsn + "outbox_owner", older));
  const auto as_tenant = [&](int n, const std::string& sql) {
    pqxx::connection c{dsn + "arrakis_app"};
    pqxx::work tx{c};
    const auto id = fmt::format("00000000-0000-4000-8000-00000000000{}", n);
    tx.exec("select set_config('app.current_tenant', '" + id + "', true)");
    auto result = tx.exec(fmt::format(fmt::runtime(sql), id));
    tx.commit();
    return result.empty() ? std::string{} : result[0][0].as<std::string>("");
  };
  for (const int n : {1, 2}) {
    as_tenant(n, "insert into communities (id, name) values ('{}', 'Sietch')");
    as_tenant(n,
              "insert into outbox (community_id, kind, payload) values ('{0}', 'store_manifest',"
              " '{{\"version\":3}}'), ('{0}', 'enqueue_job', '{{\"id\":\"synth-1\",\"name\":\"SYNTHESIZE_COMMUNITY\","
              "\"data\":{{}}}}')");
  }
  const auto migrated = postgres::migrate(dsn + "outbox_owner");
  REQUIRE_MESSAGE(migrated, (migrated ? std::string{} : text_of(migrated.error())));
  for (const int n : {1, 2}) {
    CHECK(as_tenant(n, "select string_agg(kind || '/' || job_kind || '/' || key, ' ' order by id) from outbox")
          == "store_manifest//v3 enqueue_job/SYNTHESIZE_COMMUNITY/synth-1");
    CHECK(as_tenant(n, "select bool_and(close_by > now() + interval '6 days') from outbox") == "t");
  }
  // The end of a job, as a node of today records it, closes the row of one of before; of another tenant none.
  pqxx::connection c{dsn + "arrakis_app"};
  pqxx::work tx{c};
  tx.exec("select set_config('app.current_tenant', '00000000-0000-4000-8000-000000000001', true)");
  outbox::close_job(tx, {"00000000-0000-4000-8000-000000000001"}, "synth-1");
  // Owed again under its key, it is not owed twice.
  outbox::owe_job(tx, {"00000000-0000-4000-8000-000000000001"}, {"SYNTHESIZE_COMMUNITY", "synth-1", {}});
  tx.commit();
  CHECK(as_tenant(1, "select count(*) from outbox where closed_at is null and kind = 'enqueue_job'") == "0");
  CHECK(as_tenant(2, "select count(*) from outbox where closed_at is null and kind = 'enqueue_job'") == "1");
}

TEST_CASE("outbox: a postponed row waits until its time and keeps the reason") {
  bench b;
  const auto mine = b.community(1);
  b.owe(mine, 1);
  const auto row = b.due().at(0);
  b.get<done>(b.outbox,
              outbox::postpone{row.id, std::chrono::hours{1}, std::string("no answer\0", 10), b.soon(), true});
  CHECK(b.due().empty());
  CHECK(b.owner("select last_error from outbox") == "no answer?");
  b.get<done>(b.outbox, outbox::postpone{row.id, std::chrono::milliseconds{-1}, "no answer", b.soon(), true});
  CHECK(b.due().size() == 1);
  CHECK(b.due()[0].attempts == 2);
  b.get<done>(b.outbox, outbox::postpone{row.id, std::chrono::milliseconds{-1}, {}, b.soon()});
  CHECK(b.due().at(0).attempts == 0); // A look-up succeeded.
}
