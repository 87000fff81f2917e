#include "actors/interactions/interactions.hpp"

#include "adapters/discord/rest/calls.hpp"
#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"
#include "schemas/permissions.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <unordered_map>

namespace arrakis::interactions {
namespace {
using what_came = std::shared_ptr<const interaction>;
using answer_to = caf::typed_response_promise<interaction_answer>;
using std::chrono::milliseconds;

/// An interaction whose handler has not answered yet.
struct pending {
  what_came what;
  answer_to reply;
  bool deferred = false; ///< The first answer is out; what the handler says is an edit.
};

struct state {
  arrakis::flows flows;
  ports to;
  interactions::limits limits;
  std::unordered_map<std::string, route> by_name;
  std::unordered_map<uint64_t, pending> open;
  uint64_t last_ticket = 0;
  size_t asking_redis = 0; ///< Not in `open` yet; they count against the bound as well.
  static inline const char* name = "interactions";
};
using self_pointer = handle::stateful_pointer<state>;

bool on_message(const interaction& x) {
  return x.kind == interaction_kind::component || x.kind == interaction_kind::modal;
}

void count(const char* outcome) {
  metrics::count("arrakis_interactions_answered_total", "First answers by what they were.", 1, {{"outcome", outcome}});
}

interaction_answer message(const std::string& data_json) { return {interaction_answer::message, ephemeral(data_json)}; }

interaction_answer direct(const interaction& x, const said& what) {
  if (on_message(x) && !what.apart)
    return {interaction_answer::update, what.data_json};
  return message(what.data_json);
}

interaction_answer deferred(const interaction& x) {
  if (on_message(x))
    return {interaction_answer::deferred_update, {}};
  return {interaction_answer::deferred_message, R"({"flags":64})"};
}

/// Why `x` is not for any handler; nothing of it is looked at but what it carries.
std::optional<caf::error> objection(self_pointer self, const interaction& x) {
  const bool command = x.kind == interaction_kind::command;
  const auto found = self->state.by_name.find(x.command);
  if (command && found == self->state.by_name.end())
    return fail(ec::not_found, "This command is not known here (any more). Type / to see those that are.");
  if (!command && !(on_message(x) && wizard::is_ours(x.custom_id)))
    return fail(ec::not_found, "This button is not known here (any more). Start with /onboard.");
  if (!x.guild && !(command && found->second.in_direct_messages))
    return fail(ec::refused, "This works in a server only, not in a direct message.");
  if (x.guild && self->state.to.is_quarantined && self->state.to.is_quarantined(x.guild))
    return fail(ec::quarantined, "the tenant is in quarantine");
  // Discord hides a command by its default permission, which a server can open to others; so we look again.
  const auto needed = command ? found->second.member_permissions : permissions::administrator;
  const bool administrator = (x.member_permissions & permissions::administrator) != 0;
  if (!administrator && (x.member_permissions & needed) != needed)
    return fail(ec::refused, "This needs the Administrator permission in this server. Ask an administrator to do it, "
                             "or to give it to you.");
  return std::nullopt;
}

/// False: this interaction was taken before. A Redis that does not answer makes nobody wait: a second answer is refused
/// by Discord itself, and the wizard's own compare-and-set lets a second click do nothing.
flow<bool> first_time(self_pointer self, snowflake id) {
  const auto until = within(self, self->state.limits.remember_within);
  redis::command once{
    {"SET"}, {"interaction:" + id.text()}, {"1", "NX", "PX", "900000"}, until}; // The life of its token.
  auto reply = co_await ask(self, self->state.to.redis, until, std::move(once));
  co_return !reply || reply->type != redis::reply::nil;
}

// --- After the first answer

bool not_there_yet(const caf::expected<discord::answer>& sent) { return sent && sent->status == 404; }

/// The message to edit exists once Discord has taken the first answer, which is delivered beside us.
flow<> say_later(self_pointer self, what_came x, said what) {
  const auto until = within(self, self->state.limits.edit_within);
  const bool new_message = on_message(*x) && what.apart;
  for (auto wait = milliseconds{250}; !until.passed(self->clock().now()); wait *= 2) {
    auto call = new_message ? discord::follow_up(x->application, x->token, ephemeral(what.data_json))
                            : discord::edit_original(x->application, x->token, what.data_json);
    call.until = until;
    auto sent = co_await ask(self, self->state.to.rest, until, std::move(call));
    if (sent && sent->status < 300)
      co_return;
    if (!not_there_yet(sent)) {
      log::warn("interaction_edit_failed", {{"request", x->id.text()},
                                            {"trace", x->trace},
                                            {"guild", x->guild.text()},
                                            {"error", sent ? discord::summary(*sent) : text_of(sent.error())}});
      co_return;
    }
    co_await nap(self, wait);
  }
}

void finish(self_pointer self, uint64_t ticket, const caf::expected<said>& outcome) {
  auto found = self->state.open.extract(ticket);
  if (!found)
    return;
  auto& p = found.mapped();
  if (!outcome)
    log::warn("interaction_failed", {{"request", p.what->id.text()},
                                     {"trace", p.what->trace},
                                     {"guild", p.what->guild.text()},
                                     {"error", text_of(outcome.error())}});
  if (!p.deferred) {
    count(outcome ? "direct" : "sentence");
    p.reply.deliver(outcome ? direct(*p.what, *outcome) : error_answer(*p.what, outcome.error()));
  } else if (outcome) {
    self->state.flows.start(say_later(self, p.what, *outcome));
  } else {
    self->state.flows.start(
      say_later(self, p.what, said{sentence_json(sentence(outcome.error())), on_message(*p.what)}));
  }
}

/// The handler's answer is not there in time: Discord hears that it will come.
flow<> defer_after(self_pointer self, uint64_t ticket, milliseconds wait) {
  co_await nap(self, wait);
  auto found = self->state.open.find(ticket);
  if (found == self->state.open.end())
    co_return;
  count("deferred");
  found->second.deferred = true;
  found->second.reply.deliver(deferred(*found->second.what));
}

// --- The first answer

milliseconds age_of(const interaction& x, milliseconds most) {
  if (x.received_ms == 0)
    return milliseconds{0};
  return std::clamp(milliseconds{wall_ms() - x.received_ms}, milliseconds{0}, most);
}

flow<> call_handler(self_pointer self, uint64_t ticket, what_came x) {
  auto& st = self->state;
  const auto until = within(self, st.limits.handler_within);
  if (x->kind == interaction_kind::command) {
    auto command = st.by_name.at(x->command).to;
    question request{x, until};
    auto outcome = co_await ask(self, command, until, std::move(request));
    finish(self, ticket, outcome);
  } else {
    wizard::act request{x, until};
    auto outcome = co_await ask(self, st.to.wizards, until, std::move(request));
    finish(self, ticket, outcome);
  }
}

flow<> take(self_pointer self, what_came x, answer_to reply) {
  auto& st = self->state;
  const auto began = self->clock().now();
  const auto modal = wizard::modal_for(*x); // Before any I/O: a deferred interaction cannot be answered with a modal.
  const auto against = objection(self, *x);
  ++st.asking_redis;
  const bool first = co_await first_time(self, x->id);
  --st.asking_redis;
  if (!first) {
    count("repeated");
    reply.deliver(fail(ec::conflict, "this interaction was taken before"));
    co_return;
  }
  if (against) {
    count("refused");
    reply.deliver(error_answer(*x, *against));
    co_return;
  }
  if (modal) {
    count("modal");
    reply.deliver(interaction_answer{interaction_answer::modal, *modal});
    co_return;
  }
  const auto ticket = ++st.last_ticket;
  st.open.emplace(ticket, pending{x, reply});
  const auto used = std::chrono::duration_cast<milliseconds>(self->clock().now() - began)
                  + age_of(*x, st.limits.direct_within);
  st.flows.start(call_handler(self, ticket, x));
  if (st.open.contains(ticket))
    co_await defer_after(self, ticket, std::max(milliseconds{0}, st.limits.direct_within - used));
}

caf::result<interaction_answer> came(self_pointer self, const incoming& q) {
  auto& st = self->state;
  if (q.what->kind == interaction_kind::ping)
    return interaction_answer{interaction_answer::pong, {}};
  const auto ours = st.to.application ? st.to.application() : snowflake{};
  if (ours && q.what->application != ours) {
    count("foreign");
    return fail(ec::refused,
                "an interaction of the application " + q.what->application.text() + "; this one is " + ours.text());
  }
  if (q.what->kind == interaction_kind::autocomplete) { // No command of ours has any.
    count("autocomplete");
    return error_answer(*q.what, fail(ec::unsupported, "no command of ours has autocompletion"));
  }
  if (st.open.size() + st.asking_redis >= st.limits.in_flight_max) {
    count("busy");
    return error_answer(*q.what, fail(ec::busy, "too many interactions at once"));
  }
  auto reply = self->make_response_promise<interaction_answer>();
  st.flows.start(take(self, q.what, reply));
  return caf::delegated<interaction_answer>{};
}

handle::behavior_type behavior(self_pointer self, ports to, limits bounds) {
  self->state.to = std::move(to);
  self->state.limits = bounds;
  keep_exception_text(self);
  for (auto& command : self->state.to.commands)
    self->state.by_name.emplace(command.command, command);
  return {[self](const incoming& q) { return came(self, q); }};
}
} // namespace

handle start(caf::actor_system& sys, ports to, limits bounds) {
  return registry::spawn(sys, {"interactions"}, behavior, std::move(to), bounds);
}

} // namespace arrakis::interactions
