// Measures the cost of a poll of the fences with 10,000 frozen tenants and no news. The method is described in
// bench/README.md.
//
//   fences_bench OUT.json FOR_S ROOT
#include "adapters/postgres/fence_log/fence_log.hpp"
#include "bench/support/figures.hpp"
#include "bench/support/programs.hpp"
#include "runtime/log.hpp"
#include "tests/support/live_system.hpp"
#include "tests/support/servers.hpp"

#include <boost/json.hpp>
#include <pqxx/pqxx>

using namespace arrakis;
using namespace arrakis::bench;

namespace {
constexpr size_t rounds = 3, polls_min = 200;

/// As 10,000 freezes leave it.
void freeze_many(const test::postgres_server& server) {
  pqxx::connection db{server.admin_dsn()};
  pqxx::nontransaction tx{db};
  tx.exec("alter table communities disable trigger user;"
          " insert into communities (name, status, fence) select 'Sietch ' || n, 'frozen', 1 from generate_series(1, "
          "10000) n;"
          " alter table communities enable trigger user;"
          " insert into fence_log (scope, subject, number, status, fence)"
          " select 'community', id::text, row_number() over (), 'frozen', 1 from communities;"
          " update fence_log_head set number = 10000");
  tx.exec("vacuum analyze"); // As autovacuum does, which the tests' server goes without.
}

struct reader {
  test::live_system live{1};
  fence_log::handle log;
  fence_log::position known;
  explicit reader(const test::postgres_server& server)
    : log(live.keep(
      fence_log::start(live.sys(), live.keep(postgres::start(live.sys(), {.dsn = server.dsn(), .connections = 1}))))) {
    while (next().has_more) {}
  }
  fence_log::changes next() {
    auto news = live.ask<fence_log::changes>(log, fence_log::read{known, live.in(std::chrono::seconds{10})});
    if (!news)
      throw std::runtime_error(text_of(news.error()));
    known = news->now;
    return std::move(*news);
  }
};

/// Planning and execution, by the server's own clock.
double server_ms(pqxx::connection& db, const fence_log::position& known) {
  pqxx::work tx{db};
  const auto plan = boost::json::parse(tx.exec_params1("explain (analyze, format json) select * from fence_changes("
                                                       + tx.quote(known.log) + ", " + std::to_string(known.number)
                                                       + ", 5000)")[0]
                                         .as<std::string>());
  const auto& top = plan.as_array()[0].as_object();
  return top.at("Planning Time").to_number<double>() + top.at("Execution Time").to_number<double>();
}
} // namespace

int main(int argc, char** argv) {
  const auto given = arguments::read(argc, argv);
  if (!given) {
    fmt::print(stderr, "usage: fences_bench OUT.json FOR_S ROOT\n");
    return 2;
  }
  log::set_level(log::level::error);
  const test::postgres_server server;
  freeze_many(server);
  reader process{server};
  pqxx::connection db{server.dsn()};
  figure inside{
    "fences: one poll with 10,000 tenants frozen, time in PostgreSQL", "ms", {}, {}, "", goal{goal::at_most, 1}};
  figure whole{"fences: the same from the actor and back", "ms", {}, {}, "", {}};
  for (size_t round = 0; round < rounds; ++round) {
    std::vector<double> in_server, round_trips;
    for (const stopwatch watch;
         round_trips.size() < polls_min || watch.seconds() < static_cast<double>(given->for_s) / rounds;) {
      in_server.push_back(server_ms(db, process.known));
      const stopwatch one;
      if (!process.next().entries.empty())
        throw std::runtime_error("a poll found something new");
      round_trips.push_back(one.seconds() * 1e3);
    }
    inside.ours.push_back(quantile(in_server, 0.5));
    whole.ours.push_back(quantile(round_trips, 0.5));
    fmt::print(stderr, "fences_bench: round {}: {} polls, medians {:.3f} and {:.3f} ms, p99 {:.3f} and {:.3f} ms\n",
               round + 1, in_server.size(), inside.ours.back(), whole.ours.back(), quantile(in_server, 0.99),
               quantile(round_trips, 0.99));
  }
  write(given->out, {inside, whole});
}
