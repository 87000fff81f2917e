// Deployments in a minute: the standard template into fresh guilds, sixteen at once, by a real arrakisd with PostgreSQL
// and Redis of its own. Method: bench/README.md.
//
//   deploy_bench OUT.json FOR_S ROOT      ROOT: of the repository, with build/release
#include "apps/demo/onboarding.hpp"
#include "bench/support/figures.hpp"
#include "bench/support/programs.hpp"
#include "runtime/json.hpp"
#include "runtime/log.hpp"

#include <atomic>
#include <boost/json/object.hpp>
#include <future>

using namespace arrakis;
using namespace arrakis::bench;

namespace {
constexpr size_t at_once = 16;
constexpr size_t rounds = 3;
constexpr double goal_per_minute = 600;

demo::person at_review(demo::local_stack& t, const std::string& name) {
  const auto made = t.sandbox("POST", "guilds", boost::json::object{{"name", name}});
  const auto text = [&](const char* field) { return std::string{json::text_or(made.as_object(), field)}; };
  demo::person who{t, text("owner_id"), text("guild_id"), text("channel_id")};
  demo::onboarding_options o;
  o.name = name;
  demo::walk_to_review(who, o);
  return who;
}

/// Presses Deploy and waits for the message that the community is ready.
void deploy(demo::local_stack& t, demo::person& who) {
  who.press("wizard:deploy:*");
  const auto& message = who.message().as_object();
  const auto path = fmt::format("messages/{}/{}?contains=is%20ready&wait_ms=20000",
                                json::text_or(message, "channel_id"), json::text_or(message, "id"));
  const auto text = json::print(t.sandbox("GET", path));
  if (text.find("is ready") == std::string::npos)
    throw std::runtime_error("a deployment did not end well: " + text);
}

/// Runs `work` for every one of `list` on as many threads as there are guilds at once; throws what one of them threw.
template <class T, class F>
void together(std::vector<T>& list, F work) {
  std::atomic<size_t> next{0};
  std::vector<std::future<void>> hands;
  for (size_t i = 0; i < at_once; ++i)
    hands.push_back(std::async(std::launch::async, [&] {
      for (auto mine = next++; mine < list.size(); mine = next++)
        work(list[mine]);
    }));
  for (auto& each : hands)
    each.get();
}
} // namespace

int main(int argc, char** argv) {
  const auto given = arguments::read(argc, argv);
  if (!given) {
    fmt::print(stderr, "usage: deploy_bench OUT.json FOR_S ROOT\n");
    return 2;
  }
  log::set_level(log::level::error);
  place here{given->root, {fmt::format("ARRAKIS_QUEUE_CONCURRENCY={}", at_once)}};
  auto& stack = here.stack();
  stack.start_arrakis();
  struct guild {
    std::string name;
    std::optional<demo::person> admin;
  };
  const auto guilds = at_once * std::clamp<size_t>(given->for_s, 1, 60);
  figure per_minute{fmt::format("deploy: deployments in a minute, standard template, {} guilds at once", at_once),
                    "deployments/min",
                    {},
                    {},
                    "",
                    goal{goal::at_least, goal_per_minute}};
  for (size_t round = 0; round <= rounds; ++round) { // The first one warms.
    std::vector<guild> list;
    for (size_t i = 0; i < (round == 0 ? at_once : guilds); ++i)
      list.push_back({fmt::format("Sietch {} {}", round, i), {}});
    together(list, [&](guild& g) { g.admin.emplace(at_review(stack, g.name)); });
    const stopwatch watch;
    together(list, [&](guild& g) { deploy(stack, *g.admin); });
    const auto took = watch.seconds();
    if (round == 0)
      continue;
    per_minute.ours.push_back(static_cast<double>(list.size()) / took * 60);
    fmt::print(stderr, "deploy_bench: round {}: {} deployments in {:.2f} s, {:.0f} a minute\n", round, list.size(),
               took, per_minute.ours.back());
  }
  write(given->out, {per_minute});
}
