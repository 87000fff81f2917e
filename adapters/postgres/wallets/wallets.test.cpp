#include "adapters/postgres/wallets/wallets.hpp"

#include "adapters/postgres/audit/audit.hpp"
#include "tests/support/stores.hpp"

#include <fmt/format.h>
#include <pqxx/pqxx>
#include <thread>

namespace {
using namespace arrakis;

constexpr snowflake stilgar{8}, chani{9};

evm_address address(uint8_t last) {
  evm_address a;
  a.bytes.back() = last;
  return a;
}

/// The connection string of `role` on the same database.
std::string dsn_as(const test::postgres_server& server, const std::string& role) {
  auto dsn = server.dsn();
  const std::string app = "arrakis_app";
  return dsn.replace(dsn.find(app), app.size(), role);
}

struct bench : test::stores {
  postgres::handle admin = live.keep(
    postgres::start(live.sys(), {.dsn = secret{dsn_as(server, "arrakis_admin")}, .connections = 2}));
  wallets::handle store = live.keep(wallets::start(live.sys(), app));
  wallets::editor editor = live.keep(wallets::start_editor(live.sys(), admin));
  audit::platform trail = live.keep(audit::start_platform(live.sys(), admin));

  wallets::imported import(std::vector<wallets::import_row> rows) {
    return get<wallets::imported>(editor, wallets::import_rows{std::move(rows), "operator", "the list of May", soon()});
  }
  /// "<last byte>[@chain]" of each.
  std::string wallets_of(snowflake user) {
    std::string text;
    for (const auto& w : get<wallets::held>(store, wallets::of{user, soon()}).wallets)
      text += fmt::format("{}{}{} ", w.address.bytes.back(), w.chain ? "@" : "", w.chain.value_or(""));
    return text;
  }
};
} // namespace

TEST_CASE("wallets: an import links them to people, each with its name, source and time") {
  bench b;
  CHECK(b.wallets_of(stilgar).empty());
  const auto done = b.import({{stilgar, address(2), {}, "ledger"}, {stilgar, address(1)}, {chani, address(3), "base"}});
  CHECK(done.added == 3);
  CHECK(done.existing == 0);
  CHECK(done.refused.empty());
  const auto held = b.get<wallets::held>(b.store, wallets::of{stilgar, b.soon()}).wallets;
  REQUIRE(held.size() == 2);
  CHECK(held[0].address == address(1));
  CHECK(held[1].address == address(2));
  CHECK(held[1].name == "ledger");
  CHECK(held[1].source == "import");
  CHECK(!held[1].chain);
  CHECK(held[1].linked_at_ms > 1'600'000'000'000);
  CHECK(b.wallets_of(chani) == "3@base ");
}

TEST_CASE("wallets: a wallet belongs to one person, and the row that says otherwise is refused alone") {
  bench b;
  b.import({{stilgar, address(1)}});
  const auto done = b.import({{stilgar, address(1)}, {chani, address(1)}, {chani, address(2)}, {stilgar, address(2)}});
  CHECK(done.existing == 1);
  CHECK(done.added == 1); // Of two rows that exclude each other, the first one.
  REQUIRE(done.refused.size() == 2);
  CHECK(done.refused[0].index == 1);
  CHECK(done.refused[0].why == "The wallet belongs to another person: unlink it there first.");
  CHECK(done.refused[1].index == 3);
  CHECK(b.wallets_of(stilgar) == "1 ");
  CHECK(b.wallets_of(chani) == "2 ");
}

TEST_CASE("wallets: a contract is one person's on one chain, and a plain key one person's on all") {
  bench b;
  CHECK(b.import({{stilgar, address(1), "base"}, {chani, address(1), "optimism"}}).added == 2);
  CHECK(b.import({{stilgar, address(1)}}).refused.size() == 1); // A plain key would count on optimism too.
  CHECK(b.import({{stilgar, address(2), "base"}, {stilgar, address(2)}}).added == 2);
  CHECK(b.wallets_of(stilgar) == "1@base 2 "); // The plain key takes the place of the row on one chain.
  CHECK(b.import({{stilgar, address(2), "polygon"}}).existing == 1);
  CHECK(b.import({{chani, address(2), "polygon"}}).refused.size() == 1);
}

