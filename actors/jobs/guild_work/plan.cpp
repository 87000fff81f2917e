#include "actors/jobs/guild_work/plan.hpp"

#include "actors/guild/core/applied.hpp"
#include "actors/guild/core/bot_permissions.hpp"
#include "runtime/foreign_text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace arrakis::jobs::guild_work {
namespace {
using blueprint::fields;
using blueprint::find_actual;
using blueprint::is_convertible;
using blueprint::key;

/// Snowflakes come from many machines of Discord, whose clocks agree among themselves. One that is older than another
/// by less than this may have been made after it; who made it is then asked of the audit log or of the admin.
constexpr int64_t snowflakes_disagree_ms = 100;

/// Whether `id` was there already when the create of `intent` was decided.
bool was_there(snowflake id, const deployments::intent& intent) {
  return intent.newest_seen && id.made_at_ms() < intent.newest_seen.made_at_ms() - snowflakes_disagree_ms;
}

/// The fields as last applied: by this deployment, else by an earlier one.
std::optional<fields> before(const world& w, const key& of) {
  for (const auto& d : w.done)
    if (d.kind == of.kind && d.resource == of.resource)
      return blueprint::read(d.fields_json);
  for (const auto& s : w.shadow)
    if (s.kind == of.kind && s.resource == of.resource)
      return blueprint::read(s.fields_json);
  return std::nullopt;
}

/// Overwrites that this version does not want any more are found in the shadow state also after a checkpoint.
std::optional<fields> shadow_fields(const world& w, const key& of) {
  for (const auto& s : w.shadow)
    if (s.kind == of.kind && s.resource == of.resource)
      return blueprint::read(s.fields_json);
  return before(w, of);
}

blueprint::place place_of(const world& w) { return {w.guild.id, w.guild.bot}; }

std::vector<std::pair<snowflake, fields>> all_of(const guild::state& g, const std::string& kind) {
  std::vector<std::pair<snowflake, fields>> list;
  if (kind == "role")
    for (const auto& r : g.roles)
      list.emplace_back(r.id, blueprint::actual(r));
  else
    for (const auto& c : g.channels)
      list.emplace_back(c.id, blueprint::actual(c));
  return list;
}

std::string called(const key& of, const std::string& name) { return fmt::format("{} {}", of.kind, quoted(name)); }

void settle_intent(const world& w, const deployments::intent& intent, const fields& want, step& s) {
  const auto found = look_for(w, intent, want);
  switch (found.what) {
    case adoption::none: return;
    case adoption::ours:
      s.what = act::adopt;
      s.id = found.id;
      return;
    case adoption::unsure:
      s.unsure = true;
      s.ask = fmt::format(
        "An interrupted attempt may have made the {}, and the audit log does not say who made the one "
        "that is there. Give the bot View Audit Log, or delete that {} if nobody needs it, then {}.",
        called(s.of, s.name), s.of.kind, w.again);
      return;
    case adoption::several:
      s.ask = fmt::format("There are {} equal ones of the {} by an interrupted attempt. Delete all but one, then {}.",
                          found.candidates.size(), called(s.of, s.name), w.again);
      return;
  }
}
} // namespace

std::set<snowflake> named(const world& w) {
  std::set<snowflake> ids;
  for (const auto& s : w.shadow)
    ids.insert(s.id);
  for (const auto& d : w.done)
    ids.insert(d.id);
  return ids;
}

std::vector<blueprint::resource> resources_of(const world& w) {
  auto list = blueprint::resources(w.want);
  if (!w.only.empty())
    std::erase_if(list, [&](const blueprint::resource& r) { return !w.only.contains(r.key); });
  return list;
}

blueprint::ids known(const world& w) {
  auto applied = w.shadow;
  for (const auto& d : w.done)
    applied.push_back({d.kind, d.resource, d.id, d.fields_json});
  return blueprint::known_ids(w.want, applied, w.guild);
}

