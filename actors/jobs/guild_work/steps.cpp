#include "actors/guild/core/applied.hpp"
#include "actors/guild/core/refusal_cause.hpp"
#include "actors/guild/core/role_order.hpp"
#include "actors/jobs/guild_work/work.hpp"
#include "adapters/discord/rest/calls.hpp"
#include "runtime/foreign_text.hpp"
#include "runtime/log.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace arrakis::jobs::guild_work {
namespace {
using blueprint::fields;

const problem none{};

std::string about(const step& s) { return fmt::format("{} {}", s.of.kind, quoted(s.name)); }

/// Empty: somebody deleted what it needs, which earlier steps found there or made.
std::optional<fields> wanted_of(pointer self, const blueprint::key& of) {
  const auto& snap = self->state.snapshot;
  return blueprint::wanted(snap.want, of, known(snap), {snap.guild.id, snap.guild.bot});
}
problem needs_deleted(const step& s) {
  return {trouble::not_found, fmt::format("What the {} needs is not in the server any more.", about(s))};
}

/// Stores in `list` what Discord answered of one of its resources.
template <class Resource>
problem store_answer(const caf::expected<Resource>& answer, std::vector<Resource>& list, snowflake& id, fields& now) {
  if (!answer)
    return {trouble::unknown, text_of(answer.error())};
  id = answer->id;
  now = blueprint::actual(*answer);
  const auto found = std::find_if(list.begin(), list.end(), [&](const auto& x) { return x.id == answer->id; });
  if (found == list.end())
    list.push_back(*answer);
  else
    *found = *answer;
  return none;
}
problem store_answer(pointer self, const step& s, std::string_view body, snowflake& id, fields& now) {
  auto& g = self->state.snapshot.guild;
  return s.of.kind == "role" ? store_answer(guild::read_role(body), g.roles, id, now)
                             : store_answer(guild::read_channel(body), g.channels, id, now);
}

/// Notes that a resource is as `now` says. Idempotent, so it is tried again until it is certain.
flow<problem> note(pointer self, blueprint::key of, snowflake id, fields now) {
  auto& st = self->state;
  auto& snap = st.snapshot;
  const deployments::resource_state entry{of.kind, of.resource, id, blueprint::text(now)};
  deployments::checkpoint order{st.of, entry, {}};
  auto label = of.kind + " " + of.resource;
  auto why = co_await ask_until_certain(self, st.svc.deployments, std::move(order), std::move(label));
  if (why.what == trouble::none) {
    std::erase_if(snap.done, [&](const auto& d) { return d.kind == of.kind && d.resource == of.resource; });
    snap.done.push_back(entry);
    std::erase_if(snap.open, [&](const auto& i) { return i.kind == of.kind && i.resource == of.resource; });
  }
  co_return why;
}

gate::write write_for(pointer self, const step& s) {
  const auto& st = self->state;
  gate::write w;
  w.community = st.community;
  w.fence = st.fence;
  w.as_of = st.fences_as_of;
  w.of = st.of;
  w.kind = s.of.kind;
  w.resource = s.of.resource;
  w.about = about(s);
  return w;
}

flow<problem> create(pointer self, step s) {
  auto& st = self->state;
  auto& snap = st.snapshot;
  auto order = write_for(self, s);
  order.create = true;
  order.newest_seen = newest(snap.guild);
  const auto want = wanted_of(self, s.of);
  if (!want)
    co_return needs_deleted(s);
  const auto asked = order.fields_json = blueprint::text(*want);
  const auto body = blueprint::create_body(*want);
  order.call = s.of.kind == "role" ? discord::create_role(snap.guild.id, body)
                                   : discord::create_channel(snap.guild.id, body);
  order.call.until = within(self, call_within);
  const auto until = order.call.until;
  auto result = co_await ask(self, st.svc.gate, {until.at + store_within}, std::move(order));
  if (!result)
    co_return problem{trouble::unknown, "The gate did not answer: " + text_of(result.error())};
  snowflake id;
  fields answered;
  bool unnoted = false; // Made, and our own store was away for longer than the notes were tried.
  if (result->why.what == trouble::none) {
    result->why = store_answer(self, s, result->answer.body, id, answered);
    if (result->why.what == trouble::none) {
      result->why = co_await note(self, s.of, id, blueprint::applied(*want, answered));
      unnoted = result->why.what != trouble::none && gate::retryable(result->why.what);
      if (!unnoted)
        co_return result->why;
    }
  }
  if (unnoted || result->why.what == trouble::unknown) {
    // The resource may be there. Later decisions search for it before they make another one.
    const auto noted = std::find_if(snap.open.begin(), snap.open.end(), [&](const deployments::intent& i) {
      return i.kind == s.of.kind && i.resource == s.of.resource;
    });
    if (noted != snap.open.end())
      noted->fields_json = asked;
    else if (!result->nonce.empty())
      snap.open.push_back({s.of.kind, s.of.resource, result->nonce, result->newest_seen, asked});
    st.unseen = true;
    co_await nap(self, settle);
    if (auto why = co_await read_guild(self); why.what != trouble::none)
      co_return why;
  }
  co_return result->why;
}

flow<problem> update(pointer self, step s) {
  auto& st = self->state;
  auto& snap = st.snapshot;
  const auto want = wanted_of(self, s.of);
  if (!want)
    co_return needs_deleted(s);
  const auto now = blueprint::find_actual(snap.guild, s.of.kind, s.id);
  std::optional<fields> had;
  for (const auto& e : snap.shadow)
    if (e.kind == s.of.kind && e.resource == s.of.resource)
      had = blueprint::read(e.fields_json);
  auto order = write_for(self, s);
  const auto body = blueprint::update_body(*want, s.changes, now.value_or(*want), had ? &*had : nullptr);
  order.call = s.of.kind == "role" ? discord::modify_role(snap.guild.id, s.id, body)
                                   : discord::modify_channel(s.id, body);
  order.call.until = within(self, call_within);
  const auto until = order.call.until;
  auto result = co_await ask(self, st.svc.gate, {until.at + store_within}, std::move(order));
  if (!result)
    co_return problem{trouble::unknown, "The gate did not answer: " + text_of(result.error())};
  snowflake id;
  fields answered;
  if (result->why.what == trouble::none)
    result->why = store_answer(self, s, result->answer.body, id, answered);
  if (result->why.what != trouble::none)
    co_return result->why;
  // An answer to other changes may show what an admin renamed meanwhile.
  const bool named = std::find(s.changes.begin(), s.changes.end(), "name") != s.changes.end();
  co_return co_await note(self, s.of, s.id, named ? blueprint::applied(*want, answered) : settled(snap, s.of, *want));
}

/// The problem of a refusal without a reason, with the reason that a new reading of the guild shows.
flow<problem> explained(pointer self, step s, problem why) {
  if (why.discord_code == 0)
    co_return why;
  if (auto read = co_await read_guild(self); read.what != trouble::none)
    co_return why;
  const auto label = s.of.kind == "channel" ? "#" + for_message(s.name)
                   : s.of.kind == "role"    ? "the role " + quoted(s.name)
                                            : "the category " + quoted(s.name);
  const auto want = wanted_of(self, s.of);
  const auto cause = want ? blueprint::refusal_cause(self->state.snapshot.guild, {s.of.kind, s.id, *want})
                          : std::string{};
  why.sentence = cause.empty()
                 ? fmt::format("The bot may not change {}: Discord refused, and the permissions look sufficient (code "
                               "{}); try again.",
                               label, why.discord_code)
                 : fmt::format("The bot may not change {}: {}. Fix it, then {}.", label, cause,
                               self->state.snapshot.again);
  co_return why;
}

/// Brings one resource to what is wanted: decides, does, and decides again with what is known then.
flow<problem> settle_resource(pointer self, blueprint::resource r) {
  auto& snap = self->state.snapshot;
  problem why;
  for (int n = 1; n <= tries_max; ++n) {
    co_await nap(self, pause_before(n));
    if (!has_lease(self))
      co_return lost(self);
    if (self->state.unseen) { // Nothing may be decided by what the guild was before.
      why = co_await read_guild(self);
      if (why.what != trouble::none && (!gate::retryable(why.what) || why.wait > milliseconds{0}))
        co_return why;
      if (why.what != trouble::none)
        continue;
    }
    const auto s = decide(snap, r);
    if (!s.ask.empty() && s.unsure && n < tries_max) {
      // Discord writes the audit log a little later than it answers.
      co_await nap(self, settle);
      if (why = co_await read_guild(self); why.what != trouble::none)
        co_return why;
      continue;
    }
    if (!s.ask.empty())
      co_return problem{trouble::permission, s.ask};
    why = none;
    if (s.what == act::nothing)
      co_return none;
    if (s.what == act::adopt) {
      log::info("job.adopted", {{"tenant", self->state.community.value},
                                {"trace", self->state.trace},
                                {"resource", s.of.kind + "/" + s.of.resource},
                                {"id", s.id.text()}});
      const auto want = wanted_of(self, s.of);
      why = want ? co_await note(self, s.of, s.id, *want) : needs_deleted(s);
      if (why.what == trouble::none)
        --n; // Not a failed try; the next decision may find drift to mend.
    } else if (s.what == act::create) {
      why = co_await create(self, s);
    } else {
      why = co_await update(self, s);
    }
    if (why.what == trouble::none && s.what != act::adopt)
      co_return none;
    if (why.what != trouble::none && (!gate::retryable(why.what) || why.wait > milliseconds{0}))
      co_return co_await explained(self, s, std::move(why));
  }
  co_return why.what == trouble::none ? problem{trouble::unknown, "No end is in sight for " + r.key.resource} : why;
}

/// Making a role moves others up: their positions are read again. Only where older ones of ours are there: new ones
/// alone come in order by themselves.
flow<> refresh_positions(pointer self) {
  auto& snap = self->state.snapshot;
  const auto until = within(self, call_within);
  guild::fetch_roles question{snap.guild.id, self->state.community.value, until};
  auto now = co_await ask(self, self->state.svc.guilds, until, std::move(question));
  if (now)
    snap.guild.roles = std::move(now->roles);
}

flow<problem> put_in_order(pointer self, size_t roles_made) {
  auto& st = self->state;
  auto& snap = st.snapshot;
  if (!snap.orders_roles)
    co_return none;
  const auto ours = std::count_if(snap.want.roles.begin(), snap.want.roles.end(),
                                  [](const auto& r) { return !r.existing; });
  if (roles_made > 0 && roles_made < static_cast<size_t>(ours))
    co_await refresh_positions(self);
  const auto moves = blueprint::role_moves(snap.want, known(snap), snap.guild);
  if (moves.empty())
    co_return none;
  step s;
  s.of = {"role", ""};
  s.name = "order";
  auto write = write_for(self, s);
  write.about = "the order of the roles";
  write.call = discord::order_roles(snap.guild.id, moves);
  write.call.until = within(self, call_within);
  const auto until = write.call.until;
  auto result = co_await ask(self, st.svc.gate, {until.at + store_within}, std::move(write));
  const auto why = result ? result->why : problem{trouble::unknown, ""};
  if (why.what == trouble::frozen || why.what == trouble::stale)
    co_return why;
  if (why.what != trouble::none) // The order in the member list is not worth a failed deployment.
    log::warn("job.roles_unordered", {{"tenant", st.community.value}, {"trace", st.trace}, {"error", why.sentence}});
  co_return none;
}

std::string_view stage_of(const blueprint::key& of) {
  return of.kind == "role" ? "roles" : of.kind == "category" ? "categories" : "channels";
}
/// Once over everything that the manifest names, in its order.
flow<problem> settle_all(pointer self) {
  auto& st = self->state;
  const auto list = resources_of(st.snapshot);
  const auto roles_before = st.snapshot.guild.roles.size();
  const auto roles_made = [&] {
    const auto roles_now = st.snapshot.guild.roles.size();
    return roles_now - std::min(roles_before, roles_now);
  };
  size_t done = 0;
  bool ordered = false;
  for (const auto& r : list) {
    if (!ordered && r.key.kind != "role") {
      ordered = true;
      if (auto why = co_await put_in_order(self, roles_made()); why.what != trouble::none)
        co_return why;
    }
    show_progress(self, stage_of(r.key));
    if (auto why = co_await settle_resource(self, r); why.what != trouble::none)
      co_return why;
    st.progress.done = std::max(st.progress.done, ++done);
  }
  if (!ordered) // Roles alone: nothing came after them.
    co_return co_await put_in_order(self, roles_made());
  co_return none;
}

/// Names of those that are not in the guild, as far as it is known.
std::vector<std::string> lacking(const guild_snapshot& snap) {
  std::vector<std::string> names;
  for (const auto& r : resources_of(snap)) {
    const auto s = decide(snap, r);
    if (s.what == act::create || s.what == act::adopt || !s.ask.empty())
      names.push_back(about(s));
  }
  return names;
}

/// The guild as it is now, twice where something lacks: an answer of Discord may be older than a create, and making it
/// twice would be worse than a moment's wait.
flow<problem> read_again(pointer self) {
  if (auto why = co_await read_guild(self); why.what != trouble::none || lacking(self->state.snapshot).empty())
    co_return why;
  co_await nap(self, settle);
  co_return co_await read_guild(self);
}
} // namespace

