#include "actors/outbox_relay/outbox_relay.hpp"

#include "actors/outbox_relay/policy.hpp"
#include "adapters/signer/signature.hpp"
#include "runtime/clock.hpp"
#include "runtime/error.hpp"
#include "tests/support/fakes/signer.hpp"
#include "tests/support/sim_system.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <map>
#include <random>
#include <set>

using namespace arrakis;
using namespace std::chrono_literals;
namespace relay = arrakis::outbox_relay;

namespace {

community_id tenant(int n) { return {"6ba7b810-9dad-11d1-80b4-0000000000" + std::to_string(10 + n)}; }

/// PostgreSQL, Redis and the disk as far as the relay sees them, with switches. One thread: actors share it by address.
struct world {
  struct entry : outbox::row {
    int64_t due_ms = 0;
    bool closed = false;
    std::string error;
  };
  std::map<int64_t, entry> rows;
  std::map<std::string, std::string> jobs; ///< id -> state
  std::vector<std::string> added;          ///< Ids that were new to the queue, in order.
  std::set<std::string> objects;
  test::fake_signer signer;
  bool forged = false;                ///< The database's record does not verify.
  std::set<std::string> foreign;      ///< Places where another object is.
  std::vector<std::string> set_aside; ///< Of those.
  bool outbox_away = false, queue_away = false, disk_away = false, marks_lost = false, queue_silent = false;
  std::function<void()> after_add;
  std::mt19937_64 order{1};
  int looks = 0, puts = 0, retries = 0, replays = 0;
  size_t per_tenant_seen = 0;

