#include "actors/fences/fences.hpp"

#include "tests/support/fakes/store.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace std::chrono_literals;
using fence_log::entry;
using fence_log::scope;
using fences::verdict;

namespace {
const community_id us{"11111111-2222-4333-8444-555555555555"}, others{"21111111-2222-4333-8444-555555555555"};
constexpr snowflake someone{77};

struct bench {
  test::sim_system sim;
  test::fake_store store{sim, {1}};
  fences::fence_table table{sim.sys().clock()};
  fences::handle actor = fences::start(sim.sys(), store.fence_log_port(), table);
  ~bench() {
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    sim.run();
  }
  bool allows(const community_id& who, int64_t fence) { return table.allows({who, fence, as_of(), {}}); }
  int64_t as_of() const { return static_cast<int64_t>(store.fences.size()); }
};

/// A log of which one answer has two entries at most.
struct paged_log {
  std::vector<entry> entries;
  std::string id = "log 1";
  std::vector<fence_log::position> asked;
  std::function<void(size_t page)> before; ///< Runs before the answer to the n-th question.
};
fence_log::handle::behavior_type serve_pages(fence_log::handle::pointer, paged_log* log) {
  return {[log](const fence_log::read& x) {
    log->asked.push_back(x.since);
    if (log->before)
      log->before(log->asked.size());
    const auto head = static_cast<int64_t>(log->entries.size());
    fence_log::changes news{.now = {log->id, head}};
    news.is_whole = x.since.log != log->id || x.since.number > head;
    const auto from = news.is_whole ? 0 : x.since.number;
    news.now.number = std::min(head, from + 2);
    news.has_more = news.now.number < head;
    news.entries.assign(log->entries.begin() + from, log->entries.begin() + news.now.number);
    return news;
  }};
}
struct paged_bench {
  test::sim_system sim;
  paged_log log;
  fences::fence_table table{sim.sys().clock()};
  fences::handle actor = fences::start(sim.sys(), sim.sys().spawn(serve_pages, &log), table);
  ~paged_bench() {
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    sim.run();
  }
};
entry frozen(int64_t number, scope where, std::string subject, int64_t fence = 1) {
  return {where, std::move(subject), "frozen", fence, number};
}
} // namespace

