#include "apps/sandbox/model/bans.hpp"

#include "apps/sandbox/model/form.hpp"
#include "apps/sandbox/model/members.hpp"
#include "apps/sandbox/model/permissions.hpp"
#include "apps/sandbox/model/render.hpp"

namespace arrakis::sandbox::model {
namespace {
using namespace arrakis::permissions;

js::object to_json(world& w, snowflake user, const std::string& reason) {
  return {{"reason", reason.empty() ? js::value(nullptr) : js::value(reason)},
          {"user", model::to_json(w.user_of(user))}};
}
} // namespace

outcome<done> ban(world& w, const actor& by, guild& in, snowflake user) {
  if (!w.users.contains(user))
    return unknown("User");
  const bool member = in.members.contains(user);
  if (!(permissions_in(in, by.user) & ban_members) || user == in.owner || (member && !outranks(in, by.user, user)))
    return missing_permissions();
  if (member)
    remove_member(w, in, user);
  if (in.bans.try_emplace(user, by.reason).second) {
    w.emit("GUILD_BAN_ADD", in.id, {{"guild_id", in.id.text()}, {"user", model::to_json(w.user_of(user))}});
    note(w, in, action::member_ban_add, by, user);
  }
  return done{};
}

outcome<done> unban(world& w, const actor& by, guild& in, snowflake user) {
  if (!(permissions_in(in, by.user) & ban_members))
    return missing_permissions();
  if (in.bans.erase(user) == 0)
    return unknown("Ban");
  w.emit("GUILD_BAN_REMOVE", in.id, {{"guild_id", in.id.text()}, {"user", model::to_json(w.user_of(user))}});
  note(w, in, action::member_ban_remove, by, user);
  return done{};
}

outcome<js::object> ban_all(world& w, const actor& by, guild& in, const js::object& body) {
  if (!(permissions_in(in, by.user) & ban_members) || !(permissions_in(in, by.user) & manage_guild))
    return missing_permissions();
  form f(body);
  f.require("user_ids");
  const auto* ids = f.array("user_ids", 200);
  if (!f.clean() || !ids)
    return f.why();
  js::array banned, failed;
  for (const auto& each : *ids) {
    const auto id = id_of(each).value_or(snowflake{});
    (ban(w, by, in, id) ? banned : failed).push_back(js::value(id.text()));
  }
  if (banned.empty())
    return refusal{400, 500000, "Failed to ban users", {}};
  return js::object{{"banned_users", std::move(banned)}, {"failed_users", std::move(failed)}};
}

outcome<js::object> get_ban(world& w, const actor& by, const guild& in, snowflake user) {
  if (!(permissions_in(in, by.user) & ban_members))
    return missing_permissions();
  const auto found = in.bans.find(user);
  if (found == in.bans.end())
    return unknown("Ban");
  return to_json(w, user, found->second);
}

outcome<js::array> list_bans(world& w, const actor& by, const guild& in, snowflake before, snowflake after,
                             size_t count) {
  if (!(permissions_in(in, by.user) & ban_members))
    return missing_permissions();
  js::array list;
  for (const auto& [user, reason] : in.bans)
    if (list.size() < count && (!before || user < before) && (!after || user > after))
      list.push_back(to_json(w, user, reason));
  return list;
}

} // namespace arrakis::sandbox::model
