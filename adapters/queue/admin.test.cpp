#include "adapters/queue/admin.hpp"

#include "adapters/queue/events.hpp"
#include "runtime/json.hpp"
#include "tests/support/queue_fixture.hpp"

#include <boost/json.hpp>
#include <set>

using namespace arrakis;
using namespace arrakis::queue::test;
using queue::admin;
using queue::new_job;
using queue::outcome;

namespace {
boost::json::object object(const char* text) { return json::parse(text)->as_object(); }

struct admin_fixture : queue_fixture {
  admin tools{client, how};
  caf::expected<redis::reply> wait_for(const std::function<void(admin::done)>& start) {
    std::promise<caf::expected<redis::reply>> result;
    start([&](caf::expected<redis::reply> got) { result.set_value(std::move(got)); });
    return result.get_future().get();
  }
  std::string add(const new_job& what) {
    auto got = wait_for([&](admin::done d) { tools.add(what, soon(), std::move(d)); });
    if (!got)
      FAIL(text_of(got.error()));
    return got->bytes;
  }
  std::string opts_of(const std::string& id) { return run({"HGET", key_of(id), "opts"}).bytes; }
};
} // namespace

TEST_CASE("new_job: what BullMQ refuses is refused, and options travel under their short names") {
  for (auto wrong : {R"({"jobId":"42"})", R"({"jobId":"a:b"})", R"({"jobId":7})", R"({"priority":1.5})",
                     R"({"priority":2097153})", R"({"delay":-1})", R"({"backoff":{"type":"fixed","jitter":2}})",
                     R"({"failParentOnFailure":true,"removeDependencyOnFailure":true})",
                     R"({"deduplication":{"ttl":5}})", R"({"sizeLimit":1})", R"({"parent":{"id":"x"}})"}) {
    INFO(wrong);
    CHECK_FALSE(validate(new_job{"x", R"({"n":1})", object(wrong)}).empty());
  }
  CHECK(validate(new_job{"x", "{}", object(R"({"jobId":"a:b:c","failParentOnFailure":true,"priority":3.0})")}).empty());
  CHECK_FALSE(validate(new_job{"x", "no json", {}}).empty());
  const char* given = R"({"backoff":500,"keepLogs":3,"deduplication":{"id":"d"},"failParentOnFailure":true,)"
                      R"("telemetry":{"metadata":"m","omitContext":true}})";
  CHECK(queue::wire_options(object(given))
        == object(R"({"backoff":{"type":"fixed","delay":500},"attempts":0,"fpof":true,"de":{"id":"d"},"kl":3,)"
                  R"("tm":"m","omc":true})"));
}

TEST_CASE("admin: a flow is added whole, its parent waits for its children and is given their values") {
  admin_fixture t;
  queue::flow_node root{{"hold", "{}", object(R"({"jobId":"root"})")}, {}, {}};
  root.children.push_back({{"ok", "{}", object(R"({"jobId":"a"})")}, {}, {}});
  root.children.push_back({{"ok", "{}", object(R"({"jobId":"b","delay":50})")}, {}, {}});
  auto made = t.wait_for([&](admin::done d) { t.tools.add_flow(root, soon(), std::move(d)); });
  REQUIRE(made);
  CHECK(made->items[0].bytes == "root");
  CHECK(t.state_of("root") == "waiting-children");
  auto clerk = t.new_clerk();
  t.new_worker(clerk);
  CHECK(t.visits->next().id == "root");
  auto values = t.wait_for([&](admin::done d) { t.tools.children_values("root", soon(), std::move(d)); });
  CHECK(values->items.size() == 4);
  caf::anon_send(clerk, answer{"root", {}});
  t.events_until("completed", "root");

  root.children[1].what.options = object(R"({"jobId":"17"})");
  auto wrong = t.wait_for([&](admin::done d) { t.tools.add_flow(root, soon(), std::move(d)); });
  CHECK(code_of(wrong.error()) == ec::invalid);
}

