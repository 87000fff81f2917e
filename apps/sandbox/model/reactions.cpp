// Reactions. https://discord.com/developers/docs/resources/message#create-reaction
#include "apps/sandbox/model/form.hpp"
#include "apps/sandbox/model/messages.hpp"
#include "apps/sandbox/model/permissions.hpp"
#include "apps/sandbox/model/render.hpp"

namespace arrakis::sandbox::model {
namespace {
using namespace arrakis::permissions;

constexpr size_t reactions_max = 20; // different emoji on one message

/// "name:id" of a custom emoji, or characters that are no ASCII text; everything else is unknown to Discord.
bool is_emoji(const guild* in, std::string_view emoji) {
  const auto colon = emoji.rfind(':');
  if (colon != std::string_view::npos) {
    const auto id = parse_snowflake(emoji.substr(colon + 1));
    return id && in && in->emojis.contains(*id);
  }
  // A keycap ("1\ufe0f\u20e3") begins with its own key.
  const bool keycap = emoji.ends_with("\u20e3") && std::string_view("0123456789#*").find(emoji[0]) != emoji.npos;
  return keycap || (!emoji.empty() && emoji.size() <= 64 && (static_cast<unsigned char>(emoji[0]) & 0x80u));
}

js::object about(const channel_ref& at, const message& m) {
  return {{"channel_id", at.channel->id.text()}, {"message_id", m.id.text()}};
}

js::object reaction_data(const channel_ref& at, const message& m, std::string_view emoji, snowflake user) {
  auto data = about(at, m);
  data["user_id"] = user.text();
  data["emoji"] = emoji_json(emoji);
  data["burst"] = false;
  data["type"] = 0;
  return data;
}

outcome<message*> reactable(sandbox_state& state, const channel_ref& at, snowflake id) {
  auto* m = state.find_message(at.channel->id, id);
  if (!m || m->visible_to)
    return unknown("Message");
  return m;
}

auto find(message& m, std::string_view emoji) {
  return std::find_if(m.reactions.begin(), m.reactions.end(), [&](const auto& each) { return each.first == emoji; });
}
} // namespace

outcome<done> react(sandbox_state& state, const actor& by, channel_ref at, snowflake id, std::string_view emoji) {
  auto found = reactable(state, at, id);
  if (!found)
    return found.why();
  auto& m = **found;
  if (!is_emoji(at.guild, emoji))
    return unknown("Emoji");
  auto where = find(m, emoji);
  const auto mine = permissions_at(at, by.user);
  if (!(mine & read_message_history) || (where == m.reactions.end() && !(mine & add_reactions)))
    return missing_permissions();
  if (where == m.reactions.end()) {
    if (m.reactions.size() >= reactions_max)
      return refusal{400, 30010, "Maximum number of reactions reached (20)", {}};
    m.reactions.emplace_back(emoji, std::vector<snowflake>{});
    where = std::prev(m.reactions.end());
  }
  if (std::find(where->second.begin(), where->second.end(), by.user) != where->second.end())
    return done{};
  where->second.push_back(by.user);
  auto data = reaction_data(at, m, emoji, by.user);
  data["message_author_id"] = m.author.text();
  if (at.guild)
    if (const auto who = at.guild->members.find(by.user); who != at.guild->members.end())
      data["member"] = to_json(state, who->second);
  state.emit_in(*at.channel, "MESSAGE_REACTION_ADD", std::move(data));
  return done{};
}

outcome<done> unreact(sandbox_state& state, const actor& by, channel_ref at, snowflake id, std::string_view emoji,
                      snowflake user) {
  auto found = reactable(state, at, id);
  if (!found)
    return found.why();
  auto& m = **found;
  if (user != by.user && !(permissions_at(at, by.user) & manage_messages))
    return missing_permissions();
  const auto where = find(m, emoji);
  if (where == m.reactions.end() || std::erase(where->second, user) == 0)
    return unknown("Emoji");
  if (where->second.empty())
    m.reactions.erase(where);
  state.emit_in(*at.channel, "MESSAGE_REACTION_REMOVE", reaction_data(at, m, emoji, user));
  return done{};
}

outcome<done> clear_reactions(sandbox_state& state, const actor& by, channel_ref at, snowflake id,
                              std::string_view emoji) {
  auto found = reactable(state, at, id);
  if (!found)
    return found.why();
  auto& m = **found;
  if (!(permissions_at(at, by.user) & manage_messages))
    return missing_permissions();
  if (emoji.empty()) {
    m.reactions.clear();
    state.emit_in(*at.channel, "MESSAGE_REACTION_REMOVE_ALL", about(at, m));
    return done{};
  }
  if (const auto where = find(m, emoji); where != m.reactions.end())
    m.reactions.erase(where);
  auto data = about(at, m);
  data["emoji"] = emoji_json(emoji);
  state.emit_in(*at.channel, "MESSAGE_REACTION_REMOVE_EMOJI", std::move(data));
  return done{};
}

outcome<js::array> list_reactions(sandbox_state& state, channel_ref at, snowflake id, std::string_view emoji,
                                  snowflake after, size_t count) {
  auto found = reactable(state, at, id);
  if (!found)
    return found.why();
  js::array list;
  const auto where = find(**found, emoji);
  if (where == (*found)->reactions.end())
    return list;
  auto users = where->second;
  std::sort(users.begin(), users.end());
  for (const auto user : users)
    if (list.size() < count && (!after || user > after))
      list.push_back(to_json(state.user_of(user)));
  return list;
}

} // namespace arrakis::sandbox::model
