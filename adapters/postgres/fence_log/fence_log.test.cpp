#include "adapters/postgres/fence_log/fence_log.hpp"
#include "adapters/postgres/communities/communities.hpp"
#include "adapters/postgres/migrate.hpp"
#include "tests/support/stores.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <future>
#include <pqxx/pqxx>

namespace {
using namespace arrakis;
using fence_log::changes;
using fence_log::position;
using strings = std::vector<std::string>;

struct bench : test::stores {
  communities::handle communities = live.keep(communities::start(live.sys(), app));
  fence_log::handle log = live.keep(fence_log::start(live.sys(), app));
  position known;

  /// The subjects that changed since it was asked last.
  strings next() {
    auto news = get<changes>(log, fence_log::read{known, soon()});
    known = news.now;
    strings subjects;
    for (auto& e : news.entries)
      subjects.push_back(std::move(e.subject));
    return subjects;
  }
};

/// One transaction as arrakis_app that freezes a community and is not over.
struct open_freeze {
  pqxx::connection db;
  pqxx::work tx{db};
  open_freeze(const bench& b, const community_id& whom) : db(b.server.dsn()) {
    tx.exec_params("select set_config('app.current_tenant', $1, true)", whom.value);
    tx.exec_params("update communities set status = 'frozen', fence = fence + 1 where id = $1", whom.value);
  }
};

/// Takes the numbers from a sequence: they are handed out in the order of the asking, and the head follows at the end
/// of a transaction.
constexpr auto numbers_from_a_sequence = R"(
  create sequence fence_numbers;
  grant usage on fence_numbers to arrakis_lookup;
  create or replace function next_fence_number() returns bigint
  language sql security definer set search_path = pg_catalog, public, pg_temp
  as 'select nextval(''public.fence_numbers'')';
  create function raise_head() returns trigger language plpgsql security definer as $$
  begin
    update fence_log_head set number = greatest(number, new.number);
    return null;
  end $$;
  create constraint trigger head_follows after insert on fence_log deferrable initially deferred
    for each row execute function raise_head())";
} // namespace

TEST_CASE("fence log: two freezes that commit in the other order are both read") {
  bench b;
  const auto first = b.community(1), second = b.community(2);
  b.next();
  auto early = std::make_unique<open_freeze>(b, first);
  // The read waits for the number that the first transaction has taken and not committed.
  auto late = std::async(std::launch::async, [&] { open_freeze{b, second}.tx.commit(); });
  while (b.owner("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like 'update comm%'")
         != "1")
    std::this_thread::yield();
  CHECK(b.next() == strings{});
  early->tx.commit();
  late.get();
  CHECK(b.next() == strings{first.value, second.value});
}

TEST_CASE("fence log: negative control: with numbers from a sequence the freeze that commits late is never read") {
  bench b;
  const auto first = b.community(1), second = b.community(2);
  b.owner(numbers_from_a_sequence);
  b.next();
  open_freeze early{b, first};
  open_freeze{b, second}.tx.commit();
  CHECK(b.next() == strings{second.value});
  early.tx.commit();
  CHECK(b.next() == strings{});
  CHECK(b.owner("select count(*) from fence_log") == "2");
}

TEST_CASE("fence log: by whatever way a community changes, the log says it; other changes of it say nothing") {
  bench b;
  b.next();
  const auto mine = b.community(1, "frozen");
  CHECK(b.next() == strings{mine.value});
  b.owner("update communities set name = 'Another', updated_at = now()");
  b.owner("update communities set status = status, fence = fence");
  CHECK(b.next() == strings{});
  b.owner("update communities set status = 'active', fence = fence + 1");
  CHECK(b.next() == strings{mine.value});
  CHECK(b.owner("select status || fence from fence_log") == "active1");
  b.owner("begin; update communities set status = 'frozen', fence = fence + 1; rollback");
  CHECK(b.next() == strings{});
  b.community(2);
  CHECK(b.next() == strings{});
}