  int64_t next_id = 1;
  int64_t owe(std::string kind, int of, std::string payload) {
    entry e;
    e.id = next_id++;
    e.community = tenant(of);
    e.kind = std::move(kind);
    e.payload_json = std::move(payload);
    return rows.emplace(e.id, e).first->first;
  }
  int64_t owe_store(int of, int64_t version) {
    return owe("store_manifest", of, R"({"version":)" + std::to_string(version) + "}");
  }
  int64_t owe_job(int of, const std::string& id) {
    return owe("enqueue_job", of, R"({"id":")" + id + R"(","name":"SYNTHESIZE_COMMUNITY","data":{"version":1}})");
  }
  /// As the SQL of adapters/postgres/outbox, in any order.
  outbox::rows due(const outbox::due& m) {
    ++looks;
    std::map<std::string, int> sent;
    for (const auto& [id, e] : rows)
      sent[e.community.value] += !e.closed && e.kind == "enqueue_job" && e.sent_at_ms > 0;
    std::vector<outbox::row> list;
    for (const auto& [id, e] : rows) {
      if (e.closed || e.due_ms > wall_ms() || (e.sent_at_ms > 0 && e.sent_at_ms >= wall_ms() - m.resend_after.count()))
        continue;
      if (e.kind == "enqueue_job" && e.sent_at_ms == 0 && ++sent[e.community.value] > m.jobs_per_tenant_max)
        continue;
      list.push_back(e);
    }
    std::shuffle(list.begin(), list.end(), order);
    list.resize(std::min(list.size(), m.count_max));
    return {list};
  }
  size_t open() const {
    return static_cast<size_t>(std::count_if(rows.begin(), rows.end(), [](const auto& r) { return !r.second.closed; }));
  }
};

caf::error away() { return fail(ec::unavailable, "away"); }

outbox::handle::behavior_type fake_outbox(outbox::handle::pointer, world* w) {
  return {
    [w](const outbox::due& m) -> caf::result<outbox::rows> {
      if (w->outbox_away)
        return away();
      return w->due(m);
    },
    [w](const outbox::mark_sent& m) -> caf::result<outbox::done> {
      if (w->outbox_away || w->marks_lost)
        return away();
      for (const auto id : m.ids) {
        auto& e = w->rows.at(id);
        e.sent_at_ms = wall_ms();
        ++e.attempts;
        size_t of_tenant = 0;
        for (const auto& [other, x] : w->rows)
          of_tenant += x.community == e.community && !x.closed && x.sent_at_ms > 0;
        w->per_tenant_seen = std::max(w->per_tenant_seen, of_tenant);
      }
      return outbox::done{};
    },
    [w](const outbox::close& m) -> caf::result<outbox::done> {
      if (w->outbox_away)
        return away();
      w->rows.at(m.id).closed = true;
      return outbox::done{};
    },
    [w](const outbox::postpone& m) -> caf::result<outbox::done> {
      if (w->outbox_away)
        return away();
      auto& e = w->rows.at(m.id);
      e.due_ms = wall_ms() + m.wait.count();
      e.error = m.error;
      ++e.attempts;
      return outbox::done{};
    },
  };
}

manifests::handle::behavior_type fake_manifests(manifests::handle::pointer, world* w) {
  return {
    [w](const manifests::load& m) -> caf::result<manifests::record> {
      if (w->outbox_away)
        return away();
      manifests::record r;
      r.community = m.community;
      r.version = m.version;
      r.canonical = "{}";
      r.sha256 = sha256_hex(r.canonical);
      r.created_at = "2026-11-24T05:38:16.123Z";
      r.signature = w->signer.sign(signing_bytes({r.community, r.version, r.sha256, "", r.created_at}));
      if (w->forged)
        r.created_at = "2027-11-24T05:38:16.123Z";
      return r;
    },
    [](const manifests::list&) -> caf::result<manifests::listed> { return fail(ec::unsupported, "not asked"); },
    [](const manifests::load_shadow&) -> caf::result<manifests::shadow> { return fail(ec::unsupported, "not asked"); },
  };
}

objects::handle::behavior_type fake_objects(objects::handle::pointer, world* w) {
  return {
    [w](const objects::put& m) -> caf::result<objects::stored> {
      if (w->disk_away)
        return fail(ec::unavailable, "No space left on device");
      ++w->puts;
      const auto place = m.what.community.value + "/" + std::to_string(m.what.version);
      if (w->foreign.contains(place))
        return fail(ec::conflict, "it is there with other bytes");
      w->objects.insert(place);
      return objects::stored{"key", {}};
    },
    [w](const objects::supersede& m) -> caf::result<objects::stored> {
      const auto place = m.what.community.value + "/" + std::to_string(m.what.version);
      if (w->foreign.erase(place) > 0)
        w->set_aside.push_back(place);
      w->objects.insert(place);
      return objects::stored{"key", "aside"};
    },
    [](const objects::get&) -> caf::result<objects::snapshot> { return fail(ec::unsupported, "not asked"); },
    [](const objects::list&) -> caf::result<objects::versions> { return fail(ec::unsupported, "not asked"); },
    [](const objects::rebuild_index&) -> caf::result<objects::versions> { return fail(ec::unsupported, "not asked"); },
  };
}

queue::handle::behavior_type fake_queue(queue::handle::pointer self, world* w) {
  return {
    [self, w](const queue::add& m) -> caf::result<queue::added> {
      if (w->queue_silent)
        return self->make_response_promise<queue::added>(); // Nobody will ever answer.
      if (w->queue_away)
        return away();
      if (w->jobs.emplace(m.options.id, "waiting").second)
        w->added.push_back(m.options.id);
      if (w->after_add)
        w->after_add();
      return queue::added{m.options.id};
    },
    [](const queue::counts_of&) -> caf::result<queue::counts> { return fail(ec::unsupported, "not asked"); },
    [](const queue::pause&) -> caf::result<queue::done> { return fail(ec::unsupported, "not asked"); },
    [](const queue::list_jobs&) -> caf::result<queue::job_list> { return fail(ec::unsupported, "not asked"); },
    [](const queue::show&) -> caf::result<queue::job_view> { return fail(ec::unsupported, "not asked"); },
    [w](const queue::retry& m) -> caf::result<queue::done> {
      ++w->retries;
      w->jobs.at(m.id) = "waiting";
      return queue::done{};
    },
    [w](const queue::replay& m) -> caf::result<queue::done> {
      ++w->replays;
      w->jobs.at(m.id) = "waiting";
      return queue::done{};
    },
    [w](const queue::state_of& m) -> caf::result<queue::where> {
      if (w->queue_away)
        return away();
      const auto found = w->jobs.find(m.id);
      return queue::where{found == w->jobs.end() ? "unknown" : found->second};
    },
    [](const queue::progress&) {},
  };
}

struct house : world {
  test::sim_system sim;
  relay::deps deps;
  relay::handle actor;
  static inline house* current = nullptr;

