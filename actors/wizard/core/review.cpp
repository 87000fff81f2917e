#include "actors/wizard/core/review.hpp"

#include "actors/guild/core/blueprint.hpp"
#include "actors/wizard/core/facts.hpp"
#include "actors/wizard/core/plan.hpp"
#include "runtime/foreign_text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace arrakis::wizard::core {
namespace {

template <class T>
const T* with_id(const std::vector<T>& list, std::string_view id) {
  const auto found = std::ranges::find_if(list, [&](const T& x) { return x.id == id; });
  return found == list.end() ? nullptr : &*found;
}

bool contains(const std::vector<std::string>& list, const std::string& id) {
  return std::ranges::find(list, id) != list.end();
}

const std::string& name_of(const manifest_asset& x) { return x.id; } // Nobody chose a name for an asset.
template <class T>
const std::string& name_of(const T& x) {
  return x.name;
}
template <class T>
void set_name(T& x, const std::string& to) {
  if constexpr (requires { x.name; })
    x.name = to;
}

/// `before` null: everything is new.
template <class T>
change_counts compare(const std::vector<T>& now, const std::vector<T>* before) {
  change_counts out;
  for (const auto& x : now) {
    const auto* old = before ? with_id(*before, x.id) : nullptr;
    if (!old) {
      ++out.added;
      continue;
    }
    auto same = x;
    set_name(same, name_of(*old));
    if (name_of(x) != name_of(*old))
      ++out.renamed;
    else if (!(same == *old))
      ++out.changed;
  }
  for (const auto& x : before ? *before : std::vector<T>{})
    out.removed += with_id(now, x.id) == nullptr;
  return out;
}

/// The changes among them that a deployment makes.
template <class T>
std::vector<T> own(std::vector<T> list) {
  std::erase_if(list, [](const auto& x) { return x.existing.has_value(); });
  return list;
}

/// The roles of the guild that stand for a tier.
std::vector<std::pair<std::string, snowflake>> mappings_of(const manifest& m) {
  std::vector<std::pair<std::string, snowflake>> list;
  for (const auto& r : m.roles)
    if (r.existing)
      list.emplace_back(r.tier_id, *r.existing);
  return list;
}

/// The categories and channels of the guild that stand for some of the plan.
std::vector<std::pair<std::string, snowflake>> chosen_channels_of(const manifest& m) {
  std::vector<std::pair<std::string, snowflake>> list;
  for (const auto& x : blueprint::resources(m))
    if (x.existing && x.key.kind != "role")
      list.emplace_back(x.key.kind + " " + x.key.resource, *x.existing);
  return list;
}

size_t count_missing_in(const std::vector<std::pair<std::string, snowflake>>& list,
                        const std::vector<std::pair<std::string, snowflake>>& other) {
  return static_cast<size_t>(
    std::ranges::count_if(list, [&](const auto& x) { return std::ranges::find(other, x) == other.end(); }));
}

int type_of(const manifest& m, const std::string& channel) {
  const auto* found = with_id(m.channels, channel);
  return found ? blueprint::channel_type(found->type) : guild::text;
}

/// How many things of its kind, beside `own`, the guild has under the name that Discord will give this one.
size_t count_named(const guild::state& now, const blueprint::resource& x, int type, std::optional<snowflake> own) {
  if (x.key.kind == "role")
    return static_cast<size_t>(
      std::ranges::count_if(now.roles, [&](const auto& role) { return role.id != own && role.name == x.name; }));
  const bool voice = type == guild::voice, category = x.key.kind == "category";
  const auto name = category ? x.name : blueprint::channel_name(x.name, type);
  return static_cast<size_t>(std::ranges::count_if(now.channels, [&](const auto& c) {
    const bool same_kind = category ? c.type == guild::category
                                    : c.type != guild::category && (c.type == guild::voice) == voice;
    return c.id != own && same_kind && c.name == name;
  }));
}

std::string shown_name(const blueprint::resource& x, int type) {
  if (x.key.kind == "role" || x.key.kind == "category")
    return fmt::format("{} {}", x.key.kind, quoted(x.name));
  if (type == guild::voice)
    return fmt::format("voice channel {}", quoted(x.name));
  return "#" + for_message(blueprint::channel_name(x.name, type));
}

/// The parts of the plan that meet something of the same name in the guild. `deployed` null: not known, then
/// everything of the active version counts as being there.
void find_doubles(const manifest& plan, const record& r, const guild::state& now, const manifest* active,
                  const blueprint::ids* deployed, plan_changes& out) {
  const auto own = deployed ? own_resources(r, now, *deployed) : blueprint::ids{};
  const auto own_id = [&](const blueprint::key& key) {
    const auto found = own.find(key);
    return found == own.end() ? std::nullopt : std::optional{found->second};
  };
  const auto before = active ? blueprint::resources(*active) : std::vector<blueprint::resource>{};
  const auto planned = blueprint::resources(plan);
  for (const auto& x : planned) {
    if (x.existing)
      continue;
    const auto old = std::ranges::find(before, x.key, &blueprint::resource::key);
    const bool is_made = contains(r.base_resources, x.key.resource);
    if (is_made && (!deployed || own.contains(x.key)) && (old == before.end() || old->name == x.name))
      continue; // The one of its name is this one.
    const int type = type_of(plan, x.key.resource);
    if (const auto there = count_named(now, x, type, own_id(x.key)); there > 0)
      out.doubles.push_back((there == 1 ? "a second " : "another ") + shown_name(x, type));
  }
  for (const auto& x : before)
    if (deployed && !x.existing && contains(r.base_resources, x.key.resource)
        && std::ranges::find(planned, x.key, &blueprint::resource::key) != planned.end() && !own.contains(x.key))
      out.missing.push_back(shown_name(x, type_of(*active, x.key.resource)));
}

/// New and removed resources, by the ids that the session itself knows.
void compare_ids(const manifest& plan, const record& r, plan_changes& out) {
  const auto planned = resource_ids(plan);
  for (const auto& x : blueprint::resources(plan))
    if (!x.existing && !contains(r.base_resources, x.key.resource))
      ++(x.key.kind == "role" ? out.roles : x.key.kind == "category" ? out.categories : out.channels).added;
  // Only the active version knows the kind of a resource that left the plan.
  out.channels.removed = static_cast<size_t>(
    std::ranges::count_if(r.base_resources, [&](const auto& id) { return !contains(planned, id); }));
}
} // namespace

