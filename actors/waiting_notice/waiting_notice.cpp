#include "actors/waiting_notice/waiting_notice.hpp"

#include "actors/wizard/messages.hpp"
#include "adapters/discord/rest/calls.hpp"
#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>

namespace arrakis::waiting_notice {
namespace {
using namespace std::chrono_literals;
using conversations::conversation;

struct state {
  flows flows;
  static inline const char* name = "waiting_notice";
  ports to;
  options opt;
  bool polling = false;
};
using pointer = handle::stateful_pointer<state>;

void count(const char* outcome) {
  metrics::count("arrakis_waiting_notice_messages_total", "Messages about deployments that still waited.", 1,
                 {{"outcome", outcome}});
}

conversations::key key_of(const conversation& c) { return {c.community, c.deployment, c.interaction_token}; }

/// One message through the gate.
flow<gate::problem> edit_once(pointer self, conversation c, deadline until) {
  gate::write w;
  w.community = c.community;
  w.fence = c.fence;
  w.as_of = c.fences_as_of;
  w.about = "the wizard's message";
  w.call = discord::edit_original(c.application, c.interaction_token, still_waiting_body(c.version));
  w.call.until = until;
  auto done = co_await ask(self, self->state.to.gate, {until.at + 1s}, std::move(w));
  co_return done ? std::move(done->why) : gate::classify(done.error(), "the wizard's message");
}

/// Where this is lost, it is told once more.
flow<> settle(pointer self, conversation c) {
  const auto until = within(self, self->state.opt.store_within);
  conversations::settle order{key_of(c), until};
  auto done = co_await ask(self, self->state.to.conversations, until, std::move(order));
  if (!done)
    log::warn("waiting_notice.not_settled",
              {{"tenant", c.community.value}, {"version", c.version}, {"error", text_of(done.error())}});
}

/// The message says what is true while nobody works at the deployment: so the store is asked before each try.
flow<> notify(pointer self, conversation c) {
  auto& st = self->state;
  const auto ends = within(self, c.left);
  for (int n = 1;; ++n) {
    const auto asked_until = within(self, st.opt.message_within);
    conversations::still_waits question{key_of(c), st.opt.hold, asked_until};
    auto waits = co_await ask(self, st.to.conversations, asked_until, std::move(question));
    if (waits && !waits->yes) {
      count("overtaken");
      co_return;
    }
    gate::problem why{gate::trouble::unavailable, waits ? std::string{} : text_of(waits.error())};
    if (waits)
      why = co_await edit_once(self, c, ends.sooner(within(self, st.opt.message_within)));
    const bool told = why.what == gate::trouble::none, again = gate::retryable(why.what);
    if (!again || n >= st.opt.tries_max || ends.passed(self->clock().now() + 1s)) {
      count(told ? "told" : "failed");
      if (!told)
        log::info("waiting_notice.not_told",
                  {{"tenant", c.community.value}, {"version", c.version}, {"error", why.sentence}});
      if (!again && why.what != gate::trouble::frozen)
        co_await settle(self, std::move(c));
      co_return;
    }
    co_await nap(self, 1s * n);
  }
}

flow<> poll_once(pointer self) {
  auto& st = self->state;
  st.polling = true;
  for (bool more = true; more;) {
    const auto until = within(self, st.opt.store_within);
    conversations::take_ending order{st.opt.within, st.opt.hold, st.opt.page, until};
    auto taken = co_await ask(self, st.to.conversations, until, std::move(order));
    if (!taken) {
      log::warn("waiting_notice.not_read", {{"error", text_of(taken.error())}});
      break;
    }
    more = taken->more && !taken->list.empty(); // All taken by others: they go on.
    for (auto& c : taken->list)
      st.flows.start(notify(self, std::move(c)));
  }
  st.polling = false;
}

handle::behavior_type behavior(pointer self, ports to, options opt) {
  keep_exception_text(self);
  self->state.to = std::move(to);
  self->state.opt = opt;
  self->send(self, poll{});
  return {[self](const poll&) {
    if (!self->state.polling)
      self->state.flows.start(poll_once(self));
    self->delayed_send(self, self->state.opt.poll_every, poll{});
  }};
}
} // namespace

std::string still_waiting_body(int64_t version) {
  auto button = wizard::check_progress_button(wizard::progress_button_id(version));
  // docs/components/reference: an action row (1).
  return boost::json::serialize(boost::json::object{
    {"content", fmt::format("**Version {} is still waiting**\n\nThis message follows it no longer. Press “Check "
                            "progress” or `/resume`.",
                            version)},
    {"embeds", boost::json::array{}},
    {"components",
     boost::json::array{boost::json::object{{"type", 1}, {"components", boost::json::array{std::move(button)}}}}},
    {"allowed_mentions", {{"parse", boost::json::array{}}}}});
}

handle start(caf::actor_system& sys, ports to, options opt) {
  return registry::spawn(sys, {"waiting_notice"}, behavior, std::move(to), opt);
}
} // namespace arrakis::waiting_notice
