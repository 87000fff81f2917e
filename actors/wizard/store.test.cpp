#include "actors/wizard/store.hpp"

#include "actors/wizard/core/steps.hpp"
#include "tests/support/redis_fixture.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::wizard;
using namespace std::chrono_literals;

namespace {
const snowflake user{111111111111111111}, guild{222222222222222222};

struct fixture : test::redis_fixture {
  template <class Message>
  redis::reply ask(Message what) {
    auto got = live.ask<redis::reply>(port, std::move(what));
    REQUIRE_MESSAGE(got, (got ? std::string{} : text_of(got.error())));
    return std::move(*got);
  }
  deadline soon() { return live.in(5s); }
  store::swapped swap(int64_t expected, core::record next) {
    auto got = store::read_swapped(ask(store::swap(expected, next, 900s, soon())), user, guild);
    REQUIRE(got);
    return *got;
  }
  store::loaded load() {
    auto got = store::read_loaded(ask(store::load(user, guild, soon())), user, guild);
    REQUIRE(got);
    return *got;
  }
  int64_t ttl_ms() { return ask(redis::command{{"PTTL"}, {store::key(user, guild)}, {}, soon()}).number; }
  core::record session(int64_t version) {
    auto r = core::fresh("session", user, guild, snowflake{3}, 1000);
    r.version = version;
    return r;
  }
};
} // namespace

TEST_CASE_FIXTURE(fixture, "wizard store: what was stored is read again, with 15 minutes to live from each write") {
  CHECK(load().version == 0);
  CHECK(swap(0, session(1)).done);
  const auto found = load();
  REQUIRE(found.session);
  CHECK(*found.session == session(1));
  CHECK(ttl_ms() > 890'000);
  CHECK(ttl_ms() <= 900'000);
  ask(redis::command{{"PEXPIRE"}, {store::key(user, guild)}, {"1000"}, soon()});
  CHECK(swap(1, session(2)).done);
  CHECK(ttl_ms() > 890'000);
  auto complete = session(3);
  complete.at = core::step::complete;
  CHECK(swap(2, complete).done);
  CHECK(ttl_ms() <= 60'000);
}

TEST_CASE_FIXTURE(fixture, "wizard store: of two writes over one version one wins, and the other sees what is there") {
  REQUIRE(swap(0, session(1)).done);
  auto mine = session(2), yours = session(2);
  mine.draft.name = "mine";
  yours.draft.name = "yours";
  CHECK(swap(1, mine).done);
  const auto lost = swap(1, yours);
  CHECK_FALSE(lost.done);
  CHECK(lost.current.version == 2);
  REQUIRE(lost.current.session);
  CHECK(lost.current.session->draft.name == "mine");
  CHECK_FALSE(swap(0, session(1)).done); // A session is there: nobody begins another one beside it.
}

TEST_CASE_FIXTURE(fixture, "wizard store: only the version that was read is removed") {
  REQUIRE(swap(0, session(1)).done);
  CHECK_FALSE(store::read_swapped(ask(store::remove(session(9), soon())), user, guild)->done);
  CHECK(load().version == 1);
  CHECK(store::read_swapped(ask(store::remove(session(1), soon())), user, guild)->done);
  CHECK(load().version == 0);
  const auto late = swap(1, session(2));
  CHECK_FALSE(late.done);
  CHECK(late.current.version == 0);
}

TEST_CASE_FIXTURE(fixture, "wizard store: a record that does not read is absent, and can be replaced") {
  ask(redis::command{{"HSET"}, {store::key(user, guild)}, {"version", "7", "record", "{\"layout\":99}"}, soon()});
  const auto found = load();
  CHECK(found.version == 7);
  CHECK_FALSE(found.session);
  CHECK(swap(7, session(8)).done);
}

TEST_CASE_FIXTURE(fixture, "wizard store: a version that no session of ours has is no session") {
  for (const auto* odd : {"-1", "9223372036854775807", "9007199254740993", "99999999999999999999", "x"}) {
    ask(redis::command{
      {"HSET"}, {store::key(user, guild)}, {"version", odd, "record", core::to_text(session(1))}, soon()});
    CHECK(load().version == 0);
    CHECK_FALSE(load().session);
  }
}

TEST_CASE_FIXTURE(fixture, "wizard store: a record of another user or server than its key says is absent") {
  for (const bool of_user : {true, false}) {
    auto foreign = session(1);
    (of_user ? foreign.user : foreign.guild) = snowflake{9};
    ask(
      redis::command{{"HSET"}, {store::key(user, guild)}, {"version", "1", "record", core::to_text(foreign)}, soon()});
    const auto found = load();
    CHECK(found.version == 1);
    CHECK_FALSE(found.session);
  }
  ask(
    redis::command{{"HSET"}, {store::key(user, guild)}, {"version", "1", "record", core::to_text(session(1))}, soon()});
  CHECK(load().session);
}
