// complete.lua beside BullMQ's moveToFinished: the same state and the same call must leave the same state, answer and
// events. States are drawn from a seed, so that every reason to leave a job to BullMQ's own script comes up, alone and
// together with others.
#include "adapters/queue/keys.hpp"
#include "adapters/queue/msgpack.hpp"
#include "adapters/queue/scripts.hpp"
#include "tests/support/redis_fixture.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <future>
#include <random>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
constexpr int64_t now = 1'764'000'000'123;
constexpr auto patience = 30s;
using words = std::vector<std::string>;

std::string text(const redis::reply& of) {
  if (of.type == redis::reply::integer)
    return std::to_string(of.number);
  if (of.type != redis::reply::array)
    return of.type == redis::reply::nil ? "nil" : of.bytes;
  words parts;
  for (const auto& each : of.items)
    parts.push_back(text(each));
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

struct call {
  std::vector<words> state; // Commands that build it.
  words arguments;
};

struct bench : test::redis_fixture {
  queue::keys k{"bull", "{q}"};

  redis::reply run(words argv) {
    std::promise<caf::expected<redis::reply>> result;
    client.command({std::move(argv), {}, {}, {std::chrono::steady_clock::now() + patience}},
                   [&](caf::expected<redis::reply> got) { result.set_value(std::move(got)); });
    auto got = result.get_future().get();
    if (!got)
      FAIL(text_of(got.error()));
    return std::move(*got);
  }

  /// All that is in Redis, without what time alone decides: the ids of events, how much of a lock is left.
  std::string everything() {
    words lines;
    for (const auto& key : run({"KEYS", "*"}).items) {
      const auto type = run({"TYPE", key.bytes}).bytes;
      words parts;
      const auto add = [&](const redis::reply& from) {
        for (const auto& each : from.items)
          parts.push_back(text(each));
      };
      if (type == "string")
        parts.push_back(text(run({"GET", key.bytes})));
      else if (type == "list")
        add(run({"LRANGE", key.bytes, "0", "-1"}));
      else if (type == "zset")
        add(run({"ZRANGE", key.bytes, "0", "-1", "WITHSCORES"}));
      else if (type == "set")
        add(run({"SMEMBERS", key.bytes}));
      else if (type == "hash") {
        const auto all = run({"HGETALL", key.bytes});
        for (size_t i = 0; i + 1 < all.items.size(); i += 2)
          parts.push_back(all.items[i].bytes + "=" + all.items[i + 1].bytes);
      } else if (type == "stream") {
        for (const auto& entry : run({"XRANGE", key.bytes, "-", "+"}).items)
          parts.push_back(text(entry.items[1]));
      }
      if (type == "set" || type == "hash")
        std::sort(parts.begin(), parts.end());
      const bool ends = run({"PTTL", key.bytes}).number > 0;
      lines.push_back(fmt::format("{} {}{}: {}", key.bytes, type, ends ? " for a time" : "", fmt::join(parts, " | ")));
    }
    std::sort(lines.begin(), lines.end());
    return fmt::format("{}", fmt::join(lines, "\n"));
  }

  std::string after(const redis::script& code, const call& what) {
    run({"FLUSHALL"});
    for (const auto& each : what.state)
      run(each);
    words argv{"EVAL", std::string{code.text}, "14"};
    const bool ok = what.arguments[4] == "completed";
    for (const auto& key : {k.wait, k.active, k.prioritized, k.events, k.stalled, k.limiter, k.delayed, k.paused,
                            k.meta, k.priority_counter, ok ? k.completed : k.failed, k.job("7"),
                            ok ? k.metrics_completed : k.metrics_failed, k.marker})
      argv.push_back(key);
    argv.insert(argv.end(), what.arguments.begin(), what.arguments.end());
    std::promise<caf::expected<redis::reply>> result;
    client.command({std::move(argv), {}, {}, {std::chrono::steady_clock::now() + patience}},
                   [&](caf::expected<redis::reply> got) { result.set_value(std::move(got)); });
    auto got = result.get_future().get();
    if (got && got->items.size() == 4 && got->items[2].number > 0)
      got->items[2].number = 1; // How long the limiter still holds.
    return (got ? "answer " + text(*got) : "an error") + "\n" + everything();
  }
};

class drawing {
public:
  explicit drawing(uint64_t seed) : random_(seed) {}

  call make(const queue::keys& k) {
    job(k);
    rest_of_queue(k);
    kept(k);
    arguments(k);
    return std::move(made_);
  }

private:
  bool maybe(int percent) { return static_cast<int>(random_() % 100) < percent; }
  std::string one_of(std::initializer_list<const char*> these) { return these.begin()[random_() % these.size()]; }
  void put(words command) { made_.state.push_back(std::move(command)); }

  void waiting_job(const queue::keys& k, const std::string& id) {
    if (maybe(95))
      put({"HSET", k.job(id), "name", "n", "data", "{}", "timestamp", std::to_string(now - 5000)});
    if (maybe(20))
      put({"HSET", k.job(id), "ats", "2", "atm", "1", "processedOn", "5", "priority", one_of({"0", "3"})});
  }

  void job(const queue::keys& k) {
    const auto key = k.job("7");
    if (maybe(97))
      put({"HSET", key, "name", "n", "data", "{}", "timestamp", std::to_string(now - 9000)});
    if (maybe(30))
      put({"HSET", key, "atm", "2", "ats", "3"});
    if (maybe(5)) {
      put({"HSET", key, "parentKey", k.job("root")});
      if (maybe(80))
        put({"HSET", key, "parent", R"({"id":"root","queueKey":"bull:{q}"})"});
      put({"HSET", k.job("root"), "name", "r", "timestamp", "1"});
      put({"ZADD", k.waiting_children, "1", "root"});
      put({"SADD", k.job("root") + ":dependencies", key});
    }
    if (maybe(5)) {
      put({"HSET", key, "deid", "d"});
      if (maybe(70))
        put({"SET", k.base + "de:d", one_of({"7", "8"})});
    }
    if (maybe(4))
      put({"SADD", key + ":dependencies", k.job("child")});
    if (maybe(3))
      put({"ZADD", key + ":unsuccessful", "1", k.job("child")});
    if (maybe(95))
      put({"SET", key + ":lock", maybe(95) ? "mine:1" : "other:1", "PX", "60000"});
    if (maybe(80))
      put({"SADD", k.stalled, "7", "8"});
    if (maybe(96))
      put({"RPUSH", k.active, "7"});
    if (maybe(60))
      put({"LPUSH", k.active, "4"});
  }

  void rest_of_queue(const queue::keys& k) {
    if (maybe(95))
      put({"HSET", k.meta, "opts.maxLenEvents", maybe(95) ? "10000" : "0"});
    if (maybe(4))
      put({"HSET", k.meta, "paused", "1"});
    if (maybe(4))
      put({"HSET", k.meta, "concurrency", one_of({"1", "9"})});
    if (maybe(4))
      put({"HSET", k.meta, "max", "1", "duration", "1000"});
    if (maybe(20))
      put({"SET", k.limiter, "1", "PX", "60000"});
    if (maybe(50))
      for (const auto* id : {"8", "9"}) {
        put({"LPUSH", k.wait, id});
        waiting_job(k, id);
      }
    if (maybe(5))
      put({"RPUSH", k.wait, one_of({"0:0", "0:500"})});
    if (maybe(30)) {
      put({"ZADD", k.prioritized, "4294967297", "p1"});
      waiting_job(k, "p1");
    }
    if (maybe(30)) {
      // At the limit: the last moment that is due, and the first that is not.
      const auto due = (now + 1) * 0x1000 + (maybe(50) ? -1 : maybe(50) ? 0 : 0x500000);
      put({"ZADD", k.delayed, std::to_string(due), "d1"});
      waiting_job(k, "d1");
    }
    if (maybe(30))
      put({"XADD", k.events, "*", "event", "added", "jobId", "7"});
  }

  void kept(const queue::keys& k) {
    for (const auto& [id, age_ms] : {std::pair{"k1", 10'001}, std::pair{"k2", 10'000}, std::pair{"k3", 9'999}})
      if (maybe(30)) {
        put({"ZADD", k.completed, std::to_string(now - age_ms), id});
        put({"HSET", k.job(id), "name", "n", "timestamp", "1"});
      }
    if (maybe(60)) {
      const auto minute = now - now % 60'000;
      const auto from = minute + (maybe(50) ? 0 : maybe(50) ? -1 : -150'000);
      put({"HSET", k.metrics_completed, "count", "12", "prevCount", "4", "prevTS", std::to_string(from)});
    }
  }

  void arguments(const queue::keys& k) {
    const bool ok = maybe(93), fields = maybe(ok ? 4 : 70), limiter = maybe(5), name = maybe(40), age = maybe(50);
    queue::packer opts;
    opts.map(5u + limiter + name).text("token").text(maybe(97) ? "mine:1" : "0").text("lockDuration").integer(30'000);
    opts.text("keepJobs").map(1u + age).text("count").integer(maybe(40) ? -1 : static_cast<int>(random_() % 4));
    if (age)
      opts.text("age").integer(10);
    opts.text("attempts").integer(3).text("maxMetricsSize");
    maybe(50) ? opts.text("") : opts.integer(5);
    if (limiter)
      opts.text("limiter")
        .map(2)
        .text("max")
        .integer(1 + static_cast<int>(random_() % 2))
        .text("duration")
        .integer(500);
    if (name)
      opts.text("name").text("worker 1");
    queue::packer changed;
    changed.array(2).text("failedReason").text("it broke");
    made_.arguments = {"7",
                       std::to_string(now),
                       ok ? "returnvalue" : "failedReason",
                       ok ? R"({"done":true})" : "it broke",
                       ok ? "completed" : "failed",
                       maybe(80) ? "1" : "0",
                       k.base,
                       opts.bytes(),
                       fields ? changed.bytes() : std::string{}};
  }

  std::mt19937_64 random_;
  call made_;
};
} // namespace

TEST_CASE("complete.lua: leaves what BullMQ's moveToFinished leaves, and answers the same") {
  bench b;
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    const auto what = drawing{seed}.make(b.k);
    const auto theirs = b.after(queue::lua::move_to_finished_14, what);
    REQUIRE(b.after(queue::lua::complete_14, what) == theirs);
  }
}

TEST_CASE("complete.lua: without any one of its conditions the difference is seen") {
  bench b;
  constexpr uint64_t seeds_max = 2000; // The rarest is met at about the four hundredth.
  for (const auto& [condition, without] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
         {"ARGV[5] ~= \"completed\" or", ""},
         {"ARGV[9] ~= \"\" or", ""},
         {"keep.count == 0 or", ""},
         {"or opts.limiter then", "then"},
         {"or meta[2] or", "or"},
         {"or meta[3] or", "or"},
         {"or meta[4] then", "then"},
         {"call(\"GET\", lock) ~= token", "false"},
         {"not before[1] or", ""},
         {"or before[2] or before[3] or", "or"},
         {"or before[4]\n", "\n"},
         {", job .. \":dependencies\", job", ", job"},
         {", job .. \":unsuccessful\"", ""},
         {"< 1 then return -3 end", ""},
         {"now - keep.age * 1000)) > 0", "now - keep.age * 1000)) > 9"},
         {"> keep.count then", "> keep.count + 1 then"},
         {"if from and math.floor", "if math.floor"},
         {"<= math.floor(from / 60000)", "<= math.floor(from / 60000) + 1"},
         {"* 0x1000 - 1 then", "* 0x1000 - 2 then"},
         {"string.byte(next, 1) == 48", "false"},
         {"if next == \"0:0\"", "if false"},
         {"if due then return", "if false then return"},
         {"call(\"LLEN\", wait) == 0 and", ""},
         {"call(\"LLEN\", active) == 0 and", ""},
         {"and call(\"ZCARD\", prioritized) == 0", ""},
       }) {
    CAPTURE(condition);
    std::string code{queue::lua::complete_14.text};
    const auto at = code.rfind(condition); // BullMQ's own text stands before ours.
    REQUIRE(at != std::string::npos);
    code.replace(at, condition.size(), without);
    const redis::script weaker{"complete", {}, code};
    bool differs = false;
    for (uint64_t seed = 1; seed <= seeds_max && !differs; ++seed) {
      const auto what = drawing{seed}.make(b.k);
      differs = b.after(weaker, what) != b.after(queue::lua::move_to_finished_14, what);
    }
    CHECK(differs);
  }
}
