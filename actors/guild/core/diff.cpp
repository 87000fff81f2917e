#include "actors/guild/core/diff.hpp"

#include "actors/guild/core/applied.hpp"
#include "actors/guild/core/dangerous_permissions.hpp"
#include "runtime/foreign_text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

namespace arrakis::blueprint {
namespace {
const manifests::shadow_entry* find_applied(const std::vector<manifests::shadow_entry>& shadow, const key& of) {
  for (const auto& s : shadow)
    if (s.kind == of.kind && s.resource == of.resource && !is_chosen(s.fields_json))
      return &s;
  return nullptr;
}

uint64_t dangers_in(const guild::state& g, const fields& f) {
  const auto* role = std::get_if<role_fields>(&f);
  return role ? permissions::dangers_given(g, role->permissions) : 0;
}

std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (size_t i = 0; i < list.size(); ++i)
    out += (i == 0 ? "" : i + 1 == list.size() ? " and " : ", ") + list[i];
  return out;
}

/// Desired, shadow and actual of a resource that is in the guild.
std::optional<difference> compare(difference d, const std::optional<fields>& want, const std::optional<fields>& had,
                                  const fields& now) {
  if (!want) { // The resource needs something that is not there yet, which is reported on its own.
    d.why = cause::manifest_change;
    d.plan = action::update;
    d.fields = {"overwrites"};
    return d;
  }
  const auto expected = settled(*want, had ? &*had : nullptr);
  d.fields = differences(managed(now, *want, had ? &*had : nullptr), expected);
  if (d.fields.empty())
    return std::nullopt;
  const bool changed = !had || !differences(*had, expected).empty();
  const bool tampered = had && !differences(managed(now, *had), *had).empty();
  d.why = changed && tampered ? cause::both : tampered ? cause::external_tampering : cause::manifest_change;
  d.plan = action::update;
  return d;
}
} // namespace

std::vector<difference> diff(const manifest& want, const std::vector<manifests::shadow_entry>& shadow,
                             const guild::state& now) {
  std::vector<difference> out;
  const auto known = known_ids(want, shadow, now);
  for (const auto& r : resources(want)) {
    const auto found = known.find(r.key);
    difference d{.of = r.key, .name = r.name, .id = found == known.end() ? snowflake{} : found->second};
    const auto actual = d.id ? find_actual(now, r.key.kind, d.id) : std::nullopt;
    d.dangers = actual ? dangers_in(now, *actual) : 0;
    if (r.existing) { // The admins' own: only its being there concerns us, and of a role that a tier can give it.
      if (!actual)
        out.push_back(d);
      else if (d.dangers != 0) {
        d.why = cause::dangerous;
        d.name = std::get<role_fields>(*actual).name;
        out.push_back(std::move(d));
      }
      continue;
    }
    const auto* entry = find_applied(shadow, r.key);
    if (!actual) {
      const bool deleted = entry && !find_actual(now, entry->kind, entry->id);
      d.why = deleted ? cause::missing : cause::manifest_change;
      d.plan = action::create;
      out.push_back(std::move(d));
      continue;
    }
    const auto desired = wanted(want, r.key, known, {now.id, now.bot});
    if (auto found_difference = compare(std::move(d), desired, read(entry->fields_json), *actual))
      out.push_back(std::move(*found_difference));
  }
  for (const auto& s : left_over(want, shadow, known, now)) {
    const auto actual = find_actual(now, s.kind, s.id);
    out.push_back({cause::left_over,
                   action::none,
                   {s.kind, s.resource},
                   std::visit([](const auto& f) { return f.name; }, *actual),
                   s.id,
                   {}});
  }
  return out;
}

namespace {
std::string without_danger(const difference& d) {
  const auto who = fmt::format("{} {}",
                               d.of.kind == "role"       ? "Role"
                               : d.of.kind == "category" ? "Category"
                                                         : "Channel",
                               quoted(d.name));
  switch (d.why) {
    case cause::manifest_change:
      return d.plan == action::create
             ? fmt::format("{}: not made yet; it would be created.", who)
             : fmt::format("{}: the plan has a new {}; it would be applied.", who, joined(d.fields));
    case cause::external_tampering:
      return fmt::format("{}: {} changed in Discord; the plan's would be set again.", who, joined(d.fields));
    case cause::both:
      return fmt::format("{}: changed in the plan and in Discord ({}); the plan's would be applied.", who,
                         joined(d.fields));
    case cause::missing:
      return d.plan == action::create
             ? fmt::format("{}: deleted in Discord; it would be created again.", who)
             : fmt::format("{}: the chosen {} is not there any more; choose another one.", who, d.of.kind);
    case cause::dangerous: return who;
    case cause::left_over: return fmt::format("{}: removed from the plan; it stays until somebody deletes it.", who);
  }
  return who;
}
} // namespace

std::string describe(const difference& d) {
  if (d.dangers == 0)
    return without_danger(d);
  const auto powers = permissions::dangers_of(d.dangers);
  if (d.why == cause::dangerous)
    return fmt::format("⚠️ Role {}: it stands for a tier and has {}. A tier can be bought: take that from the role, or "
                       "choose another one with `/onboard`.",
                       quoted(d.name), powers);
  return fmt::format("⚠️ {} It now has {}; Apply takes that away.", without_danger(d), powers);
}

bool is_clean(const std::vector<difference>& list) {
  return std::all_of(list.begin(), list.end(), [](const difference& d) { return d.why == cause::left_over; });
}

std::string describe_left_over(const std::vector<difference>& list) {
  std::vector<std::string> parts;
  size_t all = 0;
  const auto count = [&](std::string_view kind, std::string_view one, std::string_view many) {
    const auto n = static_cast<size_t>(std::count_if(
      list.begin(), list.end(), [&](const difference& d) { return d.why == cause::left_over && d.of.kind == kind; }));
    all += n;
    if (n > 0)
      parts.push_back(fmt::format("{} old {}", n, n == 1 ? one : many));
  };
  count("role", "role", "roles");
  count("category", "category", "categories");
  count("channel", "channel", "channels");
  return parts.empty() ? "" : fmt::format("{} {}", joined(parts), all == 1 ? "remains" : "remain");
}

} // namespace arrakis::blueprint