plan_changes changes_of(const record& r, const guild::state* now, const manifest* active,
                        const blueprint::ids* deployed) {
  plan_changes out;
  const auto plan = build_manifest(r.draft);
  if (r.base_version == 0)
    active = nullptr;
  out.is_compared = active != nullptr || r.base_version == 0;
  if (out.is_compared) {
    const auto before = active ? *active : manifest{};
    const auto roles_before = own(before.roles);
    const auto categories_before = own(before.categories);
    const auto channels_before = own(before.channels);
    out.roles = compare(own(plan.roles), &roles_before);
    out.categories = compare(own(plan.categories), &categories_before);
    out.channels = compare(own(plan.channels), &channels_before);
    out.mappings_added = count_missing_in(mappings_of(plan), mappings_of(before));
    out.mappings_removed = count_missing_in(mappings_of(before), mappings_of(plan));
    out.chosen_added = count_missing_in(chosen_channels_of(plan), chosen_channels_of(before));
    out.chosen_removed = count_missing_in(chosen_channels_of(before), chosen_channels_of(plan));
    if (active) {
      out.tiers = compare(plan.tiers, &active->tiers);
      out.assets = compare(plan.assets, &active->assets);
      out.rules = compare(plan.rules, &active->rules);
      out.is_ranked_anew = plan.ranked_asset != active->ranked_asset;
    }
  } else {
    compare_ids(plan, r, out);
  }
  if (now)
    find_doubles(plan, r, *now, active, deployed, out);
  return out;
}

