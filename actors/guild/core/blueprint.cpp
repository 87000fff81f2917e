#include "actors/guild/core/blueprint.hpp"

#include "runtime/json.hpp"
#include "runtime/unicode.hpp"
#include "schemas/permissions.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace arrakis::blueprint {
namespace {
using namespace permissions;

template <class T>
const T* with_id(const std::vector<T>& list, std::string_view id) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const T& x) { return x.id == id; });
  return found == list.end() ? nullptr : &*found;
}

bool is_textual(int type) { return type == guild::text || type == guild::announcement || type == guild::forum; }

/// The snowflakes of the roles of `tiers`; empty when one is not known.
std::optional<std::vector<snowflake>> roles_of(const manifest& m, const std::vector<std::string>& tiers,
                                               const ids& known) {
  std::vector<snowflake> list;
  for (const auto& tier : tiers)
    for (const auto& role : m.roles) {
      if (role.tier_id != tier)
        continue;
      const auto found = known.find({"role", role.id});
      if (!role.existing && found == known.end())
        return std::nullopt;
      list.push_back(role.existing ? *role.existing : found->second);
    }
  return list;
}

struct access {
  std::vector<std::string> tiers;
  bool read_only = false;
};

std::optional<std::vector<guild::overwrite>> overwrites_of(const manifest& m, const access& who, int type,
                                                           const ids& known, const target_guild& at) {
  const auto roles = roles_of(m, who.tiers, known);
  if (!roles)
    return std::nullopt;
  const uint64_t speaks = type == guild::voice ? speak : send_messages;
  guild::overwrite everyone{at.guild, 0, 0, 0};
  std::vector<guild::overwrite> list;
  if (!who.tiers.empty()) {
    everyone.deny |= view_channel;
    for (const auto role : *roles)
      list.push_back({role, 0, view_channel, 0});
  }
  if (who.read_only)
    everyone.deny |= speaks;
  if (everyone.deny == 0)
    return list;
  list.push_back(everyone);
  list.push_back({at.bot, 1, view_channel | (who.read_only ? speaks : 0), 0});
  std::sort(list.begin(), list.end());
  return list;
}

std::optional<fields> wanted_channel(const manifest& m, const manifest_channel& c, const ids& known,
                                     const target_guild& at) {
  channel_fields f;
  f.type = channel_type(c.type);
  f.name = channel_name(c.name, f.type);
  if (is_textual(f.type))
    f.topic = c.topic.value_or("");
  access who{c.access_tiers, c.read_only};
  if (c.category_id) {
    const auto parent = known.find({"category", *c.category_id});
    const auto* category = with_id(m.categories, *c.category_id);
    if (parent == known.end() || !category)
      return std::nullopt;
    f.parent = parent->second;
    if (who.tiers.empty())
      who.tiers = category->access_tiers;
  }
  auto list = overwrites_of(m, who, f.type, known, at);
  if (!list)
    return std::nullopt;
  f.overwrites = std::move(*list);
  return f;
}

bool names(const channel_fields& f, const guild::overwrite& w) {
  return std::any_of(f.overwrites.begin(), f.overwrites.end(),
                     [&](const guild::overwrite& x) { return x.id == w.id && x.type == w.type; });
}

boost::json::array json_of(const std::vector<guild::overwrite>& list) {
  boost::json::array out;
  for (const auto& w : list)
    out.push_back(boost::json::object{{"id", w.id.text()},
                                      {"type", w.type},
                                      {"allow", permissions::text(w.allow)},
                                      {"deny", permissions::text(w.deny)}});
  return out;
}

boost::json::object json_of(const fields& any) {
  if (const auto* r = std::get_if<role_fields>(&any))
    return {{"name", r->name},
            {"permissions", permissions::text(r->permissions)},
            {"color", r->color},
            {"hoist", r->hoist},
            {"mentionable", r->mentionable}};
  const auto& c = std::get<channel_fields>(any);
  boost::json::object out{{"name", c.name}, {"type", c.type}};
  if (is_textual(c.type))
    out["topic"] = c.topic;
  if (c.type != guild::category)
    out["parent_id"] = c.parent ? boost::json::value(c.parent.text()) : boost::json::value(nullptr);
  out["permission_overwrites"] = json_of(c.overwrites);
  return out;
}

