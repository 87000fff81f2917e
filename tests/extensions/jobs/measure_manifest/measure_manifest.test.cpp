// The kind beside the product's own, with real servers: from the outbox row through its queue to the row's end.
#include "tests/extensions/jobs/measure_manifest/measure_manifest.hpp"
#include "actors/jobs/job.hpp"
#include "actors/jobs/jobs.hpp"
#include "actors/outbox_relay/outbox_relay.hpp"
#include "adapters/postgres/job_ends/job_ends.hpp"
#include "adapters/postgres/manifests/manifests.hpp"
#include "adapters/postgres/outbox/outbox.hpp"
#include "adapters/postgres/outbox/work_item.hpp"
#include "tests/support/queue_fixture.hpp"
#include "tests/support/stores.hpp"

#include <caf/send.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <pqxx/pqxx>

namespace arrakis::jobs {
const std::vector<const job_kind*>& extensions(); // Written by the build.
}

namespace {
using namespace arrakis;
using namespace std::chrono_literals;

struct fixture {
  services available; ///< Outlives the jobs.
  test::stores stores;
  queue::test::queue_fixture queue_side;
  std::vector<const jobs::job_kind*> kinds = jobs::all();
  community_id community = stores.community(1);
  std::map<std::string, outbox_relay::queue_port, std::less<>> queues;
  std::vector<caf::actor> ours;

  struct with {
    bool extension = true, relay = true, job_ends = true;
  };
  fixture() : fixture(with{}) {}
  explicit fixture(with has) {
    if (has.extension)
      kinds.insert(kinds.end(), jobs::extensions().begin(), jobs::extensions().end());
    // In the jobs' own system: answered from another one they would spawn on its thread, which keeps CAF's logger.
    const auto pool = keep(postgres::start(queue_side.sys, {.dsn = stores.server.dsn(), .connections = 1}));
    if (has.job_ends)
      available.provide(keep(job_ends::start(queue_side.sys, pool)));
    auto& sys = queue_side.sys;
    jobs::services svc;
    svc.manifests = stores.live.keep(manifests::start(stores.live.sys(), stores.app));
    svc.available = &available;
    available.provide(jobs::measure_manifest::unit{"bytes"});
    const auto processor = keep(jobs::start(sys, svc, {}, kinds));
    outbox_relay::job_queues terms;
    for (const auto* kind : kinds)
      terms.kinds.push_back(&kind->terms);
    for (const auto* which : jobs::queues(kinds)) {
      auto how = queue_side.how;
      how.name = fmt::format("{{{}}}", which->name);
      terms.queues[std::string{which->name}] = {keep(queue::start_queue(sys, queue_side.client, how)), 4};
      keep(queue::start_worker(sys, redis::connect(queue_side.io, queue_side.link), how, processor));
    }
    queues = terms.queues;
    if (!has.relay)
      return;
    const auto outbox = stores.live.keep(outbox::start(stores.live.sys(), stores.relay));
    available.provide(std::move(terms));
    keep(outbox_relay::start(sys, outbox, available, {.poll = 20ms, .look_up = 50ms}));
  }
  ~fixture() {
    for (auto it = ours.rbegin(); it != ours.rend(); ++it) {
      caf::anon_send_exit(*it, caf::exit_reason::kill);
      queue_side.self->wait_for(*it);
    }
  }
  template <class Handle>
  Handle keep(Handle made) {
    ours.push_back(caf::actor_cast<caf::actor>(made));
    return made;
  }
  void owe(const std::string& id, int64_t version, const std::string& kind = "MEASURE_MANIFEST") {
    stores.get<postgres::committed>(
      stores.app,
      postgres::transaction{
        "test.owe", community, stores.soon(), [=, this](pqxx::transaction_base& tx) {
          outbox::owe_job(tx, community, {kind, id, {{"communityId", community.value}, {"version", version}}});
        }});
  }
  /// Waits until the row of this job is closed or not.
  bool closes(const std::string& id) {
    const auto end = queue::test::soon();
    while (!end.passed(std::chrono::steady_clock::now()))
      if (stores.owner(fmt::format("select closed_at is not null from outbox where key = '{}'", id)) == "t")
        return true;
    return false;
  }
  queue::job_view show(const std::string& id) {
    auto found = queue_side.ask<queue::job_view>(queues.at("reports").port, queue::get_job{id, queue::test::soon()});
    REQUIRE_MESSAGE(found, (found ? std::string{} : text_of(found.error())));
    return *found;
  }
  void pause(const std::string& queue, bool on) {
    REQUIRE(queue_side.ask<queue::done>(queues.at(queue).port, queue::pause{on, queue::test::soon()}));
  }
};
} // namespace