  house() {
    current = this;
    set_wall_clock([] {
      using std::chrono::milliseconds;
      return 1'800'000'000'000
           + std::chrono::duration_cast<milliseconds>(current->sim.now().time_since_epoch()).count();
    });
    seed_jitter(1);
    world* w = this;
    deps = {sim.sys().spawn(fake_outbox, w), sim.sys().spawn(fake_manifests, w), sim.sys().spawn(fake_objects, w),
            signer.port(sim.sys()), sim.sys().spawn(fake_queue, w)};
  }
  ~house() {
    set_wall_clock(nullptr);
    current = nullptr;
  }
  void start(relay::options options = {}) { actor = relay::start(sim.sys(), deps, options); }
  void kill() {
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    actor = relay::handle{};
  }
};

} // namespace

TEST_CASE(
  "outbox_relay: a manifest is stored and its row closed; a job is queued and its row stays open until its end") {
  house at;
  const auto store = at.owe_store(1, 3);
  const auto job = at.owe_job(1, "job-1");
  at.start();
  at.sim.advance(1s);
  CHECK(at.objects == std::set<std::string>{tenant(1).value + "/3"});
  CHECK(at.rows[store].closed);
  CHECK(at.added == std::vector<std::string>{"job-1"});
  CHECK_FALSE(at.rows[job].closed);
  CHECK(at.rows[job].sent_at_ms > 0);
}

TEST_CASE("outbox_relay: a kick needs no poll, and many kicks need no more looks than two") {
  house at;
  at.start({.poll = 60s});
  at.sim.advance(10ms);
  const auto looks = at.looks;
  at.owe_job(1, "job-1");
  for (int i = 0; i < 100; ++i)
    caf::anon_send(at.actor, relay::kick{});
  at.sim.run();
  CHECK(at.added.size() == 1);
  CHECK(at.looks <= looks + 100); // Each kick that meets no look under way looks once; the fake answers at once.
}

TEST_CASE("outbox_relay: a crash between queueing and noting queues it once") {
  house at;
  const auto row = at.owe_job(1, "job-1");
  at.after_add = [&] { at.kill(); };
  at.start();
  at.sim.advance(1s);
  CHECK(at.added.size() == 1);
  CHECK(at.rows[row].sent_at_ms == 0); // The twin: the note is missing, so the crash was where it should be.
  at.after_add = nullptr;
  at.start();
  at.sim.advance(1s);
  CHECK(at.added.size() == 1);
  CHECK(at.rows[row].sent_at_ms > 0);
}

TEST_CASE("outbox_relay: a crash between storing and closing stores the same again and closes") {
  house at;
  const auto row = at.owe_store(1, 1);
  at.start();
  at.outbox_away = false;
  at.marks_lost = true;
  at.sim.advance(1s);
  CHECK(at.rows[row].closed);
  at.rows[row].closed = false; // As if the close had been lost.
  at.sim.advance(1s);
  CHECK(at.puts == 2);
  CHECK(at.rows[row].closed);
  CHECK(at.objects.size() == 1);
}

TEST_CASE("outbox_relay: what Redis has forgotten is sent again, and what it knows is not") {
  house at;
  at.owe_job(1, "job-1");
  at.owe_job(2, "job-2");
  at.start();
  at.sim.advance(1s);
  REQUIRE(at.added.size() == 2);
  at.sim.advance(60s);
  CHECK(at.added.size() == 2);
  at.jobs.erase("job-1");
  at.sim.advance(25s);
  CHECK(at.added.size() == 3);
  CHECK(at.added.back() == "job-1");
  at.jobs.clear(); // FLUSHALL.
  at.sim.advance(25s);
  CHECK(at.added.size() == 5);
}