TEST_CASE("fence log: the wider scopes are read too, and a scope that this build does not know stops the reading") {
  bench b;
  b.owner("select append_fence('global', '', 'frozen', null)");
  b.owner("select append_fence('user', '77', 'frozen', null)");
  auto news = b.get<changes>(b.log, fence_log::read{{}, b.soon()});
  REQUIRE(news.entries.size() == 2);
  CHECK(news.entries[0].scope == fence_log::scope::global);
  CHECK(news.entries[0].fence == 1);
  CHECK(news.entries[1].scope == fence_log::scope::user);
  CHECK(news.entries[1].fence == news.entries[1].number);
  for (const char* wrong : {"'global', 'x'", "'user', ''", "'user', 'x'", "'community', '77'", "'guild', '77'"})
    CHECK_THROWS_AS(b.owner(fmt::format("select append_fence({}, 'frozen', null)", wrong)), pqxx::check_violation);
  b.owner("alter table fence_log drop constraint fence_log_scope_check,"
          " drop constraint fence_log_subject_is_of_its_scope");
  b.owner("select append_fence('planet', 'arrakis', 'frozen', null)");
  CHECK(b.code<changes>(b.log, fence_log::read{news.now, b.soon()}) == ec::unsupported);
}

TEST_CASE("fence log: a long log comes in answers of a bounded size, in order, also while it grows") {
  bench b;
  const auto paged = b.live.keep(fence_log::start(b.live.sys(), b.app, 2));
  for (int user = 1; user <= 5; ++user)
    b.owner(fmt::format("select append_fence('user', '{}', 'frozen', null)", user));
  strings subjects;
  position known;
  for (bool more = true; more;) {
    const auto news = b.get<changes>(paged, fence_log::read{known, b.soon()});
    CHECK(news.is_whole == known.log.empty());
    REQUIRE(news.entries.size() <= 2);
    for (const auto& e : news.entries)
      subjects.push_back(e.subject);
    if (subjects.size() == 2) // A subject that changes again appears once more, at the end.
      b.owner("select append_fence('user', '1', 'active', null)");
    known = news.now;
    more = news.has_more;
  }
  CHECK(subjects == strings{"1", "2", "3", "4", "5", "1"});
}

