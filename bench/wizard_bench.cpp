// Latency from click to reply, through the webhook of a real arrakisd with PostgreSQL and Redis of its own.
// Method: bench/README.md.
//
//   wizard_bench OUT.json FOR_S ROOT      ROOT: of the repository, with build/release
#include "bench/support/clicks.hpp"
#include "bench/support/figures.hpp"
#include "runtime/log.hpp"

using namespace arrakis;
using namespace arrakis::bench;

namespace {
constexpr size_t sessions = 100; ///< Each clicks twice a second.
constexpr double clicks_per_s = 200;
constexpr size_t rounds = 3;
} // namespace

int main(int argc, char** argv) {
  const auto given = arguments::read(argc, argv);
  if (!given) {
    fmt::print(stderr, "usage: wizard_bench OUT.json FOR_S ROOT\n");
    return 2;
  }
  log::set_level(log::level::error);
  place here{given->root};
  here.stack().start_arrakis();
  load_generator people{here.stack(), sessions};
  people.open();
  const auto clicks = static_cast<size_t>(clicks_per_s) * std::clamp<size_t>(given->for_s, 1, 60);
  people.click(std::min<size_t>(clicks, 400), clicks_per_s); // Warm.
  figure p99{fmt::format("wizard: click to reply, p99, {:.0f} clicks/s at the webhook", clicks_per_s),
             "ms",
             {},
             {},
             "",
             goal{goal::at_most, 25}};
  figure half{fmt::format("wizard: click to reply, median, {:.0f} clicks/s", clicks_per_s), "ms", {}, {}, "", {}};
  for (size_t round = 0; round < rounds; ++round) {
    const auto all = people.click(clicks, clicks_per_s);
    p99.ours.push_back(quantile(all, 0.99) * 1e3);
    half.ours.push_back(quantile(all, 0.5) * 1e3);
    fmt::print(stderr, "wizard_bench: round {}: {} clicks, median {:.2f} ms, p99 {:.2f} ms, longest {:.2f} ms\n",
               round + 1, all.size(), half.ours.back(), p99.ours.back(), quantile(all, 1) * 1e3);
  }
  write(given->out, {p99, half});
}
