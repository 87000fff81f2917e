#include "apps/sandbox/model/invites.hpp"

#include "apps/sandbox/model/channels.hpp"
#include "apps/sandbox/model/form.hpp"
#include "apps/sandbox/model/permissions.hpp"
#include "apps/sandbox/model/render.hpp"
#include "runtime/clock.hpp"

namespace arrakis::sandbox::model {
namespace {
using namespace arrakis::permissions;

js::value expiry(const invite& i) {
  return i.max_age_s == 0 ? js::value(nullptr) : js::value(time_text(i.made_ms + i.max_age_s * 1000));
}

js::object to_json(sandbox_state& state, const guild& in, const invite& i, bool counts) {
  const auto& channel = in.channels.at(i.channel);
  js::object out{{"type", 0},
                 {"code", i.code},
                 {"inviter", model::to_json(state.user_of(i.inviter))},
                 {"expires_at", expiry(i)},
                 {"guild_id", in.id.text()},
                 {"guild",
                  {{"id", in.id.text()},
                   {"name", in.name},
                   {"splash", nullptr},
                   {"banner", nullptr},
                   {"description", nullptr},
                   {"icon", nullptr},
                   {"features", js::array{}},
                   {"verification_level", 0},
                   {"vanity_url_code", nullptr},
                   {"nsfw_level", 0},
                   {"nsfw", false},
                   {"premium_subscription_count", 0},
                   {"premium_tier", 0}}},
                 {"channel", {{"id", channel.id.text()}, {"type", channel.kind}, {"name", channel.name}}}};
  if (counts) {
    out["approximate_member_count"] = in.members.size();
    out["approximate_presence_count"] = in.members.size();
  }
  return out;
}

/// With what only those learn who may manage the channel.
js::object with_metadata(sandbox_state& state, const guild& in, const invite& i) {
  auto out = to_json(state, in, i, false);
  out["uses"] = 0;
  out["max_uses"] = i.max_uses;
  out["max_age"] = i.max_age_s;
  out["temporary"] = i.temporary;
  out["created_at"] = time_text(i.made_ms);
  return out;
}

std::pair<guild*, invite*> find(sandbox_state& state, std::string_view code) {
  for (auto& [_, in] : state.guilds) {
    const auto found = in.invites.find(std::string(code));
    if (found == in.invites.end())
      continue;
    const auto& i = found->second;
    if (i.max_age_s > 0 && state.now_ms > i.made_ms + i.max_age_s * 1000) {
      in.invites.erase(found);
      break;
    }
    return {&in, &found->second};
  }
  return {nullptr, nullptr};
}
} // namespace

outcome<js::object> create_invite(sandbox_state& state, const actor& by, channel_ref at, const js::object& body) {
  if (!(permissions_in(*at.guild, *at.channel, by.user) & create_instant_invite))
    return missing_permissions();
  if (at.channel->kind == category_channel)
    return wrong_channel_type();
  form f(body);
  invite made{.code = random_hex(4),
              .channel = at.channel->id,
              .inviter = by.user,
              .made_ms = state.now_ms,
              .max_age_s = f.integer("max_age", 0, 604'800).value_or(86'400),
              .max_uses = static_cast<int>(f.integer("max_uses", 0, 100).value_or(0)),
              .temporary = f.boolean("temporary").value_or(false)};
  const bool unique = f.boolean("unique").value_or(false);
  if (!f.clean())
    return f.why();
  for (const auto& [_, old] : at.guild->invites)
    if (!unique && old.channel == made.channel && old.inviter == made.inviter && old.max_age_s == made.max_age_s
        && old.max_uses == made.max_uses && old.temporary == made.temporary)
      return with_metadata(state, *at.guild, old);
  const auto& kept = at.guild->invites.emplace(made.code, made).first->second;
  auto data = with_metadata(state, *at.guild, kept);
  for (const auto key : {"guild", "channel"})
    data.erase(key);
  data["channel_id"] = kept.channel.text();
  state.emit("INVITE_CREATE", at.guild->id, std::move(data));
  js::array changes;
  change(changes, "code", nullptr, kept.code);
  change(changes, "max_age", nullptr, kept.max_age_s);
  change(changes, "max_uses", nullptr, kept.max_uses);
  note(state, *at.guild, action::invite_create, by, {}, std::move(changes));
  return with_metadata(state, *at.guild, kept);
}

outcome<js::array> list_invites(sandbox_state& state, const actor& by, const guild& in, snowflake channel) {
  if (!(permissions_in(in, by.user) & (channel ? manage_channels : manage_guild)))
    return missing_permissions();
  js::array list;
  for (const auto& [_, each] : in.invites)
    if (!channel || each.channel == channel)
      list.push_back(with_metadata(state, in, each));
  return list;
}

outcome<js::object> get_invite(sandbox_state& state, std::string_view code, bool counts) {
  const auto [in, found] = find(state, code);
  if (!found)
    return unknown("Invite");
  return to_json(state, *in, *found, counts);
}

outcome<js::object> delete_invite(sandbox_state& state, const actor& by, std::string_view code) {
  const auto [in, found] = find(state, code);
  if (!found)
    return unknown("Invite");
  const auto channel = in->channels.find(found->channel);
  if (!(permissions_in(*in, by.user) & manage_guild)
      && !(permissions_in(*in, channel->second, by.user) & manage_channels))
    return missing_permissions();
  const auto gone = *found;
  auto out = to_json(state, *in, gone, false);
  in->invites.erase(gone.code);
  state.emit("INVITE_DELETE", in->id,
             {{"channel_id", gone.channel.text()}, {"guild_id", in->id.text()}, {"code", gone.code}});
  js::array changes;
  change(changes, "code", gone.code, nullptr);
  note(state, *in, action::invite_delete, by, {}, std::move(changes));
  return out;
}

} // namespace arrakis::sandbox::model