TEST_CASE(
  "worker: a job waits for children that it added, without using an attempt, and goes on when they have ended") {
  admin_fixture t;
  auto clerk = t.new_clerk();
  t.new_worker(clerk);
  t.submit("hold", R"({"n":1})", {.id = "p", .attempts = 1});
  t.visits->next();
  t.add({"ok", "{}", object(R"({"jobId":"c","delay":30,"parent":{"id":"p","queue":"bull:{discord-synthesis}"}})")});
  caf::anon_send(clerk, answer{"p", {outcome::awaits_children, {}, {}, {}}});
  auto again = t.visits->next();
  CHECK(again.attempts_made == 0);
  // None is pending any more: it runs on at once, with its data.
  caf::anon_send(clerk, answer{"p", {outcome::awaits_children, {}, {}, {}}});
  again = t.visits->next();
  CHECK(again.data_json == R"({"n":1})");
  caf::anon_send(clerk, answer{"p", {}});
  CHECK(
    t.events_until("completed", "p")
    == std::vector<std::string>{"added", "waiting", "active", "waiting-children", "waiting", "active", "completed"});
  CHECK(t.show("p").what.attempts_made == 1);
}

TEST_CASE("worker: a parent that cannot be completed fails its attempt, and is not left hanging") {
  admin_fixture t;
  auto clerk = t.new_clerk();
  t.new_worker(clerk);
  t.submit("hold", "{}", {.id = "p", .attempts = 1});
  t.visits->next();
  t.add({"ok", "{}", object(R"({"jobId":"c","delay":60000,"parent":{"id":"p","queue":"bull:{discord-synthesis}"}})")});
  caf::anon_send(clerk, answer{"p", {}});
  t.events_until("failed", "p");
  CHECK(t.show("p").failed_reason == "Job p has pending dependencies. moveToFinished"); // BullMQ's words.
}

TEST_CASE("admin: what a script refuses is said in the words of BullMQ") {
  admin_fixture t;
  const auto text = [&](const std::function<void(admin::done)>& start) {
    auto got = t.wait_for(start);
    return got ? std::string{"done"} : text_of(got.error());
  };
  CHECK(text([&](auto d) { t.tools.promote("x", soon(), d); }) == "Job x is not in the delayed state. promote");
  CHECK(text([&](auto d) { t.tools.change_delay("x", 1s, soon(), d); }) == "Missing key for job x. changeDelay");
  CHECK(text([&](auto d) { t.tools.update_data("x", "{}", soon(), d); }) == "Missing key for job x. updateData");
  CHECK(text([&](auto d) { t.tools.reprocess("x", "failed", {}, soon(), d); })
        == "Missing key for job x. reprocessJob");
  const new_job child{"x", "{}", object(R"({"parent":{"id":"gone","queue":"bull:q"}})")};
  CHECK(text([&](auto d) { t.tools.add(child, soon(), d); }) == "Missing key for parent job bull:q:gone. addJob");
  CHECK(text([&](auto d) { t.tools.add_all(std::vector{child}, soon(), d); })
        == "Missing key for parent job bull:q:gone. addJob");
  CHECK(text([&](auto d) { t.tools.obliterate(9, false, soon(), d); }) == "Cannot obliterate non-paused queue");
}

TEST_CASE("admin: the time left of a limit is Redis's own number, also where there is none") {
  admin_fixture t;
  const auto left = [&] {
    return t.wait_for([&](admin::done d) { t.tools.rate_limit_ttl(0, soon(), std::move(d)); })->number;
  };
  CHECK(left() == -2);
  t.run({"SET", t.key_of("limiter"), "7", "PX", "3600000"});
  CHECK(left() > 3'000'000);
}

