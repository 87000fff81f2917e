#pragma once
// How every actor of ours begins.
#include "runtime/registry/actor_loop.hpp"
#include "runtime/registry/record.hpp"

#include <caf/actor_system.hpp>
#include <caf/detail/init_fun_factory.hpp>
#include <caf/infer_handle.hpp>
#include <caf/invoke_message_result.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/spawn_options.hpp>

namespace arrakis::registry {
namespace detail {

/// An actor that updates its record. CAF 0.17 calls these virtual functions for each message (enqueue: on the sender's
/// thread; consume: per message; resume: per turn); its own profiler is not compiled into Debian's build. One base
/// class: CAF casts to the bases at run time several times per request, which a second one makes much slower.
template <class Actor>
class observed final : public Actor {
public:
  observed(caf::actor_config& config, lease own) : Actor(config), mine(std::move(own)) {
    mine->actor_id.store(static_cast<uint32_t>(this->id()), std::memory_order_relaxed);
  }
  using Actor::consume;
  using Actor::enqueue;
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* host) override {
    deliver(*this, *mine, std::move(what), host);
  }
  caf::invoke_message_result consume(caf::mailbox_element& what) override {
    handling now{*mine};
    const auto result = Actor::consume(what);
    if (result == caf::invoke_message_result::skipped)
      now.skip();
    mine->count_requests(this->multiplexed_responses_.size());
    return result;
  }
  caf::resumable::resume_result resume(caf::execution_unit* host, size_t messages_max) override {
    const turn mine_now{*mine}; // Touches nothing of the record afterwards: the next turn may have begun elsewhere.
    return run_turn(*this, host, messages_max);
  }
  void initialize() override {
    Actor::initialize();
    mine->state.store(life::alive, std::memory_order_relaxed);
  }
  bool cleanup(caf::error&& reason, caf::execution_unit* host) override {
    mine->state.store(life::ended, std::memory_order_relaxed);
    return Actor::cleanup(std::move(reason), host);
  }

private:
  const lease mine;
};
} // namespace detail

/// Spawns a function-based actor as caf::actor_system::spawn does, and registers it: in the slot that is being
/// started, else below the actor whose handler calls this. return registry::spawn(sys, {"gate"}, behavior,
/// std::move(rest));
template <caf::spawn_options Options = caf::no_spawn_options, class Body, class... Arguments>
caf::infer_handle_from_fun_t<Body> spawn(caf::actor_system& sys, const identity& who, Body body,
                                         Arguments&&... arguments) {
  using base = caf::infer_impl_from_fun_t<Body>;
  static_assert(caf::detail::spawnable<Body, base, Arguments...>(), "the body does not take these arguments");
  caf::detail::init_fun_factory<base, Body> factory;
  caf::actor_config config;
  config.init_fun = factory(std::move(body), std::forward<Arguments>(arguments)...);
  return sys.spawn_class<detail::observed<base>, Options>(config, detail::enroll(who));
}
} // namespace arrakis::registry
