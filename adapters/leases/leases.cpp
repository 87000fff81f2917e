#include "adapters/leases/leases.hpp"

#include "runtime/exception.hpp"
#include "runtime/registry/spawn.hpp"

#include <algorithm>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

namespace arrakis::leases {
namespace {
// Value of the key: "node:incarnation", or empty for a while after a release.
constexpr redis::script hold_script{.name = "lease_hold-1", .sha1 = "", .text = R"lua(
-- KEYS 1 the lease
-- ARGV 1 holder, 2 ttl ms, 3 what the holders of this node begin with (empty: none), 4 '1': only if released
-- Returns {1 mine or 0, holder, ms left}
local by = redis.call('GET', KEYS[1])
local ours = by == ARGV[1] or (by and ARGV[3] ~= '' and string.sub(by, 1, #ARGV[3]) == ARGV[3])
local free = by == '' or (not by and ARGV[4] ~= '1')
if not ours and not free then
  return {0, by or '', math.max(0, redis.call('PTTL', KEYS[1]))}
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {1, ARGV[1], tonumber(ARGV[2])}
)lua"};

constexpr redis::script release_script{.name = "lease_release-1", .sha1 = "", .text = R"lua(
-- KEYS 1 the lease
-- ARGV 1 holder
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('SET', KEYS[1], '', 'KEEPTTL')
end
return 1
)lua"};

constexpr int64_t left_ms_max = 3'600'000; // Far above any lease of Arrakis; a key written by others may hold more.

struct state {
  state() = default;
  static inline const char* name = "leases";
  redis::handle redis;
};
using pointer = handle::stateful_pointer<state>;

std::string key_of(const std::string& name) { return name + ":lease"; }
std::string text_of_holder(const holder& who) { return who.node + ':' + who.incarnation; }

template <class Answer, class Read>
caf::result<Answer> run(pointer self, redis::eval what, Read read) {
  auto reply = self->make_response_promise<Answer>();
  const auto left = what.until.left(self->clock().now());
  self->request(self->state.redis, caf::duration{left}, std::move(what))
    .then([reply, read](const redis::reply& r) mutable { read(r, reply); },
          [reply](caf::error& e) mutable { reply.deliver(std::move(e)); });
  return caf::delegated<Answer>{};
}

caf::result<lease_state> take(pointer self, const acquire& x) {
  const auto prefix = x.who.node.empty() ? std::string{} : x.who.node + ':';
  return run<lease_state>(
    self,
    {&hold_script,
     {key_of(x.name)},
     {text_of_holder(x.who), std::to_string(x.ttl.count()), prefix, x.only_if_released ? "1" : "0"},
     x.until},
    [](const redis::reply& r, caf::typed_response_promise<lease_state>& reply) {
      if (r.items.size() != 3 || r.items[0].type != redis::reply::integer)
        reply.deliver(fail(ec::internal, "lease: an answer of another shape"));
      else
        reply.deliver(lease_state{r.items[0].number == 1, r.items[1].bytes,
                                  std::chrono::milliseconds{std::clamp<int64_t>(r.items[2].number, 0, left_ms_max)}});
    });
}

handle::behavior_type behavior(pointer self, redis::handle server) {
  keep_exception_text(self);
  self->state.redis = std::move(server);
  return {
    [self](const acquire& x) { return take(self, x); },
    [self](const release& x) {
      return run<released>(
        self, {&release_script, {key_of(x.name)}, {text_of_holder(x.who)}, x.until},
        [](const redis::reply&, caf::typed_response_promise<released>& reply) { reply.deliver(released{}); });
    },
  };
}
} // namespace

handle start(caf::actor_system& sys, redis::handle server) {
  return registry::spawn(sys, {"leases"}, behavior, std::move(server));
}
} // namespace arrakis::leases
