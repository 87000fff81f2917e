#include "actors/gate/gate.hpp"

#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>

namespace arrakis::gate {
namespace {
struct state {
  flows flows;
  static inline const char* name = "gate";
  discord::rest rest;
  deployments::handle deployments;
  fences::fence_table* fences = nullptr;
};
using pointer = handle::stateful_pointer<state>;

fences::effect effect_of(const write& w) { return {w.community, w.fence, w.as_of, w.user}; }

problem refusal(const fences::fence_table& known, const write& w) {
  if (!w.of.id.empty() && !known.has_lease(w.of.id, w.of.run))
    return classify(fail(ec::stale, "the lease is over"), w.about);
  switch (known.judge(effect_of(w))) {
    case fences::verdict::allowed: return {};
    case fences::verdict::not_known: return classify(fail(ec::unavailable, "the fences are not known"), w.about);
    case fences::verdict::community_frozen: return classify(fail(ec::frozen, "the community is frozen"), w.about);
    case fences::verdict::all_frozen:
      return {trouble::frozen, "All communities are frozen; the work goes on after the thaw."};
    case fences::verdict::user_frozen:
      return {trouble::frozen, "What concerns this user is frozen; the work goes on after the thaw."};
  }
  return classify(fail(ec::unavailable, "the fences are not known"), w.about);
}

flow<written> through(pointer self, write w) {
  auto& st = self->state;
  written out;
  out.why = refusal(*st.fences, w);
  if (out.why.what != trouble::none)
    co_return out;
  if (w.create) {
    deployments::record_intent intent{w.of,         w.kind,  w.resource,    random_hex(16),
                                      w.call.until, w.fence, w.newest_seen, std::move(w.fields_json)};
    auto noted = co_await ask(self, st.deployments, w.call.until, std::move(intent));
    if (!noted) {
      out.why = classify(noted.error(), w.about);
      // Nothing left for Discord, whatever became of the intent.
      if (out.why.what == trouble::unknown)
        out.why.what = trouble::unavailable;
      co_return out;
    }
    out.nonce = noted->nonce; // The first attempt's, when there was one.
    out.newest_seen = noted->newest_seen;
  }
  w.call.tenant = w.community.value;
  if (!w.call.interaction)
    w.call.reason = fmt::format("Arrakis: {}{}{}", w.about, w.cause.empty() ? "" : " (" + w.cause + ")",
                                out.nonce.empty() ? "" : " [" + out.nonce + "]");
  w.call.may_leave = [known = st.fences, effect = effect_of(w), of = w.of] {
    return known->allows(effect) && (of.id.empty() || known->has_lease(of.id, of.run));
  };
  const auto until = w.call.until;
  auto answer = co_await ask(self, st.rest, {until.at + std::chrono::milliseconds{100}}, std::move(w.call));
  if (!answer) {
    out.why = classify(answer.error(), w.about);
    if (out.why.what == trouble::frozen) // may_leave said no: which of the reasons?
      if (auto why = refusal(*st.fences, w); why.what != trouble::none)
        out.why = std::move(why);
    co_return out;
  }
  out.why = classify(*answer, w.about);
  out.answer = std::move(*answer);
  co_return out;
}

flow<> serve(pointer self, write w, caf::typed_response_promise<written> reply) {
  auto out = co_await through(self, std::move(w));
  metrics::count("arrakis_gate_writes_total", "Writes to Discord by their end.", 1,
                 {{"end", out.why.what == trouble::none ? "done" : std::string{code_text(out.why.what)}}});
  reply.deliver(std::move(out));
}

handle::behavior_type behavior(pointer self, discord::rest rest, deployments::handle store,
                               fences::fence_table* fences) {
  keep_exception_text(self);
  self->state.rest = std::move(rest);
  self->state.deployments = std::move(store);
  self->state.fences = fences;
  return {
    [self](const write& w) -> caf::result<written> {
      auto reply = self->make_response_promise<written>();
      self->state.flows.start(serve(self, w, reply));
      return caf::delegated<written>{};
    },
    [self](const set_lease& x) {
      if (x.until <= self->clock().now())
        self->state.fences->release_lease(x.of.id, x.of.run);
      else
        self->state.fences->set_lease(x.of.id, x.of.run, x.until);
    },
  };
}
} // namespace

handle start(caf::actor_system& sys, discord::rest rest, deployments::handle store, fences::fence_table& fences) {
  return registry::spawn(sys, {"gate"}, behavior, std::move(rest), std::move(store), &fences);
}
} // namespace arrakis::gate