TEST_CASE("admin: a queue is obliterated with its dead letters, but not where it stays itself") {
  admin_fixture t;
  auto clerk = t.new_clerk();
  auto worker = t.new_worker(clerk);
  for (int i = 0; i < 5; ++i)
    t.submit("final", "{}", {.id = "dead-" + std::to_string(i), .attempts = 1});
  t.submit("hold", "{}", {.id = "held"});
  t.visits->next();
  t.events_until("failed", "dead-4");
  const auto letters = [&] { return t.must<queue::job_list>(queue::list_jobs{"dead", 0, 9, soon()}).jobs.size(); };
  const auto obliterate = [&](bool force) {
    return t.wait_for([&](admin::done d) { t.tools.obliterate(2, force, soon(), std::move(d)); });
  };
  CHECK(code_of(obliterate(true).error()) == ec::conflict); // Not paused.
  t.must<queue::done>(queue::pause{true, soon()});
  CHECK(code_of(obliterate(false).error()) == ec::refused); // The queue has an active job.
  CHECK(letters() == 5);
  caf::anon_send(clerk, answer{"held", {}});
  CHECK(t.ask<queue::done>(worker, queue::close{}));
  int calls = 1;
  while (obliterate(false)->number == 1)
    ++calls;
  CHECK(calls > 3); // Two a call, of either queue.
  for (const auto& left : t.run({"KEYS", "bull:*"}).items)
    CHECK_MESSAGE(false, left.bytes);
}

TEST_CASE("admin: each job of a flow without an id gets a UUID, which is not among its options; an empty id is none") {
  admin_fixture t;
  queue::flow_node root{{"hold", "{}", object(R"({"jobId":""})")}, {}, {}};
  root.children.push_back({{"ok", "{}", {}}, {}, {}});
  auto made = t.wait_for([&](admin::done d) { t.tools.add_flow(root, soon(), std::move(d)); });
  REQUIRE(made);
  REQUIRE(made->items.size() == 2);
  for (const auto& each : made->items) {
    CHECK(each.bytes.size() == 36);
    const auto opts = json::parse(t.opts_of(each.bytes));
    CHECK(json::text_or(opts->as_object(), "jobId").empty());
  }
  CHECK(t.run({"HGET", t.key_of(made->items[1].bytes), "parentKey"}).bytes == t.key_of(made->items[0].bytes));
  CHECK(t.add({"ok", "{}", object(R"({"jobId":""})")}) == "3"); // Redis counts it, after the two.
}

TEST_CASE("admin: data that is too large or no JSON is refused with its reason, in a job and from its dead letter") {
  admin_fixture t;
  const auto refused = [&](const std::string& data) {
    auto got = t.wait_for([&](admin::done d) { t.tools.add({"x", data, {}}, soon(), std::move(d)); });
    return got ? std::string{"added"} : text_of(got.error());
  };
  const std::string odd = R"({"x":"\ud800"})", large = '"' + std::string(5'000'000, 'x') + '"';
  CHECK(refused(odd) == "data: JSON: a string with a bad escape or a lone surrogate");
  CHECK(refused(large) == "data: JSON: 5000002 bytes, at most 1048576 are allowed");
  // Another client may have added them all the same.
  for (const auto& [id, data] : {std::pair{"large", large}, {"odd", odd}}) {
    t.submit("final", "{}", {.id = id, .attempts = 1});
    t.run({"HSET", t.key_of(id), "data", data});
  }
  t.new_worker(t.new_clerk());
  for (const std::string id : {"large", "odd"}) {
    t.last_event = "0";
    t.events_until("failed", id);
    t.run({"DEL", t.key_of(id)});
    t.run({"ZREM", t.key_of("failed"), id});
    const auto again = t.ask<queue::done>(t.queue, queue::replay{id, soon()});
    CHECK(code_of(again.error()) == ec::refused);
    INFO(text_of(again.error()));
    CHECK(text_of(again.error()).find(id == "large" ? "5000002 bytes" : "lone surrogate") != std::string::npos);
  }
}

