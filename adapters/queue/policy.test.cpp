#include "adapters/queue/policy.hpp"

#include "adapters/queue/msgpack.hpp"
#include "runtime/json.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace arrakis;
using namespace arrakis::queue;
using namespace std::chrono_literals;

namespace {
boost::json::object object(const char* text) { return json::parse(text)->as_object(); }

active_job job_with(const char* options, int attempts_made = 0) {
  active_job made;
  made.options = object(options);
  made.what.attempts = static_cast<int>(json::integer_or(made.options, "attempts"));
  made.what.attempts_made = attempts_made;
  return made;
}
outcome failed(std::string why) { return {outcome::failed_retryable, {}, std::move(why), {}}; }
} // namespace

TEST_CASE("queue policy: the arrakis back-off is 5 s, then 25 s, then the job has failed") {
  const char* options = R"({"attempts":3,"backoff":{"type":"arrakis","delay":5000}})";
  auto first = decide(job_with(options, 0), failed("x"), 0.5);
  CHECK(first.what == decision::retry);
  CHECK(first.wait == 5s);
  auto second = decide(job_with(options, 1), failed("x"), 0.5);
  CHECK(second.what == decision::retry);
  CHECK(second.wait == 25s);
  auto third = decide(job_with(options, 2), failed("x"), 0.5);
  CHECK(third.what == decision::fail);
  CHECK(third.text == "x");
}

TEST_CASE("queue policy: fixed and exponential are obeyed as BullMQ computes them, with jitter") {
  auto wait = [](const char* options, int made, double chance = 0.5) {
    return back_off(object(options), made, chance);
  };
  CHECK(wait(R"({"backoff":{"type":"fixed","delay":700}})", 4) == 700ms);
  CHECK(wait(R"({"backoff":1500})", 1) == 1500ms);
  CHECK(wait(R"({"backoff":{"type":"exponential","delay":1000}})", 0) == 1s);
  CHECK(wait(R"({"backoff":{"type":"exponential","delay":1000}})", 3) == 8s);
  CHECK(wait(R"({"backoff":{"type":"fixed","delay":1000,"jitter":0.5}})", 0, 0.0) == 500ms);
  CHECK(wait(R"({"backoff":{"type":"fixed","delay":1000,"jitter":0.5}})", 0, 0.5) == 750ms);
  CHECK(wait(R"({"backoff":{"type":"unheard of","delay":1000}})", 3) == 1s);
  CHECK(wait(R"({"backoff":{"type":"exponential","delay":5000}})", 2000) == 24h);
  CHECK(wait(R"({"backoff":{"type":"fixed","delay":-5}})", 0) == 0ms);
  CHECK(wait(R"({})", 0) == 0ms);
  CHECK(wait(R"({"backoff":"soon"})", 0) == 0ms);
}