TEST_CASE("fence log: with 10,000 frozen tenants one poll reads no row of them, and a freeze costs one") {
  bench b;
  // By hand, as 10,000 freezes would leave it.
  b.owner(R"(
    alter table communities disable trigger user;
    insert into communities (name, status, fence) select 'Sietch ' || n, 'frozen', 1 from generate_series(1, 10000) n;
    alter table communities enable trigger user;
    insert into fence_log (scope, subject, number, status, fence)
    select 'community', id::text, row_number() over (), 'frozen', 1 from communities;
    update fence_log_head set number = 10000)");
  b.owner("analyze");
  CHECK(b.next().size() == 5'000);
  CHECK(b.next().size() == 5'000);
  pqxx::connection db{b.server.dsn()};
  const auto poll = fmt::format("select * from fence_changes('{}', {}, 5000)", b.known.log, b.known.number);
  struct cost {
    size_t rows = 0;
    int64_t rows_read = 0; ///< Of the log and of the communities.
    int64_t buffers = 0;
  };
  const auto measure = [&](const std::string& sql) {
    cost c;
    pqxx::work tx{db};
    const auto read_so_far = [&] {
      return tx
        .exec1("select coalesce(sum(seq_tup_read + idx_tup_fetch), 0)::bigint from pg_stat_xact_user_tables"
               " where relname in ('fence_log', 'communities')")[0]
        .as<int64_t>();
    };
    const auto before = read_so_far();
    c.rows = tx.exec(sql).size();
    c.rows_read = read_so_far() - before;
    const auto plan = boost::json::parse(
      tx.exec1("explain (analyze, buffers, format json) " + sql)[0].as<std::string>());
    const auto& top = plan.as_array()[0].as_object().at("Plan").as_object();
    c.buffers = top.at("Shared Hit Blocks").as_int64() + top.at("Shared Read Blocks").as_int64();
    return c;
  };
  measure(poll); // The plans of the function are made once a connection.
  const auto quiet = measure(poll);
  CHECK(quiet.rows == 0);
  CHECK(quiet.rows_read == 0);
  CHECK(quiet.buffers <= 8);
  MESSAGE("one poll: ", quiet.buffers, " buffers");
  // Negative control: it is counted where rows are read.
  CHECK(measure("select * from community_fences()").rows_read == 10'000);

  b.community(1, "frozen");
  const auto busy = measure(poll);
  CHECK(busy.rows == 1);
  CHECK(busy.rows_read <= 2);
  CHECK(busy.buffers <= 20);
}

TEST_CASE("fence log: nobody whom a daemon connects as writes it or reads its tables") {
  bench b;
  b.community(1, "frozen");
  for (const auto& dsn : {b.server.dsn(), b.server.relay_dsn()})
    for (const char* sql : {"select * from fence_log", "select * from fence_log_head", "delete from fence_log",
                            "update fence_log set status = 'active'", "update fence_log_head set number = 0",
                            "insert into fence_log values ('global', '', 9, 'active', 9)",
                            "select append_fence('global', '', 'active', null)", "select next_fence_number()"}) {
      CAPTURE(sql);
      pqxx::connection db{dsn};
      pqxx::work tx{db};
      CHECK_THROWS_AS(tx.exec(sql), pqxx::insufficient_privilege);
    }
}

TEST_CASE("fence log: a database of before it keeps every frozen community frozen, whoever owns its tables") {
  test::stores db;
  for (const bool superuser : {true, false}) {
    CAPTURE(superuser);
    const std::string name = superuser ? "of_before" : "of_before_by_an_owner";
    const std::string role = superuser ? "arrakis_owner" : "plain_owner";
    if (!superuser)
      db.owner("create role plain_owner login createrole; grant arrakis_lookup to plain_owner with admin option");
    db.owner("create database " + name + " owner " + role);
    auto dsn = db.server.admin_dsn();
    const auto at = dsn.find(" dbname="), user = dsn.find(" user=");
    dsn = dsn.substr(0, at) + " dbname=" + name + " user=" + role;
    CHECK(user > at);
    if (!superuser)
      pqxx::nontransaction{
        *std::make_unique<pqxx::connection>(dsn.substr(0, dsn.find(" user=")) + " user=arrakis_owner")}
        .exec("alter schema public owner to plain_owner");
    auto older = migrations::all();
    std::erase_if(older, [](const auto& m) { return m.name >= std::string_view{"0008"}; });
    REQUIRE(older.size() == 7);
    const auto before = postgres::migrate(dsn, older);
    REQUIRE_MESSAGE(before, text_of(before.error()));
    auto app = dsn.substr(0, dsn.find(" user=")) + " user=arrakis_app";
    {
      pqxx::connection c{app};
      pqxx::work tx{c};
      int n = 0;
      for (const char* row : {"'active', 0", "'frozen', 1", "'active', 2", "'deactivated', 1"}) {
        const auto id = fmt::format("00000000-0000-4000-8000-00000000000{}", ++n);
        tx.exec("select set_config('app.current_tenant', '" + id + "', true)");
        tx.exec(fmt::format("insert into communities (id, name, status, fence) values ('{}', 'Sietch', {})", id, row));
      }
      tx.commit();
    }
    REQUIRE(postgres::migrate(dsn));
    pqxx::connection c{app};
    pqxx::work tx{c};
    strings all;
    for (const auto& r :
         tx.exec("select right(subject, 1) || ' ' || status || ' ' || fence || ' ' || number || '/' || head"
                 " from fence_changes('', 0, 100)"))
      all.push_back(r[0].as<std::string>());
    CHECK(all == strings{"2 frozen 1 1/3", "3 active 2 2/3", "4 deactivated 1 3/3"});
    // A node that was started before goes on with what it knows to call, and what it writes is in the log.
    CHECK(tx.exec("select * from community_fences()").size() == 3);
    tx.exec("select set_config('app.current_tenant', '00000000-0000-4000-8000-000000000001', true)");
    tx.exec("update communities set status = 'frozen', fence = fence + 1 where id = "
            "current_setting('app.current_tenant')::uuid");
    CHECK(tx.exec("select * from fence_changes('', 0, 100)").size() == 4);
  }
}