TEST_CASE("fences: nothing is allowed before the first reading, nor when readings stop") {
  bench b;
  CHECK_FALSE(b.allows(us, 1));
  b.sim.advance(10ms);
  CHECK(b.allows(us, 1));
  CHECK(b.allows(others, 1));
  b.store.decide = [](const char*) { return test::fake_store::fate::silent; };
  b.sim.advance(1'500ms);
  CHECK_FALSE(b.allows(us, 1));
  CHECK(b.table.judge({us, 1, 0, {}}) == verdict::not_known);
  CHECK_FALSE(b.table.is_known());
  b.store.decide = {};
  b.sim.advance(1'500ms);
  CHECK(b.allows(us, 1));
}

TEST_CASE("fences: a freeze holds within a second and old fences stay refused after the thaw") {
  bench b;
  b.sim.advance(10ms);
  b.store.set_status("frozen"); // Fence 2.
  b.sim.advance(999ms);
  CHECK_FALSE(b.allows(us, 1));
  CHECK_FALSE(b.allows(us, 2));
  CHECK(b.allows(others, 1));
  b.store.set_status("active"); // Fence 3.
  b.sim.advance(999ms);
  CHECK_FALSE(b.allows(us, 1));
  CHECK(b.allows(us, 3));
}

TEST_CASE("fences: a freeze and its thaw between two readings still end the effects that began before") {
  bench b;
  b.sim.advance(10ms);
  b.store.set_status("frozen"); // Fence 2.
  b.store.set_status("active"); // Fence 3.
  b.sim.advance(999ms);
  CHECK_FALSE(b.allows(us, 0));
  CHECK_FALSE(b.allows(us, 2));
  CHECK(b.allows(us, 3));
}

TEST_CASE("fences: a freeze of everything and of one user hold for what began before the thaw, and for all else") {
  bench b;
  b.sim.advance(10ms);
  const fences::effect old{us, 1, b.as_of(), {}}, old_of_user{us, 1, b.as_of(), someone};
  b.store.set_fence(scope::user, someone.text(), "frozen");
  b.sim.advance(999ms);
  CHECK(b.table.judge(old) == verdict::allowed);
  CHECK(b.table.judge(old_of_user) == verdict::user_frozen);
  CHECK(b.table.judge({us, 1, b.as_of(), {78}}) == verdict::allowed);
  b.store.set_fence(scope::global, "", "frozen");
  b.sim.advance(999ms);
  CHECK(b.table.judge(old) == verdict::all_frozen);
  CHECK(b.table.judge({others, 0, b.as_of(), {}}) == verdict::all_frozen);
  b.store.set_fence(scope::global, "", "active");
  b.store.set_fence(scope::user, someone.text(), "active");
  b.sim.advance(999ms);
  CHECK(b.table.judge(old) == verdict::all_frozen);
  CHECK(b.table.judge({us, 1, b.as_of() - 1, someone}) == verdict::user_frozen);
  CHECK(b.table.judge({us, 1, b.as_of(), someone}) == verdict::allowed);
}

TEST_CASE("fences: a hint makes the log be read at once, and one during a reading makes it be read once more") {
  paged_bench b;
  b.sim.advance(10ms);
  const auto asked = b.log.asked.size();
  b.log.entries.push_back(frozen(1, scope::community, us.value));
  b.log.before = [&](size_t page) {
    if (page == asked + 1)
      caf::anon_send(b.actor, fences::read_now{});
  };
  caf::anon_send(b.actor, fences::read_now{});
  b.sim.run();
  CHECK(b.log.asked.size() == asked + 2);
  CHECK(b.table.judge({us, 1, 9, {}}) == verdict::community_frozen);
}

namespace {
/// The table of a node that reads at its polls alone, but for hints that this test gives.
struct hinted_bench {
  test::sim_system sim;
  test::fake_store store{sim, {1}};
  fences::fence_table table{sim.sys().clock()};
  std::function<void()> hint;
  std::shared_ptr<const int> following; ///< Held by the subscription as well.
  fences::handle actor;

  hinted_bench() {
    fences::options o;
    o.hints = [this](std::string_view topic, std::function<void()> told) -> hints::subscription {
      CHECK(topic == hints::fences);
      hint = std::move(told);
      return following = std::make_shared<const int>(0);
    };
    actor = fences::start(sim.sys(), store.fence_log_port(), table, o);
    sim.advance(10ms);
    store.set_status("frozen"); // Fence 2.
    sim.advance(1ms);
  }
  ~hinted_bench() { end(); }
  void end() {
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    actor = fences::handle{};
    sim.run();
  }
  bool is_frozen() const { return table.judge({us, 1, 1, {}}) == verdict::community_frozen; }
};
} // namespace

TEST_CASE("fences: a hint closes the table before the next poll, and without one, or with a lost one, the poll does") {
  hinted_bench b;
  CHECK_FALSE(b.is_frozen()); // Negative control: not known yet.
  b.hint();
  b.sim.run();
  CHECK(b.is_frozen());
  hinted_bench lost;
  CHECK_FALSE(lost.is_frozen());
  lost.sim.advance(998ms);
  CHECK(lost.is_frozen());
}

TEST_CASE("fences: a hint that nothing changed changes nothing, and any number of them does not either") {
  hinted_bench b;
  b.hint();
  b.sim.run();
  b.store.set_status("active"); // Fence 3.
  for (int i = 0; i < 100; ++i)
    b.hint();
  b.sim.run();
  CHECK(b.is_frozen()); // An effect that began under fence 1 stays refused.
  CHECK(b.table.judge({us, 3, 2, {}}) == verdict::allowed);
  CHECK(b.table.judge({others, 1, 2, {}}) == verdict::allowed);
}

TEST_CASE("fences: the hint subscription ends with its actor, and a late hint has no effect") {
  hinted_bench b;
  CHECK(b.following.use_count() == 2);
  b.end();
  CHECK(b.following.use_count() == 1);
  b.hint();
  b.sim.run();
  CHECK_FALSE(b.is_frozen());
}

TEST_CASE("fences: a log of many answers is read to its end before it counts, and then only what is new") {
  paged_bench b;
  auto& [sim, log, table, actor] = b;
  for (int64_t n = 1; n <= 5; ++n)
    log.entries.push_back(frozen(n, scope::user, std::to_string(n)));
  bool known_too_soon = false;
  log.before = [&](size_t) { known_too_soon = known_too_soon || table.is_known(); };
  sim.run();
  log.before = {};
  CHECK_FALSE(known_too_soon);
  CHECK(table.is_known());
  for (uint64_t n = 1; n <= 5; ++n)
    CHECK(table.judge({us, 0, 9, {n}}) == verdict::user_frozen);
  REQUIRE(log.asked.size() == 3);
  CHECK(log.asked[0].log.empty());
  CHECK(log.asked[2].number == 4);
  sim.advance(400ms);
  REQUIRE(log.asked.size() == 4);
  CHECK(log.asked[3].log == "log 1");
  CHECK(log.asked[3].number == 5);
}

TEST_CASE("fences: after a restore everything is read again, and what the log no longer has is not frozen") {
  for (const bool same_id : {true, false}) { // The number goes back, or the log is another one whose number is higher.
    CAPTURE(same_id);
    bench b;
    b.store.set_status("frozen"); // Fence 2.
    b.store.set_fence(scope::global, "", "frozen");
    b.sim.advance(10ms);
    CHECK(b.table.judge({us, 2, 9, {}}) == verdict::all_frozen);
    b.store.fences.clear();
    b.store.set_fence(scope::community, others.value, "frozen");
    if (!same_id) {
      b.store.fences_id = "log 2";
      b.store.set_fence(scope::user, someone.text(), "frozen");
      b.store.set_fence(scope::user, "78", "frozen");
    }
    b.sim.advance(999ms);
    CHECK(b.table.judge({us, 0, 0, {}}) == verdict::allowed);
    CHECK(b.table.judge({others, 0, 9, {}}) == verdict::community_frozen);
    CHECK((b.table.judge({us, 0, 9, someone}) == verdict::user_frozen) == !same_id);
  }
}

TEST_CASE("fences: until another log is read to its end, what was known holds") {
  paged_bench b;
  auto& [sim, log, table, actor] = b;
  log.entries = {frozen(1, scope::community, us.value)};
  sim.run();
  CHECK(table.judge({us, 9, 9, {}}) == verdict::community_frozen);
  log.id = "log 2";
  log.entries.clear();
  for (int64_t n = 1; n <= 5; ++n)
    log.entries.push_back(frozen(n, scope::user, std::to_string(n)));
  const auto first = log.asked.size() + 1;
  bool held = true;
  log.before = [&](size_t page) {
    held = held && table.judge({us, 9, 9, {}}) == verdict::community_frozen;
    if (page == first + 1) { // Once more another one, in the middle.
      log.id = "log 3";
      log.entries.erase(log.entries.begin());
    }
  };
  sim.advance(400ms);
  CHECK(held);
  CHECK(log.asked.size() == first + 2);
  CHECK(table.judge({us, 9, 9, {}}) == verdict::allowed);
  CHECK(table.judge({us, 9, 9, {1}}) == verdict::allowed);
  CHECK(table.judge({us, 9, 9, {2}}) == verdict::user_frozen);
  CHECK(table.judge({us, 9, 9, {5}}) == verdict::user_frozen);
}

TEST_CASE("fences: a lease ends by itself, and a newer run ends the older one's") {
  bench b;
  b.table.set_lease("d", 1, b.sim.now() + 8s);
  CHECK(b.table.has_lease("d", 1));
  b.table.set_lease("d", 2, b.sim.now() + 8s);
  CHECK_FALSE(b.table.has_lease("d", 1));
  b.table.set_lease("d", 1, b.sim.now() + 80s); // The older one wakes up.
  CHECK(b.table.has_lease("d", 2));
  b.table.release_lease("d", 1);
  CHECK(b.table.has_lease("d", 2));
  b.sim.advance(8s);
  CHECK_FALSE(b.table.has_lease("d", 2));
}
