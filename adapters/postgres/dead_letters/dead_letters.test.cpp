#include "adapters/postgres/dead_letters/dead_letters.hpp"

#include "tests/support/stores.hpp"

namespace {
using namespace arrakis;

struct bench : test::stores {
  dead_letters::handle letters = live.keep(dead_letters::start(live.sys(), app));
  community_id mine = community(1), theirs = community(2);

  std::string keep(const community_id& of, std::string message) {
    dead_letters::letter l{of, "community", std::move(message), ec::internal, "planted"};
    return get<dead_letters::kept>(letters, dead_letters::keep{std::move(l), soon()}).id;
  }
  std::vector<dead_letters::letter> list(const community_id& of) {
    return get<dead_letters::listed>(letters, dead_letters::list{of, soon()}).letters;
  }
};
} // namespace

TEST_CASE("dead letters: what was kept is listed, newest first, to its tenant alone") {
  bench b;
  b.keep(b.mine, "first");
  b.keep(b.mine, "second");
  const auto mine = b.list(b.mine);
  REQUIRE(mine.size() == 2);
  CHECK(mine[0].message == "second");
  CHECK(mine[0].error == "planted");
  CHECK(mine[0].code == ec::internal);
  CHECK(b.list(b.theirs).empty());
}

TEST_CASE("dead letters: a message larger than the table holds is cut, not lost") {
  bench b;
  b.keep(b.mine, std::string(3u << 20, 'x'));
  const auto mine = b.list(b.mine);
  REQUIRE(mine.size() == 1);
  CHECK(mine[0].message.size() <= 1u << 20);
}

TEST_CASE("dead letters: a community that does not exist is refused") {
  bench b;
  dead_letters::letter l{{"11111111-1111-4111-8111-111111111111"}, "community", "m", ec::internal, "e"};
  CHECK(b.code<dead_letters::kept>(b.letters, dead_letters::keep{std::move(l), b.soon()}) == ec::invalid);
}
