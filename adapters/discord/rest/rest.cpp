#include "adapters/discord/rest/rest.hpp"

#include "adapters/discord/rest/request.hpp"
#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <deque>
#include <unordered_map>

namespace arrakis::discord {
namespace {
using std::chrono::milliseconds;
using namespace std::chrono_literals;

constexpr auto budget_within = 1'000ms;
constexpr auto budget_patience = 1'000ms; // After this long without Redis, waiting calls fail with ec::unavailable.
constexpr auto sweep_every = 60s;
constexpr ptrdiff_t unreported_max = 1'000; // Slots; each ends by itself after budget::hold_max.
/// Time in which an unknown webhook may still appear: that of an interaction exists once Discord has its first answer,
/// at most 3 s after the interaction (docs/interactions/receiving-and-responding).
constexpr auto webhook_grace = 3'000ms;

struct arrived {
  uint64_t ticket = 0;
  std::optional<net::http_response> response;
  caf::error error;
};
struct tick {
  uint64_t number = 0;
};
using internal = rest::extend<caf::reacts_to<arrived>, caf::reacts_to<tick>>;

struct open_call {
  call what;
  caf::typed_response_promise<answer> reply;
  instant since{};
  instant sent{};
  int attempts = 0;
  int told_waits = 0; ///< Number of 429 answers of the call.
  bool flying = false;
  budget::slot slot;
};
struct grant {
  budget::slot slot;
  instant asked{};
};
/// A slot whose call has an answer, or counts as answered.
struct answered {
  budget::slot slot;
  std::optional<bucket_news> bucket;
};

/// A webhook that Discord did not know.
struct unknown_webhook {
  instant since{};
  bool gone = false; ///< Unknown after the time in which it must appear.
};

struct state {
  flows flows;
  static inline const char* name = "discord.rest";
  rest_options opt;
  transport send;
  budget::handle budget;
  limiter limits;
  std::unordered_map<uint64_t, open_call> open;
  std::multimap<instant, uint64_t> deadlines;
  uint64_t tickets = 0;

  std::string us = random_hex(8); ///< Names of slots are unique over the cluster.
  uint64_t slots = 0;
  std::deque<grant> grants;
  std::vector<answered> answered_slots; ///< To report to the budget, as `unused`.
  std::vector<budget::slot> unused;
  std::multimap<instant, budget::slot>
    silent; ///< Slots of unanswered calls by the time at which they count as answered.
  milliseconds hold_off{0};
  bool trading = false;
  instant want_at{};      ///< Next request of slots; before it the budget has none.
  std::string holds_seen; ///< Last received version of the holds.
  instant trade_at{};     ///< Next exchange after the budget did not answer.
  std::optional<instant> budget_down;

  secret dead_token; ///< Token with a 401.
  instant dead_token_until{};
  std::unordered_map<std::string, unknown_webhook> unknown_webhooks;
  std::deque<std::string> unknown_webhooks_by_age;

