#include "tests/soak/judge.hpp"

#include <doctest/doctest.h>

using namespace arrakis::soak;

namespace {
/// A run of ten minutes in which all is well.
struct run {
  std::vector<sample> samples;
  rest before{.fds = 30, .redis = {{"budget", {1, 200, 0}}, {"discord", {4, 600, 0}}}, .jobs_open = 0, .slots_held = 0};
  rest after = before;
  deeds did{.communities = 50, .deployments = 600, .interactions = 9'000};

  run() {
    for (int i = 0; i <= 120; ++i)
      samples.push_back({.t_s = i * 5.0,
                         .rss_bytes = (60 << 20) + (i % 3) * (1 << 20), // Memory goes up and down.
                         .fds = 60,
                         .redis_keys = i * 80,
                         .deployments = i * 5,
                         .rest_requests = i * 200});
    after.redis = {{"budget", {1, 200, 0}},      {"discord", {4, 600, 0}},
                   {"commands", {1, 120, 1}},    {"queue", {4, 2'000, 4}},
                   {"ended", {1, 80'000, 1}},    {"events", {2, 1'700'000, 2}},
                   {"wizard", {50, 100'000, 0}}, {"interaction", {9'000, 900'000, 0}},
                   {"job", {600, 600'000, 600}}};
  }
  std::vector<std::string> faults() const { return judge(samples, before, after, did).faults; }
};
bool one_says(const std::vector<std::string>& faults, const std::string& part) {
  return faults.size() == 1 && faults[0].find(part) != std::string::npos;
}
} // namespace

TEST_CASE("soak judge: a run in which all is well has no fault") { CHECK(run{}.faults().empty()); }

TEST_CASE("soak judge: a single 429 or invalid request is a fault") {
  run r;
  r.samples.back().rate_limited = 1;
  CHECK(one_says(r.faults(), "429"));
  r = run{};
  r.samples.back().invalid = 1;
  CHECK(one_says(r.faults(), "invalid"));
}

TEST_CASE("soak judge: memory that grows by a tenth in the last two thirds is a fault, one that stands still is not") {
  run r;
  for (auto& s : r.samples)
    s.rss_bytes += static_cast<int64_t>(s.t_s * 15'000); // 15 kB/s: 6 MB from the third on.
  CHECK(one_says(r.faults(), "resident memory"));
  // A warm-up that ends before the third is over is none.
  r = run{};
  for (auto& s : r.samples)
    s.rss_bytes -= static_cast<int64_t>(std::max(0.0, 100 - s.t_s) * 200'000);
  CHECK(r.faults().empty());
  // A single high sample is no leak.
  r.samples.back().rss_bytes *= 2;
  CHECK(r.faults().empty());
}

TEST_CASE("soak judge: the memory of a short run is reported and not judged") {
  run r;
  for (auto& s : r.samples) {
    s.t_s /= 60;
    s.rss_bytes += static_cast<int64_t>(s.t_s * 5'000'000);
  }
  const auto v = judge(r.samples, r.before, r.after, r.did);
  CHECK(v.faults.empty());
  REQUIRE(v.notes.size() == 1);
  CHECK(v.notes[0].find("not judged") != std::string::npos);
}

TEST_CASE("soak judge: a file descriptor that is not given back is a fault") {
  run r;
  r.after.fds = r.before.fds + 1;
  CHECK(one_says(r.faults(), "31 after the drain"));
  r.after.fds = r.before.fds - 1; // A connection that was idle before.
  CHECK(r.faults().empty());
}

TEST_CASE("soak judge: keys above their bound, without an end, too large, or of an unknown kind are faults") {
  run r;
  r.after.redis["wizard"].count = 51;
  CHECK(one_says(r.faults(), "51 keys of kind wizard"));
  r = run{};
  r.after.redis["interaction"].forever = 1;
  CHECK(one_says(r.faults(), "never expire"));
  r = run{};
  r.after.redis["budget"].bytes = 100'000;
  CHECK(one_says(r.faults(), "100000 bytes"));
  r = run{};
  r.after.redis["lost:1"] = {1, 100, 0};
  CHECK(one_says(r.faults(), "nobody knows"));
}

TEST_CASE("soak judge: a job that did not end, or ended twice, is a fault") {
  run r;
  r.after.jobs_open = 1;
  CHECK(one_says(r.faults(), "did not end"));
  r = run{};
  r.after.redis["job"].count = 599;
  CHECK(one_says(r.faults(), "599 ended jobs"));
  r = run{};
  r.after.slots_held = 2;
  CHECK(one_says(r.faults(), "slots"));
  r = run{};
  r.samples.back().deployments = 0;
  CHECK(one_says(r.faults(), "nothing was deployed"));
}
