#include "actors/jobs/member_role/member_role.hpp"

#include "actors/jobs/member_role/rejection.hpp"
#include "adapters/discord/rest/calls.hpp"
#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/foreign_text.hpp"
#include "runtime/json.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <optional>

namespace arrakis::jobs::member_role {
namespace {
using namespace std::chrono_literals;
using gate::trouble;
using std::chrono::milliseconds;

constexpr milliseconds store_within{10'000}; ///< A question to a store of ours.
constexpr milliseconds call_within{60'000};  ///< A call of Discord with its waiting for a turn.
/// Waits before a job comes again that used no attempt: while the community is frozen or quarantined, and while
/// something that it needs is away or has no turn for it.
constexpr milliseconds frozen_wait{5'000}, away_wait{5'000};
/// Verdicts that may change within one attempt; after them the attempt fails, and the next one goes on.
constexpr int rounds_max = 4;
constexpr int unknown_member = 10007, unknown_user = 10013; // topics/opcodes-and-status-codes#json

struct state {
  state() = default;
  static inline const char* name = "job.member_role";
  arrakis::flows flows;
  services svc;
  options opt;
  member_roles::handle store;
  change asked = change::give;
  queue::job job;
  caf::typed_response_promise<queue::outcome> reply;

  community_id community;
  snowflake guild, member, role;
  int64_t verdict_id = 0; ///< The verdict that asked for the job.
  std::string because;    ///< The rule or tier that asked; may be empty.

  member_roles::wanted wanted; ///< By the newest verdict.
  std::optional<bool> written; ///< The last write of this attempt: the member has the role, or not.
};
using pointer = queue::processor::stateful_pointer<state>;
/// The end of an attempt; empty: it goes on.
using end = std::optional<queue::outcome>;

queue::outcome postponed(milliseconds wait, std::string why) {
  return {.what = queue::outcome::postponed, .reason = std::move(why), .wait = wait};
}
queue::outcome away(std::string why) {
  return postponed(away_wait + milliseconds{static_cast<int64_t>(jitter() * 1'000)}, std::move(why));
}
queue::outcome retryable(std::string why) {
  return {.what = queue::outcome::failed_retryable, .reason = std::move(why)};
}
queue::outcome final_failure(std::string why) {
  return {.what = queue::outcome::failed_final, .reason = std::move(why)};
}

/// Ends the work. `word`: given, taken, unchanged, superseded, not_a_member, protected, waits.
queue::outcome ended(const state& st, const char* word) {
  metrics::count("arrakis_jobs_role_changes_total", "Jobs that give or take a role of a member, by their end.", 1,
                 {{"end", word}});
  return {.value_json = json::print(boost::json::object{{"end", word}, {"verdict", st.wanted.verdict_id}})};
}
/// The end where the member has the role, or not, as the newest verdict says.
queue::outcome ended_as_wanted(const state& st) {
  if (st.written)
    return ended(st, *st.written ? "given" : "taken");
  return ended(st, st.wanted.has_role == (st.asked == change::give) ? "unchanged" : "superseded");
}

/// A question to our own store without an answer: nothing was done that cannot be asked again.
queue::outcome store_failure(const caf::error& e) {
  switch (code_of(e)) {
    case ec::frozen: return postponed(frozen_wait, "COMMUNITY_FROZEN: " + text_of(e));
    case ec::quarantined: return postponed(frozen_wait, "QUARANTINED: " + text_of(e));
    case ec::not_found: return final_failure("RESOURCE_NOT_FOUND: " + text_of(e));
    case ec::corrupt:
    case ec::invalid:
    case ec::internal: return retryable("UNKNOWN_ERROR: " + text_of(e));
    default: return away("UNKNOWN_ERROR: " + text_of(e));
  }
}

/// Discord could not be read. The first two are sentences for an admin.
queue::outcome reading_failure(const caf::error& e) {
  switch (code_of(e)) {
    case ec::not_found: return final_failure("GUILD_NOT_FOUND: " + text_of(e));
    case ec::refused: return final_failure("PERMISSION_ERROR: " + text_of(e));
    case ec::invalid: return final_failure("INVALID_PAYLOAD: " + text_of(e));
    case ec::corrupt:
    case ec::internal: return retryable("UNKNOWN_ERROR: " + text_of(e));
    default: break;
  }
  if (const auto told = gate::classify(e, "the member's roles"); told.wait > 0ms)
    return postponed(told.wait, "RATE_LIMIT_TIMEOUT: " + told.sentence);
  return away("UNKNOWN_ERROR: " + text_of(e));
}

void read_payload(state& st) {
  const auto data = json::parse(st.job.data_json)->as_object(); // The processor has checked it against the terms.
  const auto id = [&](std::string_view key) { return parse_snowflake(json::text_or(data, key)).value_or(snowflake{}); };
  st.community = {std::string{json::text_or(data, "communityId")}};
  st.guild = id("guildId");
  st.member = id("userId");
  st.role = id("roleId");
  st.verdict_id = json::integer_or(data, "verdictId");
  st.because = json::text_or(data, "because");
}

flow<end> read_wanted(pointer self) {
  auto& st = self->state;
  const auto until = within(self, store_within);
  const member_roles::find question{st.community, st.member, st.role, until};
  auto found = co_await ask(self, st.store, until, question);
  if (!found)
    co_return store_failure(found.error());
  st.wanted = *found;
  co_return std::nullopt;
}

/// Ends a taking that waited. `is_done`: with it the change, which was seen done or has no member any more.
flow<end> forget(pointer self, bool is_done) {
  auto& st = self->state;
  if (!st.wanted.waits && !(is_done && st.wanted.is_unsettled))
    co_return std::nullopt;
  const auto until = within(self, store_within);
  const member_roles::forget order{st.community, st.member, st.role, st.wanted.has_role, is_done, until};
  if (auto done = co_await ask(self, st.store, until, order); !done)
    co_return store_failure(done.error());
  co_return std::nullopt;
}
/// The member's role is as wanted.
flow<queue::outcome> settle(pointer self) {
  if (auto stop = co_await forget(self, true))
    co_return std::move(*stop);
  co_return ended_as_wanted(self->state);
}
flow<queue::outcome> end_without_member(pointer self) {
  if (auto stop = co_await forget(self, true))
    co_return std::move(*stop);
  co_return ended(self->state, "not_a_member");
}

/// The number of members who have the role; empty: Discord does not tell it.
flow<caf::expected<std::optional<int64_t>>> count_holders(pointer self) {
  auto& st = self->state;
  const auto until = within(self, call_within);
  const guild::fetch question{st.guild, st.community.value, until, true};
  auto now = co_await ask(self, st.svc.guilds, until, question);
  if (!now)
    co_return now.error();
  if (now->role_members.empty())
    co_return std::optional<int64_t>{};
  const auto found = now->role_members.find(st.role);
  co_return std::optional<int64_t>{found == now->role_members.end() ? 0 : found->second};
}

flow<caf::expected<member_roles::permit>> ask_to_take(pointer self, std::optional<int64_t> holders) {
  auto& st = self->state;
  const auto until = within(self, store_within);
  member_roles::take order{st.community, st.member, st.role, st.wanted.verdict_id, holders, st.opt.limit, until};
  co_return co_await ask(self, st.store, until, std::move(order));
}

flow<end> write(pointer self, std::string role_name);

/// Takes the role, unless the limit is reached.
flow<end> take_within_limit(pointer self, std::string role_name) {
  auto& st = self->state;
  auto permit = co_await ask_to_take(self, std::nullopt);
  if (permit && permit->what == member_roles::permit::needs_holders) {
    const auto holders = co_await count_holders(self);
    if (!holders)
      co_return reading_failure(holders.error());
    if (!*holders && st.job.attempts_made + 1 < st.job.attempts)
      co_return retryable("UNKNOWN_ERROR: Discord does not tell how many members have the role");
    permit = co_await ask_to_take(self, holders->value_or(0));
  }
  if (!permit)
    co_return store_failure(permit.error());
  if (permit->what == member_roles::permit::outdated)
    co_return std::nullopt; // The next round reads the newer verdict.
  if (permit->what == member_roles::permit::granted)
    co_return co_await write(self, std::move(role_name));
  if (permit->is_new)
    log::warn("role.taking_waits", {{"tenant", st.community.value},
                                    {"role", st.role.text()},
                                    {"verdict", st.wanted.verdict_id},
                                    {"taken", permit->counted},
                                    {"limit", permit->members_max}});
  co_return ended(st, "waits");
}

/// The role as it is in the guild, in a guild that has id and roles alone. A role that is gone has the id 0.
flow<caf::expected<guild::state>> read_roles(pointer self) {
  auto& st = self->state;
  const auto until = within(self, call_within);
  const guild::fetch_roles question{st.guild, st.community.value, until};
  auto list = co_await ask(self, st.svc.guilds, until, question);
  if (!list)
    co_return list.error();
  guild::state now;
  now.id = st.guild;
  now.roles = std::move(list->roles);
  co_return std::move(now);
}

const guild::role* role_in(const guild::state& g, snowflake id) {
  const auto found = std::ranges::find(g.roles, id, &guild::role::id);
  return found == g.roles.end() ? nullptr : &*found;
}

/// Discord refused: says which permission or position is the cause, as far as the guild shows it.
flow<queue::outcome> explain(pointer self, gate::problem why) {
  auto& st = self->state;
  const auto until = within(self, call_within);
  const guild::fetch question{st.guild, st.community.value, until};
  const auto now = co_await ask(self, st.svc.guilds, until, question);
  const auto* role = now ? role_in(*now, st.role) : nullptr;
  const bool is_of_role = why.discord_code != 0;
  co_return final_failure("PERMISSION_ERROR: " + (role && is_of_role ? refusal_sentence(*now, *role) : why.sentence));
}

/// Judges the answer to a write. Empty: it is done, or the guild is to be read anew.
flow<end> judge_write(pointer self, gate::written result) {
  auto& st = self->state;
  auto& why = result.why;
  const auto reason = fmt::format("{}: {}", code_text(why.what), why.sentence);
  switch (why.what) {
    case trouble::none: st.written = st.wanted.has_role; co_return std::nullopt;
    case trouble::frozen: co_return postponed(frozen_wait, reason);
    case trouble::permission: co_return co_await explain(self, std::move(why));
    case trouble::not_found:
      if (result.answer.code == unknown_member || result.answer.code == unknown_user)
        co_return co_await end_without_member(self);
      st.written.reset();
      co_return std::nullopt;
    case trouble::gone:
    case trouble::invalid_payload: co_return final_failure(reason);
    case trouble::rate_limited:
    case trouble::unavailable: co_return why.wait > 0ms ? postponed(why.wait, reason) : away(reason);
    case trouble::stale:
    case trouble::unknown: co_return retryable(reason);
  }
  co_return retryable(reason);
}

flow<end> write(pointer self, std::string role_name) {
  auto& st = self->state;
  const bool asked_for_it = st.wanted.verdict_id == st.verdict_id && !st.because.empty();
  gate::write w;
  w.community = st.community;
  w.fence = st.wanted.fence;
  w.as_of = st.wanted.fences_as_of;
  w.user = st.member;
  w.about = fmt::format("the role {} {} a member", quoted(role_name), st.wanted.has_role ? "given to" : "taken from");
  w.cause = fmt::format("{}verdict {}", asked_for_it ? st.because + ", " : "", st.wanted.verdict_id);
  w.call = st.wanted.has_role ? discord::add_member_role(st.guild, st.member, st.role)
                              : discord::remove_member_role(st.guild, st.member, st.role);
  w.call.until = within(self, call_within);
  const deadline until{w.call.until.at + store_within};
  const auto about = w.about;
  auto result = co_await ask(self, st.svc.gate, until, std::move(w));
  gate::written got;
  if (result)
    got = std::move(*result);
  else
    got.why = gate::classify(result.error(), about);
  co_return co_await judge_write(self, std::move(got));
}

/// One reading of the guild and at most one write.
flow<end> bring(pointer self) {
  auto& st = self->state;
  if (st.wanted.guild != st.guild || !st.wanted.binds)
    co_return ended(st, "superseded");
  if (st.opt.protected_members.contains(st.member) || st.opt.protected_roles.contains(st.role))
    co_return ended(st, "protected");
  if (st.wanted.has_role)
    if (auto stop = co_await forget(self, false))
      co_return stop;
  const auto until = within(self, call_within);
  const guild::fetch_member question{st.guild, st.member, st.community.value, until};
  const auto member = co_await ask(self, st.svc.guilds, until, question);
  if (!member)
    co_return reading_failure(member.error());
  if (!member->is_member)
    co_return co_await end_without_member(self);
  if ((std::ranges::find(member->roles, st.role) != member->roles.end()) == st.wanted.has_role)
    co_return co_await settle(self);
  const auto guild = co_await read_roles(self);
  if (!guild)
    co_return reading_failure(guild.error());
  const auto* role = role_in(*guild, st.role);
  if (role == nullptr && !st.wanted.has_role)
    co_return co_await settle(self);
  if (role == nullptr)
    co_return final_failure("RESOURCE_NOT_FOUND: A role that the rules give is not in the server any more. "
                            "`/reconcile` creates it again, or `/onboard` names another one.");
  if (auto why = rejection(*guild, *role))
    co_return final_failure("PERMISSION_ERROR: " + *why);
  if (st.wanted.has_role)
    co_return co_await write(self, role->name);
  co_return co_await take_within_limit(self, role->name);
}

/// After a write the newest verdict is read again: a later one may have found the guild as it was before the write, and
/// ended without a change.
flow<queue::outcome> run(pointer self) {
  auto& st = self->state;
  read_payload(st);
  for (int round = 1; round <= rounds_max; ++round) {
    if (auto stop = co_await read_wanted(self))
      co_return std::move(*stop);
    if (st.wanted.binds && st.written == st.wanted.has_role)
      co_return co_await settle(self);
    if (auto stop = co_await bring(self))
      co_return std::move(*stop);
    if (st.written && !st.opt.reads_again)
      co_return co_await settle(self);
  }
  co_return retryable("UNKNOWN_ERROR: the verdicts about this member, or the roles of the server, change too fast");
}

flow<> serve(pointer self) {
  auto outcome = co_await run(self);
  self->state.reply.deliver(std::move(outcome));
  self->quit();
}

queue::processor::behavior_type behavior(pointer self, services svc, options opt, member_roles::handle store,
                                         change asked) {
  keep_exception_text(self);
  self->state.svc = std::move(svc);
  self->state.opt = std::move(opt);
  self->state.store = std::move(store);
  self->state.asked = asked;
  return {[self](const queue::process& x) -> caf::result<queue::outcome> {
    self->state.job = x.what;
    self->state.reply = self->make_response_promise<queue::outcome>();
    self->state.flows.start(serve(self));
    return caf::delegated<queue::outcome>{};
  }};
}
} // namespace

job_kind kind(std::string_view name, std::string_view help, change asked) {
  return {.terms = {.name = name,
                    .help = help,
                    .queue = &discord_roles,
                    .payload = {community_field,
                                {field::snowflake, "guildId"},
                                {field::snowflake, "userId"},
                                {field::snowflake, "roleId"},
                                {field::positive, "verdictId"},
                                {field::text, "because", false}},
                    .attempts = 6, // About an hour: Discord answers 5xx for so long, now and then.
                    .closed = closed_by::queue},
          .within = 10min,
          .start = [asked](caf::actor_system& sys, const services& svc) -> queue::processor {
            return registry::spawn(sys, {"member_role"}, behavior, svc, svc.available->get<options>(),
                                   svc.available->get<member_roles::handle>(), asked);
          }};
}
} // namespace arrakis::jobs::member_role
