#include "actors/jobs/guild_work/work.hpp"
#include "actors/guild/core/preflight.hpp"
#include "adapters/discord/rest/calls.hpp"
#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/json.hpp"
#include "runtime/log.hpp"
#include "runtime/registry/spawn.hpp"
#include "schemas/trace.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <caf/actor_system.hpp>
#include <fmt/format.h>

namespace arrakis::jobs::guild_work {
namespace {
using namespace std::chrono_literals;

queue::outcome postponed(milliseconds wait, std::string why) {
  return {.what = queue::outcome::postponed, .reason = std::move(why), .wait = wait};
}
queue::outcome retryable(std::string why) {
  return {.what = queue::outcome::failed_retryable, .reason = std::move(why)};
}
queue::outcome final_failure(std::string why) {
  return {.what = queue::outcome::failed_final, .reason = std::move(why)};
}

/// {"communityId": ..., "version": ...}; what else is in it is the kind's own, or for readers.
bool read_payload(state& st) {
  const auto tree = json::parse(st.job.data_json);
  const auto* o = tree ? tree->if_object() : nullptr;
  const auto id = o ? parse_community_id(json::text_or(*o, "communityId")) : std::nullopt;
  st.version = o ? json::integer_or(*o, "version") : 0;
  if (!id || st.version < 1)
    return false;
  st.community = *id;
  if (const auto trace = json::text_or(*o, "trace"); is_trace_id(trace))
    st.trace = trace;
  return !st.what->read_payload || st.what->read_payload(st, *o);
}

void update_gate(pointer self, bool is_released) {
  auto& st = self->state;
  self->send(st.svc.gate,
             gate::set_lease{st.of, is_released ? std::chrono::steady_clock::time_point{} : st.lease_until});
}

bool token_ends_soon(pointer self) {
  const auto& st = self->state;
  const auto left = st.token_until - self->clock().now();
  return !st.token.empty() && left > 0ms && left <= token_ends_within;
}

flow<> edit_running(pointer self) {
  auto& st = self->state;
  auto buttons = st.what->running_buttons ? st.what->running_buttons(st) : boost::json::array{};
  const bool ends = token_ends_soon(self);
  const auto token = st.token; // A click may bring another one meanwhile.
  auto body = running_body(st.progress, std::move(buttons), ends ? st.what->progress_hint : std::string_view{});
  const auto why = co_await edit_message(self, std::move(body));
  if (why == trouble::none && token == st.token)
    st.end_shown = ends;
}

/// Keeps the lease while the work goes on. Nothing of ours leaves after its end, whatever this flow still learns.
flow<> keep_lease(pointer self) {
  auto& st = self->state;
  const auto lease = st.svc.lease, renew_every = lease / 4; // One that misses three renewals has lost it.
  while (st.held) {
    co_await nap(self, renew_every);
    if (!st.held)
      co_return;
    const auto asked = self->clock().now();
    const auto until = within(self, std::min(renew_every, store_within));
    const auto token = st.token;
    deployments::renew order{st.of, lease, until};
    auto renewed = co_await ask(self, st.svc.deployments, until, std::move(order));
    if (!st.held)
      co_return;
    if (renewed) {
      if (token == st.token) // Otherwise the end of the work brought a newer one, which this answer does not know.
        follow(self, std::move(*renewed), asked);
      st.lease_until = asked + lease;
      update_gate(self, false);
    } else if (code_of(renewed.error()) == ec::stale || code_of(renewed.error()) == ec::not_found) {
      st.lost = true;
      update_gate(self, true);
      co_return;
    }
    if (st.shows_progress && !st.end_shown && !st.editing && token_ends_soon(self))
      st.flows.start(edit_running(self)); // No step need end in the last minute.
  }
}

void begin_work(pointer self, deployments::claimed& c, std::chrono::steady_clock::time_point asked) {
  auto& st = self->state;
  st.of = {st.community, c.deployment, c.run, st.what->kind};
  st.fence = c.fence;
  st.fences_as_of = c.fences_as_of;
  st.owed_for = c.owed_for;
  st.held = true;
  st.lease_until = asked + st.svc.lease;
  st.application = c.application;
  st.token = std::move(c.interaction_token);
  st.token_until = asked + c.token_life;
  st.snapshot.done = std::move(c.done);
  st.snapshot.open = std::move(c.open);
  st.snapshot.adopts = st.svc.adopts;
  st.snapshot.guild.id = c.guild;
  st.progress.title = st.what->title(st);
  update_gate(self, false);
  st.flows.start(keep_lease(self));
}

flow<problem> carry_out(pointer self) {
  auto& st = self->state;
  if (!st.snapshot.open.empty()) // The run before may have sent it a moment before it lost the lease.
    co_await nap(self, settle);
  if (auto why = co_await read_guild(self); why.what != trouble::none)
    co_return why;
  const auto missing = blueprint::preflight(st.snapshot.guild, st.snapshot.want, known(st.snapshot));
  if (!missing.empty()) {
    std::string text;
    for (const auto& sentence : missing)
      text += (text.empty() ? "" : "\n") + sentence;
    co_return problem{trouble::permission, std::move(text)};
  }
  if (st.what->check)
    if (auto why = co_await st.what->check(self); why.what != trouble::none || !st.outdated_body.empty())
      co_return why;
  if (auto why = co_await work(self); why.what != trouble::none)
    co_return why;
  co_await find_doubled(self);
  co_return co_await st.what->complete(self);
}

queue::outcome done_outcome(const state& st) {
  boost::json::array left_over;
  for (const auto& text : make_plan(st.snapshot).left_over)
    left_over.emplace_back(text);
  const auto resources = st.progress.total - 1;
  return {.what = queue::outcome::completed,
          .value_json = boost::json::serialize(boost::json::object{{"state", "completed"},
                                                                   {"version", st.version},
                                                                   {"resources", resources},
                                                                   {"leftOver", std::move(left_over)},
                                                                   {"createdTwice", st.doubled.size()}})};
}

queue::outcome ended_outcome(std::string_view row_state) {
  return {.what = queue::outcome::completed,
          .value_json = boost::json::serialize(boost::json::object{{"state", row_state}})};
}

/// The row was over when it was claimed. Whoever cancelled it may have ended before the admin was told, or had nobody
/// to tell it: telling it twice says the same.
flow<queue::outcome> end_claimed(pointer self, deployments::claimed row) {
  auto& st = self->state;
  if (row.state == "cancelled" && st.what->cancelled_body) {
    st.fence = row.fence;
    st.fences_as_of = row.fences_as_of;
    st.application = row.application;
    st.token = std::move(row.interaction_token);
    auto body = st.what->cancelled_body(st, row.error);
    co_await report_end(self, std::move(body));
  }
  co_return ended_outcome(row.state);
}

flow<queue::outcome> report_completed(pointer self) {
  auto& st = self->state;
  if (!st.outdated_body.empty()) {
    co_await report_end(self, st.outdated_body);
    co_return ended_outcome("cancelled");
  }
  st.progress.done = st.progress.total;
  if (st.svc.report)
    st.svc.report({st.job.id, progress_json(st.progress)});
  auto outcome = done_outcome(st);
  co_await report_end(self, st.what->completed_body(st));
  co_return outcome;
}

/// How an attempt that did not reach its goal ends.
struct ending {
  bool frozen = false;
  bool waits = false; ///< For as long as Discord told, or until a block is tried again: no attempt is used.
  bool final_state = false;
};
ending ending_of(const state& st, const problem& why) {
  ending e;
  const bool last = st.job.attempts_made + 1 >= st.job.attempts;
  e.frozen = why.what == trouble::frozen;
  e.waits = why.wait > 0ms && why.wait <= retry_after_max && st.owed_for <= retry_after_total;
  const bool too_long = why.wait > 0ms && !e.waits;
  e.final_state = !e.frozen && !e.waits && (!gate::retryable(why.what) || last || too_long);
  return e;
}

/// Tells the admin how this attempt ends; nothing, where it is only tried again.
flow<> report_stop(pointer self, problem why, ending end) {
  auto& st = self->state;
  if (end.final_state)
    co_await report_end(self, st.what->failed_body(st, why.sentence));
  else if (end.waits)
    co_await edit_message(self, st.what->waiting_body(st, why.sentence + " It goes on by itself."));
}

/// Gives the lease back or ends the deployment, and says what the queue is to do.
flow<queue::outcome> give_up(pointer self, problem why) {
  auto& st = self->state;
  const auto reason = fmt::format("{}: {}", code_text(why.what), why.sentence);
  log::info("job.stopped",
            {{"job", st.job.id}, {"trace", st.trace}, {"tenant", st.community.value}, {"error", reason}});
  if (why.what == trouble::stale)
    co_return postponed(busy_wait, reason);
  const auto end = ending_of(st, why);
  co_await report_stop(self, why, end); // Told first: once the row is closed nobody comes back to tell it.
  const auto asked = self->clock().now();
  const auto until = within(self, store_within);
  deployments::abandon order{st.of, end.final_state, std::string{code_text(why.what)}, why.sentence, until};
  auto written = co_await ask(self, st.svc.deployments, until, std::move(order));
  if (!written)
    log::warn("job.abandon", {{"job", st.job.id}, {"trace", st.trace}, {"error", text_of(written.error())}});
  else if (follow(self, *written, asked)) // A click came since the last renewal: its message is told, too.
    co_await report_stop(self, why, end);
  if (end.frozen)
    co_return postponed(frozen_wait, reason);
  if (end.waits)
    co_return postponed(why.wait, reason);
  if (!end.final_state)
    co_return retryable(reason);
  // The row is the truth: while it does not say that this is over, the job is not over either.
  co_return written || code_of(written.error()) == ec::stale ? final_failure(reason) : postponed(busy_wait, reason);
}

queue::outcome refused_claim(pointer self, const caf::error& e) {
  switch (code_of(e)) {
    case ec::busy: return postponed(busy_wait, text_of(e));
    case ec::frozen: return postponed(frozen_wait, "COMMUNITY_FROZEN: " + text_of(e));
    case ec::quarantined: return postponed(frozen_wait, "QUARANTINED: " + text_of(e));
    case ec::not_found: return final_failure("RESOURCE_NOT_FOUND: " + text_of(e));
    default:
      return retryable(
        fmt::format("UNKNOWN_ERROR: the {} could not be claimed: {}", self->state.what->noun, text_of(e)));
  }
}

/// The bot's own user, without which neither its membership nor what it made can be told: a process that has just begun
/// may not have heard it yet.
flow<bool> learn_bot(pointer self) {
  auto& st = self->state;
  const auto until = within(self, identity_within);
  const discord::get_identity question{{}, until};
  const auto who = co_await ask(self, st.svc.identity, until, question);
  if (who)
    st.snapshot.guild.bot = who->bot;
  co_return static_cast<bool>(who);
}

/// Gives the lease back without using an attempt, and tells the admin and the row what it waits for.
flow<queue::outcome> wait_for_signer(pointer self, std::string sentence) {
  auto& st = self->state;
  co_await edit_message(self, st.what->waiting_body(st, sentence));
  const auto until = within(self, store_within);
  deployments::abandon pause{st.of, false, "SIGNER_REFUSES", sentence, until};
  auto written = co_await ask(self, st.svc.deployments, until, std::move(pause));
  if (!written)
    log::warn("job.abandon", {{"job", st.job.id}, {"trace", st.trace}, {"error", text_of(written.error())}});
  co_return postponed(std::clamp(st.owed_for, signer_wait_min, signer_wait_max), "SIGNER_REFUSES: " + sentence);
}

flow<queue::outcome> run(pointer self) {
  auto& st = self->state;
  if (!read_payload(st))
    co_return final_failure(fmt::format("INVALID_PAYLOAD: fields {}", st.what->payload));
  if (const bool known = co_await learn_bot(self); !known)
    co_return postponed(busy_wait, "Discord has not said yet which user the bot is");
  auto why = co_await read_stores(self);
  if (why.what == trouble::unavailable && !st.waits_for_signer)
    co_return retryable("UNKNOWN_ERROR: " + why.sentence);
  const auto asked = self->clock().now();
  auto claimed = co_await st.what->claim(self, within(self, store_within));
  if (!claimed)
    co_return refused_claim(self, claimed.error());
  if (claimed->run == 0)
    co_return co_await end_claimed(self, std::move(*claimed));
  begin_work(self, *claimed, asked);
  if (st.waits_for_signer)
    co_return co_await wait_for_signer(self, std::move(why.sentence));
  show_progress(self, "preparing");
  if (why.what == trouble::none)
    why = co_await read_shadow(self);
  if (why.what == trouble::none)
    why = co_await carry_out(self);
  st.shows_progress = false;
  if (why.what == trouble::none)
    co_return co_await report_completed(self); // Also where the lease was lost since: what is complete is complete.
  if (st.lost)
    why = lost(self);
  co_return co_await give_up(self, std::move(why));
}

flow<> serve(pointer self) {
  auto outcome = co_await run(self);
  auto& st = self->state;
  if (st.held) {
    st.held = false;
    update_gate(self, true);
  }
  st.reply.deliver(std::move(outcome));
  self->quit();
}

queue::processor::behavior_type behavior(pointer self, services svc, const task* what) {
  keep_exception_text(self);
  self->state.what = what;
  self->state.svc = std::move(svc);
  self->state.snapshot.again = what->again;
  return {[self](const queue::process& x) -> caf::result<queue::outcome> {
    if (!self->state.job.id.empty())
      return fail(ec::busy, "one actor, one job");
    self->state.job = x.what;
    self->state.reply = self->make_response_promise<queue::outcome>();
    self->state.flows.start(serve(self));
    return caf::delegated<queue::outcome>{};
  }};
}
} // namespace

bool has_lease(pointer self) {
  const auto& st = self->state;
  return st.held && !st.lost && self->clock().now() < st.lease_until;
}

problem lost(pointer self) {
  return {trouble::stale, fmt::format("Another worker took this {} over.", self->state.what->noun)};
}

milliseconds pause_before(int n) {
  if (n <= 1)
    return 0ms;
  return milliseconds{static_cast<int64_t>(250.0 * static_cast<double>(1 << std::min(n - 2, 5)) * (0.5 + jitter()))};
}

flow<trouble> edit_message(pointer self, std::string body) {
  auto& st = self->state;
  if (st.token.empty() || !st.application)
    co_return trouble::none;
  gate::write w;
  w.community = st.community;
  w.fence = st.fence;
  w.as_of = st.fences_as_of;
  w.about = "the wizard's message";
  const auto token = st.token; // A click may bring another one meanwhile.
  w.call = discord::edit_original(st.application, token, std::move(body));
  w.call.until = within(self, 5s);
  const auto until = w.call.until;
  st.editing = true;
  auto result = co_await ask(self, st.svc.gate, {until.at + 1s}, std::move(w));
  st.editing = false;
  const auto why = result ? std::move(result->why) : gate::classify(result.error(), "the wizard's message");
  if (why.what == trouble::none)
    st.edited = st.edited || token == st.token;
  else
    log::info("job.message", {{"job", st.job.id}, {"trace", st.trace}, {"error", why.sentence}});
  co_return why.what;
}

flow<> report_end(pointer self, std::string body) {
  const auto exists_until = within(self, message_exists_within), until = within(self, end_report_within);
  for (auto wait = 250ms;; wait = std::min(wait * 2, 2000ms)) {
    const auto what = co_await edit_message(self, body);
    const auto now = self->clock().now();
    const bool young = what == trouble::not_found && !self->state.edited && !exists_until.passed(now);
    const bool away = gate::retryable(what) && !until.passed(now + wait); // An edit can be sent again.
    if (!young && !away)
      co_return;
    if (young) // The last try is at the end of that time, and not before it.
      wait = std::min(wait, std::max(exists_until.left(now), milliseconds{1}));
    co_await nap(self, wait);
  }
}

bool follow(pointer self, deployments::conversation newest, std::chrono::steady_clock::time_point asked) {
  auto& st = self->state;
  if (newest.interaction_token.empty())
    return false;
  st.token_until = asked + newest.token_life;
  if (st.token == newest.interaction_token)
    return false;
  st.application = newest.application;
  st.token = std::move(newest.interaction_token);
  st.edited = st.end_shown = false; // Discord may not have the message of this click yet.
  return true;
}

void show_progress(pointer self, std::string_view stage) {
  auto& st = self->state;
  st.shows_progress = true;
  st.progress.stage = stage;
  if (st.svc.report)
    st.svc.report({st.job.id, progress_json(st.progress)});
  const auto now = self->clock().now();
  if (st.editing || now - st.edited_at < edit_every)
    return;
  st.edited_at = now;
  st.flows.start(edit_running(self));
}

queue::processor start(caf::actor_system& sys, const services& svc, const task& what, const char* name) {
  return registry::spawn(sys, {name}, behavior, svc, &what);
}

} // namespace arrakis::jobs::guild_work
