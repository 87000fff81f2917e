// The queue beside Node.js BullMQ and beside Redis alone: jobs done and added in a second, and the worker's CPU for
// each job, with one Redis and with two. Method: bench/README.md.
//
//   queue_bench OUT.json FOR_S ROOT      ROOT: of the repository, with build/interop and bench/peers
#include "bench/support/figures.hpp"
#include "bench/support/queue_load.hpp"
#include "bench/support/recorder.hpp"
#include "bench/support/redis.hpp"
#include "bench/support/threads.hpp"
#include "runtime/json.hpp"
#include "runtime/log.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <caf/actor_system_config.hpp>
#include <charconv>
#include <fmt/format.h>
#include <stdexcept>

using namespace arrakis;
using namespace arrakis::bench;
using namespace std::chrono_literals;

namespace {
constexpr size_t jobs_max = 20'000;
constexpr size_t jobs_for_a_second = 2000; // FOR_S below 10 measures fewer jobs.
constexpr size_t warm_up_jobs = 2000;
constexpr size_t rounds_min = 3;
constexpr size_t bulk = 1000;
constexpr const char* peer_patience_s = "300";

struct scene {
  net::io io;
  caf::actor_system_config cfg = threads();
  caf::actor_system sys{cfg};
  redis_server first{io}, second{io};
  redis::link orders = redis::connect(io, first.link()).blocking();
  std::string root;
  std::optional<process> peer;
  size_t jobs = jobs_max;
  std::string adds; ///< The calls by which `jobs` jobs are added, as our producer sent them.
  std::string ends; ///< The calls by which our worker did them.

  explicit scene(std::string root_folder) : root(std::move(root_folder)) {
    peer.emplace(
      process_options{.argv = {root + "/build/interop/node", root + "/bench/peers/bullmq_worker.mjs", first.socket()},
                      .env = {"NODE_ENV=production"},
                      .output = root + "/build/release/bench/bullmq_worker.log"});
  }

  /// The same work by Node.js.
  effort ask_peer(std::string_view what, size_t count, size_t servers = 1) {
    boost::json::array sockets{first.socket()};
    if (servers == 2)
      sockets.emplace_back(second.socket());
    const boost::json::object order{{"what", what}, {"count", count}, {"bulk", bulk}, {"sockets", std::move(sockets)}};
    first.run({"RPUSH", "bench:orders", boost::json::serialize(order)});
    auto answer = redis_server::run_on(orders, {"BLPOP", "bench:answers", peer_patience_s});
    if (answer.items.size() != 2)
      throw std::runtime_error("the Node.js peer did not answer: see build/release/bench/bullmq_worker.log");
    const auto said = json::parse(answer.items[1].bytes);
    return {said->at("seconds").to_number<double>(), said->at("cpu_us").to_number<double>()};
  }

  std::vector<redis::options> links(size_t servers) const {
    std::vector<redis::options> made{first.link()};
    if (servers == 2)
      made.push_back(second.link());
    return made;
  }

  /// Empties the servers and adds the same jobs to each.
  void refill(size_t servers = 1) {
    for (const auto* each : {&first, &second}) {
      each->empty();
      if (each == &first || servers == 2)
        each->replay(adds);
    }
  }