snowflake newest(const guild::state& g) {
  snowflake id = g.id;
  for (const auto& r : g.roles)
    id = std::max(id, r.id);
  for (const auto& c : g.channels)
    id = std::max(id, c.id);
  return id;
}

fields settled(const world& w, const key& of, const fields& want) {
  const auto had = before(w, of);
  return blueprint::settled(want, had ? &*had : nullptr);
}

adoption look_for(const world& w, const deployments::intent& intent, const fields& want) {
  const auto taken = named(w);
  adoption out;
  std::vector<snowflake> silent, changed;
  for (const auto& [id, now] : all_of(w.guild, intent.kind)) {
    if (taken.contains(id) || !is_convertible(now, want))
      continue;
    const auto differs = blueprint::differences(now, want);
    const bool equal = differs.empty();
    // Discord may have folded the name in a way that is not known here.
    const bool alike = equal || differs == std::vector<std::string>{"name"};
    const auto entry = std::find_if(w.audit.begin(), w.audit.end(),
                                    [made = id](const guild::audit_entry& e) { return e.target == made; });
    // Another name alone makes no suspect of what was there before: a new guild has a category without an entry, and
    // the log forgets after 45 days.
    const bool suspect = equal ? !was_there(id, intent) : alike && intent.newest_seen && intent.newest_seen < id;
    if (entry == w.audit.end() && suspect)
      silent.push_back(id);
    else if (entry != w.audit.end() && entry->user == w.guild.bot && !intent.nonce.empty()
             && entry->reason.find(intent.nonce) != std::string::npos)
      (equal ? out.candidates : changed).push_back(id);
  }
  if (out.candidates.empty())
    out.candidates = std::move(changed);
  if (out.candidates.size() == 1)
    return {adoption::ours, out.candidates.front(), {}};
  if (!out.candidates.empty()) {
    out.what = adoption::several;
    return out;
  }
  if (!silent.empty())
    return {adoption::unsure, {}, std::move(silent)};
  return {};
}

snowflake find_orphan(const world& w, const std::string& kind, const fields& want) {
  const auto taken = named(w);
  snowflake oldest;
  for (const auto& [id, now] : all_of(w.guild, kind)) {
    if (taken.contains(id) || !is_convertible(now, want) || !blueprint::differences(now, want).empty())
      continue;
    const auto entry = std::find_if(w.audit.begin(), w.audit.end(),
                                    [made = id](const guild::audit_entry& e) { return e.target == made; });
    const bool ours = entry != w.audit.end() && entry->user == w.guild.bot && entry->reason.starts_with("Arrakis: ");
    if (ours && (!oldest || id < oldest))
      oldest = id;
  }
  return oldest;
}

bool may_have_orphans(const world& w) {
  const auto ids = known(w);
  const auto taken = named(w);
  const auto list = resources_of(w);
  return std::any_of(list.begin(), list.end(), [&](const blueprint::resource& r) {
    if (r.existing || ids.contains(r.key))
      return false;
    const auto there = all_of(w.guild, r.key.kind);
    return std::any_of(there.begin(), there.end(), [&](const auto& x) {
      const auto name = std::visit([](const auto& f) { return f.name; }, x.second);
      return !taken.contains(x.first) && (name == r.name || name == blueprint::channel_name(r.name, guild::text));
    });
  });
}