TEST_CASE("outbox_relay: a running job is left alone however long it runs") {
  house at;
  at.owe_job(1, "job-1");
  at.start();
  at.sim.advance(1s);
  for (const char* state : {"active", "delayed", "paused", "prioritized", "waiting"}) {
    at.jobs["job-1"] = state;
    at.sim.advance(120s);
  }
  CHECK(at.added.size() == 1);
  CHECK(at.retries + at.replays == 0);
}

TEST_CASE("outbox_relay: a failed or dead job whose end was not recorded runs again, a bounded number of times") {
  for (const bool dead : {false, true}) {
    house at;
    const auto row = at.owe_job(1, "job-1");
    at.start();
    at.sim.advance(1s);
    for (int i = 0; i < 2000; ++i) {
      at.jobs["job-1"] = dead ? "dead" : "failed";
      at.sim.advance(10s);
    }
    CHECK((dead ? at.replays : at.retries) == 5);
    CHECK((dead ? at.retries : at.replays) == 0);
    CHECK_FALSE(at.rows[row].closed);
    CHECK(at.rows[row].error.find("arrakisctl jobs show job-1") != std::string::npos);
  }
}

TEST_CASE(
  "outbox_relay: a completed job whose end was not recorded is neither sent nor closed until the queue forgets it") {
  house at;
  const auto row = at.owe_job(1, "job-1");
  at.start();
  at.sim.advance(1s);
  at.jobs["job-1"] = "completed";
  at.sim.advance(10min);
  CHECK(at.added.size() == 1);
  CHECK_FALSE(at.rows[row].closed);
  at.jobs.clear();
  at.sim.advance(2h);
  CHECK(at.added.size() == 2);
}

TEST_CASE("outbox_relay: without Redis manifests are stored all the same, and jobs follow by themselves") {
  house at;
  at.queue_away = true;
  for (int i = 1; i <= 50; ++i) {
    at.owe_job(i, "job-" + std::to_string(i));
    at.owe_store(i, 1);
  }
  at.start({.rows_max = 10});
  at.sim.advance(60s);
  CHECK(at.objects.size() == 50);
  CHECK(at.added.empty());
  at.queue_away = false;
  at.sim.advance(20s); // The longest rest is 15 s and a quarter.
  CHECK(at.added.size() == 50);
}

TEST_CASE("outbox_relay: with a full disk jobs are queued all the same, and manifests follow by themselves") {
  house at;
  at.disk_away = true;
  for (int i = 1; i <= 50; ++i) {
    at.owe_store(i, 1);
    at.owe_job(i, "job-" + std::to_string(i));
  }
  at.start({.rows_max = 10});
  at.sim.advance(60s);
  CHECK(at.added.size() == 50);
  CHECK(at.objects.empty());
  at.disk_away = false;
  at.sim.advance(20s);
  CHECK(at.objects.size() == 50);
}

TEST_CASE("outbox_relay: without the outbox it looks less often, and goes on by itself") {
  house at;
  at.outbox_away = true;
  at.owe_store(1, 1);
  at.start();
  at.sim.advance(5min);
  CHECK(at.looks == 0);
  at.outbox_away = false;
  at.sim.advance(7s); // The longest pause is 5 s and a quarter.
  CHECK(at.objects.size() == 1);
}

TEST_CASE("outbox_relay: a queue that never answers holds back nothing but its own rows") {
  house at;
  at.queue_silent = true;
  for (int i = 1; i <= 9; ++i)
    at.owe_job(i, "job-" + std::to_string(i));
  at.start({.rows_max = 10});
  at.sim.advance(1s);
  for (int version = 1; version <= 20; ++version)
    at.owe_store(1, version);
  at.sim.advance(20s);
  CHECK(at.objects.size() == 20);
}

TEST_CASE("outbox_relay: the tenant's share is asked for and kept") {
  house at;
  for (int i = 0; i < 100; ++i)
    at.owe_job(1, "many-" + std::to_string(i));
  at.owe_job(2, "few");
  at.start({.jobs_per_tenant_max = 8});
  at.sim.advance(5s);
  CHECK(at.per_tenant_seen <= 8);
  CHECK(std::count(at.added.begin(), at.added.end(), "few") == 1);
  CHECK(at.added.size() == 9);
}