/// The guild belongs to its admins, who may delete in the middle of it: a role or category that something refers to, or
/// what was made already. Discord's answers or a last reading tell, and another pass mends it.
flow<problem> work(pointer self) {
  auto& st = self->state;
  st.progress.total = resources_of(st.snapshot).size() + 1; // And the end.
  st.progress.done = 0;
  for (int pass = 1;; ++pass) {
    auto why = co_await settle_all(self);
    if (why.what != trouble::none && why.what != trouble::not_found)
      co_return why;
    show_progress(self, "finalising");
    if (auto read = co_await read_again(self); read.what != trouble::none)
      co_return read;
    const auto gone = lacking(st.snapshot);
    if (why.what == trouble::none && gone.empty())
      co_return none;
    log::info("job.deleted_meanwhile", {{"tenant", st.community.value},
                                        {"trace", st.trace},
                                        {"resources", fmt::format("{}", fmt::join(gone, ", "))},
                                        {"error", why.sentence}});
    if (pass == passes_max)
      co_return problem{trouble::not_found,
                        fmt::format("Somebody deletes in this server what the {} needs: {} Leave its roles and "
                                    "channels alone for a minute, then {}.",
                                    st.what->noun,
                                    gone.empty() ? why.sentence : fmt::format("{}.", fmt::join(gone, ", ")),
                                    st.snapshot.again)};
  }
}

} // namespace arrakis::jobs::guild_work
