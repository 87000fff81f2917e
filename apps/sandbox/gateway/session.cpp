#include "apps/sandbox/gateway/session.hpp"

#include "runtime/json.hpp"

#include <fmt/format.h>

namespace arrakis::sandbox::gateway {
namespace {
/// The intent that an event needs; 0: none.
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
  if (e.guild && shard_of(e.guild, shards) != shard)
    return false;
  // A bot hears about itself without the intent (GUILD_MEMBER_UPDATE), but not that it came or went.
  const bool about_itself = e.subject == bot && e.name == "GUILD_MEMBER_UPDATE";
  if ((intents & needed(e.name)) != needed(e.name) && !about_itself)
    return false;
  if (e.subject == bot && !about_itself)
    return false;
  return e.only || !e.guild || (in && in->members.contains(bot));
}

js::object seen_by(const session& s, const model::event& e) {
  js::object data = e.data;
  if (!e.name.starts_with("MESSAGE_") || s.intents & message_content || !data.contains("content"))
    return data;
  const auto* author = json::object_in(data, "author");
  if (author && json::text_or(*author, "id") == s.bot.text())
    return data;
  data["content"] = "";
  for (const auto key : {"embeds", "components", "attachments"})
    data[key] = js::array{};
  return data;
}

} // namespace arrakis::sandbox::gateway
