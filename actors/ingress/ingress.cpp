#include "actors/ingress/ingress.hpp"

#include "actors/ingress/entry.hpp"
#include "adapters/discord/rest/calls.hpp"
#include "runtime/assert.hpp"
#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"
#include "runtime/registry/spawn.hpp"

#include <algorithm>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <unordered_map>

namespace arrakis::ingress {
namespace {
using shared_interaction = std::shared_ptr<const interaction>;
using promise = caf::typed_response_promise<interaction_answer>;
using std::chrono::milliseconds;

/// An interaction whose handler has not replied yet.
struct pending {
  shared_interaction what;
  handler to;
  std::shared_ptr<const admission_slot> held;
  promise to_asker;
  bool deferred = false; ///< The first answer is out; the handler's reply becomes an edit.
};

struct state {
  arrakis::flows flows;
  ports to;
  ingress::limits limits;
  std::unordered_map<uint64_t, pending> pending_handlers; ///< By ticket.
  uint64_t last_ticket = 0;
  static inline const char* name = "interactions";
};
using self_pointer = handle::stateful_pointer<state>;

/// A component sits on a message, and so does the modal that it opened; one that a command opened has none.
bool on_message(const interaction& x) {
  return x.kind == interaction_kind::component || (x.kind == interaction_kind::modal && x.message);
}

/// A modal cannot be the answer to a modal, nor follow a first answer.
/// https://discord.com/developers/docs/interactions/receiving-and-responding, "Interaction Callback Type"
reply instead_of_form() {
  return {
    message_json("This took too long: Discord opens a form at once or not at all. Nothing was changed; try again."),
    true};
}

interaction_answer direct(const interaction& x, const reply& given) {
  if (given.form && x.kind != interaction_kind::modal)
    return {interaction_answer::modal, given.data_json};
  if (given.form)
    return direct(x, instead_of_form());
  if (on_message(x) && !given.apart)
    return {interaction_answer::update, given.data_json};
  return {interaction_answer::message, ephemeral(given.data_json)};
}

interaction_answer deferred(const interaction& x) {
  if (on_message(x))
    return {interaction_answer::deferred_update, {}};
  return {interaction_answer::deferred_message, R"({"flags":64})"};
}

/// False: this interaction was taken before. A Redis that does not answer makes nobody wait: a second answer is refused
/// by Discord itself, and a handler bears a second request (the wizard compares and sets).
flow<bool> first_time(self_pointer self, snowflake id) {
  const auto until = within(self, self->state.limits.remember_within);
  redis::command once{
    {"SET"}, {"interaction:" + id.text()}, {"1", "NX", "PX", "900000"}, until}; // The life of its token.
  auto reply = co_await ask(self, self->state.to.redis, until, std::move(once));
  co_return !reply || reply->type != redis::reply::nil;
}

// --- After the first answer

bool not_there_yet(const caf::expected<discord::answer>& sent) { return sent && sent->status == 404; }

/// The message to edit exists once Discord has taken the first answer, which is delivered beside us. Returns whether
/// Discord took the edit.
flow<bool> edit_when_there(self_pointer self, shared_interaction x, reply given) {
  const auto until = within(self, self->state.limits.edit_within);
  const bool new_message = on_message(*x) && given.apart;
  for (auto wait = milliseconds{250}; !until.passed(self->clock().now()); wait *= 2) {
    auto call = new_message ? discord::follow_up(x->application, x->token, ephemeral(given.data_json))
                            : discord::edit_original(x->application, x->token, given.data_json);
    call.until = until;
    auto sent = co_await ask(self, self->state.to.rest, until, std::move(call));
    if (sent && sent->status < 300)
      co_return true;
    if (!not_there_yet(sent)) {
      log::warn("interaction.edit_failed", {{"request", x->id.text()},
                                            {"trace", x->trace},
                                            {"guild", x->guild.text()},
                                            {"error", sent ? discord::summary(*sent) : text_of(sent.error())}});
      co_return false;
    }
    co_await nap(self, wait);
  }
  co_return false;
}

bool may_succeed_later(ec code) {
  return code == ec::unavailable || code == ec::unknown || code == ec::timeout || code == ec::busy
      || code == ec::throttled;
}

/// Asks the handler for the end of its work until it answers, since the edit may have hidden that end. Empty: the edit
/// holds, or nobody knows.
flow<reply> read_end(self_pointer self, shared_interaction x, handler to) {
  const auto last = within(self, self->state.limits.end_within);
  for (auto wait = milliseconds{500};; wait = std::min(wait * 2, milliseconds{10'000})) {
    const auto until = within(self, self->state.limits.handler_within).sooner(last);
    request again{x, until, true};
    auto now = co_await ask(self, to, until, std::move(again));
    if (now)
      co_return std::move(*now);
    if (!may_succeed_later(code_of(now.error())) || last.passed(self->clock().now() + wait)) {
      log::warn("interaction.end_unknown",
                {{"request", x->id.text()}, {"trace", x->trace}, {"error", text_of(now.error())}});
      co_return reply{};
    }
    co_await nap(self, wait);
  }
}

flow<> edit_later(self_pointer self, shared_interaction x, handler to, reply given) {
  const bool may_end = given.may_end && !given.apart;
  const bool edited = co_await edit_when_there(self, x, std::move(given));
  if (!may_end || !edited)
    co_return;
  auto end = co_await read_end(self, x, to);
  if (!end.data_json.empty() && !end.apart && !end.form)
    co_await edit_when_there(self, x, std::move(end));
}

void finish(self_pointer self, uint64_t ticket, const caf::expected<reply>& outcome) {
  auto found = self->state.pending_handlers.extract(ticket);
  if (!found)
    return;
  auto& p = found.mapped();
  if (!outcome)
    log::warn("interaction.failed", {{"request", p.what->id.text()},
                                     {"trace", p.what->trace},
                                     {"guild", p.what->guild.text()},
                                     {"error", text_of(outcome.error())}});
  if (!p.deferred) {
    count_answer(!outcome ? "sentence" : outcome->form ? "modal" : "direct");
    p.to_asker.deliver(outcome ? direct(*p.what, *outcome) : error_answer(*p.what, outcome.error()));
  } else if (outcome) {
    self->state.flows.start(edit_later(self, p.what, p.to, outcome->form ? instead_of_form() : *outcome));
  } else {
    self->state.flows.start(
      edit_later(self, p.what, p.to, reply{message_json(user_message(outcome.error())), on_message(*p.what)}));
  }
}

/// The handler's answer is not there in time: Discord hears that it will come.
flow<> defer_after(self_pointer self, uint64_t ticket, milliseconds wait) {
  co_await nap(self, wait);
  auto found = self->state.pending_handlers.find(ticket);
  if (found == self->state.pending_handlers.end())
    co_return;
  count_answer("deferred");
  found->second.deferred = true;
  found->second.to_asker.deliver(deferred(*found->second.what));
}

// --- The first answer

milliseconds age_of(const interaction& x, milliseconds most) {
  if (x.received_ms == 0)
    return milliseconds{0};
  return std::clamp(milliseconds{wall_ms() - x.received_ms}, milliseconds{0}, most);
}

flow<> call_handler(self_pointer self, uint64_t ticket, shared_interaction x, handler to) {
  const auto until = within(self, self->state.limits.handler_within);
  request asked{x, until};
  auto outcome = co_await ask(self, to, until, std::move(asked));
  finish(self, ticket, outcome);
}

/// The rest of the time for a direct answer.
milliseconds time_left(self_pointer self, const interaction& x, std::chrono::steady_clock::time_point began) {
  const auto most = self->state.limits.direct_within;
  const auto used = std::chrono::duration_cast<milliseconds>(self->clock().now() - began) + age_of(x, most);
  return std::max(milliseconds{0}, most - used);
}

caf::error rejection_of(self_pointer self, const route* to, const interaction& x) {
  const auto& is_quarantined = self->state.to.is_quarantined;
  return judge(to, x, x.guild && is_quarantined && is_quarantined(x.guild));
}

/// `held` counts it as in work as long as the flow lives.
flow<> take(self_pointer self, shared_interaction x, std::shared_ptr<const admission_slot> held, promise to_asker) {
  auto& st = self->state;
  const auto began = self->clock().now();
  const auto* found = st.to.routes.find(*x);
  const auto rejection = rejection_of(self, found, *x);
  // Before any I/O: a deferred interaction cannot be answered with a modal.
  const auto modal = !rejection && found->modal != nullptr ? found->modal(*x) : std::nullopt;
  const bool first = co_await first_time(self, x->id);
  if (!first) {
    count_answer("repeated");
    to_asker.deliver(fail(ec::conflict, "this interaction was taken before"));
    co_return;
  }
  if (rejection) {
    count_answer("refused");
    to_asker.deliver(error_answer(*x, rejection));
    co_return;
  }
  if (modal) {
    count_answer("modal");
    to_asker.deliver(interaction_answer{interaction_answer::modal, *modal});
    co_return;
  }
  const auto ticket = ++st.last_ticket;
  st.pending_handlers.emplace(ticket, pending{x, found->to, std::move(held), to_asker});
  const auto left = time_left(self, *x, began);
  st.flows.start(call_handler(self, ticket, x, found->to));
  if (st.pending_handlers.contains(ticket))
    co_await defer_after(self, ticket, left);
}

/// Autocomplete: an answer that is late, or an error, is no choices. It is asked at every key, and changes nothing.
flow<> suggest(self_pointer self, shared_interaction x, std::shared_ptr<const admission_slot>, promise to_asker) {
  auto& st = self->state;
  const auto* found = st.to.routes.find(*x);
  if (auto rejection = rejection_of(self, found, *x)) {
    to_asker.deliver(error_answer(*x, rejection));
    co_return;
  }
  const auto until = within(self, time_left(self, *x, self->clock().now()));
  request asked{x, until};
  auto outcome = co_await ask(self, found->to, until, std::move(asked));
  to_asker.deliver(outcome ? choices_answer(outcome->choices) : error_answer(*x, outcome.error()));
}

caf::result<interaction_answer> receive(self_pointer self, const incoming& q) {
  auto& st = self->state;
  if (q.what->kind == interaction_kind::ping)
    return interaction_answer{interaction_answer::pong, {}};
  ARRAKIS_ASSERT(q.held, "whoever brings an interaction has had it admitted");
  const auto ours = st.to.application ? st.to.application() : snowflake{};
  if (ours && q.what->application != ours) {
    count_answer("foreign");
    return fail(ec::refused,
                "an interaction of the application " + q.what->application.text() + "; this one is " + ours.text());
  }
  auto to_asker = self->make_response_promise<interaction_answer>();
  const bool typing = q.what->kind == interaction_kind::autocomplete;
  if (typing)
    count_answer("autocomplete");
  st.flows.start(typing ? suggest(self, q.what, q.held, to_asker) : take(self, q.what, q.held, to_asker));
  return caf::delegated<interaction_answer>{};
}

handle::behavior_type behavior(self_pointer self, ports to, limits bounds) {
  self->state.to = std::move(to);
  self->state.limits = bounds;
  keep_exception_text(self);
  return {[self](const incoming& q) { return receive(self, q); }};
}
} // namespace

handle start(caf::actor_system& sys, ports to, limits bounds) {
  return registry::spawn(sys, {"interactions"}, behavior, std::move(to), bounds);
}

} // namespace arrakis::ingress