namespace {
struct words {
  std::string_view one, many;
};

class counted_list {
public:
  void add(std::string_view sign, size_t n, const words& what, std::string_view then = "") {
    if (n > 0)
      text_ += fmt::format("{}{}{} {}{}", text_.empty() ? "" : ", ", sign, n, n == 1 ? what.one : what.many, then);
  }
  void add(const change_counts& c, const words& what) {
    add("+", c.added, what);
    add("", c.renamed, what, " renamed");
    add("", c.changed, what, " changed");
    add("−", c.removed, what);
  }
  const std::string& text() const { return text_; }

private:
  std::string text_;
};

void add_warnings(std::string& out, const std::vector<std::string>& list, std::string_view then) {
  constexpr size_t shown_max = 3; // All fields of the review share one embed.
  for (size_t i = 0; i < list.size() && i < shown_max; ++i)
    out += fmt::format("\n⚠️ {}{}", list[i], then);
  if (list.size() > shown_max)
    out += fmt::format("\n⚠️ and {} more of this kind", list.size() - shown_max);
}
} // namespace

std::string change_lines(const record& r, const context& ctx) {
  const auto changes = changes_of(r, ctx.facts, ctx.active, deployed_of(r, ctx));
  counted_list counts;
  counts.add(changes.roles, {"role", "roles"});
  counts.add(changes.categories, {"category", "categories"});
  counts.add(changes.channels,
             changes.is_compared ? words{"channel", "channels"} : words{"channel or role", "channels and roles"});
  counts.add("+", changes.mappings_added, {"mapping to a role of yours", "mappings to roles of yours"});
  counts.add("−", changes.mappings_removed, {"mapping", "mappings"});
  counts.add("+", changes.chosen_added, {"channel of yours", "channels of yours"});
  counts.add("−", changes.chosen_removed, {"channel of yours", "channels of yours"});
  counts.add(changes.tiers, {"tier", "tiers"});
  counts.add(changes.assets, {"asset", "assets"});
  counts.add(changes.rules, {"rule", "rules"});
  counts.add("", changes.is_ranked_anew ? 1 : 0, {"other asset that ranks", ""});
  auto out = counts.text().empty() ? std::string{"Nothing in your server changes."} : counts.text() + ".";
  if (changes.roles.removed + changes.categories.removed + changes.channels.removed > 0)
    out += " What leaves the plan (−) stays in your server.";
  if (!changes.is_compared)
    out += fmt::format("\nVersion {} could not be read just now, so what is renamed or changed is not counted.",
                       r.base_version);
  add_warnings(out, changes.doubles, "");
  add_warnings(out, changes.missing, " is not in your server any more: Deploy makes it again");
  return out;
}

namespace {
std::string shown_channel(const manifest_channel& c) {
  return c.type == "voice" ? "🔊 " + for_message(c.name)
                           : "#" + for_message(blueprint::channel_name(c.name, blueprint::channel_type(c.type)))
                               + (c.read_only ? " (read only)" : "");
}

/// A channel without tiers of its own has those of its category.
const std::vector<std::string>& tiers_of(const draft& d, const manifest_channel& c) {
  const auto* category = c.category_id && c.access_tiers.empty() ? with_id(d.categories, *c.category_id) : nullptr;
  return category ? category->access_tiers : c.access_tiers;
}

std::string listed(const std::vector<std::string>& names) {
  constexpr size_t shown_max = 8;
  std::string out;
  for (size_t i = 0; i < names.size() && i < shown_max; ++i)
    out += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > shown_max)
    out += fmt::format(" and {} more", names.size() - shown_max);
  return out;
}
} // namespace

std::string member_lines(const draft& d) {
  if (d.channels.empty())
    return "The channels that your server has now; the plan changes none of them.";
  std::vector<std::string> open;
  for (const auto& c : d.channels)
    if (!c.existing && tiers_of(d, c).empty())
      open.push_back(shown_channel(c));
  auto out = "Everybody: " + (open.empty() ? "no channel of the plan" : listed(open)) + "\n";
  for (const auto& tier : d.tiers) {
    std::vector<std::string> more;
    for (const auto& c : d.channels)
      if (!c.existing && contains(tiers_of(d, c), tier.id))
        more.push_back(shown_channel(c));
    out += fmt::format("{}: {}\n", bold(tier.name), more.empty() ? "nothing more" : "also " + listed(more));
  }
  if (std::ranges::any_of(d.channels, [](const auto& c) { return c.existing.has_value(); }))
    out += "Who sees the channels that were there before is not changed.\n";
  return out;
}

} // namespace arrakis::wizard::core
