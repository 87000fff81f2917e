#include "adapters/discord/gateway/session_store.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <map>

using namespace arrakis;
using namespace arrakis::discord::gateway;
using namespace std::chrono_literals;

namespace {
/// Redis as seen by a test: its keys and the last command.
struct keyspace {
  std::map<std::string, std::string> keys;
  std::vector<std::string> last;
  bool away = false;
};
redis::handle::behavior_type serving(redis::handle::pointer, keyspace* db) {
  return {
    [db](const redis::command& x) -> caf::result<redis::reply> {
      if (db->away)
        return fail(ec::unavailable, "reconnecting");
      db->last = redis::words_of(x);
      redis::reply reply;
      if (redis::words_of(x)[0] == "SET") {
        db->keys[redis::words_of(x)[1]] = redis::words_of(x)[2];
      } else if (redis::words_of(x)[0] == "DEL") {
        db->keys.erase(redis::words_of(x)[1]);
      } else if (const auto found = db->keys.find(redis::words_of(x)[1]); found != db->keys.end()) {
        reply.type = redis::reply::text;
        reply.bytes = found->second;
      }
      return reply;
    },
    [](const redis::eval&) -> caf::result<redis::reply> { return fail(ec::internal, "not used"); },
  };
}

struct fixture {
  keyspace db;
  test::sim_system sim;
  redis::handle redis = sim.sys().spawn(serving, &db);
  session_store subject = start_redis_session_store(sim.sys(), redis);
  deadline until = {sim.now() + 2s};

  ~fixture() {
    caf::anon_send_exit(subject, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(redis, caf::exit_reason::user_shutdown);
    sim.run();
  }
  caf::expected<saved_session> load(int shard) { return sim.ask<saved_session>(subject, load_session{shard, until}); }
};
} // namespace

TEST_CASE("session_store: what was saved is loaded, per shard, and expires") {
  fixture r;
  REQUIRE(r.sim.ask<session_stored>(r.subject, save_session{3, {"sid\"x", "wss://resume", 41}, r.until}));
  CHECK(r.db.last
        == std::vector<std::string>{"SET", "discord:shard:3:session",
                                    R"({"id":"sid\"x","url":"wss://resume","seq":41})", "EX", "300"});
  const auto kept = r.load(3);
  REQUIRE(kept);
  CHECK((kept->id == "sid\"x" && kept->resume_url == "wss://resume" && kept->sequence == 41));
  CHECK(r.load(4)->id.empty());
  REQUIRE(r.sim.ask<session_stored>(r.subject, clear_session{3, r.until}));
  CHECK(r.load(3)->id.empty());
}

TEST_CASE("session_store: a value that cannot be read is nothing to resume") {
  fixture r;
  for (const auto* bad :
       {"", "x", "[]", R"({"id":"a","url":"b"})", R"({"id":1,"url":"b","seq":1})", R"({"id":"a","seq":-1})"}) {
    r.db.keys["discord:shard:0:session"] = bad;
    CHECK(r.load(0)->id.empty());
  }
}

TEST_CASE("session_store: Redis away is unavailable, never \"no session\"") {
  fixture r;
  r.db.away = true;
  const auto kept = r.load(0);
  REQUIRE_FALSE(kept);
  CHECK(code_of(kept.error()) == ec::unavailable);
}
