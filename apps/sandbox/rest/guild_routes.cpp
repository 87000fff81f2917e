// https://discord.com/developers/docs/resources/guild
#include "apps/sandbox/model/channels.hpp"
#include "apps/sandbox/model/form.hpp"
#include "apps/sandbox/model/guild_settings.hpp"
#include "apps/sandbox/model/members.hpp"
#include "apps/sandbox/model/permissions.hpp"
#include "apps/sandbox/model/render.hpp"
#include "apps/sandbox/model/roles.hpp"
#include "apps/sandbox/rest/routes.hpp"

namespace arrakis::sandbox::rest {
namespace {
using namespace model;

reply get_guild(call& c) {
  return in_guild(c, [&](guild& in) { return reply{200, to_json(in, c.flag("with_counts"))}; });
}
reply patch_guild(call& c) {
  return in_guild(c, [&](guild& in) { return give(edit_guild(c.state, c.by, in, c.object())); });
}
reply remove_guild(call& c) {
  return in_guild(c, [&](guild& in) { return give(delete_guild(c.state, c.by, in)); });
}

reply get_roles(call& c) {
  return in_guild(c, [&](guild& in) { return reply{200, list_roles(in)}; });
}
reply get_role(call& c) {
  return in_guild(c, [&](guild& in) {
    const auto found = in.roles.find(c.id(1));
    return found == in.roles.end() ? refuse(unknown("Role")) : reply{200, to_json(found->second)};
  });
}
reply get_role_counts(call& c) {
  return in_guild(c, [&](guild& in) { return reply{200, count_members(in)}; });
}
reply post_role(call& c) {
  return in_guild(c, [&](guild& in) { return give(create_role(c.state, c.by, in, c.object())); });
}
reply patch_roles(call& c) {
  return in_guild(c, [&](guild& in) { return give(move_roles(c.state, c.by, in, c.body.as_array())); });
}
reply patch_role(call& c) {
  return in_guild(c, [&](guild& in) { return give(edit_role(c.state, c.by, in, c.id(1), c.object())); });
}
reply remove_role(call& c) {
  return in_guild(c, [&](guild& in) { return give(delete_role(c.state, c.by, in, c.id(1))); });
}

reply get_channels(call& c) {
  return in_guild(c, [&](guild& in) { return reply{200, list_channels(in)}; });
}
reply post_channel(call& c) {
  return in_guild(c, [&](guild& in) { return give(create_channel(c.state, c.by, in, c.object()), 201); });
}
reply patch_channels(call& c) {
  return in_guild(c, [&](guild& in) { return give(move_channels(c.state, c.by, in, c.body.as_array())); });
}

reply get_members(call& c) {
  if (c.by.app && !c.by.app->privileged_intents)
    return refuse(missing_access());
  return in_guild(c, [&](guild& in) { return reply{200, list_members(c.state, in, c.query_id("after"), c.limit(1))}; });
}
reply search_members(call& c) {
  return in_guild(c, [&](guild& in) {
    if (c.query("query").empty()) {
      form f(js::object{});
      f.require("query");
      return refuse(f.why());
    }
    return reply{200, find_members(c.state, in, c.query("query"), c.limit(1))};
  });
}
reply get_member(call& c) {
  return in_guild(c, [&](guild& in) {
    const auto found = in.members.find(c.id(1));
    return found == in.members.end() ? refuse(unknown("Member")) : reply{200, to_json(c.state, found->second)};
  });
}
reply patch_member(call& c) {
  const auto who = c.ids[1] == "@me" ? c.by.user : c.id(1);
  return in_guild(c, [&](guild& in) { return give(edit_member(c.state, c.by, in, who, c.object())); });
}
reply remove_member(call& c) {
  return in_guild(c, [&](guild& in) { return give(kick(c.state, c.by, in, c.id(1))); });
}
reply put_member_role(call& c) {
  return in_guild(c, [&](guild& in) { return give(grant_role(c.state, c.by, in, c.id(1), c.id(2))); });
}
reply remove_member_role(call& c) {
  return in_guild(c, [&](guild& in) { return give(revoke_role(c.state, c.by, in, c.id(1), c.id(2))); });
}

bool wanted(const audit_entry& e, call& c, snowflake user, const std::string& kind, snowflake before, snowflake after) {
  return (!user || e.user == user) && (kind.empty() || std::to_string(static_cast<int>(e.what)) == kind)
      && (!before || e.id < before) && (!after || e.id > after)
      && (c.query("target_id").empty() || e.target.text() == c.query("target_id"));
}
reply get_audit_log(call& c) {
  return in_guild(c, [&](guild& in) {
    if (!(permissions_in(in, c.by.user) & arrakis::permissions::view_audit_log))
      return refuse(missing_permissions());
    const auto user = c.query_id("user_id");
    const auto before = c.query_id("before");
    const auto after = c.query_id("after");
    const auto limit = c.limit(50);
    std::vector<const audit_entry*> found;
    // Newest first, unless `after` asks to go forward from an entry.
    if (after)
      for (auto each = in.audit.begin(); each != in.audit.end() && found.size() < limit; ++each) {
        if (wanted(*each, c, user, c.query("action_type"), before, after))
          found.push_back(&*each);
      }
    else
      for (auto each = in.audit.rbegin(); each != in.audit.rend() && found.size() < limit; ++each)
        if (wanted(*each, c, user, c.query("action_type"), before, after))
          found.push_back(&*each);
    js::array entries, users;
    std::vector<snowflake> seen;
    for (const auto* each : found) {
      entries.push_back(to_json(*each));
      if (std::find(seen.begin(), seen.end(), each->user) == seen.end()) {
        seen.push_back(each->user);
        users.push_back(to_json(c.state.user_of(each->user)));
      }
    }
    return reply{200, js::object{{"audit_log_entries", std::move(entries)},
                                 {"users", std::move(users)},
                                 {"webhooks", js::array{}},
                                 {"application_commands", js::array{}},
                                 {"auto_moderation_rules", js::array{}},
                                 {"guild_scheduled_events", js::array{}},
                                 {"integrations", js::array{}},
                                 {"threads", js::array{}}}};
  });
}
} // namespace

const std::vector<route>& guild_routes() {
  static const std::vector<route> table{
    {"GET", "/guilds/{guild}", get_guild},
    {"PATCH", "/guilds/{guild}", patch_guild},
    {"DELETE", "/guilds/{guild}", remove_guild},
    {"GET", "/guilds/{guild}/roles", get_roles},
    {"GET", "/guilds/{guild}/roles/member-counts", get_role_counts},
    {"GET", "/guilds/{guild}/roles/{role}", get_role},
    {"POST", "/guilds/{guild}/roles", post_role},
    {"PATCH", "/guilds/{guild}/roles", patch_roles, false, {.list = true}},
    {"PATCH", "/guilds/{guild}/roles/{role}", patch_role},
    {"DELETE", "/guilds/{guild}/roles/{role}", remove_role},
    {"GET", "/guilds/{guild}/channels", get_channels},
    {"POST", "/guilds/{guild}/channels", post_channel},
    {"PATCH", "/guilds/{guild}/channels", patch_channels, false, {.list = true}},
    {"GET", "/guilds/{guild}/members", get_members, false, {1000, {"after"}}},
    {"GET", "/guilds/{guild}/members/search", search_members, false, {1000}},
    {"GET", "/guilds/{guild}/members/{user}", get_member},
    {"PATCH", "/guilds/{guild}/members/{user}", patch_member},
    {"DELETE", "/guilds/{guild}/members/{user}", remove_member},
    {"PUT", "/guilds/{guild}/members/{user}/roles/{role}", put_member_role},
    {"DELETE", "/guilds/{guild}/members/{user}/roles/{role}", remove_member_role},
    {"GET", "/guilds/{guild}/audit-logs", get_audit_log, false, {100, {"user_id", "target_id", "before", "after"}}},
  };
  return table;
}

} // namespace arrakis::sandbox::rest