TEST_CASE("queue policy: a back-off of a type of its own is what the strategy says, and without one its plain delay") {
  const auto decided = [](const char* type, const back_off_strategy& custom) {
    auto job = job_with(R"({"attempts":9,"backoff":{"type":"","delay":700}})", 2);
    job.options["backoff"].as_object()["type"] = type;
    return decide(job, failed("why"), 0.5, custom);
  };
  const back_off_strategy strategy = [](const failed_attempt& x) {
    const bool known = x.reason == "why" && x.of.attempts_made == 2;
    return x.type == "never" || !known ? std::nullopt
                                       : std::optional{x.attempts_made * 1h * (x.type == "long" ? 1'000 : 1)};
  };
  CHECK(decided("hours", strategy).wait == 3h); // Three attempts are made when the third has failed.
  CHECK(decided("hours", strategy).what == decision::retry);
  CHECK(decided("long", strategy).wait == 24h);
  CHECK(decided("never", strategy).what == decision::fail);
  CHECK(decided("never", strategy).text == "why");
  for (const auto* known : {"fixed", "exponential", "arrakis"})
    CHECK(decided(known, strategy).wait == decided(known, {}).wait);
  CHECK(decided("hours", {}).wait == 700ms);
}

TEST_CASE("queue policy: numbers that no producer should write end neither a worker nor a bound") {
  CHECK(back_off(object(R"({"backoff":{"type":"exponential","delay":0}})"), 1'000'000, 0.5) == 0ms); // 0 x endless
  CHECK(keep(object(R"({"removeOnFail":1.5})"), "removeOnFail", 5s).count == 1);
  CHECK(keep(object(R"({"removeOnFail":-1e300})"), "removeOnFail", 5s).count == -1);
  CHECK(keep(object(R"({"removeOnFail":1e300})"), "removeOnFail", 5s).count > 1'000'000'000);
  const auto text = [](std::string word) {
    redis::reply made;
    made.type = redis::reply::text;
    made.bytes = std::move(word);
    return made;
  };
  redis::reply fields, whole;
  fields.type = whole.type = redis::reply::array;
  for (const auto* word : {"opts", R"({"attempts":4294967297})", "atm", "2147483647", "stc", "-1"})
    fields.items.push_back(text(word));
  for (auto& part : {fields, text("7"), text("0"), text("0")})
    whole.items.push_back(part);
  const auto job = read_next_job(std::move(whole))->job.value();
  CHECK(job.what.attempts == 1'000'000);
  CHECK(job.what.attempts_made == 1'000'000);
  CHECK(job.stalls == 0);
  CHECK(decide(job, failed("x"), 0.5).what == decision::fail);
}

TEST_CASE("queue policy: one attempt when the producer named none, and a final failure is final at once") {
  CHECK(decide(job_with(R"({"attempts":0})"), failed("x"), 0).what == decision::fail);
  CHECK(decide(job_with(R"({})"), failed("x"), 0).what == decision::fail);
  CHECK(decide(job_with(R"({"attempts":9})"), {outcome::failed_final, {}, "no", {}}, 0).what == decision::fail);
  auto later = decide(job_with(R"({"attempts":1})"), {outcome::postponed, {}, {}, 3s}, 0);
  CHECK(later.what == decision::postpone);
  CHECK(later.wait == 3s);
  CHECK(decide(job_with("{}"), {outcome::completed, "", {}, {}}, 0).text == "null");
}

TEST_CASE("queue policy: a long reason is cut between characters") {
  std::string reason(4095, 'a');
  reason += "\xc3\xa4\xc3\xa4";
  CHECK(decide(job_with("{}"), failed(reason), 0).text == std::string(4095, 'a'));
}

TEST_CASE("queue policy: retention is the job's own, else the queue's") {
  CHECK(keep(object(R"({"removeOnComplete":true})"), "removeOnComplete", 5s).count == 0);
  CHECK(keep(object(R"({"removeOnComplete":false})"), "removeOnComplete", 5s).count == -1);
  CHECK_FALSE(keep(object(R"({"removeOnComplete":false})"), "removeOnComplete", 5s).age_s);
  CHECK(keep(object(R"({"removeOnFail":7})"), "removeOnFail", 5s).count == 7);
  auto both = keep(object(R"({"removeOnFail":{"age":60,"count":9}})"), "removeOnFail", 5s);
  CHECK(both.count == 9);
  CHECK(both.age_s == 60);
  auto ours = keep(object("{}"), "removeOnFail", 5s);
  CHECK(ours.count == -1);
  CHECK(ours.age_s == 5);
}

TEST_CASE("queue policy: what BullMQ would refuse is refused with the field's name") {
  const options how;
  auto fault = [&](add x) { return validate(x, how); };
  CHECK(fault({"n", "{}", {.id = "synth-1"}, {}}).empty());
  CHECK(fault({"", "{}", {}, {}}).starts_with("name:"));
  CHECK(fault({"n", "{}", {.id = "42"}, {}}).starts_with("id:"));
  CHECK(fault({"n", "{}", {.id = "a:b"}, {}}).starts_with("id:"));
  CHECK(fault({"n", "{}", {.id = "completed"}, {}}).starts_with("id:"));
  CHECK(fault({"n", "{", {}, {}}).starts_with("data:"));
  CHECK(fault({"n", '"' + std::string(how.data_bytes_max, 'x') + '"', {}, {}}).starts_with("data:"));
  CHECK(fault({"n", "{}", {.attempts = 0}, {}}).starts_with("attempts:"));
  CHECK(fault({"n", "{}", {.delay_ms = -1}, {}}).starts_with("delay:"));
  CHECK(fault({"n", "{}", {.priority = 3'000'000}, {}}).starts_with("priority:"));
  CHECK_FALSE(queue::validate(options{.lock = 3s, .renew = 2s}).empty());
  CHECK(queue::validate(how).empty());
}

TEST_CASE("queue policy: the last ten stack traces are kept, newest last") {
  std::string traces;
  for (int i = 0; i < 12; ++i)
    traces = with_stacktrace(traces, std::to_string(i));
  CHECK(traces == R"(["2","3","4","5","6","7","8","9","10","11"])");
  CHECK(with_stacktrace("no json", "x") == R"(["x"])");
}

TEST_CASE("queue policy: a handed-out job is read field by field, and a limit or due time without one") {
  auto text = [](std::string bytes) {
    redis::reply made;
    made.type = redis::reply::text;
    made.bytes = std::move(bytes);
    return made;
  };
  auto number = [](int64_t n) {
    redis::reply made;
    made.type = redis::reply::integer;
    made.number = n;
    return made;
  };
  redis::reply hash;
  hash.type = redis::reply::array;
  for (auto field : {"name", "SYNTHESIZE_COMMUNITY", "data", R"({"a":1})", "opts", R"({"attempts":3})", "atm", "2",
                     "stc", "1", "rjk", "nightly", "unheard", "x"})
    hash.items.push_back(text(field));
  redis::reply tuple;
  tuple.type = redis::reply::array;
  tuple.items = {hash, text("id-1"), number(0), number(0)};
  auto got = read_next_job(std::move(tuple));
  REQUIRE(got);
  REQUIRE(got->job);
  CHECK(got->job->what.id == "id-1");
  CHECK(got->job->what.name == "SYNTHESIZE_COMMUNITY");
  CHECK(got->job->what.data_json == R"({"a":1})");
  CHECK(got->job->what.attempts == 3);
  CHECK(got->job->what.attempts_made == 2);
  CHECK(got->job->stalls == 1);
  CHECK(got->job->scheduler == "nightly");

  redis::reply idle;
  idle.type = redis::reply::array;
  idle.items = {number(0), number(0), number(280), number(1'764'000'000'123)};
  auto none = read_next_job(std::move(idle));
  REQUIRE(none);
  CHECK_FALSE(none->job);
  CHECK(none->limited == 280ms);
  CHECK(none->due_ms == 1'764'000'000'123);
  CHECK_FALSE(read_next_job(text("what")));
}

TEST_CASE("queue policy: a job in an earlier one's place has nothing of it but the options that both have") {
  auto text = [](std::string bytes) {
    redis::reply made;
    made.type = redis::reply::text;
    made.bytes = std::move(bytes);
    return made;
  };
  auto tuple = [&](std::initializer_list<const char*> fields, std::string id) {
    redis::reply hash, made;
    hash.type = made.type = redis::reply::array;
    for (const auto* field : fields)
      hash.items.push_back(text(field));
    made.items = {hash, text(std::move(id)), text("0"), text("0")};
    return made;
  };
  auto first = read_next_job(tuple({"name", "a", "data", "{}", "opts", R"({"attempts":3,"lifo":true})", "atm", "2",
                                    "stc", "1", "defa", "x", "rjk", "nightly", "stacktrace", "[]", "parentKey", "p"},
                                   "id-1"));
  REQUIRE(first);
  first->job->terms = "kept";
  auto same = read_next_job(tuple({"name", "b", "opts", R"({"attempts":3,"lifo":true})"}, "id-2"),
                            std::move(*first->job));
  REQUIRE(same);
  const auto& job = *same->job;
  CHECK(job.what.id == "id-2");
  CHECK(job.what.name == "b");
  CHECK(job.what.data_json.empty());
  CHECK(job.what.attempts_made + job.stalls == 0);
  CHECK(job.deferred_failure + job.scheduler + job.stacktrace == "");
  CHECK_FALSE(job.has_parent);
  CHECK(job.what.attempts == 3);
  CHECK(json::bool_or(job.options, "lifo"));
  CHECK(job.terms == "kept");
  auto other = read_next_job(tuple({"name", "c", "opts", R"({"attempts":1})"}, "id-3"), std::move(*same->job));
  REQUIRE(other);
  CHECK(other->job->what.attempts == 1);
  CHECK_FALSE(json::bool_or(other->job->options, "lifo"));
  CHECK(other->job->terms.empty());
}

TEST_CASE("queue policy: workers set the connection name (CLIENT SETNAME) by which BullMQ's getWorkers finds them") {
  CHECK(connection_name({}) == "bull:e2Rpc2NvcmQtc3ludGhlc2lzfQ==");
  options named;
  named.name = "a";
  named.worker_name = "pod-1";
  CHECK(connection_name(named) == "bull:YQ==:w:pod-1");
}

TEST_CASE("msgpack: what is packed is what another decoder reads, at every size") {
  for (int64_t n : {0ll, 1ll, 127ll, 128ll, 255ll, 256ll, 65535ll, 65536ll, 4294967295ll, 4294967296ll, 1764000000123ll,
                    9223372036854775807ll, -1ll, -32ll, -33ll, -9223372036854775807ll - 1}) {
    packer p;
    p.integer(n);
    CHECK(nlohmann::json::from_msgpack(p.bytes()).get<int64_t>() == n);
  }
  for (size_t size : {0u, 31u, 32u, 255u, 256u, 65535u, 65536u}) {
    packer p;
    p.text(std::string(size, 'x'));
    CHECK(nlohmann::json::from_msgpack(p.bytes()).get<std::string>().size() == size);
  }
  const char* tree =
    R"({"a":[1,-2,3.5,null,true,false,"ä"],"b":{"c":[]},"d":[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]})";
  packer p;
  p.json(*json::parse(tree));
  CHECK(nlohmann::json::from_msgpack(p.bytes()) == nlohmann::json::parse(tree));
}

TEST_CASE("queue policy: a refusal after a lost answer means that it was done, unless it names children") {
  const auto says = [](int64_t number) {
    redis::reply from;
    from.type = redis::reply::integer;
    from.number = number;
    return is_already_finished(from);
  };
  for (const int64_t gone : {-1, -2, -3, -6}) // No such job, no lock, not active, another's lock.
    CHECK(says(gone));
  CHECK_FALSE(says(pending_children));
  CHECK_FALSE(says(failed_children));
  CHECK_FALSE(says(0));
  CHECK_FALSE(is_already_finished(redis::reply{}));
}