  uint64_t tick_number = 0;
  std::optional<instant> tick_at;
  instant sweep_at{};
};
using pointer = internal::stateful_pointer<state>;

void pump(pointer self);

instant now_of(pointer self) { return self->clock().now(); }

bool idempotent(const call& c) { return c.method != "POST"; }

milliseconds backoff(int attempts) {
  const double base = 250.0 * static_cast<double>(1 << std::min(attempts - 1, 5));
  return milliseconds{static_cast<int64_t>(base * (0.5 + jitter()))};
}

waiting waiting_of(uint64_t ticket, const call& c, instant not_before) {
  return {ticket, c.route, c.major, c.tenant, c.interaction, not_before};
}

/// Ends a call that neither waits nor is in flight.
void finish(pointer self, uint64_t ticket, caf::expected<answer> result) {
  auto& st = self->state;
  const auto found = st.open.find(ticket);
  if (found == st.open.end())
    return;
  auto [first, last] = st.deadlines.equal_range(found->second.what.until.at);
  for (; first != last; ++first)
    if (first->second == ticket) {
      st.deadlines.erase(first);
      break;
    }
  auto reply = std::move(found->second.reply);
  st.open.erase(found);
  metrics::set("arrakis_discord_calls_open", "Calls that wait or are in flight.", static_cast<double>(st.open.size()));
  if (result)
    reply.deliver(std::move(*result));
  else
    reply.deliver(std::move(result.error()));
}

void give_up_waiting(pointer self, uint64_t ticket, ec code, std::string why) {
  self->state.limits.cancel(ticket);
  finish(self, ticket, fail(code, std::move(why)));
}

/// Fails calls at once that cannot be sent before their deadline, with the required wait.
void tell_hindered(pointer self, instant now) {
  auto& st = self->state;
  std::vector<std::pair<uint64_t, delay_cause>> told;
  for (const auto& [ticket, c] : st.open) {
    if (c.flying)
      continue;
    const auto by = st.limits.delay_cause_of(waiting_of(ticket, c.what, now), now);
    if (by.until > now && by.until >= c.what.until.at)
      told.emplace_back(ticket, by);
  }
  for (const auto& [ticket, by] : told) {
    st.limits.cancel(ticket);
    finish(self, ticket, throttled_error({std::chrono::ceil<milliseconds>(by.until - now), by.is_blocked}));
  }
}

void launch(pointer self, uint64_t ticket, budget::slot slot) {
  auto& st = self->state;
  auto& c = st.open.at(ticket);
  if (c.what.may_leave && !c.what.may_leave()) {
    st.limits.withdraw(ticket);
    if (!slot.name.empty())
      st.unused.push_back(std::move(slot));
    finish(self, ticket, fail(ec::frozen, "the effect may not leave: frozen, or begun under an older fence or lease"));
    return;
  }
  const auto now = now_of(self);
  if (c.attempts == 0)
    metrics::observe("arrakis_discord_wait_seconds", "From the asking to the sending of a call.",
                     std::chrono::duration<double>(now - c.since).count());
  ++c.attempts;
  c.flying = true;
  c.sent = now;
  c.slot = std::move(slot);
  const auto until = c.what.until.sooner({now + budget::attempt_max});
  st.send(request_of(c.what, st.opt), until, [me = internal{self}, ticket](caf::expected<net::http_response> r) {
    if (r)
      caf::anon_send(me, arrived{ticket, std::move(*r), {}});
    else
      caf::anon_send(me, arrived{ticket, {}, r.error()});
  });
}

budget::answered_slot report_of(const answered& a, instant now) {
  if (!a.bucket)
    return {a.slot, std::nullopt};
  const auto left = std::max(std::chrono::ceil<milliseconds>(a.bucket->reset - now), 0ms);
  return {a.slot, budget::bucket_state{a.bucket->hash, a.bucket->limit, a.bucket->remaining, left}};
}

/// Keeps the newest of what could not be reported.
void shorten(auto& list) {
  if (std::ssize(list) > unreported_max)
    list.erase(list.begin(), list.end() - unreported_max);
}

/// Takes over what the budget granted; the other wanted calls wait for their bucket.
void take_grants(state& st, const budget::exchange& x, const budget::granted& got, instant asked, instant now) {
  size_t count = 0, next_closed = 0;
  for (size_t i = 0; i < x.wanted.size(); ++i)
    if (next_closed < got.closed.size() && got.closed[next_closed].index == i)
      st.limits.learn_closed(x.wanted[i].route_key, now + got.closed[next_closed++].wait);
    else if (count++ < got.count)
      st.grants.push_back({x.wanted[i], asked});
  st.want_at = now + (got.count < count ? std::max(got.retry, milliseconds{1}) : milliseconds{0});
}

/// Runs one exchange with the budget: slots for the calls of the wanted route keys, answered and unused slots.
flow<> trade(pointer self, std::vector<std::string> wanted) {
  auto& st = self->state;
  st.trading = true;
  budget::exchange x;
  for (auto& route_key : wanted)
    x.wanted.emplace_back(st.us + ':' + std::to_string(++st.slots), std::move(route_key));
  const auto reported = std::exchange(st.answered_slots, {});
  for (const auto& each : reported)
    x.answered.push_back(report_of(each, now_of(self)));
  x.unused = std::exchange(st.unused, {});
  x.hold_off = std::exchange(st.hold_off, milliseconds{0});
  x.invalid = st.limits.take_unshared_invalid();
  const auto asked = now_of(self);
  x.new_holds = st.limits.take_unshared_holds(asked);
  x.holds_seen = st.holds_seen;
  x.until = within(self, budget_within);
  auto said = x;
  auto result = co_await ask(self, st.budget, said.until, std::move(x));
  const auto now = now_of(self);
  st.trading = false;
  if (result) {
    st.budget_down.reset();
    st.limits.learn_invalid(result->invalid, now);
    st.limits.learn_holds(result->holds, now);
    take_grants(st, said, *result, asked, now);
    if (st.holds_seen != result->holds_version || !result->closed.empty())
      tell_hindered(self, now);
    st.holds_seen = result->holds_version;
  } else {
    if (!st.budget_down) {
      st.budget_down = now;
      log::warn("discord.budget_away", {{"error", text_of(result.error())}});
    }
    // The requested slots may be granted; the next exchange releases them as unused.
    const bool lost = code_of(result.error()) == ec::unknown;
    st.answered_slots.insert(st.answered_slots.end(), reported.begin(), reported.end());
    st.unused.insert(st.unused.end(), said.unused.begin(), said.unused.end());
    if (lost)
      st.unused.insert(st.unused.end(), said.wanted.begin(), said.wanted.end());
    st.hold_off = std::max(st.hold_off, said.hold_off);
    st.limits.put_back_unshared_invalid(said.invalid);
    st.limits.put_back_unshared_holds(said.new_holds);
    st.trade_at = now + milliseconds{static_cast<int64_t>(100 + 100 * jitter())};
    shorten(st.answered_slots);
    shorten(st.unused);
  }
  pump(self);
}

void expire(pointer self, instant now) {
  auto& st = self->state;
  while (!st.deadlines.empty() && st.deadlines.begin()->first <= now) {
    const auto ticket = st.deadlines.begin()->second;
    st.deadlines.erase(st.deadlines.begin());
    const auto found = st.open.find(ticket);
    if (found == st.open.end() || found->second.flying)
      continue; // The transport enforces the deadline of calls in flight.
    const bool no_slot = st.budget_down && !found->second.what.interaction;
    const auto by = st.limits.delay_cause_of(waiting_of(ticket, found->second.what, now), now);
    st.limits.cancel(ticket);
    if (by.until > now)
      finish(self, ticket, throttled_error({std::chrono::ceil<milliseconds>(by.until - now), by.is_blocked}));
    else
      finish(self, ticket,
             fail(no_slot ? ec::unavailable : ec::timeout, "the deadline passed while waiting for a turn"));
  }
  if (st.budget_down && now - *st.budget_down >= budget_patience) {
    std::vector<uint64_t> told;
    for (const auto& [ticket, c] : st.open)
      if (!c.flying && !c.what.interaction && now - c.since >= budget_patience)
        told.push_back(ticket);
    for (const auto ticket : told)
      give_up_waiting(self, ticket, ec::unavailable, "no slot of the global budget: Redis is away");
  }
  if (st.limits.closed(now))
    tell_hindered(self, now);
  while (!st.silent.empty() && st.silent.begin()->first <= now)
    st.answered_slots.push_back({std::move(st.silent.extract(st.silent.begin()).mapped()), {}});
  for (auto& g : st.grants)
    if (now - g.asked > budget::use_within) {
      metrics::count("arrakis_discord_slots_unused_total", "Grants of the global budget that were given back.");
      st.unused.push_back(std::move(g.slot));
      g.slot.name.clear();
    }
  std::erase_if(st.grants, [](const grant& g) { return g.slot.name.empty(); });
  if (now >= st.sweep_at) {
    st.limits.sweep(now);
    st.sweep_at = now + sweep_every;
  }
}

void wake_at(pointer self, instant at) {
  auto& st = self->state;
  if (st.tick_at && *st.tick_at <= at)
    return;
  st.tick_at = at;
  const auto wait = std::max(std::chrono::ceil<milliseconds>(at - now_of(self)), milliseconds{1});
  self->delayed_send(self, wait, tick{++st.tick_number});
}

/// True when the budget must learn something, also if no slot is wanted.
bool owes_report(const state& st) {
  return !st.answered_slots.empty() || !st.unused.empty() || st.hold_off > 0ms || st.limits.unshared_invalid() > 0
      || st.limits.has_unshared_holds();
}

void schedule(pointer self, instant now) {
  auto& st = self->state;
  if (const auto at = st.limits.next(now))
    wake_at(self, *at);
  if (!st.deadlines.empty())
    wake_at(self, st.deadlines.begin()->first);
  if (!st.silent.empty())
    wake_at(self, st.silent.begin()->first);
  for (const auto& g : st.grants)
    wake_at(self, g.asked + budget::use_within + 1ms);
  const bool owing = owes_report(st);
  if (!st.trading && (owing || !st.limits.wanted(now, 1).empty()))
    wake_at(self, owing ? st.trade_at : std::max(st.trade_at, st.want_at));
  if (st.budget_down && st.limits.size() > 0)
    wake_at(self, std::max(*st.budget_down + budget_patience, now + 100ms));
}

void pump(pointer self) {
  auto& st = self->state;
  const auto now = now_of(self);
  expire(self, now);
  while (const auto ticket = st.limits.take(true, now))
    launch(self, *ticket, {});
  for (auto g = st.grants.begin(); g != st.grants.end();) { // The oldest first, because it expires first.
    const auto ticket = st.limits.take(false, now, g->slot.route_key);
    if (!ticket) {
      ++g;
      continue;
    }
    auto slot = std::move(g->slot);
    g = st.grants.erase(g);
    launch(self, *ticket, std::move(slot));
  }
  if (!st.trading && now >= st.trade_at) {
    auto wanted = st.limits.wanted(now, 50);
    std::erase_if(wanted, [&st](const std::string& route_key) {
      return std::ranges::find(st.grants, route_key, [](const grant& g) { return g.slot.route_key; })
          != st.grants.end();
    });
    if (now < st.want_at)
      wanted.clear();
    if (owes_report(st) || !wanted.empty())
      st.flows.start(trade(self, std::move(wanted)));
  }
  schedule(self, now_of(self));
}

/// Learns from an answer if the webhook of `c` exists.
void note_webhook(state& st, const call& c, const answer& a, instant now) {
  // 10015 Unknown Webhook, 10062 Unknown Interaction, 50027 Invalid Webhook Token.
  const bool unknown = a.code == 10015 || a.code == 10062;
  const bool refused = a.code == 50027;
  if (!unknown && !refused) {
    st.unknown_webhooks.erase(c.major);
    return;
  }
  const auto [found, is_new] = st.unknown_webhooks.try_emplace(c.major, unknown_webhook{now, false});
  found->second.gone = refused || now - found->second.since >= webhook_grace;
  if (!is_new)
    return;
  st.unknown_webhooks_by_age.push_back(c.major);
  if (st.unknown_webhooks_by_age.size() > st.opt.unknown_webhooks_max) {
    st.unknown_webhooks.erase(st.unknown_webhooks_by_age.front());
    st.unknown_webhooks_by_age.pop_front();
  }
}

bool is_gone(const state& st, const call& c) {
  const auto found = st.unknown_webhooks.find(c.major);
  return found != st.unknown_webhooks.end() && found->second.gone;
}

void retry_or(pointer self, uint64_t ticket, milliseconds wait, caf::error otherwise) {
  auto& st = self->state;
  auto& c = st.open.at(ticket);
  const auto at = now_of(self) + wait;
  if (at >= c.what.until.at) {
    finish(self, ticket, std::move(otherwise));
    return;
  }
  st.limits.again(waiting_of(ticket, c.what, at));
}

void on_silence(pointer self, uint64_t ticket, const caf::error& error) {
  auto& st = self->state;
  auto& c = st.open.at(ticket);
  const auto now = now_of(self);
  const auto code = code_of(error);
  const bool left = code != ec::unavailable && code != ec::timeout && code != ec::busy;
  if (left)
    st.limits.unanswered(ticket, now);
  else
    st.limits.withdraw(ticket);
  if (!c.slot.name.empty()) {
    if (left)
      st.silent.emplace(now + (budget::after_silence - budget::after_answer), std::move(c.slot));
    else
      st.unused.push_back(std::move(c.slot));
  }
  metrics::count("arrakis_discord_unanswered_total", "Calls without an answer.", 1, {{"sent", left ? "yes" : "no"}});
  if (left && !idempotent(c.what))
    finish(self, ticket, fail(ec::unknown, "sent, and no answer came: " + text_of(error)));
  else if (c.attempts >= st.opt.attempts_max)
    finish(self, ticket, fail(left ? ec::unknown : ec::unavailable, text_of(error)));
  else
    retry_or(self, ticket, backoff(c.attempts), fail(left ? ec::unknown : ec::unavailable, text_of(error)));
}

/// Required wait; from a call's third refusal on at least a local minimum. Discord sometimes tells 0 s, and each
/// refused request counts as invalid.
milliseconds wait_of(open_call& c, milliseconds told) {
  constexpr int believed = 2;
  return ++c.told_waits <= believed ? told : std::max(told, backoff(c.told_waits - believed));
}

/// Handles a required wait or a block: repeats the call after it, or fails it.
void on_wait(pointer self, uint64_t ticket, int status, const reaction& r) {
  auto& st = self->state;
  auto& c = st.open.at(ticket);
  const bool blocked = r.cause == "cloudflare"; // The limiter doubles such a wait.
  const auto wait = blocked ? r.wait : wait_of(c, r.wait);
  if (status == 429) {
    metrics::count("discord_rate_limit_errors", "Answers 429 of Discord.");
    metrics::count("arrakis_discord_429_total", "Answers 429 of Discord by cause.", 1,
                   {{"cause", std::string{r.cause}}});
  }
  if (blocked)
    metrics::count("arrakis_discord_blocked_total", "Answers below 500 that Discord's API did not write.", 1,
                   {{"status", std::to_string(status)}});
  log::warn(blocked ? "discord.blocked" : "discord.429",
            {{"cause", r.cause}, {"status", status}, {"route", c.what.route}, {"wait_ms", wait.count()}});
  if (r.cause == "global")
    st.hold_off = std::max(st.hold_off, r.wait);
  retry_or(self, ticket, wait, throttled_error({wait, blocked}));
  tell_hindered(self, now_of(self));
}

/// Learns Discord's time; logs a skew when it begins and when it ends, not with each answer.
void note_time(server_clock& clock, std::string_view date, instant sent, instant received) {
  const auto change = clock.observe(date, sent, received);
  const auto skew = clock.measured(received);
  if (!skew)
    return;
  metrics::set("arrakis_discord_clock_skew_seconds", "This machine's clock minus Discord's.",
               std::chrono::duration<double>(skew->ahead).count());
  if (change == server_clock::change::skewed)
    log::warn("discord.clock_skewed",
              {{"skew_ms", skew->ahead.count()},
               {"uncertainty_ms", skew->uncertainty.count()},
               {"do", "set this machine's clock: run an NTP client, for example chrony or systemd-timesyncd"}});
  else if (change == server_clock::change::over)
    log::info("discord.clock_agreed", {{"skew_ms", skew->ahead.count()}});
}

/// Logs one line for each token, however often it is tried again.
void note_refused_token(state& st, instant now) {
  const auto token = st.opt.token();
  if (st.opt.token_refused)
    *st.opt.token_refused = true;
  if (!(st.dead_token == token))
    log::error(
      "discord.token_refused",
      {{"status", 401},
       {"do", "put the bot's current token into discord.token_file and send SIGHUP; until then nothing is asked"}});
  st.dead_token = token;
  st.dead_token_until = now + st.opt.token_retry;
}

void forget_refused_token(state& st) {
  st.dead_token.clear();
  if (st.opt.token_refused)
    *st.opt.token_refused = false;
}

void on_answer(pointer self, uint64_t ticket, net::http_response response) {
  auto& st = self->state;
  auto& c = st.open.at(ticket);
  const auto now = now_of(self);
  if (st.opt.clock)
    note_time(*st.opt.clock, net::header(response.headers, "Date"), c.sent, now);
  const auto status = response.status;
  const auto r = st.limits.answered(ticket, read_facts(status, response.headers, response.body), now);
  if (!c.slot.name.empty())
    st.answered_slots.push_back({std::exchange(c.slot, {}), r.bucket});
  metrics::count("arrakis_discord_requests_total", "Answers of Discord.", 1,
                 {{"method", c.what.method}, {"status", std::to_string(status / 100) + "xx"}});
  metrics::observe("arrakis_discord_request_seconds", "From sending to answer.",
                   std::chrono::duration<double>(now - c.sent).count());
  if (r.again)
    return on_wait(self, ticket, status, r);
  if (status >= 500 || !from_api(status, response.body)) {
    const auto why = "Discord answered " + std::to_string(status)
                   + (status < 500 ? " with something else than JSON" : "");
    if (!idempotent(c.what) || c.attempts >= st.opt.attempts_max)
      return finish(self, ticket, fail(ec::unknown, why));
    return retry_or(self, ticket, backoff(c.attempts), fail(ec::unknown, why));
  }
  auto a = answer_of(std::move(response));
  if (status == 401 && !c.what.interaction) {
    note_refused_token(st, now);
    return finish(self, ticket, fail(ec::refused, "Discord refuses the bot token"));
  }
  if (c.what.interaction)
    note_webhook(st, c.what, a, now);
  else
    forget_refused_token(st);
  finish(self, ticket, std::move(a));
}

caf::result<answer> enter(pointer self, const call& c) {
  auto& st = self->state;
  const auto now = now_of(self);
  if (c.until.passed(now))
    return fail(ec::timeout, "the deadline has passed");
  if (!st.dead_token.empty() && !(st.dead_token == st.opt.token()))
    forget_refused_token(st);
  if (!c.interaction && !st.dead_token.empty() && now < st.dead_token_until)
    return fail(ec::refused, "Discord refuses the bot token");
  if (c.interaction && is_gone(st, c))
    return answer{404, "", 10015, "Unknown Webhook", {}};
  const auto ticket = ++st.tickets;
  if (const auto by = st.limits.delay_cause_of(waiting_of(ticket, c, now), now);
      by.until > now && by.until >= c.until.at)
    return throttled_error({std::chrono::ceil<milliseconds>(by.until - now), by.is_blocked});
  if (!st.limits.add(waiting_of(ticket, c, now)))
    return fail(ec::busy, "too many calls of Discord are waiting");
  auto reply = self->make_response_promise<answer>();
  st.open.emplace(ticket, open_call{.what = c, .reply = reply, .since = now});
  st.deadlines.emplace(c.until.at, ticket);
  pump(self);
  return caf::delegated<answer>{};
}

internal::behavior_type behavior(pointer self, rest_options opt, transport send, budget::handle budget) {
  keep_exception_text(self);
  auto& st = self->state;
  st.limits = limiter{opt.limits};
  st.opt = std::move(opt);
  st.send = std::move(send);
  st.budget = std::move(budget);
  return {
    [self](const call& c) { return enter(self, c); },
    [self](arrived& x) {
      const auto found = self->state.open.find(x.ticket);
      if (found == self->state.open.end())
        return;
      found->second.flying = false;
      if (x.response)
        on_answer(self, x.ticket, std::move(*x.response));
      else
        on_silence(self, x.ticket, x.error);
      pump(self);
    },
    [self](const tick& t) {
      if (t.number == self->state.tick_number)
        self->state.tick_at.reset();
      pump(self);
    },
  };
}
} // namespace

rest start(caf::actor_system& sys, rest_options opt, transport send, budget::handle budget) {
  return registry::spawn(sys, {"discord_rest"}, behavior, std::move(opt), std::move(send), std::move(budget));
}
} // namespace arrakis::discord
