#include "apps/sandbox/model/bans.hpp"

#include "apps/sandbox/model/form.hpp"
#include "apps/sandbox/model/members.hpp"
#include "apps/sandbox/model/permissions.hpp"
#include "apps/sandbox/model/render.hpp"

namespace arrakis::sandbox::model {
namespace {
using namespace arrakis::permissions;

js::object to_json(sandbox_state& state, snowflake user, const std::string& reason) {
  return {{"reason", reason.empty() ? js::value(nullptr) : js::value(reason)},
          {"user", model::to_json(state.user_of(user))}};
}
} // namespace

namespace {
/// How far back what they wrote goes with them: `delete_message_seconds`, or the older `delete_message_days`.
int64_t read_age_ms(form& f) {
  const auto seconds = f.integer("delete_message_seconds", 0, 604'800);
  const auto days = f.integer("delete_message_days", 0, 7);
  return seconds ? *seconds * 1'000 : days.value_or(0) * 86'400'000;
}

void remove_messages(sandbox_state& state, const guild& in, snowflake author, int64_t age_ms) {
  for (const auto& [id, where] : in.channels) {
    js::array gone;
    auto& kept = state.messages[id];
    for (const auto& [number, m] : kept)
      if (m.author == author && state.now_ms - number.made_at_ms() < age_ms)
        gone.push_back(js::value(number.text()));
    if (gone.empty())
      continue;
    std::erase_if(kept, [&](const auto& each) {
      return each.second.author == author && state.now_ms - each.first.made_at_ms() < age_ms;
    });
    state.emit_in(where, "MESSAGE_DELETE_BULK", {{"ids", std::move(gone)}, {"channel_id", id.text()}});
  }
}

outcome<done> ban_one(sandbox_state& state, const actor& by, guild& in, snowflake user, int64_t age_ms) {
  if (!state.users.contains(user))
    return unknown("User");
  const bool member = in.members.contains(user);
  if (!(permissions_in(in, by.user) & ban_members) || user == in.owner || (member && !outranks(in, by.user, user)))
    return missing_permissions();
  if (member)
    remove_member(state, in, user);
  if (in.bans.try_emplace(user, by.reason).second) {
    state.emit("GUILD_BAN_ADD", in.id, {{"guild_id", in.id.text()}, {"user", model::to_json(state.user_of(user))}});
    note(state, in, action::member_ban_add, by, user);
  }
  remove_messages(state, in, user, age_ms);
  return done{};
}
} // namespace

outcome<done> ban(sandbox_state& state, const actor& by, guild& in, snowflake user, const js::object& body) {
  form f(body);
  const auto age_ms = read_age_ms(f);
  if (!f.clean())
    return f.why();
  return ban_one(state, by, in, user, age_ms);
}

outcome<done> unban(sandbox_state& state, const actor& by, guild& in, snowflake user) {
  if (!(permissions_in(in, by.user) & ban_members))
    return missing_permissions();
  if (in.bans.erase(user) == 0)
    return unknown("Ban");
  state.emit("GUILD_BAN_REMOVE", in.id, {{"guild_id", in.id.text()}, {"user", model::to_json(state.user_of(user))}});
  note(state, in, action::member_ban_remove, by, user);
  return done{};
}

outcome<js::object> ban_all(sandbox_state& state, const actor& by, guild& in, const js::object& body) {
  if (!(permissions_in(in, by.user) & ban_members) || !(permissions_in(in, by.user) & manage_guild))
    return missing_permissions();
  form f(body);
  f.require("user_ids");
  const auto ids = f.ids("user_ids", 200);
  const auto age_ms = read_age_ms(f);
  if (!f.clean())
    return f.why();
  js::array banned, failed;
  for (const auto id : *ids)
    (ban_one(state, by, in, id, age_ms) ? banned : failed).push_back(js::value(id.text()));
  if (banned.empty())
    return refusal{400, 500000, "Failed to ban users", {}};
  return js::object{{"banned_users", std::move(banned)}, {"failed_users", std::move(failed)}};
}

outcome<js::object> get_ban(sandbox_state& state, const actor& by, const guild& in, snowflake user) {
  if (!(permissions_in(in, by.user) & ban_members))
    return missing_permissions();
  const auto found = in.bans.find(user);
  if (found == in.bans.end())
    return unknown("Ban");
  return to_json(state, user, found->second);
}

outcome<js::array> list_bans(sandbox_state& state, const actor& by, const guild& in, snowflake before, snowflake after,
                             size_t count) {
  if (!(permissions_in(in, by.user) & ban_members))
    return missing_permissions();
  js::array list;
  for (const auto& [user, reason] : in.bans)
    if (list.size() < count && (!before || user < before) && (!after || user > after))
      list.push_back(to_json(state, user, reason));
  return list;
}

} // namespace arrakis::sandbox::model
