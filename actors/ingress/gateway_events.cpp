#include "actors/ingress/gateway_events.hpp"

#include "actors/community/messages.hpp"
#include "adapters/discord/rest/calls.hpp"
#include "runtime/directory.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"
#include "runtime/log_rate_limit.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::ingress::gateway_events {
namespace {

struct state {
  arrakis::flows flows;
  ports to;
  gateway_events::options options;
  log::rate_limit refused{std::chrono::seconds{10}};
  static inline const char* name = "gateway_events";
};
using self_pointer = discord::event_handler::stateful_pointer<state>;

flow<caf::expected<interaction_answer>> first_answer(self_pointer self, std::shared_ptr<const interaction> what,
                                                     deadline until) {
  auto& st = self->state;
  auto request = st.to.admission->admit(what);
  if (!request)
    co_return request.error();
  auto first = co_await ask(self, st.to.interactions, until, std::move(*request));
  co_return first;
}

/// `settled` is delivered at the end: only then the shard counts this dispatch as durable. The shard bounds how many of
/// these run at once (gateway::options::in_flight_max).
flow<> answer(self_pointer self, std::shared_ptr<const interaction> what, caf::response_promise settled) {
  auto& st = self->state;
  const auto until = within(self, st.options.answer_within);
  auto first = co_await first_answer(self, what, until);
  const auto delivered = to_deliver(*what, std::move(first), !until.passed(self->clock().now()));
  if (!delivered) {
    settled.deliver(caf::unit);
    co_return;
  }
  auto callback = discord::interaction_callback(what->id, what->token, to_json_text(*delivered));
  callback.until = until;
  auto sent = co_await ask(self, st.to.rest, until, std::move(callback));
  const bool taken = sent && sent->status < 300;
  if (const auto count = taken ? std::nullopt : st.refused.due())
    log::warn("interaction.answer_refused", {{"request", what->id.text()},
                                             {"trace", what->trace},
                                             {"guild", what->guild.text()},
                                             {"error", sent ? discord::summary(*sent) : text_of(sent.error())},
                                             {"count", *count}});
  record_delivery(*what, taken ? delivery::answered : delivery::refused);
  settled.deliver(caf::unit);
}

void community_changed(self_pointer self, snowflake guild) {
  caf::anon_send(self->state.to.communities, directory::to(guild.text(), community::changed{guild}));
}

discord::event_handler::behavior_type behavior(self_pointer self, ports to, options opts) {
  keep_exception_text(self);
  self->state.to = std::move(to);
  self->state.options = std::move(opts);
  return {
    [self](const discord::interaction_created& event) -> caf::result<void> {
      caf::response_promise settled = self->make_response_promise();
      self->state.flows.start(answer(self, event.what, settled));
      return caf::delegated<void>{};
    },
    [](const discord::guild_available& event) {
      log::debug("guild.available", {{"guild", event.guild.text()}});
    },
    [self](const discord::guild_gone& event) {
      if (event.kicked)
        log::info("guild.gone", {{"guild", event.guild.text()}});
      else // An outage tells of all guilds at once.
        log::debug("guild.unavailable", {{"guild", event.guild.text()}});
      community_changed(self, event.guild);
    },
    [](const discord::role_changed&) {},
    [](const discord::channel_changed&) {},
    [self](const discord::shard_ready& event) {
      log::info("shard.ready", {{"shard", event.shard}, {"resumed", event.resumed ? 1 : 0}});
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

discord::event_handler start(caf::actor_system& sys, ports to, options opts) {
  return registry::spawn(sys, {"gateway_events"}, behavior, std::move(to), std::move(opts));
}
} // namespace arrakis::ingress::gateway_events