  /// Throws unless every job of a server is where it should be: nothing that failed is measured.
  void check(const redis_server& at, const char* list_command, const char* list, size_t count) const {
    const auto there = at.number({list_command, std::string{"bull:{bench}:"} + list});
    if (there != static_cast<int64_t>(count))
      throw std::runtime_error(fmt::format("{} of {} jobs are {}", there, count, list));
  }
  void check_done(size_t servers = 1) const {
    check(first, "ZCARD", "completed", jobs);
    if (servers == 2)
      check(second, "ZCARD", "completed", jobs);
  }
  void check_added() const { check(first, "LLEN", "wait", jobs); }
};

effort our_fill(scene& s, size_t count) { return fill(s.sys, redis::connect(s.io, s.first.link()), count, bulk); }

/// Both sides once, small: scripts are loaded, code is warm. Then our calls are recorded.
void prepare(scene& s) {
  for (auto* each : {&s.first, &s.second}) {
    fill(s.sys, redis::connect(s.io, each->link()), warm_up_jobs, bulk);
    drain(s.sys, s.io, {each->link()}, warm_up_jobs);
    each->empty();
  }
  s.ask_peer("fill", warm_up_jobs);
  s.ask_peer("drain", warm_up_jobs);
  s.first.empty();
  auto record = [&](auto work) {
    test::scratch home{"bench"};
    recorder between{home / "redis.sock", s.first.socket()};
    auto link = s.first.link();
    link.url = secret{"unix://" + (home / "redis.sock")};
    work(link);
    return between.longest();
  };
  s.adds = record([&](const redis::options& link) { fill(s.sys, redis::connect(s.io, link), s.jobs, bulk); });
  s.check_added();
  s.ends = record([&](const redis::options& link) { drain(s.sys, s.io, {link}, s.jobs); });
  s.check_done();
}

/// The samples of one kind of work.
struct samples {
  std::vector<double> jobs_per_s, cpu_us;
  void add(const effort& of, size_t jobs) {
    jobs_per_s.push_back(static_cast<double>(jobs) / of.seconds);
    cpu_us.push_back(of.cpu_us / static_cast<double>(jobs));
  }
};

struct results {
  samples our_adds, peer_adds, alone_adds;
  samples ours, peer, alone;
  samples ours_two, peer_two;
};

void adding(scene& s, results& to) {
  s.first.empty();
  to.our_adds.add(our_fill(s, s.jobs), s.jobs);
  s.check_added();
  s.first.empty();
  to.peer_adds.add(s.ask_peer("fill", s.jobs), s.jobs);
  s.check_added();
  s.first.empty();
  to.alone_adds.add({s.first.replay(s.adds)}, s.jobs);
  s.check_added();
}

void doing(scene& s, results& to) {
  s.refill();
  to.ours.add(drain(s.sys, s.io, s.links(1), s.jobs), s.jobs);
  s.check_done();
  s.refill();
  to.peer.add(s.ask_peer("drain", s.jobs), s.jobs);
  s.check_done();
  s.refill();
  to.alone.add({s.first.replay(s.ends)}, s.jobs);
  s.check_done();
}

void doing_two(scene& s, results& to) {
  s.refill(2);
  to.ours_two.add(drain(s.sys, s.io, s.links(2), s.jobs), 2 * s.jobs);
  s.check_done(2);
  s.refill(2);
  to.peer_two.add(s.ask_peer("drain", s.jobs, 2), 2 * s.jobs);
  s.check_done(2);
}

std::vector<figure> figures_of(const results& r, size_t jobs) {
  const std::string node = "Node.js BullMQ 5.66.4", alone = "Redis alone, the same calls from a pipeline";
  const auto done = fmt::format("queue: no-op jobs done, {} prefilled, concurrency 50", jobs);
  const auto added = fmt::format("queue: jobs added, {} on the way", bulk);
  const auto cpu = std::string{"queue: worker CPU per no-op job"};
  return {
    {done, "jobs/s", r.ours.jobs_per_s, r.peer.jobs_per_s, node, goal{goal::at_least, 1.4}},
    {done, "jobs/s", r.ours.jobs_per_s, r.alone.jobs_per_s, alone, goal{goal::at_least, 0.95}},
    {cpu + ", one Redis", "us", r.ours.cpu_us, r.peer.cpu_us, node, goal{goal::at_most, 1.0 / 6}},
    {cpu + ", two Redis", "us", r.ours_two.cpu_us, r.peer_two.cpu_us, node, goal{goal::at_most, 1.0 / 6}},
    {cpu + ", two Redis", "us", r.ours_two.cpu_us, r.ours.cpu_us, "ours with one Redis", goal{goal::at_most, 1.1}},
    {added, "jobs/s", r.our_adds.jobs_per_s, r.peer_adds.jobs_per_s, node + " addBulk of 1000", {}},
    {added, "jobs/s", r.our_adds.jobs_per_s, r.alone_adds.jobs_per_s, alone, goal{goal::at_least, 0.9}},
  };
}
} // namespace

int main(int argc, char** argv) {
  size_t for_s = 0;
  if (argc != 4 || std::from_chars(argv[2], argv[2] + std::string_view{argv[2]}.size(), for_s).ec != std::errc{}) {
    fmt::print(stderr, "usage: queue_bench OUT.json FOR_S ROOT\n");
    return 2;
  }
  log::set_level(log::level::error); // The first connections fail while the servers start.
  scene s{argv[3]};
  s.jobs = std::clamp(for_s * jobs_for_a_second, warm_up_jobs, jobs_max);
  prepare(s);
  results r;
  const stopwatch watch;
  for (size_t round = 0; round < rounds_min || watch.seconds() < static_cast<double>(for_s); ++round) {
    adding(s, r);
    doing(s, r);
    doing_two(s, r);
    fmt::print(stderr,
               "queue_bench: round {}: {:.0f} jobs/s at {:.1f} us; Node.js {:.0f} at {:.1f}; Redis alone {:.0f}\n",
               round + 1, r.ours.jobs_per_s.back(), r.ours.cpu_us.back(), r.peer.jobs_per_s.back(),
               r.peer.cpu_us.back(), r.alone.jobs_per_s.back());
  }
  write(argv[1], figures_of(r, s.jobs));
}
