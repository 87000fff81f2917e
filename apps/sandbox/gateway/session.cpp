#include "apps/sandbox/gateway/session.hpp"

#include "runtime/json.hpp"

#include <fmt/format.h>

namespace arrakis::sandbox::gateway {
namespace {
/// The intent that an event of a direct channel needs.
uint64_t needed_direct(std::string_view name) {
  if (name.starts_with("MESSAGE_REACTION_"))
    return direct_reactions;
  return name.starts_with("MESSAGE_") || name == "CHANNEL_PINS_UPDATE" ? direct_messages : 0;
}

/// The intent that an event of a guild needs; 0: none.
uint64_t needed(std::string_view name) {
  if (name.starts_with("GUILD_MEMBER_"))
    return guild_members;
  if (name.starts_with("GUILD_AUDIT_LOG_") || name.starts_with("GUILD_BAN_"))
    return guild_moderation;
  if (name.starts_with("MESSAGE_REACTION_"))
    return guild_reactions;
  if (name.starts_with("MESSAGE_"))
    return guild_messages;
  if (name == "GUILD_EMOJIS_UPDATE")
    return guild_expressions;
  if (name == "WEBHOOKS_UPDATE")
    return guild_webhooks;
  if (name.starts_with("INVITE_"))
    return guild_invites;
  if (name.starts_with("GUILD_") || name.starts_with("CHANNEL_") || name.starts_with("THREAD_"))
    return guilds;
  return 0;
}
} // namespace

const std::string& session::next(std::string_view name, std::string_view data, int64_t skip) {
  seq += 1 + skip;
  sent.emplace_back(seq, fmt::format(R"({{"t":"{}","s":{},"op":0,"d":{}}})", name, seq, data));
  if (sent.size() > replay_max)
    sent.pop_front();
  return sent.back().second;
}

std::optional<std::vector<std::pair<int64_t, std::string>>> session::replay(int64_t after) const {
  if (after < seq && (sent.empty() || sent.front().first > after + 1))
    return std::nullopt;
  std::vector<std::pair<int64_t, std::string>> frames;
  for (const auto& each : sent)
    if (each.first > after)
      frames.push_back(each);
  return frames;
}

bool session::hears(const model::event& e, const model::guild* in) const {
  if (e.only && e.only != application)
    return false;
  if (shard_of(e.guild, shards) != shard) // Shard 0 receives the events without a guild.
    return false;
  // A bot hears about itself without the intent (GUILD_MEMBER_UPDATE), but not that it came or went.
  const bool about_itself = e.subject == bot && e.name == "GUILD_MEMBER_UPDATE";
  const auto wanted = e.guild ? needed(e.name) : needed_direct(e.name);
  if ((intents & wanted) != wanted && !about_itself)
    return false;
  if (e.subject == bot && !about_itself)
    return false;
  return e.only || !e.guild || (in && in->members.contains(bot));
}

js::object seen_by(const session& s, const model::event& e) {
  js::object data = e.data;
  const bool direct = !e.guild;
  if (direct || !e.name.starts_with("MESSAGE_") || s.intents & message_content || !data.contains("content"))
    return data;
  const auto is_bot = [&](const js::object& user) { return json::text_or(user, "id") == s.bot.text(); };
  if (const auto* author = json::object_in(data, "author"); author && is_bot(*author))
    return data;
  if (const auto* mentions = json::array_in(data, "mentions"))
    if (std::any_of(mentions->begin(), mentions->end(), [&](const js::value& m) { return is_bot(m.as_object()); }))
      return data;
  data["content"] = "";
  for (const auto key : {"embeds", "components", "attachments"})
    data[key] = js::array{};
  return data;
}

} // namespace arrakis::sandbox::gateway