/// Discord's name of a managed field.
std::string_view wire_name(std::string_view field) {
  return field == "parent" ? "parent_id" : field == "overwrites" ? "permission_overwrites" : field;
}
} // namespace

std::vector<resource> resources(const manifest& m) {
  std::vector<resource> list;
  auto roles = m.roles;
  const auto place = [&](const manifest_role& r) { return std::ranges::find(m.tiers, r.tier_id, &manifest_tier::id); };
  std::stable_sort(roles.begin(), roles.end(),
                   [&](const manifest_role& a, const manifest_role& b) { return place(a) < place(b); });
  for (const auto& r : roles)
    list.push_back({{"role", r.id}, r.name, r.existing});
  for (const auto& c : m.categories)
    list.push_back({{"category", c.id}, c.name, c.existing});
  for (const auto& c : m.channels)
    list.push_back({{"channel", c.id}, c.name, c.existing});
  return list;
}

int channel_type(std::string_view name) {
  return name == "voice"        ? guild::voice
       : name == "announcement" ? guild::announcement
       : name == "forum"        ? guild::forum
                                : guild::text;
}

std::string channel_name(std::string_view name, int type) {
  if (!is_textual(type))
    return std::string{name};
  constexpr std::string_view dropped = "!\"#$%&'()*+,./:;<=>?@[\\]^`{|}~";
  std::string out;
  for (const char c : unicode::lower(unicode::joined_blanks(name, "-"))) {
    if (c == '-' && (out.empty() || out.back() == '-'))
      continue;
    if (dropped.find(c) == std::string_view::npos)
      out += c;
  }
  while (!out.empty() && out.back() == '-')
    out.pop_back();
  return out;
}

std::optional<fields> wanted(const manifest& m, const key& of, const ids& known, const target_guild& at) {
  if (of.kind == "role") {
    const auto* r = with_id(m.roles, of.resource);
    if (!r)
      return std::nullopt;
    const auto bits = mask(r->permissions);
    return role_fields{r->name, r->color, r->hoist, r->mentionable, bits ? *bits : 0};
  }
  if (of.kind == "category") {
    const auto* c = with_id(m.categories, of.resource);
    if (!c)
      return std::nullopt;
    auto list = overwrites_of(m, {c->access_tiers, false}, guild::category, known, at);
    if (!list)
      return std::nullopt;
    return channel_fields{c->name, guild::category, "", {}, std::move(*list)};
  }
  const auto* c = with_id(m.channels, of.resource);
  return c ? wanted_channel(m, *c, known, at) : std::nullopt;
}

fields actual(const guild::role& r) { return role_fields{r.name, r.color, r.hoist, r.mentionable, r.permissions}; }

fields actual(const guild::channel& c) {
  return channel_fields{c.name, c.type, is_textual(c.type) ? c.topic : "", c.parent, c.overwrites};
}

fields managed(fields now, const fields& want, const fields* before) {
  auto* channel = std::get_if<channel_fields>(&now);
  const auto* wants = std::get_if<channel_fields>(&want);
  const auto* had = before ? std::get_if<channel_fields>(before) : nullptr;
  if (channel && wants)
    std::erase_if(channel->overwrites,
                  [&](const guild::overwrite& w) { return !names(*wants, w) && !(had && names(*had, w)); });
  return now;
}

fields applied(fields wanted, const fields& answer) {
  const auto answered = std::visit([](const auto& f) { return f.name; }, answer);
  std::visit(
    [&](auto& f) {
      f.requested_name = answered == f.name ? "" : f.name;
      f.name = answered;
    },
    wanted);
  return wanted;
}

fields settled(fields wanted, const fields* before) {
  const auto same_request = [&](const auto& had) {
    return !had.requested_name.empty()
        && had.requested_name == std::visit([](const auto& f) { return f.name; }, wanted);
  };
  return before && std::visit(same_request, *before) ? applied(std::move(wanted), *before) : wanted;
}

