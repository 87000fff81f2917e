#pragma once
// One thread, a clock that only the test moves: actors run when the test says so.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/typed_actor.hpp>
#include <optional>

namespace arrakis::test {

/// An actor system on the test's thread and clock.
class sim_system {
public:
  sim_system() : system_(config()) {}
  ~sim_system() {
    scheduler().clock().cancel_all(); // Periodic self-messages would keep the coordinator's stop() going for ever.
    run();
  }
  caf::actor_system& sys() { return system_; }
  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
  }
  /// Runs until no actor has a message.
  void run() { scheduler().run(); }
  /// Runs, moves the clock by `by` triggering what falls due in order, runs again.
  void advance(std::chrono::milliseconds by) {
    run();
    const auto end = now() + by;
    auto& clock = scheduler().clock();
    while (!clock.schedule().empty() && clock.schedule().begin()->first <= end) {
      const auto next = clock.schedule().begin()->first;
      clock.advance_time(next > clock.now() ? next - clock.now() : std::chrono::steady_clock::duration{0});
      run();
    }
    clock.advance_time(end - clock.now());
    run();
  }
  std::chrono::steady_clock::time_point now() { return scheduler().clock().now(); }
  /// Asks without a deadline and runs until nothing moves. An answer that waits for the clock needs send(), advance(),
  /// take().
  template <class R, class Handle, class... Args>
  caf::expected<R> ask(const Handle& to, Args&&... args) {
    caf::scoped_actor self{system_};
    auto pending = self->request(to, caf::infinite, std::forward<Args>(args)...);
    run();
    std::optional<caf::expected<R>> result;
    pending.receive([&](R& x) { result.emplace(std::move(x)); }, [&](caf::error& e) { result.emplace(std::move(e)); });
    return std::move(*result);
  }

private:
  static caf::actor_system_config& config() {
    static thread_local std::optional<caf::actor_system_config> cfg;
    cfg.emplace();
    cfg->set("scheduler.policy", caf::atom("testing"));
    cfg->set("logger.verbosity", caf::atom("quiet"));
    return *cfg;
  }
  caf::actor_system system_;
};
} // namespace arrakis::test