TEST_CASE("wallets: rows that break a rule are refused with a sentence, and the limit of a person holds") {
  bench b;
  const auto done = b.import({{{}, address(1)},
                              {{1ull << 63}, address(1)},
                              {stilgar, address(1), "Base!"},
                              {stilgar, address(1), {}, std::string(101, 'x')},
                              {stilgar, address(1), {}, "a\nb"}});
  CHECK(done.added == 0);
  REQUIRE(done.refused.size() == 5);
  for (const auto& r : done.refused)
    CHECK(r.why.ends_with("."));
  std::vector<wallets::import_row> many;
  for (size_t i = 0; i <= wallets::wallets_max; ++i)
    many.push_back({chani, address(static_cast<uint8_t>(i + 1))});
  const auto full = b.import(many);
  CHECK(full.added == wallets::wallets_max);
  REQUIRE(full.refused.size() == 1);
  CHECK(full.refused[0].index == wallets::wallets_max);
  CHECK(full.refused[0].why == "The person has 20 wallets, and more are not kept: unlink one first.");
  CHECK(b.code<wallets::imported>(
          b.editor, wallets::import_rows{std::vector<wallets::import_row>(10'001), "operator", "", b.soon()})
        == ec::invalid);
  CHECK(b.code<wallets::imported>(
          b.editor, wallets::import_rows{{{chani, address(99)}}, "operator", std::string(501, 'x'), b.soon()})
        == ec::invalid);
  CHECK(b.owner("select count(*) from wallets") == "20");
}

TEST_CASE("wallets: a wallet that was unlinked may be another person's") {
  bench b;
  b.import({{stilgar, address(1)}});
  const auto unlink = [&](snowflake user) {
    return b.code<wallets::unlinked>(b.editor, wallets::unlink{user, address(1), {}, "operator", "sold it", b.soon()});
  };
  CHECK(unlink(chani) == ec::not_found);
  CHECK(unlink(stilgar) == ec::none);
  CHECK(unlink(stilgar) == ec::not_found);
  CHECK(b.import({{chani, address(1)}}).added == 1);
}

TEST_CASE("wallets: an import is one entry of the platform's audit trail, which names neither people nor wallets") {
  bench b;
  b.import({{stilgar, address(0xAB)}, {chani, address(0xAB)}});
  b.get<wallets::unlinked>(b.editor, wallets::unlink{stilgar, address(0xAB), {}, "operator", "sold it", b.soon()});
  const auto log = b.get<audit::listed>(b.trail, audit::list_platform{.until = b.soon()}).entries;
  REQUIRE(log.size() == 2);
  CHECK(log[0].event == "WALLET_UNLINKED");
  CHECK(log[1].event == "WALLETS_IMPORTED");
  CHECK(log[1].actor == "operator");
  CHECK(log[1].payload_json == R"({"added":1,"existing":0,"refused":1,"reason":"the list of May"})");
  CHECK(b.owner("select count(*) from platform_audit_entries e where e::text ~* '00ab'") == "0");
  const auto whole = b.get<audit::verified>(b.trail, audit::verify_platform{b.soon()});
  CHECK(whole.whole);
  CHECK(whole.entries == 2);
}

TEST_CASE("wallets: the platform's audit trail only grows, and a change behind its back is found") {
  bench b;
  b.import({{stilgar, address(1)}});
  for (const auto* sql : {"update platform_audit_entries set payload = '{}'", "delete from platform_audit_entries",
                          "truncate platform_audit_entries"})
    CHECK_THROWS(b.owner(sql));
  b.owner("alter table platform_audit_entries disable trigger append_only");
  b.owner(R"(update platform_audit_entries set payload = '{"added":9}')");
  const auto broken = b.get<audit::verified>(b.trail, audit::verify_platform{b.soon()});
  CHECK(!broken.whole);
  CHECK(broken.first_bad == 1);
}

TEST_CASE("wallets: no role of a daemon lists people or links a wallet") {
  bench b;
  b.import({{stilgar, address(1)}, {chani, address(2)}});
  for (const auto* role : {"arrakis_app", "arrakis_relay"}) {
    pqxx::connection db{dsn_as(b.server, role)};
    for (const auto* sql :
         {"select discord_user from people", "select address from wallets", "delete from wallets",
          "insert into people (discord_user) values (5)", "select * from platform_audit_entries",
          R"(select link_wallet(5, '\x0000000000000000000000000000000000000005', null, '', 'import', 20))",
          R"(select unlink_wallet(8, '\x0000000000000000000000000000000000000001', null))"}) {
      CAPTURE(sql);
      pqxx::work tx{db};
      CHECK_THROWS_AS(tx.exec(sql), pqxx::insufficient_privilege);
    }
  }
  const auto as_app = b.live.keep(wallets::start_editor(b.live.sys(), b.app));
  CHECK(b.code<wallets::imported>(as_app, wallets::import_rows{{{stilgar, address(3)}}, "operator", "", b.soon()})
        == ec::refused);
  pqxx::connection app{b.server.dsn()};
  pqxx::work tx{app};
  CHECK(tx.exec("select from wallets_of(null)").empty());
  CHECK(tx.exec("select from wallets_of(8)").size() == 1); // Negative control.
}

TEST_CASE("wallets: of two people who are given a plain key and a contract of one address at once, one gets it") {
  bench b;
  for (uint8_t i = 1; i <= 10; ++i) {
    std::vector<std::thread> operators;
    for (const auto& row : {wallets::import_row{stilgar, address(i)}, wallets::import_row{chani, address(i), "base"}})
      operators.emplace_back([&, row] { b.import({row}); });
    for (auto& o : operators)
      o.join();
  }
  CHECK(b.owner("select count(*) from wallets") == "10");
}
