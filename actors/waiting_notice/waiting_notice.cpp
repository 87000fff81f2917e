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

flow<> tell(pointer self, conversation c) {
  auto& st = self->state;
  const auto ends = within(self, c.left);
  for (int n = 1; n <= st.opt.tries_max; ++n) {
    gate::write w;
    w.community = c.community;
    w.fence = c.fence;
    w.as_of = c.fences_as_of;
    w.about = "the wizard's message";
    w.call = discord::edit_original(c.application, c.interaction_token, still_waiting_body(c.version));
    w.call.until = ends.sooner(within(self, st.opt.store_within));
    const auto until = w.call.until;
    auto done = co_await ask(self, st.to.gate, {until.at + 1s}, std::move(w));
    const auto why = done ? std::move(done->why) : gate::classify(done.error(), "the wizard's message");
    const bool told = why.what == gate::trouble::none;
    if (told || !gate::retryable(why.what) || ends.passed(self->clock().now() + 1s) || n == st.opt.tries_max) {
      metrics::count("arrakis_waiting_notice_messages_total", "Messages about deployments that still waited.", 1,
                     {{"outcome", told ? "told" : "failed"}});
      if (!told)
        log::info("waiting_notice.not_told",
                  {{"tenant", c.community.value}, {"version", c.version}, {"error", why.sentence}});
      co_return;
    }
    co_await nap(self, 1s * n);
  }
}

flow<> poll_once(pointer self) {
  auto& st = self->state;
  st.polling = true;
  const auto until = within(self, st.opt.store_within);
  conversations::take_ending order{st.opt.within, 100, until};
  auto taken = co_await ask(self, st.to.conversations, until, std::move(order));
  st.polling = false;
  if (!taken) {
    log::warn("waiting_notice.not_read", {{"error", text_of(taken.error())}});
    co_return;
  }
  for (auto& c : taken->list)
    st.flows.start(tell(self, std::move(c)));
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
  // docs/components/reference: an action row (1) with one button (2) of the secondary style (2).
  boost::json::object button{
    {"type", 2}, {"style", 2}, {"label", "Check progress"}, {"custom_id", wizard::progress_button_id(version)}};
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
