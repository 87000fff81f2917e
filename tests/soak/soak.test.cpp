// Many communities onboard at once and then change, over and over: no 429, no invalid request, nothing that grows.
//
//   FOR_S, COMMUNITIES    how long, and how many (10 s and 10 of them with `make test`)
#include "adapters/embedded/embedded.hpp"
#include "tests/soak/admins.hpp"
#include "tests/soak/instruments.hpp"
#include "tests/system/records.hpp"

#include <boost/json/object.hpp>
#include <charconv>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <pqxx/pqxx>

namespace {
using namespace arrakis;
using namespace arrakis::soak;
using system_test::test_stack;
using strings = std::vector<std::string>;
using std::chrono::seconds;
using steady = std::chrono::steady_clock;

/// The longest that anything at rest keeps a socket: the HTTP client's 30 s, and the looks between.
constexpr seconds drained_within{90};

int64_t wanted(const char* name, int64_t otherwise) {
  const std::string_view given = std::getenv(name) ? std::getenv(name) : "";
  int64_t value = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
  return error == std::errc{} && end == given.data() + given.size() && value > 0 ? value : otherwise;
}

double seconds_since(steady::time_point then) { return std::chrono::duration<double>(steady::now() - then).count(); }

void print_head() {
  fmt::print("{:>7} {:>9} {:>5} {:>7} {:>12} {:>7} {:>5} {:>8}\n", "t s", "rss MiB", "fds", "keys", "deployments",
             "REST/s", "429", "invalid");
}
void print(const sample& s, const sample& before) {
  const auto passed = std::max(0.001, s.t_s - before.t_s);
  fmt::print("{:7.1f} {:9.1f} {:5} {:7} {:12} {:7.1f} {:5} {:8}\n", s.t_s, static_cast<double>(s.rss_bytes) / (1 << 20),
             s.fds, s.redis_keys, s.deployments, static_cast<double>(s.rest_requests - before.rest_requests) / passed,
             s.rate_limited, s.invalid);
  std::fflush(stdout);
}
void print(const rest& before, const rest& after) {
  fmt::print("{:>12} {:>7} {:>9} {:>7} {:>9} {:>8}\n", "redis", "before", "bytes", "after", "bytes", "forever");
  for (const auto& [kind, now] : after.redis) {
    const auto had = before.redis.contains(kind) ? before.redis.at(kind) : keys{};
    fmt::print("{:>12} {:7} {:9} {:7} {:9} {:8}\n", kind, had.count, had.bytes, now.count, now.bytes, now.forever);
  }
}

int64_t owed(test_stack& w) {
  pqxx::connection relay{embedded::dsn(w.stack().folder() + "/arrakis", "arrakis_relay")};
  pqxx::nontransaction tx{relay};
  return tx.exec("select count(*) from outbox where closed_at is null")[0][0].as<int64_t>();
}

/// Looks again until nothing is owed, runs, waits or is open beyond the start, and says what there is then.
rest drain(test_stack& w, const rest& before) {
  rest now;
  demo::eventually(
    [&] {
      demo::breathe(std::chrono::milliseconds{500});
      now = measure_rest(w);
      return now.fds <= before.fds && now.jobs_open == 0 && now.slots_held == 0 && owed(w) == 0;
    },
    drained_within);
  now.jobs_open += owed(w);
  return now;
}

/// Samples until the time is over.
std::vector<sample> watch(test_stack& w, const admins& all, seconds for_s) {
  const auto every = std::max(0.5, static_cast<double>(for_s.count()) / 60);
  const auto began = steady::now();
  std::vector<sample> series;
  print_head();
  while (seconds_since(began) < static_cast<double>(for_s.count()) && all.complaints().empty()) {
    demo::breathe(std::chrono::milliseconds{static_cast<int64_t>(every * 1000)});
    auto s = measure(w);
    s.t_s = seconds_since(began);
    s.deployments = all.deployments();
    print(s, series.empty() ? sample{} : series.back());
    series.push_back(s);
  }
  return series;
}

/// Everything in which a guild is not what its manifest says, or holds something twice.
strings faults_of(test_stack& w, const admins& all) {
  strings out;
  for (const auto& at : all.places()) {
    if (system_test::community_of(w, at).empty()) {
      out.push_back("guild " + at.guild + ": there is no community");
      continue;
    }
    for (const auto& each : system_test::disagreements(w, at))
      out.push_back("guild " + at.guild + ": " + each);
    const auto made = system_test::read_guild(w, at).made.size(), known = system_test::shadow_ids(w, at).size();
    if (made != known)
      out.push_back(fmt::format("guild {}: the bot made {} resources, {} are known", at.guild, made, known));
  }
  return out;
}

void say(const strings& faults) {
  for (const auto& each : faults)
    fmt::print("soak: FAULT: {}\n", each);
  fmt::print("soak: {}\n", faults.empty() ? "holds" : "DOES NOT HOLD");
  std::fflush(stdout);
}
} // namespace

TEST_CASE("soak: communities that onboard at once and change over and over cost no 429, no memory, no descriptor") {
  const auto for_s = seconds{wanted("FOR_S", 10)};
  const auto communities = static_cast<size_t>(wanted("COMMUNITIES", 10));
  test_stack w{false};
  // On a machine that does other things too an answer may come after Discord's 3 s; bench/wizard_bench asks for that.
  w.stack().sandbox("POST", "clock", boost::json::object{{"acknowledge_ms", 10'000}});
  admins all{w, communities};
  const auto before = measure_rest(w);
  fmt::print("soak: {} communities for {} s, programs of {}\n", communities, for_s.count(), system_test::programs());
  all.begin();
  auto series = watch(w, all, for_s);
  all.end();
  auto last = measure(w);
  last.t_s = series.back().t_s;
  last.deployments = all.deployments();
  series.push_back(last);
  const deeds did{static_cast<int64_t>(communities), all.deployments(), interactions_answered(w)};
  const auto after = drain(w, before);
  print(before, after);

  auto found = judge(series, before, after, did);
  for (const auto& each : found.notes)
    fmt::print("soak: {}\n", each);
  for (const auto& each : all.complaints())
    found.faults.push_back(each);
  for (auto& each : faults_of(w, all))
    found.faults.push_back(std::move(each));
  fmt::print("soak: {} deployments, {} interactions, {} requests\n", did.deployments, did.interactions,
             last.rest_requests);
  say(found.faults);
  CHECK(found.faults == strings{});
}

// Negative control: with the budget above what Discord allows, the same run is judged otherwise.
TEST_CASE("soak: negative control: a Discord that allows less than our budget is reported") {
  test_stack w{false};
  w.stack().sandbox("POST", "limits", boost::json::object{{"global_per_second", 5}});
  admins all{w, 3};
  const auto before = measure_rest(w);
  all.begin();
  demo::eventually([&] { return system_test::count_refusals(w).rate_limited > 0; }, seconds{20});
  w.stack().sandbox("POST", "limits", boost::json::object{{"global_per_second", 50}});
  all.end();
  auto s = measure(w);
  s.deployments = all.deployments();
  const auto found = judge({s}, before, before, {3, all.deployments(), 100});
  CHECK(std::any_of(found.faults.begin(), found.faults.end(),
                    [](const auto& each) { return each.find("answered 429") != std::string::npos; }));
}
