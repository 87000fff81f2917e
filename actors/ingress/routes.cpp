#include "actors/ingress/routes.hpp"

#include "actors/ingress/options.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>

namespace arrakis::ingress {
namespace {
constexpr size_t prefix_bytes_max = 64; // A custom id has 100 characters.

[[noreturn]] void refuse(std::string_view owner, std::string_view name, std::string_view why) {
  throw std::logic_error{fmt::format("ingress: {} declares {}: {}", owner, name, why)};
}

bool is_slash_name(std::string_view name) {
  return std::ranges::all_of(
    name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
}

/// https://discord.com/developers/docs/interactions/application-commands, "Application Command Naming"
std::string fault_of(const command& c) {
  if (c.name.empty() || c.name.size() > 32)
    return "a name has 1 to 32 characters";
  if (c.type != command_type::chat_input)
    return c.description.empty() && c.options.empty() ? "" : "an entry of a menu has neither description nor options";
  if (!is_slash_name(c.name))
    return "a name consists of a-z, 0-9, - and _";
  if (c.description.empty() || c.description.size() > 100)
    return "a description has 1 to 100 characters";
  return fault_of(c.options);
}

bool is_here(context where, const interaction& x) {
  return where == context::anywhere || (where == context::guild) == static_cast<bool>(x.guild);
}

caf::error not_known(const interaction& x) {
  if (x.kind == interaction_kind::component || x.kind == interaction_kind::modal)
    return fail(ec::not_found, "This button is not known here (any more). /resume shows what is open or was deployed "
                               "last, /onboard starts anew.");
  return fail(ec::not_found, "This command is not known here (any more). Type / to see those that are.");
}

caf::error lacking(permission needs) {
  if ((needs.bits() & permissions::administrator) != 0)
    return fail(ec::refused,
                "This needs the Administrator permission in this server. Ask an administrator to do it, or "
                "to give it to you.");
  std::string names;
  for (const auto& [name, bit] : permissions::all())
    if ((needs.bits() & bit) != 0)
      names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
  return fail(ec::refused,
              fmt::format("This needs the permission {} in this channel. Ask an administrator to give it to "
                          "you.",
                          names));
}
} // namespace

caf::error not_served_here() {
  return fail(ec::refused,
              "This part of the bot does not run where your request arrived, so nothing was done. Tell the "
              "operator of this bot.");
}

void route_table::add(const declaration& from, const handler& to, std::shared_ptr<const owner_status> owner) {
  for (const auto& c : from.commands) {
    if (const auto fault = fault_of(c); !fault.empty())
      refuse(from.name, c.name, fault);
    if (!commands_.try_emplace({c.type, std::string{c.name}}, route{c.needs, c.where, c.modal, &c, to, owner}).second)
      refuse(from.name, c.name, "another command has this name");
  }
  for (const auto& c : from.components)
    add_component(components_, from.name, c, {c.needs, c.where, c.modal, nullptr, to, owner});
  for (const auto& m : from.modals) {
    if (m.modal != nullptr)
      refuse(from.name, m.prefix, "a modal cannot be answered with another");
    add_component(modals_, from.name, m, {m.needs, m.where, m.modal, nullptr, to, owner});
  }
}

void route_table::add_component(by_prefix& into, std::string_view owner, const component& c, route made) {
  if (c.prefix.empty() || c.prefix.size() > prefix_bytes_max || c.prefix.ends_with(':'))
    refuse(owner, c.prefix, "a prefix has 1 to 64 characters and ends before the colon");
  if (!into.try_emplace(std::string{c.prefix}, std::move(made)).second)
    refuse(owner, c.prefix, "another one has this prefix");
}

const route* route_table::find(const interaction& x) const {
  if (x.kind == interaction_kind::command || x.kind == interaction_kind::autocomplete) {
    const bool typed = x.command_type == command_type::chat_input; // A menu's name may hold blanks.
    const auto found = commands_.find({x.command_type, typed ? x.command.substr(0, x.command.find(' ')) : x.command});
    return found == commands_.end() ? nullptr : &found->second;
  }
  const auto& list = x.kind == interaction_kind::modal ? modals_ : components_;
  for (std::string_view id = x.custom_id; !id.empty();) {
    if (const auto found = list.find(id); found != list.end())
      return &found->second;
    const auto colon = id.rfind(':');
    id = id.substr(0, colon == std::string_view::npos ? 0 : colon);
  }
  return nullptr;
}

caf::error judge(const route* to, const interaction& x, bool is_quarantined) {
  if (to == nullptr)
    return not_known(x);
  if (!is_here(to->where, x))
    return fail(ec::refused, x.guild ? "This works in a direct message only, not in a server."
                                     : "This works in a server only, not in a direct message.");
  if (is_quarantined)
    return fail(ec::quarantined, "the tenant is in quarantine");
  // Discord hides a command by its default permission, which a server can open to others; and a button is shown to all.
  if (!to->needs.is_held_by(x.member_permissions))
    return lacking(to->needs);
  if (to->owner && to->owner->is_left_out)
    return not_served_here();
  return to->command != nullptr ? validate_options(*to->command, x) : caf::error{};
}

} // namespace arrakis::ingress
