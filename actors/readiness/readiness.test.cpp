#include "actors/readiness/readiness.hpp"

#include "tests/support/sim_system.hpp"

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <map>

using namespace arrakis;

namespace {
using list = std::vector<readiness::dependency>;

/// Questions that were asked and not answered yet.
struct asked {
  std::vector<readiness::done> open;
  std::function<void(readiness::done)> ask() {
    return [this](readiness::done tell) { open.push_back(std::move(tell)); };
  }
  void answer(const std::string& detail) {
    const auto tell = std::move(open.front());
    open.erase(open.begin());
    tell({{"database", true, detail}});
  }
};
} // namespace

TEST_CASE("readiness: however many ask at once, one question is under way, and each gets its answer") {
  asked to;
  const auto shared = readiness::shared(to.ask());
  std::vector<std::string> heard;
  const auto hear = [&](const list& got) { heard.push_back(got.at(0).detail); };
  for (int i = 0; i < 100; ++i)
    shared(hear);
  REQUIRE(to.open.size() == 1);
  to.answer("first");
  CHECK(heard == std::vector<std::string>(100, "first"));
  shared(hear); // What was answered is no answer to who asks later.
  REQUIRE(to.open.size() == 1);
  to.answer("second");
  CHECK(heard.size() == 101);
  CHECK(heard.back() == "second");
}

TEST_CASE("readiness: who asks from within an answer, or after one that never came, is answered") {
  asked to;
  const auto shared = readiness::shared(to.ask());
  int heard = 0;
  shared([&](const list&) { shared([&](const list&) { ++heard; }); });
  to.answer("first");
  REQUIRE(to.open.size() == 1);
  to.answer("second");
  CHECK(heard == 1);
  shared([&](const list&) { heard = -1; });
  to.open.clear(); // Its actor has ended without a word.
  shared([&](const list&) { ++heard; });
  REQUIRE(to.open.size() == 1);
  to.answer("third");
  CHECK(heard == 2);
}

namespace {
/// The servers and actors of a node, as a test says they are.
struct fixture {
  postgres::state database{true, "connected"};
  readiness::link_status cache{true, "connected"}, queue{true, "connected"};
  signer::condition signs{true, "signs"};
  discord::shards::states states{true, {{0, "running"}, {1, "standby"}}};
  std::atomic<bool> token_refused{false};
  bool has_token = true;
  test::sim_system sim;
  fences::fence_table fence_table{sim.sys().clock()};
  postgres::handle pool = sim.sys().spawn([this](postgres::handle::pointer) -> postgres::handle::behavior_type {
    return {[](const postgres::transaction&) { return postgres::committed{}; },
            [this](const postgres::health&) { return database; }};
  });
  signer::handle signer = sim.sys().spawn([this](signer::handle::pointer) -> signer::handle::behavior_type {
    const auto unused = [] { return fail(ec::internal, "not used"); };
    return {[=](const signer::sign&) -> caf::result<signer::signature> { return unused(); },
            [=](const signer::verify&) -> caf::result<signer::verdict> { return unused(); },
            [=](const signer::rotate&) -> caf::result<signer::key_version> { return unused(); },
            [=](const signer::public_keys&) -> caf::result<signer::keys> { return unused(); },
            [this](const signer::inspect&) { return signs; },
            [=](const signer::anchor&) -> caf::result<signer::keys> { return unused(); }};
  });
  discord::shards::handle shards = sim.sys().spawn(
    [this](discord::shards::handle::pointer) -> discord::shards::handle::behavior_type {
      return {[this](const discord::shards::inspect&) { return states; }, [](discord::shards::start_now) {}};
    });

  std::map<std::string, readiness::dependency> ask() {
    std::map<std::string, readiness::dependency> out;
    readiness::ask(sim.sys(),
                   {pool,
                    {},
                    [this] { return cache; },
                    [this] { return queue; },
                    signer,
                    {},
                    fence_table,
                    shards,
                    has_token,
                    token_refused},
                   [&](const list& all) {
                     for (const auto& each : all)
                       out[each.name] = each;
                   });
    sim.advance(std::chrono::seconds{3});
    return out;
  }
  ~fixture() {
    for (const auto& each :
         {caf::actor_cast<caf::actor>(pool), caf::actor_cast<caf::actor>(signer), caf::actor_cast<caf::actor>(shards)})
      caf::anon_send_exit(each, caf::exit_reason::kill);
    sim.run();
  }
};
} // namespace

TEST_CASE("readiness: every dependency is asked, and what is away is named") {
  fixture f;
  f.fence_table.set_read(f.sim.now());
  auto all = f.ask();
  CHECK(all.size() == 6);
  for (const auto* name : {"database", "redis", "queue", "vault", "discord"})
    CHECK_MESSAGE(all[name].ready, name);
  CHECK(all["discord"].detail == "1 shards are running here, 1 are held by other processes");
  f.cache = {false, "reconnecting"};
  f.database = {false, "read-only"};
  all = f.ask();
  CHECK_FALSE(all["redis"].ready);
  CHECK_FALSE(all["database"].ready);
  CHECK_FALSE(all["vault"].ready); // Its anchor is in the database.
  CHECK_FALSE(all["vault"].needed);
  CHECK(all["queue"].ready);
}

TEST_CASE("readiness: a port that does not answer within 2 s is not ready") {
  fixture f;
  caf::anon_send_exit(f.signer, caf::exit_reason::kill);
  caf::anon_send_exit(f.shards, caf::exit_reason::kill);
  f.sim.run();
  auto all = f.ask();
  CHECK(all["database"].ready);
  CHECK_FALSE(all["vault"].ready);
  CHECK_FALSE(all["discord"].ready);
}

TEST_CASE("readiness: a shard that leads nowhere is named, and a refused token before it") {
  fixture f;
  f.states.list[0].state = "leaderless";
  CHECK(f.ask()["discord"].detail == "shard 0 is leaderless");
  f.states.known = false;
  CHECK_FALSE(f.ask()["discord"].ready);
  f.token_refused = true;
  CHECK(f.ask()["discord"].detail.find("Discord refuses the bot token") != std::string::npos);
  f.has_token = false;
  CHECK_FALSE(f.ask()["discord"].needed);
}
