#pragma once
// A real actor system with threads, for what talks to real servers.
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"
#include "runtime/message.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_actor.hpp>
#include <optional>
#include <vector>

namespace arrakis::test {

/// An actor system with threads of its own.
class live_system {
public:
  /// `workers`: threads that run actors. One for fakes, which are written for the one thread of a simulation.
  explicit live_system(size_t workers = 2) : system_(config(workers)) {}
  ~live_system() {
    for (auto& a : kept_)
      caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
  }
  caf::actor_system& sys() { return system_; }
  /// Ends `handle` with the system.
  template <class Handle>
  Handle keep(Handle handle) {
    kept_.push_back(caf::actor_cast<caf::actor>(handle));
    return handle;
  }
  /// Asks and waits up to a minute, from any thread.
  template <class R, class Handle, class Message>
  caf::expected<R> ask(const Handle& to, Message message) {
    caf::scoped_actor self{system_};
    std::optional<caf::expected<R>> result;
    self->request(to, std::chrono::minutes{1}, std::move(message))
      .receive([&](R& x) { result.emplace(std::move(x)); }, [&](caf::error& e) { result.emplace(std::move(e)); });
    return std::move(*result);
  }
  static deadline in(std::chrono::milliseconds wait) { return {std::chrono::steady_clock::now() + wait}; }

private:
  static caf::actor_system_config& config(size_t workers) {
    static thread_local std::optional<caf::actor_system_config> cfg;
    cfg.emplace();
    cfg->set("scheduler.max-threads", workers);
    cfg->set("logger.verbosity", caf::atom("quiet"));
    return *cfg;
  }
  caf::actor_system system_;
  std::vector<caf::actor> kept_;
};
} // namespace arrakis::test