TEST_CASE("outbox_relay: in any order and with faults at random everything is done once") {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    house at;
    at.order.seed(seed);
    std::mt19937_64 random{seed};
    for (int i = 1; i <= 20; ++i) {
      at.owe_store(i, 1);
      at.owe_job(i, "job-" + std::to_string(i));
    }
    at.start();
    for (int step = 0; step < 40; ++step) {
      at.queue_away = random() % 3 == 0;
      at.disk_away = random() % 3 == 0;
      at.outbox_away = random() % 3 == 0;
      at.marks_lost = random() % 3 == 0;
      if (random() % 4 == 0) {
        at.kill();
        at.start();
      }
      at.sim.advance(std::chrono::milliseconds{random() % 2000});
    }
    at.queue_away = at.disk_away = at.outbox_away = at.marks_lost = false;
    at.sim.advance(60s);
    INFO("seed " << seed);
    CHECK(at.objects.size() == 20);
    CHECK(at.added.size() == 20);
    CHECK(at.open() == 20); // The jobs' rows: their end is somebody else's to record.
  }
}

TEST_CASE("outbox_relay: a malformed row and an unknown kind rest for long and hold back nobody") {
  house at;
  at.owe("store_manifest", 1, "{");
  at.owe("store_manifest", 1, R"({"version":"1"})");
  at.owe("enqueue_job", 1, R"({"id":"x"})");
  const auto strange = at.owe("send_pigeon", 1, "{}");
  at.owe_store(2, 1);
  at.start();
  at.sim.advance(30s);
  CHECK(at.objects.size() == 1);
  for (const auto& [id, row] : at.rows)
    CHECK((row.closed || row.attempts == 1));
  CHECK(at.rows[strange].error.find("send_pigeon") != std::string::npos);
}

TEST_CASE("outbox_relay policy: a job is read from its row, and a fault names the row") {
  outbox::row row;
  row.id = 7;
  row.kind = "enqueue_job";
  row.payload_json = R"({"id":"a","name":"b","data":{"z":1,"a":[2]}})";
  const auto job = relay::policy::job_in(row);
  REQUIRE(job);
  CHECK(job->data_json == R"({"z":1,"a":[2]})");
  row.payload_json = "[]";
  CHECK(text_of(relay::policy::job_in(row).error()).find("outbox row 7") != std::string::npos);
}

TEST_CASE("outbox_relay policy: rests grow and are bounded") {
  CHECK(relay::policy::rest(ec::unavailable, 0) == 500ms);
  CHECK(relay::policy::rest(ec::unknown, 3) == 4s);
  CHECK(relay::policy::rest(ec::unavailable, 1000) == 15s);
  CHECK(relay::policy::rest(ec::corrupt, 0) == 1min);
  CHECK(relay::policy::rest(ec::conflict, 1000) == 1h);
}

TEST_CASE("relay: a foreign object is set aside for a version that verifies, and the right one is stored") {
  house h;
  h.foreign.insert(tenant(1).value + "/2");
  h.owe_store(1, 2);
  h.start();
  h.sim.advance(5s);
  CHECK(h.open() == 0);
  CHECK(h.set_aside == std::vector<std::string>{tenant(1).value + "/2"});
  CHECK(h.objects.contains(tenant(1).value + "/2"));
}

TEST_CASE("relay: nothing is set aside for a record that does not verify, or that nobody can judge yet") {
  house h;
  h.foreign.insert(tenant(1).value + "/2");
  h.forged = true;
  h.owe_store(1, 2);
  h.start();
  h.sim.advance(120s);
  CHECK(h.open() == 1);
  CHECK(h.rows.begin()->second.error.find("does not verify") != std::string::npos);
  CHECK(h.set_aside.empty());
  // Negative control: the same record, genuine.
  h.forged = false;
  h.signer.refusal = "no key";
  h.signer.anchored = false;
  h.sim.advance(3'600s);
  CHECK(h.open() == 1);
  CHECK(h.set_aside.empty());
  h.signer.refusal.clear();
  h.sim.advance(3'600s);
  CHECK(h.open() == 0);
  CHECK(h.set_aside.size() == 1);
}
