#include "adapters/postgres/drafts/drafts.hpp"

#include "tests/contracts/drafts.hpp"
#include "tests/support/stores.hpp"

#include <fmt/format.h>
#include <pqxx/pqxx>

namespace {
using namespace arrakis;

struct bench : test::stores {
  drafts::handle store = live.keep(drafts::start(live.sys(), app));

  void age(std::chrono::seconds by) const {
    owner(fmt::format("update wizard_drafts set kept_at = kept_at - interval '{} seconds'", by.count()));
  }
  void keep(uint64_t guild, const std::string& content) {
    get<drafts::stored>(store, drafts::store{{guild}, {8}, {"session", 1, content}, soon()});
  }
  std::string rows() const { return owner("select count(*) from wizard_drafts"); }
};
} // namespace

TEST_CASE("drafts: the store in PostgreSQL keeps the contract") {
  bench b;
  contracts::drafts(b.live.sys(), b.store, [&](std::chrono::seconds by) { b.age(by); });
}

TEST_CASE("drafts: what is 7 days old is erased when a process starts, and what was forgotten after an hour") {
  bench b;
  b.keep(1, "old");
  b.age(std::chrono::hours{24 * 7});
  b.keep(2, "new");
  b.keep(3, "deployed");
  b.get<drafts::stored>(b.store, drafts::erase{{3}, {8}, "session", 1, b.soon()});
  CHECK(b.owner("select content is null from wizard_drafts where guild = 3") == "t"); // The content is erased at once.
  b.owner("select erase_old_wizard_drafts()"); // Or the store's own first look, where that came later than the ageing.
  CHECK(b.rows() == "2");
  CHECK(b.owner("select count(*) from wizard_drafts where guild = 1") == "0");
  b.age(std::chrono::hours{1});
  CHECK(b.owner("select erase_old_wizard_drafts()") == "1");
  CHECK(b.owner("select content from wizard_drafts") == "new");
  b.age(std::chrono::hours{24 * 7});
  const auto second = b.live.keep(drafts::start(b.live.sys(), b.app)); // Erases at once.
  b.get<drafts::found>(second, drafts::find{{2}, {8}, b.soon()});      // Behind that, in the same mailbox and pool.
  for (int i = 0; i < 500 && b.rows() != "0"; ++i)
    b.get<drafts::found>(second, drafts::find{{2}, {8}, b.soon()});
  CHECK(b.rows() == "0");
}

TEST_CASE("drafts: the application reaches a draft by guild and user alone, and never the table") {
  bench b;
  b.keep(1, "mine");
  pqxx::connection app{b.server.dsn()};
  for (const auto* sql : {"select content from wizard_drafts", "delete from wizard_drafts",
                          "insert into wizard_drafts (guild, discord_user, session, version) values (1, 2, 'a', 1)"}) {
    pqxx::work tx{app};
    CHECK_THROWS_AS(tx.exec(sql), pqxx::insufficient_privilege);
  }
  pqxx::work tx{app};
  CHECK(tx.exec("select from find_wizard_draft(1, 9)").empty());
  CHECK(tx.exec("select from find_wizard_draft(null, null)").empty());
  CHECK(tx.exec("select from find_wizard_draft(1, 8)").size() == 1); // Negative control.
}

TEST_CASE("drafts: what PostgreSQL cannot keep, or is too long, is refused") {
  bench b;
  const auto code = [&](std::string content) {
    return b.code<drafts::stored>(b.store, drafts::store{{1}, {8}, {"session", 1, std::move(content)}, b.soon()});
  };
  CHECK(code(std::string("a\0b", 3)) == ec::invalid);
  CHECK(code(std::string(524'289, 'x')) == ec::invalid);
  CHECK(code(std::string(524'288, 'x')) == ec::none);
}
