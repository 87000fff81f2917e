#include "tests/contracts/fence_log.hpp"

#include "tests/contracts/asking.hpp"

#include <doctest/doctest.h>

namespace arrakis::contracts {
namespace {
using namespace arrakis::fence_log;

struct reader {
  caf::actor_system& sys;
  const handle& log;
  position known;

  changes next() {
    auto news = ask<changes>(sys, log, arrakis::fence_log::read{known, soon()});
    REQUIRE_MESSAGE(news, text_of(news.error()));
    CHECK_FALSE(news->has_more);
    known = news->now;
    return std::move(*news);
  }
};
} // namespace

void fence_log(caf::actor_system& sys, const handle& log, const arrakis::communities::handle& communities,
               const community_id& one, const community_id& other) {
  const auto set = [&](const community_id& id, const char* status) {
    const auto done = ask<arrakis::communities::record>(
      sys, communities, arrakis::communities::set_status{id, status, "operator", "contract", soon()});
    REQUIRE(done);
    return done->fence;
  };
  reader r{sys, log, {}};
  const auto empty = r.next();
  CHECK(empty.is_whole);
  CHECK(empty.entries.empty());
  CHECK_FALSE(empty.now.log.empty());
  CHECK(r.next().entries.empty());

  set(one, "frozen");
  set(other, "frozen");
  set(other, "frozen"); // Said twice, it is so once.
  auto news = r.next();
  CHECK_FALSE(news.is_whole);
  REQUIRE(news.entries.size() == 2);
  CHECK(news.entries[0].scope == scope::community);
  CHECK(news.entries[0].subject == one.value);
  CHECK(news.entries[0].status == "frozen");
  CHECK(news.entries[0].fence == 1);
  CHECK(news.entries[1].subject == other.value);
  CHECK(news.entries[0].number < news.entries[1].number);
  CHECK(news.entries[1].number == news.now.number);
  news = r.next();
  CHECK(news.entries.empty());
  CHECK_FALSE(news.is_whole);

  CHECK(set(one, "active") == 2);
  news = r.next();
  REQUIRE(news.entries.size() == 1);
  CHECK(news.entries[0].subject == one.value);
  CHECK(news.entries[0].status == "active");
  CHECK(news.entries[0].fence == 2);

  reader late{sys, log, {}};
  CHECK(late.next().is_whole);
  late.known = {r.known.log, 1};
  news = late.next();
  REQUIRE(news.entries.size() == 2); // Of each subject the newest change.
  CHECK(news.entries[0].subject == other.value);
  for (const position& foreign : {position{"another log", r.known.number}, position{r.known.log, r.known.number + 1}}) {
    late.known = foreign;
    news = late.next();
    CHECK(news.is_whole);
    CHECK(news.entries.size() == 2);
    CHECK(late.known.log == r.known.log);
    CHECK(late.known.number == r.known.number);
  }
  CHECK(code_of(ask<changes>(sys, log, arrakis::fence_log::read{r.known, gone()}).error()) == ec::timeout);
}
} // namespace arrakis::contracts
