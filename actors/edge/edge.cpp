#include "actors/edge/edge.hpp"

#include "actors/community/messages.hpp"
#include "adapters/discord/rest/calls.hpp"
#include "runtime/directory.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"
#include "runtime/seldom.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::edge {
namespace {

struct state {
  arrakis::flows flows;
  ports to;
  edge::options options;
  log::seldom unanswered{std::chrono::seconds{10}}, refused{std::chrono::seconds{10}};
  static inline const char* name = "edge";
};
using self_pointer = discord::sink::stateful_pointer<state>;

/// `settled` is delivered at the end: only then the shard counts this dispatch as durable.
flow<> answer(self_pointer self, std::shared_ptr<const interaction> what, caf::response_promise settled) {
  auto& st = self->state;
  const auto began = self->clock().now();
  const auto until = within(self, st.options.answer_within);
  interactions::incoming request{what};
  auto first = co_await ask(self, st.to.interactions, until, std::move(request));
  if (!first) {
    const bool repeated = code_of(first.error()) == ec::conflict; // Whoever took it answers: no news.
    if (const auto count = repeated ? std::nullopt : st.unanswered.due())
      log::warn("interaction_unanswered", {{"request", what->id.text()},
                                           {"trace", what->trace},
                                           {"guild", what->guild.text()},
                                           {"error", text_of(first.error())},
                                           {"count", *count}});
    metrics::count("arrakis_edge_interactions_total", "Interactions by outcome.", 1, {{"outcome", "unanswered"}});
    settled.deliver(caf::unit);
    co_return;
  }
  auto callback = discord::interaction_callback(what->id, what->token, to_json_text(*first));
  callback.until = until;
  auto sent = co_await ask(self, st.to.rest, until, std::move(callback));
  const bool delivered = sent && sent->status < 300;
  if (const auto count = delivered ? std::nullopt : st.refused.due())
    log::warn("interaction_answer_refused", {{"request", what->id.text()},
                                             {"trace", what->trace},
                                             {"guild", what->guild.text()},
                                             {"error", sent ? discord::summary(*sent) : text_of(sent.error())},
                                             {"count", *count}});
  metrics::count("arrakis_edge_interactions_total", "Interactions by outcome.", 1,
                 {{"outcome", delivered ? "answered" : "refused"}});
  metrics::observe("arrakis_edge_first_answer_seconds",
                   "From the gateway's event to Discord's acceptance of the first answer.",
                   std::chrono::duration<double>(self->clock().now() - began).count());
  settled.deliver(caf::unit);
}

void community_changed(self_pointer self, snowflake guild) {
  caf::anon_send(self->state.to.communities, directory::to(guild.text(), community::changed{guild}));
}

discord::sink::behavior_type behavior(self_pointer self, ports to, options opts) {
  keep_exception_text(self);
  self->state.to = std::move(to);
  self->state.options = std::move(opts);
  return {
    [self](const discord::interaction_created& event) -> caf::result<void> {
      if (self->state.flows.size() >= self->state.options.in_flight_max) {
        metrics::count("arrakis_edge_interactions_total", "Interactions by outcome.", 1, {{"outcome", "dropped"}});
        return caf::unit;
      }
      caf::response_promise settled = self->make_response_promise();
      self->state.flows.start(answer(self, event.what, settled));
      return caf::delegated<void>{};
    },
    [](const discord::guild_available& event) {
      log::debug("guild_available", {{"guild", event.guild.text()}});
    },
    [self](const discord::guild_gone& event) {
      if (event.kicked)
        log::info("guild_gone", {{"guild", event.guild.text()}});
      else // An outage tells of all guilds at once.
        log::debug("guild_unavailable", {{"guild", event.guild.text()}});
      community_changed(self, event.guild);
    },
    [](const discord::role_changed&) {},
    [](const discord::channel_changed&) {},
    [self](const discord::shard_ready& event) {
      log::info("shard_ready", {{"shard", event.shard}, {"resumed", event.resumed ? 1 : 0}});
      if (self->state.options.ready)
        self->state.options.ready(event);
    },
    [self](const discord::shard_stopped& event) {
      if (self->state.options.stopped)
        self->state.options.stopped(event);
    },
  };
}
} // namespace

discord::sink start(caf::actor_system& sys, ports to, options opts) {
  return registry::spawn(sys, {"edge"}, behavior, std::move(to), std::move(opts));
}
} // namespace arrakis::edge
