// One shard beside discord.js: events in a second on one core, and memory and time until 10,000 guilds are there.
// Method: bench/README.md.
//
//   gateway_bench OUT.json FOR_S ROOT                                    ROOT: of the repository, with build/interop
//   gateway_bench client PORT plain|zlib messages|members|guilds WARM_UP COUNT      our side, one process a measurement
#include "adapters/discord/gateway/gateway.hpp"
#include "bench/support/figures.hpp"
#include "bench/support/gateway_blaster.hpp"
#include "bench/support/threads.hpp"
#include "runtime/json.hpp"
#include "runtime/log.hpp"
#include "runtime/net/io.hpp"
#include "runtime/process.hpp"
#include "tests/support/scratch.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <charconv>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <future>
#include <stdexcept>

using namespace arrakis;
using namespace arrakis::bench;
using namespace std::chrono_literals;
namespace gateway = discord::gateway;

namespace {
constexpr size_t events_max = 120'000, events_for_a_second = 12'000; // FOR_S below 10 measures fewer.
constexpr size_t warm_up = 20'000;
constexpr size_t guilds = 10'000;
constexpr size_t rounds_min = 3;
constexpr auto client_patience = 300s;

// ---- Our side, in a process of its own.

struct outcome {
  double seconds = 0, cpu_us = 0;
  size_t seen = 0;
  uint64_t checksum = 0;
  double resident_kb = 0;
};

double resident_kb() {
  std::ifstream in{"/proc/self/status"};
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("VmRSS:"))
      return std::strtod(line.c_str() + 6, nullptr);
  return 0;
}

/// The receiving actor: reads every field and adds it up, from the end of the warm-up on.
struct adding {
  size_t seen = 0, warm_up = 0, count = 0;
  uint64_t checksum = 0;
  std::optional<stopwatch> watch;
  std::promise<outcome>* done = nullptr;
  adding() = default;
};

template <class State>
void note(State& st, uint64_t value) {
  ++st.seen;
  if (st.seen == st.warm_up) {
    st.watch.emplace();
    st.checksum = 0;
    return;
  }
  st.checksum += value;
  if (st.seen == st.warm_up + st.count)
    st.done->set_value({st.watch->seconds(), st.watch->cpu_us(), st.count, st.checksum, resident_kb()});
}

discord::activity_handler::behavior_type add_up(discord::activity_handler::stateful_pointer<adding> self, size_t warm,
                                                size_t count, std::promise<outcome>* done) {
  self->state.warm_up = warm;
  self->state.count = count;
  self->state.done = done;
  return {[self](const discord::activity_seen& x) {
    auto& st = self->state;
    for (const auto& m : x.what->messages)
      note(st, tail_of(m.id.value) + tail_of(m.channel.value) + tail_of(m.guild.value) + tail_of(m.author.value)
                 + m.content.size() + (m.bot ? 1 : 0));
    for (const auto& m : x.what->members) {
      auto sum = tail_of(m.guild.value) + tail_of(m.user.value) + (m.pending ? 1u : 0u);
      for (const auto role : m.roles)
        sum += tail_of(role.value);
      note(st, sum);
    }
  }};
}

/// The shard's event handler: counts the guilds, as the daemon's does.
struct counting {
  size_t seen = 0;
  uint64_t checksum = 0;
  counting() = default;
};
discord::event_handler::behavior_type count_guilds(discord::event_handler::stateful_pointer<counting> self,
                                                   size_t expected, const stopwatch* watch,
                                                   std::promise<outcome>* done) {
  return {[](const discord::interaction_created&) {},
          [self, expected, watch, done](const discord::guild_available& x) {
            auto& st = self->state;
            st.checksum += tail_of(x.guild.value);
            if (++st.seen == expected)
              done->set_value({watch->seconds(), watch->cpu_us(), st.seen, st.checksum, resident_kb()});
          },
          [](const discord::guild_gone&) {},
          [](const discord::role_changed&) {},
          [](const discord::channel_changed&) {},
          [](const discord::shard_ready&) {},
          [](const discord::shard_stopped&) {}};
}

int be_client(const std::string& port, const std::string& mode, const std::string& what, size_t warm, size_t count) {
  log::set_level(log::level::error);
  const stopwatch watch;
  std::promise<outcome> done;
  auto result = done.get_future();
  auto cfg = threads();
  caf::actor_system sys{cfg};
  net::io io;
  gateway::options options{.token = secret{"token"}, .find_url = gateway::fixed_url("ws://127.0.0.1:" + port)};
  (void)options.addresses.add("ws://127.0.0.1:" + port);
  options.compressed = mode == "zlib";
  const bool many = what == "guilds";
  if (!many)
    options.watcher = sys.spawn(add_up, warm, count, &done);
  const auto sink = sys.spawn(count_guilds, many ? count : 0, &watch, &done);
  const auto shard = gateway::start(sys, gateway::network(io), options, sink);
  const auto got = result.get();
  fmt::print("{}\n", boost::json::serialize(boost::json::object{{"seconds", got.seconds},
                                                                {"cpu_us", got.cpu_us},
                                                                {"seen", got.seen},
                                                                {"checksum", got.checksum},
                                                                {"resident_kb", got.resident_kb}}));
  std::fflush(stdout);
  std::_Exit(0); // The measurement is over.
}

// ---- The measurement.

const char* text_of(traffic what) {
  return what == traffic::messages ? "messages" : what == traffic::members ? "members" : "guilds";
}

struct scene {
  std::string root, program;
  test::scratch folder{"gateway-bench"};
  size_t events = events_max;
};