TEST_CASE("worker: a job that is rate limited waits in front, and nobody takes one meanwhile") {
  admin_fixture t;
  t.how.limiter = queue::limiter{1000, 10ms};
  auto clerk = t.new_clerk();
  t.new_worker(clerk, t.how);
  t.submit("hold", "{}", {.id = "first", .attempts = 1});
  t.visits->next();
  t.events_until("active", "first");
  caf::anon_send(clerk, answer{"first", {outcome::rate_limited, {}, {}, 500ms}});
  t.events_until("waiting", "first");
  const auto limited = std::exchange(t.last_event, "0");
  const auto from = t.event_ms;
  t.submit("hold", "{}", {.id = "second"});
  t.events_until("active", "second");
  CHECK(t.event_ms - from >= 490); // The limit is set a moment before the job goes back.
  t.last_event = limited;
  t.events_until("active", "first");
  CHECK(t.event_ms - from >= 490);
  std::set<std::string> both{t.visits->next().id, t.visits->next().id};
  CHECK(both == std::set<std::string>{"first", "second"});
}

TEST_CASE("worker: it keeps so many ended jobs, and the counts of so many minutes") {
  admin_fixture t;
  t.how.keep_completed_max = 2;
  t.how.metrics_points = 3;
  t.how.concurrency = 1;
  t.new_worker(t.new_clerk(), t.how);
  for (int i = 0; i < 5; ++i)
    t.submit("ok", "{}", {.id = "j" + std::to_string(i)});
  t.events_until("completed", "j4");
  CHECK(t.count().completed == 2);
  auto counted = t.wait_for([&](admin::done d) { t.tools.metrics("completed", 0, -1, soon(), std::move(d)); });
  CHECK(counted->items[0].items[0].bytes == "5");
}

TEST_CASE("worker: a schedule with a pattern goes on until its limit") {
  admin_fixture t;
  t.new_worker(t.new_clerk());
  auto repeat = object(R"({"pattern":"* * * * * *","tz":"UTC","limit":2})");
  auto made = t.wait_for([&](admin::done d) {
    t.tools.upsert_schedule("tick", repeat, {"ok", R"({"n":1})", object(R"({"attempts":2})")}, soon(), std::move(d));
  });
  REQUIRE(made);
  const auto first = made->items[0].bytes;
  t.events_until("completed", first);
  const auto second = t.run({"HGET", t.key_of(first), "nrjid"}).bytes;
  t.events_until("completed", second);
  const auto apart = std::stoll(second.substr(12)) - std::stoll(first.substr(12));
  CHECK(apart > 0); // One second, or more where the machine stood still: runs that were missed are not made up for.
  CHECK(apart % 1000 == 0);
  CHECK(t.run({"HEXISTS", t.key_of(second), "nrjid"}).number == 0);
  CHECK(t.count().delayed == 0);
  CHECK(t.opts_of(second).find(R"("count":2)") != std::string::npos);
}

namespace {
struct ear {
  std::mutex guard;
  std::vector<std::string> heard;
  std::promise<void> reading, last;
};
queue::listener::behavior_type listening(queue::listener::pointer, std::shared_ptr<ear> to) {
  return {
    [to](const queue::event& what) {
      std::scoped_lock lock{to->guard};
      to->heard.push_back(what.name);
      if (what.name == "completed")
        to->last.set_value();
    },
    [to](queue::subscribed) { to->reading.set_value(); },
  };
}
} // namespace

TEST_CASE("events: a QueueEvents reader gets every event from the moment when it is subscribed") {
  admin_fixture t;
  t.submit("ok", "{}", {.id = "before"});
  auto to = std::make_shared<ear>();
  auto listener = t.sys.spawn(listening, to);
  queue::start_events(t.sys, t.client, t.how, listener);
  REQUIRE(to->reading.get_future().wait_for(patience) == std::future_status::ready);
  t.run({"DEL", t.key_of("wait")});
  t.submit("ok", "{}", {.id = "job-a"});
  t.new_worker(t.new_clerk());
  REQUIRE(to->last.get_future().wait_for(patience) == std::future_status::ready);
  {
    std::scoped_lock lock{to->guard};
    to->heard.resize(4); // The queue is drained, too: said a moment later, or not yet.
    CHECK(to->heard == std::vector<std::string>{"added", "waiting", "active", "completed"});
  }
  caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
}
