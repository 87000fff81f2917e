// From the start of arrakisd to the moment at which /health/ready says yes, with PostgreSQL, Redis and Discord up.
// Method: bench/README.md.
//
//   start_bench OUT.json FOR_S ROOT      ROOT: of the repository, with build/release
#include "bench/support/figures.hpp"
#include "bench/support/programs.hpp"
#include "runtime/log.hpp"
#include "tests/support/servers.hpp"

using namespace arrakis;
using namespace arrakis::bench;

namespace {
constexpr size_t rounds_min = 5; ///< One takes less than a second.

/// arrakisd leaves root, and must get in.
void open_to_all(const test::redis_server& server) {
  const std::filesystem::path socket{server.url().substr(std::string_view{"unix://"}.size())};
  std::filesystem::permissions(socket, std::filesystem::perms::all);
  std::filesystem::permissions(socket.parent_path(), std::filesystem::perms{0755});
}

std::vector<std::string> environment(const test::postgres_server& database, const test::redis_server& cache) {
  return {"ARRAKIS_POSTGRES_MODE=external", "ARRAKIS_POSTGRES_DSN=" + database.dsn(),
          "ARRAKIS_POSTGRES_RELAY_DSN=" + database.relay_dsn(), "ARRAKIS_REDIS_MODE=external",
          "ARRAKIS_REDIS_URL=" + cache.url()};
}
} // namespace

int main(int argc, char** argv) {
  const auto given = arguments::read(argc, argv);
  if (!given) {
    fmt::print(stderr, "usage: start_bench OUT.json FOR_S ROOT\n");
    return 2;
  }
  log::set_level(log::level::error);
  const test::postgres_server database;
  test::redis_server cache;
  open_to_all(cache);
  place here{given->root, environment(database, cache)};
  auto& stack = here.stack();
  figure ready{"start: arrakisd to ready, servers up", "s", {}, {}, "", goal{goal::at_most, 1}};
  figure first{"start: the same with a Redis that is empty", "s", {}, {}, "", {}};
  const stopwatch all;
  for (size_t round = 0; round < rounds_min || all.seconds() < static_cast<double>(given->for_s); ++round) {
    for (auto* each : {&first, &ready}) {
      if (each == &first)
        cache.flush();
      const stopwatch watch;
      stack.launch_arrakis();
      if (!demo::eventually([&] { return stack.arrakis_ready(); }, std::chrono::seconds{30},
                            std::chrono::milliseconds{2}))
        throw std::runtime_error("arrakisd did not become ready:\n" + stack.log_tail());
      each->ours.push_back(watch.seconds());
      stack.stop_arrakis();
    }
    fmt::print(stderr, "start_bench: round {}: {:.3f} s; with an empty Redis {:.3f} s\n", round + 1, ready.ours.back(),
               first.ours.back());
  }
  write(given->out, {ready, first});
}