/// One client on the first core; throws unless it saw and read everything.
outcome run(const scene& s, const gateway_blaster& at, const gateway_recording& recorded, const gateway_plan& plan,
            bool ours) {
  const auto output = s.folder / "client.out";
  std::remove(output.c_str());
  const std::vector<std::string> tail{text_of(plan.what), std::to_string(plan.warm_up), std::to_string(plan.count)};
  std::vector<std::string> argv{"taskset", "-c", "0"};
  const auto port = std::to_string(at.port());
  if (ours)
    argv.insert(argv.end(), {s.program, "client", port, plan.packed ? "zlib" : "plain"});
  else {
    argv.push_back(s.root + "/build/interop/node");
    if (!plan.packed)
      argv.insert(argv.end(), {"-r", s.root + "/tests/interop/discord/lib/without-zlib.cjs"});
    argv.insert(argv.end(), {s.root + "/bench/peers/gateway_client.mjs", port});
  }
  argv.insert(argv.end(), tail.begin(), tail.end());
  process client{{.argv = argv, .env = {"NODE_ENV=production"}, .output = output}};
  client.wait(client_patience);
  const auto said = test::content(output);
  const auto parsed = json::parse(said.substr(0, said.find('\n')));
  if (!parsed || !parsed->is_object() || !parsed->get_object().contains("seconds"))
    throw std::runtime_error{"a client did not come to its end: " + said.substr(0, 2000)};
  const auto number = [&](const char* key) { return parsed->at(key).to_number<double>(); };
  const outcome got{number("seconds"), number("cpu_us"), static_cast<size_t>(number("seen")),
                    static_cast<uint64_t>(number("checksum")), number("resident_kb")};
  if (got.seen != plan.count || got.checksum != recorded.checksum)
    throw std::runtime_error{fmt::format("a client read {} of {} events, and {} instead of {}", got.seen, plan.count,
                                         got.checksum, recorded.checksum)};
  return got;
}

struct pair_of {
  std::vector<double> ours, peer;
};
struct results {
  gateway_plan plan;
  pair_of rate, cpu_us, ready_s, resident_mib;
};

void round_of(const scene& s, results& to) {
  const auto recorded = record(to.plan);
  const gateway_blaster server{recorded, last_cpu()};
  for (const bool ours : {true, false}) {
    const auto got = run(s, server, recorded, to.plan, ours);
    const auto put = [ours](pair_of& at, double value) { (ours ? at.ours : at.peer).push_back(value); };
    const auto count = static_cast<double>(to.plan.count);
    put(to.rate, count / got.seconds);
    put(to.cpu_us, got.cpu_us / count);
    put(to.ready_s, got.seconds);
    put(to.resident_mib, got.resident_kb / 1024);
    fmt::print(stderr, "gateway_bench: {} {} {}: {:.0f}/s, {:.2f} us CPU each, {:.3f} s, {:.0f} MiB\n",
               ours ? "ours" : "discord.js", text_of(to.plan.what), to.plan.packed ? "zlib-stream" : "plain",
               count / got.seconds, got.cpu_us / count, got.seconds, got.resident_kb / 1024);
  }
}

void add_figures(std::vector<figure>& to, const results& r) {
  const std::string peer = "discord.js 14", mode = r.plan.packed ? ", zlib-stream" : ", plain";
  if (r.plan.what == traffic::guilds) {
    const auto name = fmt::format("gateway: {} guilds of 20 members{}: ", r.plan.count, mode);
    to.push_back({name + "from start to ready", "s", r.ready_s.ours, r.ready_s.peer, peer, goal{goal::at_most, 0.25}});
    to.push_back({name + "resident memory when ready", "MiB", r.resident_mib.ours, r.resident_mib.peer, peer,
                  goal{goal::at_most, 0.1}});
    return;
  }
  const std::string event = r.plan.what == traffic::messages ? "MESSAGE_CREATE" : "GUILD_MEMBER_UPDATE";
  to.push_back({fmt::format("gateway: {} read by its actor, one core{}", event, mode), "events/s", r.rate.ours,
                r.rate.peer, peer, goal{goal::at_least, 5}});
  to.push_back({fmt::format("gateway: CPU per {}{}", event, mode), "us", r.cpu_us.ours, r.cpu_us.peer, peer,
                goal{goal::at_most, 0.2}});
}

size_t number_in(const char* text) {
  size_t out = 0;
  std::from_chars(text, text + std::string_view{text}.size(), out);
  return out;
}
} // namespace

int main(int argc, char** argv) {
  if (argc == 7 && std::string_view{argv[1]} == "client")
    return be_client(argv[2], argv[3], argv[4], number_in(argv[5]), number_in(argv[6]));
  if (argc != 4 || number_in(argv[2]) == 0) {
    fmt::print(stderr, "usage: gateway_bench OUT.json FOR_S ROOT\n");
    return 2;
  }
  const auto for_s = number_in(argv[2]);
  scene s{.root = argv[3], .program = argv[0]};
  s.events = std::clamp(for_s * events_for_a_second, events_for_a_second, events_max);
  std::vector<results> all;
  for (const auto what : {traffic::messages, traffic::members, traffic::guilds})
    for (const bool packed : {false, true})
      all.push_back(
        {.plan = {what, packed, what == traffic::guilds ? 0 : warm_up, what == traffic::guilds ? guilds : s.events}});
  const stopwatch watch;
  for (size_t round = 0; round < rounds_min || watch.seconds() < static_cast<double>(for_s); ++round)
    for (auto& each : all)
      round_of(s, each);
  std::vector<figure> figures;
  for (const auto& each : all)
    add_figures(figures, each);
  write(argv[1], figures);
}
