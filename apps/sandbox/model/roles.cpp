#include "apps/sandbox/model/roles.hpp"

#include "apps/sandbox/model/form.hpp"
#include "apps/sandbox/model/permissions.hpp"
#include "apps/sandbox/model/render.hpp"

namespace arrakis::sandbox::model {
namespace {
using namespace arrakis::permissions;

struct role_fields {
  std::optional<std::string> name;
  std::optional<uint64_t> permissions;
  std::optional<int64_t> color;
  std::optional<bool> hoist, mentionable;
};

role_fields read(form& f, const js::object& body) {
  role_fields fields{.name = f.text("name", 0, name_max),
                     .permissions = f.mask("permissions"),
                     .color = f.integer("color", 0, 0xFFFFFF),
                     .hoist = f.boolean("hoist"),
                     .mentionable = f.boolean("mentionable")};
  if (const auto* colors = body.if_contains("colors"); colors && colors->is_object()) {
    form inner(colors->get_object());
    if (const auto primary = inner.integer("primary_color", 0, 0xFFFFFF))
      fields.color = primary;
    if (!inner.clean())
      f.fault("colors.primary_color", "NUMBER_TYPE_COERCE", "Value is not int.");
  }
  return fields;
}

/// Writes the fields into the role and answers what changed, in the words of the audit log.
js::array apply(role& r, const role_fields& fields) {
  js::array changes;
  const auto before = r;
  if (fields.name && !fields.name->empty())
    r.name = *fields.name;
  if (fields.permissions)
    r.permissions = *fields.permissions & every_permission;
  r.color = static_cast<int>(fields.color.value_or(r.color));
  r.hoist = fields.hoist.value_or(r.hoist);
  r.mentionable = fields.mentionable.value_or(r.mentionable);
  change(changes, "name", before.name, r.name);
  change(changes, "permissions", std::to_string(before.permissions), std::to_string(r.permissions));
  change(changes, "color", before.color, r.color);
  change(changes, "hoist", before.hoist, r.hoist);
  change(changes, "mentionable", before.mentionable, r.mentionable);
  return changes;
}

/// Changes of the audit log entry for a new role, without `old_value`.
js::array first_values(const role& r) {
  js::array changes;
  change(changes, "name", nullptr, r.name);
  change(changes, "permissions", nullptr, std::to_string(r.permissions));
  change(changes, "color", nullptr, r.color);
  change(changes, "hoist", nullptr, r.hoist);
  change(changes, "mentionable", nullptr, r.mentionable);
  return changes;
}

/// Nobody gives away what they do not have.
bool may_give(const guild& in, snowflake user, uint64_t mask) { return (mask & ~permissions_in(in, user)) == 0; }

void tell(sandbox_state& state, const guild& in, const char* name, const role& r) {
  state.emit(name, in.id, {{"guild_id", in.id.text()}, {"role", to_json(r)}});
}

/// The roles by height, @everyone first; numbers them 0..n and tells of every one that moved.
void renumber(sandbox_state& state, guild& in, std::vector<role*> bottom_up) {
  int position = 1;
  for (auto* each : bottom_up) {
    if (each->id == in.id)
      continue;
    const int next = position++;
    if (each->position == next)
      continue;
    each->position = next;
    tell(state, in, "GUILD_ROLE_UPDATE", *each);
  }
}

std::vector<role*> by_height(guild& in) {
  std::vector<role*> list;
  for (auto& [_, each] : in.roles)
    list.push_back(&each);
  std::sort(list.begin(), list.end(), [](const role* a, const role* b) { return above(*b, *a); });
  return list;
}
} // namespace

outcome<js::object> create_role(sandbox_state& state, const actor& by, guild& in, const js::object& body) {
  if (!(permissions_in(in, by.user) & manage_roles))
    return missing_permissions();
  form f(body);
  auto fields = read(f, body);
  if (!f.clean())
    return f.why();
  if (in.roles.size() >= roles_max)
    return refusal{400, 30005, "Maximum number of guild roles reached (250)", {}};
  // Without the field Discord copies what @everyone may.
  const auto mask = fields.permissions.value_or(in.roles.at(in.id).permissions);
  if (fields.permissions && !may_give(in, by.user, mask))
    return missing_permissions();
  role made{.id = state.next_id(), .name = "new role", .permissions = mask, .position = 1};
  apply(made, fields);
  auto changes = first_values(made);
  // A new role starts right above @everyone; all others move up by one.
  const auto order = by_height(in);
  for (auto* each : order)
    if (each->id != in.id) {
      ++each->position;
      tell(state, in, "GUILD_ROLE_UPDATE", *each);
    }
  const auto& kept = in.roles.emplace(made.id, std::move(made)).first->second;
  tell(state, in, "GUILD_ROLE_CREATE", kept);
  note(state, in, action::role_create, by, kept.id, std::move(changes));
  return to_json(kept);
}

outcome<js::object> edit_role(sandbox_state& state, const actor& by, guild& in, snowflake id, const js::object& body) {
  const auto found = in.roles.find(id);
  if (found == in.roles.end())
    return unknown("Role");
  if (!(permissions_in(in, by.user) & manage_roles) || !commands_role(in, by.user, found->second))
    return missing_permissions();
  form f(body);
  const auto fields = read(f, body);
  if (!f.clean())
    return f.why();
  const auto toggled = fields.permissions ? *fields.permissions ^ found->second.permissions : 0;
  if (!may_give(in, by.user, toggled))
    return missing_permissions();
  if (auto changes = apply(found->second, fields); !changes.empty()) {
    tell(state, in, "GUILD_ROLE_UPDATE", found->second);
    note(state, in, action::role_update, by, id, std::move(changes));
  }
  return to_json(found->second);
}

outcome<done> delete_role(sandbox_state& state, const actor& by, guild& in, snowflake id) {
  const auto found = in.roles.find(id);
  if (found == in.roles.end())
    return unknown("Role");
  if (!(permissions_in(in, by.user) & manage_roles) || !commands_role(in, by.user, found->second))
    return missing_permissions();
  if (found->second.managed || id == in.id)
    return invalid_role();
  js::array changes;
  change(changes, "name", found->second.name, nullptr);
  in.roles.erase(found);
  state.emit("GUILD_ROLE_DELETE", in.id, {{"guild_id", in.id.text()}, {"role_id", id.text()}});
  for (auto& [_, who] : in.members)
    std::erase(who.roles, id);
  for (auto& [_, where] : in.channels)
    std::erase_if(where.overwrites, [id](const overwrite& each) { return each.id == id; });
  renumber(state, in, by_height(in));
  note(state, in, action::role_delete, by, id, std::move(changes));
  return done{};
}

outcome<js::array> move_roles(sandbox_state& state, const actor& by, guild& in, const js::array& body) {
  if (!(permissions_in(in, by.user) & manage_roles))
    return missing_permissions();
  std::map<snowflake, int64_t> wanted;
  for (const auto& each : body) {
    form f(each.as_object());
    const auto id = f.id("id");
    const auto position = f.integer("position", 0, roles_max);
    f.require("id");
    if (!f.clean())
      return f.why();
    const auto found = in.roles.find(*id);
    if (found == in.roles.end())
      return unknown("Role");
    if (!position)
      continue;
    const auto ceiling = in.owner == by.user ? static_cast<int64_t>(roles_max) + 1 : highest_role(in, by.user).position;
    if (!commands_role(in, by.user, found->second) || *position >= ceiling || *id == in.id)
      return missing_permissions();
    wanted[*id] = *position;
  }
  auto order = by_height(in);
  std::stable_sort(order.begin(), order.end(), [&](const role* a, const role* b) {
    const auto place_of = [&](const role* r) {
      const auto moved = wanted.find(r->id);
      return moved == wanted.end() ? int64_t{r->position} * 2
                                   : moved->second * 2 + (moved->second > r->position ? 1 : -1);
    };
    return place_of(a) < place_of(b);
  });
  renumber(state, in, order);
  return list_roles(in);
}

js::array list_roles(const guild& in) {
  js::array list;
  for (const auto& [_, each] : in.roles)
    list.push_back(to_json(each));
  return list;
}

js::object count_members(const guild& in) {
  js::object counts;
  for (const auto& [id, _] : in.roles)
    if (id != in.id)
      counts[id.text()] = 0;
  for (const auto& [_, who] : in.members)
    for (const auto id : who.roles)
      if (auto* count = counts.if_contains(id.text()))
        *count = count->as_int64() + 1;
  return counts;
}

} // namespace arrakis::sandbox::model
