#include "actors/jobs/guild_work/plan.hpp"

#include "actors/guild/core/applied.hpp"
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

/// True where `id` was there already when the create of `intent` was decided.
bool was_there(snowflake id, const deployments::intent& intent) {
  return intent.newest_seen && id.made_at_ms() < intent.newest_seen.made_at_ms() - snowflakes_disagree_ms;
}

/// The fields as last applied: by this deployment, else by an earlier one.
std::optional<fields> before(const guild_snapshot& snap, const key& of) {
  for (const auto& d : snap.done)
    if (d.kind == of.kind && d.resource == of.resource)
      return blueprint::read(d.fields_json);
  for (const auto& s : snap.shadow)
    if (s.kind == of.kind && s.resource == of.resource)
      return blueprint::read(s.fields_json);
  return std::nullopt;
}

/// Overwrites that this version does not want any more are found in the shadow state also after a checkpoint.
std::optional<fields> shadow_fields(const guild_snapshot& snap, const key& of) {
  for (const auto& s : snap.shadow)
    if (s.kind == of.kind && s.resource == of.resource)
      return blueprint::read(s.fields_json);
  return before(snap, of);
}

blueprint::target_guild target_of(const guild_snapshot& snap) { return {snap.guild.id, snap.guild.bot}; }

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

/// other_name: all but the name, which Discord may have folded in a way that is not known here.
enum class similarity { none, other_name, equal };
similarity similarity_of(const fields& now, const fields& other) {
  if (!is_convertible(now, other))
    return similarity::none;
  const auto differs = blueprint::differences(now, other);
  return differs.empty()                             ? similarity::equal
       : differs == std::vector<std::string>{"name"} ? similarity::other_name
                                                     : similarity::none;
}

void settle_intent(const guild_snapshot& snap, const deployments::intent& intent, const fields& want, step& s) {
  const auto found = find_created(snap, intent, want);
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
        called(s.of, s.name), s.of.kind, snap.again);
      return;
    case adoption::several:
      s.ask = fmt::format("There are {} equal ones of the {} by an interrupted attempt. Delete all but one, then {}.",
                          found.candidates.size(), called(s.of, s.name), snap.again);
      return;
  }
}
} // namespace

std::set<snowflake> named(const guild_snapshot& snap) {
  std::set<snowflake> ids;
  for (const auto& s : snap.shadow)
    ids.insert(s.id);
  for (const auto& d : snap.done)
    ids.insert(d.id);
  return ids;
}

std::vector<blueprint::resource> resources_of(const guild_snapshot& snap) {
  auto list = blueprint::resources(snap.want);
  if (!snap.only.empty())
    std::erase_if(list, [&](const blueprint::resource& r) { return !snap.only.contains(r.key); });
  return list;
}

blueprint::ids known(const guild_snapshot& snap) {
  auto applied = snap.shadow;
  for (const auto& d : snap.done)
    applied.push_back({d.kind, d.resource, d.id, d.fields_json});
  return blueprint::known_ids(snap.want, applied, snap.guild);
}

snowflake newest(const guild::state& g) {
  snowflake id = g.id;
  for (const auto& r : g.roles)
    id = std::max(id, r.id);
  for (const auto& c : g.channels)
    id = std::max(id, c.id);
  return id;
}

fields settled(const guild_snapshot& snap, const key& of, const fields& want) {
  const auto had = before(snap, of);
  return blueprint::settled(want, had ? &*had : nullptr);
}

