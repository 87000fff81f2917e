#include "schemas/guild.hpp"

#include "runtime/json.hpp"
#include "schemas/permissions.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace arrakis::guild {
namespace {
// 500 channels of 1 kB topics and some overwrites each stay below it.
constexpr json::limits answer_limits{.bytes_max = 8 << 20, .depth_max = 32};

caf::error shape(std::string field) { return fail(ec::corrupt, "Discord's answer: field '" + field + "'"); }

snowflake id_or_none(const boost::json::object& o, std::string_view key) {
  return parse_snowflake(json::text_or(o, key)).value_or(snowflake{});
}

caf::expected<role> role_of(const boost::json::value& v) {
  const auto* o = v.if_object();
  role r;
  if (!o || !(r.id = id_or_none(*o, "id")))
    return shape("role.id");
  r.name = json::text_or(*o, "name");
  r.color = static_cast<uint32_t>(json::integer_or(*o, "color"));
  r.hoist = json::bool_or(*o, "hoist");
  r.mentionable = json::bool_or(*o, "mentionable");
  r.managed = json::bool_or(*o, "managed");
  r.position = static_cast<int>(json::integer_or(*o, "position"));
  r.permissions = permissions::parse(json::text_or(*o, "permissions"));
  return r;
}

caf::expected<channel> channel_of(const boost::json::value& v) {
  const auto* o = v.if_object();
  channel c;
  if (!o || !(c.id = id_or_none(*o, "id")))
    return shape("channel.id");
  c.type = static_cast<int>(json::integer_or(*o, "type", -1));
  c.name = json::text_or(*o, "name");
  c.topic = json::text_or(*o, "topic");
  c.parent = id_or_none(*o, "parent_id");
  c.position = static_cast<int>(json::integer_or(*o, "position"));
  if (const auto* list = json::array_in(*o, "permission_overwrites"))
    for (const auto& item : *list) {
      const auto* w = item.if_object();
      if (!w || !id_or_none(*w, "id"))
        return shape("channel.permission_overwrites");
      c.overwrites.push_back({id_or_none(*w, "id"), static_cast<int>(json::integer_or(*w, "type")),
                              permissions::parse(json::text_or(*w, "allow")),
                              permissions::parse(json::text_or(*w, "deny"))});
    }
  std::sort(c.overwrites.begin(), c.overwrites.end());
  return c;
}

caf::expected<boost::json::value> tree_of(std::string_view body) {
  auto tree = json::parse(body, answer_limits);
  if (!tree)
    return fail(ec::corrupt, "Discord's answer: " + text_of(tree.error()));
  return tree;
}

template <class T, class Read>
caf::expected<std::vector<T>> list_of(std::string_view body, Read read) {
  const auto tree = tree_of(body);
  if (!tree)
    return tree.error();
  const auto* array = tree->if_array();
  if (!array)
    return shape("(list)");
  std::vector<T> list;
  for (const auto& item : *array) {
    auto one = read(item);
    if (!one)
      return one.error();
    list.push_back(std::move(*one));
  }
  return list;
}
} // namespace

caf::expected<role> read_role(std::string_view body) {
  const auto tree = tree_of(body);
  return tree ? role_of(*tree) : caf::expected<role>{tree.error()};
}
caf::expected<channel> read_channel(std::string_view body) {
  const auto tree = tree_of(body);
  return tree ? channel_of(*tree) : caf::expected<channel>{tree.error()};
}
caf::expected<std::vector<role>> read_roles(std::string_view body) { return list_of<role>(body, role_of); }
caf::expected<std::vector<channel>> read_channels(std::string_view body) { return list_of<channel>(body, channel_of); }

caf::expected<std::map<snowflake, int64_t>> read_role_member_counts(std::string_view body) {
  const auto tree = tree_of(body);
  if (!tree)
    return tree.error();
  const auto* o = tree->if_object();
  if (!o)
    return shape("(member counts)");
  std::map<snowflake, int64_t> counts;
  for (const auto& member : *o) {
    const auto id = parse_snowflake(member.key());
    if (!id || !member.value().is_int64())
      return shape("(member counts)");
    counts.emplace(*id, member.value().get_int64());
  }
  return counts;
}

caf::expected<state> read_guild(std::string_view body) {
  const auto tree = tree_of(body);
  if (!tree)
    return tree.error();
  const auto* o = tree->if_object();
  state g;
  if (!o || !(g.id = id_or_none(*o, "id")))
    return shape("guild.id");
  g.name = json::text_or(*o, "name");
  g.owner = id_or_none(*o, "owner_id");
  if (const auto* features = json::array_in(*o, "features"))
    for (const auto& f : *features)
      if (f.is_string())
        g.features.emplace_back(f.get_string());
  return g;
}

caf::expected<std::vector<snowflake>> read_member_roles(std::string_view body) {
  const auto tree = tree_of(body);
  if (!tree)
    return tree.error();
  const auto* o = tree->if_object();
  const auto* list = o ? json::array_in(*o, "roles") : nullptr;
  if (!list)
    return shape("member.roles");
  std::vector<snowflake> roles;
  for (const auto& item : *list)
    if (const auto id = item.is_string() ? parse_snowflake(item.get_string()) : std::nullopt)
      roles.push_back(*id);
    else
      return shape("member.roles");
  return roles;
}

caf::expected<std::vector<audit_entry>> read_audit_log(std::string_view body) {
  const auto tree = tree_of(body);
  if (!tree)
    return tree.error();
  const auto* o = tree->if_object();
  const auto* list = o ? json::array_in(*o, "audit_log_entries") : nullptr;
  if (!list)
    return shape("audit_log_entries");
  std::vector<audit_entry> entries;
  for (const auto& item : *list)
    if (const auto* e = item.if_object())
      entries.push_back({id_or_none(*e, "user_id"), id_or_none(*e, "target_id"),
                         static_cast<int>(json::integer_or(*e, "action_type")),
                         std::string{json::text_or(*e, "reason")}});
  return entries;
}

} // namespace arrakis::guild