TEST_CASE("extension: a job kind on a queue of its own goes from its row through the queue to its end") {
  fixture f;
  f.stores.owner(fmt::format("insert into manifests (community_id, version, content, canonical, sha256, signature,"
                             " signed_at) values ('{}', 1, '{{}}', '{{}}', encode(sha256('{{}}'), 'hex'), 's', 't')",
                             f.community.value));
  f.owe("measure-1", 1);
  CHECK(f.closes("measure-1"));
  CHECK(f.show("measure-1").return_value == R"({"bytes":2})");
  CHECK(f.show("measure-1").what.attempts == 2);
  CHECK(f.stores.owner("select queue from outbox where key = 'measure-1'") == "reports");

  // A failure is an end as well, and leaves a dead letter in this queue.
  f.owe("measure-2", 2);
  CHECK(f.closes("measure-2"));
  CHECK(f.show("measure-2").state == "failed");
  CHECK(f.show("measure-2").failed_reason.find("version 2") != std::string::npos);

  // Owed twice under one key it is owed once.
  f.owe("measure-1", 1);
  CHECK(f.stores.owner("select count(*) from outbox") == "2");
}

namespace {
/// As the relay does it.
void put_into_queue(fixture& f, const std::string& id) {
  queue::add job{"MEASURE_MANIFEST",
                 fmt::format(R"({{"communityId":"{}","version":1}})", f.community.value),
                 {},
                 queue::test::soon()};
  job.options.id = id;
  REQUIRE(f.queue_side.ask<queue::added>(f.queues.at("reports").port, std::move(job)));
}
std::string result_of(fixture& f, const std::string& id) {
  const auto end = queue::test::soon();
  while (!end.passed(std::chrono::steady_clock::now()))
    if (const auto view = f.queue_side.ask<queue::job_view>(f.queues.at("reports").port,
                                                            queue::get_job{id, queue::test::soon()});
        view && view->state == "completed")
      return view->return_value;
  return "";
}
} // namespace

TEST_CASE("extension: a job that was done is not run again when the queue has forgotten it") {
  for (const bool guarded : {true, false}) {
    CAPTURE(guarded);
    fixture f{{.relay = false, .job_ends = guarded}}; // Away for longer than the queue remembers.
    f.stores.owner(fmt::format("insert into manifests (community_id, version, content, canonical, sha256, signature,"
                               " signed_at) values ('{}', 1, '{{}}', '{{}}', encode(sha256('{{}}'), 'hex'), 's', 't')",
                               f.community.value));
    f.owe("measure-1", 1);
    put_into_queue(f, "measure-1");
    CHECK(result_of(f, "measure-1") == R"({"bytes":2})");
    CHECK(f.stores.owner("select closed_at is not null and done_at is not null from outbox") == (guarded ? "t" : "f"));
    f.queue_side.server.flush();
    put_into_queue(f, "measure-1");
    CHECK(result_of(f, "measure-1") == (guarded ? "null" : R"({"bytes":2})")); // Negative control: it runs again.
  }
}

TEST_CASE("extension: of two queues one is paused and the other goes on") {
  fixture f;
  f.pause("discord-synthesis", true);
  f.owe("measure-1", 7);
  CHECK(f.closes("measure-1"));
  f.pause("discord-synthesis", false);
  f.pause("reports", true);
  f.owe("measure-2", 7);
  const auto end = queue::test::soon();
  while (f.stores.owner("select count(*) from outbox where queue = 'reports'") != "2"
         && !end.passed(std::chrono::steady_clock::now()))
    ;
  CHECK(f.stores.owner("select closed_at is null from outbox where key = 'measure-2'") == "t");
  CHECK(f.show("measure-2").processed_ms == 0);
  f.pause("reports", false);
  CHECK(f.closes("measure-2"));
}

TEST_CASE("extension: negative control: without the folder of a job kind its row waits for a node that knows it") {
  fixture f{{.extension = false}};
  f.pause("discord-synthesis", true);
  f.owe("measure-1", 1);
  f.owe("later", 1, "SYNTHESIZE_COMMUNITY");
  const auto end = queue::test::soon();
  while (f.stores.owner("select queue from outbox where key = 'later'") != "discord-synthesis"
         && !end.passed(std::chrono::steady_clock::now()))
    ;
  CHECK(f.stores.owner("select sent_at is not null from outbox where key = 'later'") == "t");
  CHECK(f.stores.owner("select sent_at is null from outbox where key = 'measure-1'") == "t");
}