adoption find_created(const guild_snapshot& snap, const deployments::intent& intent, const fields& want) {
  const auto taken = named(snap);
  const auto asked = intent.fields_json.empty() ? std::nullopt : blueprint::read(intent.fields_json);
  adoption out;
  std::vector<snowflake> silent, changed;
  for (const auto& [id, now] : all_of(snap.guild, intent.kind)) {
    if (taken.contains(id) || !is_convertible(now, want))
      continue;
    const auto as_wanted = similarity_of(now, want);
    const auto likeness = std::max(as_wanted, asked ? similarity_of(now, *asked) : similarity::none);
    const auto entry = std::find_if(snap.audit.begin(), snap.audit.end(),
                                    [made = id](const guild::audit_entry& e) { return e.target == made; });
    // Another name alone makes no suspect of what was there before: a new guild has a category without an entry, and
    // the log forgets after 45 days.
    const bool suspect = likeness == similarity::equal
                         ? !was_there(id, intent)
                         : likeness == similarity::other_name && intent.newest_seen && intent.newest_seen < id;
    if (entry == snap.audit.end() && suspect)
      silent.push_back(id);
    else if (entry != snap.audit.end() && entry->user == snap.guild.bot && !intent.nonce.empty()
             && entry->reason.find(intent.nonce) != std::string::npos)
      (as_wanted == similarity::equal ? out.candidates : changed).push_back(id);
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

snowflake find_orphan(const guild_snapshot& snap, const std::string& kind, const fields& want) {
  const auto taken = named(snap);
  snowflake oldest;
  for (const auto& [id, now] : all_of(snap.guild, kind)) {
    if (taken.contains(id) || !is_convertible(now, want) || !blueprint::differences(now, want).empty())
      continue;
    const auto entry = std::find_if(snap.audit.begin(), snap.audit.end(),
                                    [made = id](const guild::audit_entry& e) { return e.target == made; });
    const bool ours = entry != snap.audit.end() && entry->user == snap.guild.bot
                   && entry->reason.starts_with("Arrakis: ");
    if (ours && (!oldest || id < oldest))
      oldest = id;
  }
  return oldest;
}

bool may_have_orphans(const guild_snapshot& snap) {
  const auto ids = known(snap);
  const auto taken = named(snap);
  const auto list = resources_of(snap);
  return std::any_of(list.begin(), list.end(), [&](const blueprint::resource& r) {
    if (r.existing || ids.contains(r.key))
      return false;
    const auto there = all_of(snap.guild, r.key.kind);
    return std::any_of(there.begin(), there.end(), [&](const auto& x) {
      const auto name = std::visit([](const auto& f) { return f.name; }, x.second);
      return !taken.contains(x.first) && (name == r.name || name == blueprint::channel_name(r.name, guild::text));
    });
  });
}

step decide(const guild_snapshot& snap, const blueprint::resource& r) {
  step s;
  s.of = r.key;
  s.name = r.name;
  const auto ids = known(snap);
  if (r.existing) {
    s.id = *r.existing;
    if (!find_actual(snap.guild, r.key.kind, s.id))
      s.ask = fmt::format("The {} that was chosen for {} is not there any more. Choose another one and deploy again.",
                          r.key.kind, quoted(r.name));
    return s;
  }
  const auto want = blueprint::wanted(snap.want, r.key, ids, target_of(snap));
  if (const auto found = ids.find(r.key); found != ids.end()) {
    s.id = found->second;
    const auto now = find_actual(snap.guild, r.key.kind, s.id);
    const auto had = shadow_fields(snap, r.key);
    if (want)
      s.changes = blueprint::differences(blueprint::managed(*now, *want, had ? &*had : nullptr),
                                         settled(snap, r.key, *want));
    else
      s.changes = {"overwrites"};
    s.what = s.changes.empty() ? act::nothing : act::update;
    return s;
  }
  s.what = act::create;
  const auto intent = std::find_if(snap.open.begin(), snap.open.end(), [&](const deployments::intent& i) {
    return i.kind == r.key.kind && i.resource == r.key.resource;
  });
  if (intent != snap.open.end() && want && snap.adopts)
    settle_intent(snap, *intent, *want, s);
  else if (want && snap.adopts)
    s.id = find_orphan(snap, r.key.kind, *want);
  if (s.what == act::create && s.id)
    s.what = act::adopt;
  return s;
}

plan make_plan(const guild_snapshot& snap) {
  plan p;
  for (const auto& r : resources_of(snap))
    p.steps.push_back(decide(snap, r));
  for (const auto& s : blueprint::left_over(snap.want, snap.shadow, known(snap), snap.guild)) {
    const auto name = std::visit([](const auto& f) { return f.name; }, *find_actual(snap.guild, s.kind, s.id));
    p.left_over.push_back(fmt::format("{} {} ({})", s.kind, quoted(name), s.id.value));
  }
  return p;
}

std::vector<manifests::shadow_entry> shadow_of(const guild_snapshot& snap) {
  std::vector<manifests::shadow_entry> list;
  const auto ids = known(snap);
  if (!snap.only.empty())
    std::copy_if(snap.shadow.begin(), snap.shadow.end(), std::back_inserter(list), [&](const auto& s) {
      return !snap.only.contains({s.kind, s.resource});
    });
  for (const auto& r : resources_of(snap)) {
    const auto found = ids.find(r.key);
    const auto want = blueprint::wanted(snap.want, r.key, ids, target_of(snap));
    if (found == ids.end() || !want)
      continue;
    // No field of a resource that the admins chose is managed: its present fields serve the diff's words.
    const auto now = r.existing ? find_actual(snap.guild, r.key.kind, found->second) : std::optional<fields>{};
    list.push_back({r.key.kind, r.key.resource, found->second,
                    now ? blueprint::chosen_text(*now) : blueprint::text(settled(snap, r.key, *want))});
  }
  if (!snap.only.empty())
    return list;
  // A left-over resource is remembered, so that a later version which wants it again finds it and makes no second one.
  for (const auto& s : snap.shadow) {
    const bool there = std::any_of(list.begin(), list.end(), [&](const auto& x) {
      return (x.kind == s.kind && x.resource == s.resource) || x.id == s.id;
    });
    if (!there && ids.contains({s.kind, s.resource}))
      list.push_back(s);
  }
  return list;
}

} // namespace arrakis::jobs::guild_work