step decide(const world& w, const blueprint::resource& r) {
  step s;
  s.of = r.key;
  s.name = r.name;
  const auto ids = known(w);
  if (r.existing) {
    s.id = *r.existing;
    if (!find_actual(w.guild, r.key.kind, s.id))
      s.ask = fmt::format("The {} that was chosen for {} is not there any more. Choose another one and deploy again.",
                          r.key.kind, quoted(r.name));
    return s;
  }
  const auto want = blueprint::wanted(w.want, r.key, ids, place_of(w));
  if (const auto found = ids.find(r.key); found != ids.end()) {
    s.id = found->second;
    const auto now = find_actual(w.guild, r.key.kind, s.id);
    const auto had = shadow_fields(w, r.key);
    if (want)
      s.changes = blueprint::differences(blueprint::managed(*now, *want, had ? &*had : nullptr),
                                         settled(w, r.key, *want));
    else
      s.changes = {"overwrites"};
    s.what = s.changes.empty() ? act::nothing : act::update;
    return s;
  }
  s.what = act::create;
  const auto intent = std::find_if(w.open.begin(), w.open.end(), [&](const deployments::intent& i) {
    return i.kind == r.key.kind && i.resource == r.key.resource;
  });
  if (intent != w.open.end() && want && w.adopts)
    settle_intent(w, *intent, *want, s);
  else if (want && w.adopts)
    s.id = find_orphan(w, r.key.kind, *want);
  if (s.what == act::create && s.id)
    s.what = act::adopt;
  return s;
}

plan make_plan(const world& w) {
  plan p;
  for (const auto& r : resources_of(w))
    p.steps.push_back(decide(w, r));
  for (const auto& s : blueprint::left_over(w.want, w.shadow, known(w), w.guild)) {
    const auto name = std::visit([](const auto& f) { return f.name; }, *find_actual(w.guild, s.kind, s.id));
    p.left_over.push_back(fmt::format("{} {} ({})", s.kind, quoted(name), s.id.value));
  }
  return p;
}

std::vector<std::pair<snowflake, int>> order(const world& w) {
  const auto ids = known(w);
  std::vector<const guild::role*> ours;
  for (const auto& r : blueprint::resources(w.want)) {
    const auto found = ids.find(r.key);
    if (r.key.kind != "role" || r.existing || found == ids.end())
      continue;
    for (const auto& role : w.guild.roles)
      if (role.id == found->second && blueprint::below_bot(w.guild, role))
        ours.push_back(&role);
  }
  std::vector<int> places;
  for (const auto* r : ours)
    places.push_back(r->position);
  std::sort(places.rbegin(), places.rend());
  if (std::adjacent_find(places.begin(), places.end()) != places.end())
    return {}; // Equal positions: Discord orders them by age, and parting them would move others.
  std::vector<std::pair<snowflake, int>> moves;
  for (size_t i = 0; i < ours.size(); ++i)
    if (ours[i]->position != places[i])
      moves.emplace_back(ours[i]->id, places[i]);
  return moves;
}

std::vector<manifests::shadow_entry> shadow_of(const world& w) {
  std::vector<manifests::shadow_entry> list;
  const auto ids = known(w);
  if (!w.only.empty())
    std::copy_if(w.shadow.begin(), w.shadow.end(), std::back_inserter(list),
                 [&](const auto& s) { return !w.only.contains({s.kind, s.resource}); });
  for (const auto& r : resources_of(w)) {
    const auto found = ids.find(r.key);
    const auto want = blueprint::wanted(w.want, r.key, ids, place_of(w));
    if (found == ids.end() || !want)
      continue;
    // Of what the admins chose nothing is managed: what it is now is kept for the diff's words.
    const auto now = r.existing ? find_actual(w.guild, r.key.kind, found->second) : std::optional<fields>{};
    list.push_back({r.key.kind, r.key.resource, found->second,
                    now ? blueprint::chosen_text(*now) : blueprint::text(settled(w, r.key, *want))});
  }
  if (!w.only.empty())
    return list;
  // What is left over is remembered, so that a later version which wants it again finds it instead of making it twice.
  for (const auto& s : w.shadow) {
    const bool there = std::any_of(list.begin(), list.end(), [&](const auto& x) {
      return (x.kind == s.kind && x.resource == s.resource) || x.id == s.id;
    });
    if (!there && ids.contains({s.kind, s.resource}))
      list.push_back(s);
  }
  return list;
}

} // namespace arrakis::jobs::guild_work
