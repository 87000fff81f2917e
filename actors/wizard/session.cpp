#include "actors/wizard/session.hpp"

#include "actors/wizard/core/custom_id.hpp"
#include "actors/wizard/core/plan.hpp"
#include "actors/wizard/core/screens.hpp"
#include "actors/wizard/core/steps.hpp"
#include "actors/wizard/session_state.hpp"
#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>

namespace arrakis::wizard::session {
namespace {
using ingress::reply;
using promise = caf::typed_response_promise<reply>;
using core::decision;
using core::record;
using core::step;

reply apart(std::string_view sentence) { return {core::sentence_screen(sentence), true}; }
/// Where the answers of a session that is over are now.
enum class left { nothing, draft, unknown };
/// Why there is no session for a click on one's message.
std::string closed(const state& st, std::string_view session, std::string_view action, left what) {
  if (!core::belongs_to(session, st.user))
    return "This setup belongs to somebody else. `/onboard` starts your own.";
  const auto when = fmt::format("This setup closed after {} minutes without a click.",
                                std::chrono::duration_cast<std::chrono::minutes>(st.opt->limits.session_ttl).count());
  // These buttons stand below a deployment, which needs no session.
  if (action == "refresh" || action == "retry")
    return when + " Its deployment goes on without it: `/resume` shows it.";
  return when + " Nothing in your server changed. "
       + (what == left::draft     ? "`/resume` opens your draft."
          : what == left::unknown ? "`/resume` opens your draft, if there is one."
                                  : "`/onboard` starts a new one.");
}
constexpr std::string_view overtaken = "Another click was quicker, so this one did nothing. This is the present state.";
constexpr std::string_view uncancelled =
  "⚠️ Not cancelled: the database did not confirm that your draft is erased. Your setup is still open, so press Cancel "
  "again in a moment.";

// --- The guild

/// Facts for a screen; a failure leaves them unknown, which the screens say.
flow<> read_guild(self_pointer self, deadline until, bool anew, bool role_members = false) {
  auto& st = self->state;
  const bool fresh = st.facts && self->clock().now() < st.facts_at + st.opt->limits.guild_fresh;
  if (fresh && !anew)
    co_return;
  until = until.sooner(within(self, st.opt->limits.guild_within));
  guild::fetch question{st.guild, {}, until, role_members};
  auto facts = co_await ask(self, st.to.guilds, until, std::move(question));
  st.facts.reset();
  if (facts) {
    st.facts = std::move(*facts);
    st.facts_at = self->clock().now();
  } else {
    log::warn("wizard.guild_unreadable", {{"guild", st.guild.text()}, {"error", text_of(facts.error())}});
  }
}

/// Reads the active version and whether the community is frozen. While nobody answers, the last reading serves.
flow<> read_community(self_pointer self, deadline until) {
  auto& st = self->state;
  until = until.sooner(within(self, st.opt->limits.describe_within));
  auto now = co_await ask(self, st.to.communities, until, community::describe{st.guild, until});
  if (now)
    st.community = std::move(*now);
  else
    log::warn("wizard.community_unreadable", {{"guild", st.guild.text()}, {"error", text_of(now.error())}});
}

/// Reads the snowflakes that the last deployment stored. A failure leaves them unknown, which the screens say.
flow<> read_deployed(self_pointer self, deadline until) {
  auto& st = self->state;
  until = until.sooner(within(self, st.opt->limits.describe_within));
  if (!st.community.exists)
    co_await read_community(self, until);
  st.deployed.reset();
  if (!st.community.exists)
    co_return;
  manifests::load_shadow question{st.community.record.id, until};
  auto shadow = co_await ask(self, st.to.manifests, until, std::move(question));
  if (!shadow) {
    log::warn("wizard.shadow_unreadable", {{"guild", st.guild.text()}, {"error", text_of(shadow.error())}});
    co_return;
  }
  st.deployed.emplace();
  for (const auto& entry : shadow->entries)
    if (!blueprint::is_chosen(entry.fields_json))
      st.deployed->emplace(blueprint::key{entry.kind, entry.resource}, entry.id);
}

core::context context_of(self_pointer self, click_ptr c) {
  auto& st = self->state;
  st.offered = st.opt->offered();
  core::context ctx{*st.offered, st.facts ? &*st.facts : nullptr, wall_ms(), st.opt->limits.session_ttl.count()};
  if (st.community.exists && st.community.record.status == "frozen")
    ctx.frozen = core::freeze_sentence(st.community.record.frozen_because);
  ctx.active = st.community.active.get();
  ctx.deployed = st.deployed ? &*st.deployed : nullptr;
  ctx.active_version = st.community.record.active_version;
  ctx.progress = c->progress ? &*c->progress : nullptr;
  if (c->follows)
    ctx.follows_until_ms = wall_ms() + token_left(*c->what, wall_ms()).count();
  return ctx;
}

/// How many have each role, where names alone do not tell the roles apart. Once for each reading of the guild.
flow<> count_role_members(self_pointer self, deadline until) {
  auto& st = self->state;
  if (!st.facts || st.counted_at == st.facts_at || !core::has_equal_names(core::assignable(*st.facts)))
    co_return;
  co_await read_guild(self, until, true, true);
  st.counted_at = st.facts_at;
}

flow<reply> shown(self_pointer self, record r, std::string notice, click_ptr c) {
  if (r.at == step::role_mapping || r.at == step::channel_structure || r.at == step::review || r.at == step::rules)
    co_await read_guild(self, c->until, false);
  if (r.at == step::role_mapping)
    co_await count_role_members(self, c->until);
  if (r.at == step::review || r.at == step::deploy || r.at == step::failed)
    co_await read_community(self, c->until);
  if (r.at == step::review && r.base_version > 0)
    co_await read_deployed(self, c->until);
  if (r.at == step::deploy && r.submitted.version > 0 && !c->progress)
    co_await read_progress(self, c);
  auto ctx = context_of(self, c);
  ctx.is_drafted = self->state.drafted == std::pair{r.id, r.version};
  const bool may_end = r.at == step::deploy && r.submitted.version > 0;
  co_return reply{.data_json = core::screen(r, ctx, notice), .may_end = may_end};
}

/// The reply when somebody else's write came first.
flow<reply> lost(self_pointer self, store::loaded present, click_ptr c) {
  count("overtaken");
  if (!present.session)
    co_return apart("Your setup was closed by another click, so this one did nothing. `/onboard` starts a new one.");
  std::string notice{overtaken};
  co_return co_await shown(self, std::move(*present.session), std::move(notice), c);
}

/// Stores `next` over `expected` and shows it.
flow<caf::expected<reply>> store_and_show(self_pointer self, int64_t expected, record next, std::string notice,
                                          click_ptr c, draft_effect effect = draft_effect::store) {
  auto stored = co_await save(self, expected, &next, c->until, effect);
  if (!stored)
    co_return stored.error();
  if (!stored->done)
    co_return co_await lost(self, std::move(stored->current), c);
  co_return co_await shown(self, std::move(next), std::move(notice), c);
}

// --- Beginning

/// The page that a session begins at.
enum class entry { setup, rules };
/// A fresh session over whatever version is there, filled from the community's active manifest where there is one.
flow<caf::expected<reply>> begin(self_pointer self, int64_t expected, click_ptr c, entry at = entry::setup) {
  auto& st = self->state;
  const auto by = c->until.sooner(within(self, st.opt->limits.community_within));
  auto community = co_await ask(self, st.to.communities, by, community::describe{st.guild, by});
  if (!community)
    co_return community.error();
  if (at == entry::rules && !community->active)
    co_return apart("Nothing is deployed in this server yet, so there are no rules. `/onboard` sets it up; its review "
                    "has a button “Rules”.");
  co_await read_guild(self, c->until, false);
  auto r = core::fresh(core::session_id(random_hex(12), st.user), st.user, st.guild, c->what->channel, wall_ms());
  r.guild_name = st.facts ? st.facts->name : std::string{};
  std::string notice;
  if (community->active)
    r = core::editing(std::move(r), *community->active, community->record.active_version);
  else if (community->exists)
    r.draft.name = community->record.name;
  if (at == entry::rules)
    r = core::at_rules(std::move(r));
  st.community = std::move(*community);
  notice = context_of(self, c).frozen;
  log::info("wizard.opened", {{"guild", st.guild.text()},
                              {"session", r.id.substr(0, 8)},
                              {"trace", c->what->trace},
                              {"base_version", r.base_version}});
  count("opened");
  co_return co_await store_and_show(self, expected, std::move(r), std::move(notice), c, draft_effect::erase);
}

// --- Deployments

/// Reads how the newest deployment stands. While it is open, its messages go to the click's conversation from now on.
flow<caf::expected<core::deployment_state>> follow_newest(self_pointer self, click_ptr c) {
  auto newest = co_await read_progress(self, c);
  if (!newest || !core::is_open(*newest))
    co_return newest;
  const bool is_open = co_await follow_progress(self, c);
  if (!is_open) // The deployment has ended since it was read.
    newest = co_await read_progress(self, c);
  co_return newest;
}

/// Reads how the deployment stands and moves the session after it; `r` stays as it is while that is unknown.
flow<caf::expected<record>> refreshed(self_pointer self, record r, click_ptr c) {
  auto newest = co_await follow_newest(self, c);
  if (!newest && code_of(newest.error()) != ec::not_found)
    co_return newest.error();
  auto next = newest ? core::settled(r, *newest) : core::submission_lost(r);
  if (next == r)
    co_return r;
  auto stored = co_await save(self, r.version, &next, c->until);
  if (!stored)
    co_return stored.error();
  co_return stored->done || !stored->current.session ? next : *stored->current.session;
}

/// Nobody knows whether it was taken: the answer is to ask again with the same key.
bool uncertain(ec code) {
  switch (code) {
    case ec::unavailable:
    case ec::unknown:
    case ec::timeout:
    case ec::busy:
    case ec::throttled:
    case ec::quarantined: return true;
    case ec::none:
    case ec::invalid:
    case ec::not_found:
    case ec::conflict:
    case ec::refused:
    case ec::frozen:
    case ec::stale:
    case ec::corrupt:
    case ec::unsupported:
    case ec::internal: return false;
  }
  return false;
}

/// `next` is at DEPLOY: stored before anything is asked, so that a second click finds it there.
flow<caf::expected<reply>> deploy(self_pointer self, int64_t expected, decision d, click_ptr c) {
  auto r = std::move(d.next);
  auto stored = co_await save(self, expected, &r, c->until);
  if (!stored)
    co_return stored.error();
  if (!stored->done)
    co_return co_await lost(self, std::move(stored->current), c);
  count("deploy");
  const bool again = d.what == decision::retry;
  auto done = again ? co_await run_again(self, r.submitted.version, c) : co_await submit(self, r, c);
  auto next = done && !done->waits.empty() ? core::submission_waits(r)
            : done                         ? core::submission_accepted(r, {done->version, done->deployment, done->job})
                   : core::submission_failed(r, !uncertain(code_of(done.error())), ingress::user_message(done.error()));
  if (!done)
    log::warn("wizard.submission_failed", {{"guild", self->state.guild.text()},
                                           {"session", r.id.substr(0, 8)},
                                           {"trace", c->what->trace},
                                           {"error", text_of(done.error())}});
  c->follows = done && done->waits.empty() && !done->repeated; // A repeated submission keeps its first click's token.
  const auto version = r.version;
  auto noted = co_await save(self, version, &next, c->until);
  if (noted && !noted->done && noted->current.session)
    next = *noted->current.session; // Another click settled it meanwhile; that is at least as new.
  co_return co_await shown(self, std::move(next), {}, c);
}

// --- A click

flow<caf::expected<reply>> inspect(self_pointer self, int64_t expected, record typed, click_ptr c) {
  auto& st = self->state;
  // Kept first: what was typed survives a chain that never answers, and our own end.
  auto stored = co_await save(self, expected, &typed, c->until);
  if (!stored)
    co_return stored.error();
  if (!stored->done)
    co_return co_await lost(self, std::move(stored->current), c);
  auto& t = *typed.draft.typed;
  const auto by = c->until.sooner(within(self, st.opt->limits.chain_within));
  chain::inspect_contract question{t.chain, t.address, t.type, by};
  auto contract = co_await ask(self, st.to.chains, by, std::move(question));
  core::contract_facts facts;
  if (contract) {
    facts.known = true;
    facts.address = contract->address;
    facts.has_code = contract->has_code;
    facts.matches_type = contract->matches_type;
    facts.symbol = contract->symbol;
    facts.name = contract->name;
    facts.decimals = contract->decimals;
  } else {
    const auto code = code_of(contract.error());
    facts.refused = code == ec::invalid;
    facts.unconnected = code == ec::refused;
    facts.why = facts.refused ? text_of(contract.error())
                              : fmt::format("{} gave no answer", chain::display_name(t.chain));
    log::warn("wizard.contract_unreadable", {{"chain", t.chain}, {"error", text_of(contract.error())}});
  }
  auto d = core::inspected(typed, facts);
  co_return co_await store_and_show(self, typed.version, std::move(d.next), std::move(d.sentence), c);
}

/// The knowledge of the guild that the state machine needs before it can decide.
enum class knowledge { none, shown, anew };
knowledge needed(const core::event& e) {
  if (e.argument == core::about_deployment) // PostgreSQL knows the deployment.
    return knowledge::none;
  if (e.action == "deploy" || e.action == "retry" || e.action == "refresh")
    return knowledge::anew;
  return e.action.starts_with("role-") || e.action == "channel-use" || e.action == "rule-grant" ? knowledge::shown
                                                                                                : knowledge::none;
}

/// The draft goes first: whoever dies after that leaves a session that can be cancelled again, and never a draft that
/// nobody can reach to cancel it.
flow<caf::expected<reply>> finish(self_pointer self, record r, click_ptr c) {
  auto& st = self->state;
  if (!co_await erase_draft(self, r, c->until)) {
    std::string notice{uncancelled};
    co_return co_await shown(self, std::move(r), std::move(notice), c);
  }
  const auto by = c->until.sooner(within(self, st.opt->limits.redis_within));
  auto from_redis = co_await ask(self, st.to.redis, by, store::remove(r, by));
  if (!from_redis)
    co_return from_redis.error();
  auto removed = store::read_swapped(*from_redis, st.user, st.guild);
  if (!removed)
    co_return removed.error();
  if (!removed->done)
    co_return co_await lost(self, std::move(removed->current), c);
  count("cancelled");
  co_return reply{core::note_screen("Cancelled",
                                    "Your setup is cancelled and forgotten. Nothing in your server changed.",
                                    core::color_notice),
                  false};
}

flow<caf::expected<reply>> carry_out(self_pointer self, record r, decision d, click_ptr c) {
  switch (d.what) {
    case decision::show:
      co_return co_await store_and_show(self, r.version, std::move(d.next), std::move(d.sentence), c);
    case decision::refuse: // In its place, so that no pile of refusals grows below it.
      co_return co_await shown(self, std::move(r), "⚠️ " + d.sentence, c);
    case decision::open_form: co_return reply{.data_json = std::move(d.form), .form = true};
    case decision::overtaken:
      count("overtaken");
      co_return co_await shown(self, std::move(r), std::move(d.sentence), c);
    case decision::inspect: co_return co_await inspect(self, r.version, std::move(d.next), c);
    case decision::deploy:
    case decision::retry: co_return co_await deploy(self, r.version, std::move(d), c);
    case decision::refresh: {
      auto now = co_await refreshed(self, std::move(r), c);
      if (!now)
        co_return now.error();
      co_return co_await shown(self, std::move(*now), {}, c);
    }
    case decision::restart: co_return co_await begin(self, r.version, c);
    case decision::end: break;
  }
  co_return co_await finish(self, std::move(r), c);
}

flow<caf::expected<reply>> show_latest(self_pointer self, click_ptr c) {
  auto newest = co_await follow_newest(self, c);
  if (newest) {
    const auto ctx = context_of(self, c);
    co_return reply{.data_json = core::deployment_screen(*newest, {ctx.now_ms, ctx.follows_until_ms}),
                    .may_end = core::is_open(*newest)};
  }
  if (code_of(newest.error()) != ec::not_found)
    co_return newest.error();
  co_return apart(
    "There is nothing to resume: no setup of yours is open here, and nothing has been deployed. `/onboard` starts.");
}

flow<caf::expected<reply>> clicked(self_pointer self, core::event e, click_ptr c) {
  auto found = co_await load(self, c->until);
  if (!found)
    co_return found.error();
  const bool is_other = !found->session || found->session->id != e.session;
  if (is_other && e.argument == core::about_deployment && core::belongs_to(e.session, self->state.user))
    co_return co_await show_latest(self, c); // A deployment needs no session.
  if (found->session && found->session->id != e.session && core::belongs_to(e.session, self->state.user))
    co_return apart("This message belongs to an earlier setup of yours. `/resume` shows the present one.");
  if (is_other) {
    const auto draft = co_await find_draft(self, c->until.sooner(within(self, self->state.opt->limits.draft_within)));
    const auto what = !draft ? left::unknown : *draft && (*draft)->id == e.session ? left::draft : left::nothing;
    co_return apart(closed(self->state, e.session, e.action, what));
  }
  if (auto need = needed(e); need != knowledge::none)
    co_await read_guild(self, c->until, need == knowledge::anew);
  if (e.action == "deploy" || e.action == "retry")
    co_await read_community(self, c->until);
  if (e.action == "deploy" && found->session->base_version > 0)
    co_await read_deployed(self, c->until);
  auto d = core::apply(*found->session, e, context_of(self, c));
  co_return co_await carry_out(self, std::move(*found->session), std::move(d), c);
}

/// The Retry button below the report of a failed deployment.
flow<caf::expected<reply>> retry_deployment(self_pointer self, int64_t version, click_ptr c) {
  auto done = co_await run_again(self, version, c);
  if (!done)
    co_return done.error();
  co_return reply{core::note_screen(
                    "Running again",
                    fmt::format("Version {} is on its way once more; what is set up stays. `/resume` shows the result.",
                                done->version),
                    core::color_wizard),
                  false};
}

/// The button “Check progress” of a message that a job wrote: the session, where it is at its deployment, or the
/// deployment alone.
flow<caf::expected<reply>> show_progress(self_pointer self, click_ptr c) {
  auto found = co_await load(self, c->until);
  if (!found || !found->session || found->session->at != step::deploy)
    co_return co_await show_latest(self, c);
  auto now = co_await refreshed(self, std::move(*found->session), c);
  if (!now)
    co_return now.error();
  co_return co_await shown(self, std::move(*now), {}, c);
}

/// The answer to a click was shown by a late edit, which may have come after the job's last one. An empty reply: the
/// deployment is open still, so that its end comes after that edit.
flow<caf::expected<reply>> checked_again(self_pointer self, click_ptr c) {
  auto newest = co_await read_progress(self, c);
  if (!newest)
    co_return newest.error();
  if (core::is_open(*newest))
    co_return reply{};
  co_return co_await show_progress(self, c);
}

flow<caf::expected<reply>> acted(self_pointer self, click_ptr c) {
  if (const auto version = core::retried_version(c->what->custom_id))
    co_return co_await retry_deployment(self, *version, c);
  if (core::is_progress_button(c->what->custom_id))
    co_return co_await show_progress(self, c);
  auto e = core::event_of(*c->what);
  if (!e)
    co_return apart("This button is not known here. `/onboard` starts a setup.");
  co_return co_await clicked(self, std::move(*e), c);
}

// --- Commands

flow<caf::expected<reply>> opened(self_pointer self, click_ptr c) {
  auto found = co_await load(self, c->until);
  if (!found)
    co_return found.error();
  if (!found->session) {
    auto draft = co_await restore(self, found->version, c->until);
    if (!draft)
      co_return draft.error();
    if (*draft)
      co_return reply{core::offer_screen(**draft), false};
  }
  if (!found->session || found->session->at == step::complete)
    co_return co_await begin(self, found->version, c);
  if (found->session->at != step::deploy)
    co_return reply{core::offer_screen(*found->session), false};
  auto now = co_await refreshed(self, std::move(*found->session), c);
  if (!now)
    co_return now.error();
  if (now->at == step::complete)
    co_return co_await begin(self, now->version, c);
  co_return co_await shown(self, std::move(*now), {}, c);
}

flow<caf::expected<reply>> resumed(self_pointer self, click_ptr c) {
  auto found = co_await load(self, c->until);
  if (!found)
    co_return found.error();
  bool from_draft = false;
  if (!found->session) {
    auto draft = co_await restore(self, found->version, c->until);
    if (!draft)
      co_return draft.error();
    from_draft = draft->has_value();
    found->session = std::move(*draft);
  }
  const auto* asked = c->what->option<std::string>("session_id");
  const bool named = asked != nullptr && !asked->empty();
  if (named && (!found->session || found->session->id != *asked))
    co_return apart(
      "No setup of yours in this server has that id. `/resume` without an id shows the one that is open.");
  if (!found->session)
    co_return co_await show_latest(self, c);
  auto r = std::move(*found->session);
  if (r.at == step::deploy) {
    auto now = co_await refreshed(self, std::move(r), c);
    if (!now)
      co_return now.error();
    r = std::move(*now);
  }
  if (r.at == step::complete)
    co_return co_await show_latest(self, c);
  if (from_draft)
    co_return co_await shown(self, std::move(r), "Your draft is open again.", c);
  const auto version = r.version;
  co_return co_await store_and_show(self, version, std::move(r), {}, c); // The write extends its life.
}

/// The page of the rules, in the session that is open or in one that changes what is deployed.
flow<caf::expected<reply>> rules_opened(self_pointer self, click_ptr c) {
  auto found = co_await load(self, c->until);
  if (!found)
    co_return found.error();
  if (!found->session) {
    auto draft = co_await restore(self, found->version, c->until);
    if (!draft)
      co_return draft.error();
    found->session = std::move(*draft);
  }
  if (found->session && found->session->at == step::deploy) {
    auto now = co_await refreshed(self, std::move(*found->session), c);
    if (!now)
      co_return now.error();
    found->session = std::move(*now);
  }
  if (!found->session || found->session->at == step::complete)
    co_return co_await begin(self, found->session ? found->session->version : found->version, c, entry::rules);
  auto r = std::move(*found->session);
  if (r.at == step::deploy)
    co_return co_await shown(self, std::move(r), "The rules can be changed when this deployment has ended.", c);
  const auto version = r.version;
  std::string notice;
  if (core::is_walked(r))
    r = core::at_rules(std::move(r));
  else
    notice = "Your setup is open at this step. Its review has a button “Rules”.";
  co_return co_await store_and_show(self, version, std::move(r), std::move(notice), c);
}

flow<caf::expected<reply>> work_on(self_pointer self, click_ptr c, bool is_repeated) {
  if (is_repeated)
    return checked_again(self, c);
  if (c->what->kind != interaction_kind::command)
    return acted(self, c);
  if (c->what->command == "rules")
    return rules_opened(self, c);
  return c->what->command == "resume" ? resumed(self, c) : opened(self, c);
}

flow<> answer(self_pointer self, ingress::request q, promise to_asker) {
  click one{.what = q.what, .until = q.until};
  auto out = co_await work_on(self, &one, q.is_repeated);
  if (out)
    to_asker.deliver(std::move(*out));
  else
    to_asker.deliver(out.error());
}

handle::behavior_type behavior(self_pointer self, snowflake user, snowflake guild, ports to,
                               std::shared_ptr<const options> opt) {
  keep_exception_text(self);
  self->state.to = std::move(to);
  self->state.opt = std::move(opt);
  self->state.user = user;
  self->state.guild = guild;
  return {[self](const ingress::request& q) -> caf::result<reply> {
            auto to_asker = self->make_response_promise<reply>();
            self->state.flows.start(answer(self, q, to_asker));
            return caf::delegated<reply>{};
          },
          [self](retire) { quit_when_idle(self); }};
}
} // namespace

handle start(caf::actor_system& sys, snowflake user, snowflake guild, ports to, std::shared_ptr<const options> opt) {
  return registry::spawn(sys, {"wizard_session", user.text() + ":" + guild.text(), guild.value}, behavior, user, guild,
                         std::move(to), std::move(opt));
}
} // namespace arrakis::wizard::session