std::vector<std::string> differences(const fields& a, const fields& b) {
  std::vector<std::string> list;
  const auto differ = [&](const char* name, bool equal) {
    if (!equal)
      list.emplace_back(name);
  };
  if (a.index() != b.index())
    return {"type"};
  if (const auto* x = std::get_if<role_fields>(&a)) {
    const auto& y = std::get<role_fields>(b);
    differ("name", x->name == y.name);
    differ("color", x->color == y.color);
    differ("hoist", x->hoist == y.hoist);
    differ("mentionable", x->mentionable == y.mentionable);
    differ("permissions", x->permissions == y.permissions);
    return list;
  }
  const auto &x = std::get<channel_fields>(a), &y = std::get<channel_fields>(b);
  differ("name", channel_name(x.name, x.type) == channel_name(y.name, y.type));
  differ("type", x.type == y.type);
  differ("topic", x.topic == y.topic);
  differ("parent", x.parent == y.parent);
  differ("overwrites", x.overwrites == y.overwrites);
  return list;
}

std::string text(const fields& any) {
  auto o = json_of(any);
  if (const auto requested = std::visit([](const auto& f) { return f.requested_name; }, any); !requested.empty())
    o["requested_name"] = requested;
  return boost::json::serialize(o);
}

std::optional<fields> read(std::string_view json_text) {
  const auto tree = json::parse(json_text);
  const auto* o = tree ? tree->if_object() : nullptr;
  if (!o)
    return std::nullopt;
  const std::string name{json::text_or(*o, "name")}, requested{json::text_or(*o, "requested_name")};
  if (o->contains("color"))
    return role_fields{name,
                       static_cast<uint32_t>(json::integer_or(*o, "color")),
                       json::bool_or(*o, "hoist"),
                       json::bool_or(*o, "mentionable"),
                       permissions::parse(json::text_or(*o, "permissions")),
                       requested};
  channel_fields f{name,
                   static_cast<int>(json::integer_or(*o, "type")),
                   std::string{json::text_or(*o, "topic")},
                   parse_snowflake(json::text_or(*o, "parent_id")).value_or(snowflake{}),
                   {},
                   requested};
  if (const auto* list = json::array_in(*o, "permission_overwrites"))
    for (const auto& item : *list)
      if (const auto* w = item.if_object())
        f.overwrites.push_back({parse_snowflake(json::text_or(*w, "id")).value_or(snowflake{}),
                                static_cast<int>(json::integer_or(*w, "type")),
                                permissions::parse(json::text_or(*w, "allow")),
                                permissions::parse(json::text_or(*w, "deny"))});
  std::sort(f.overwrites.begin(), f.overwrites.end());
  return f;
}

std::string chosen_text(const fields& any) {
  auto o = json_of(any);
  o["chosen"] = true;
  return boost::json::serialize(o);
}

bool is_chosen(std::string_view json_text) {
  const auto tree = json::parse(json_text);
  const auto* o = tree ? tree->if_object() : nullptr;
  return o && json::bool_or(*o, "chosen");
}

std::string create_body(const fields& f) { return boost::json::serialize(json_of(f)); }

std::string update_body(const fields& want, const std::vector<std::string>& changes, const fields& now,
                        const fields* before) {
  const auto all = json_of(want);
  boost::json::object out;
  for (const auto& field : changes) {
    const auto name = wire_name(field);
    if (const auto* value = all.if_contains(boost::json::string_view{name.data(), name.size()}))
      out[boost::json::string_view{name.data(), name.size()}] = *value;
  }
  if (!out.contains("permission_overwrites"))
    return boost::json::serialize(out);
  auto merged = std::get<channel_fields>(want).overwrites;
  const auto ours = std::get<channel_fields>(managed(now, want, before)).overwrites;
  for (const auto& w : std::get<channel_fields>(now).overwrites)
    if (std::find(ours.begin(), ours.end(), w) == ours.end())
      merged.push_back(w);
  out["permission_overwrites"] = json_of(merged);
  return boost::json::serialize(out);
}

} // namespace arrakis::blueprint
