#include "schemas/permissions.hpp"

#include <algorithm>
#include <charconv>

namespace arrakis::permissions {

const std::vector<std::pair<std::string_view, uint64_t>>& all() {
  // https://discord.com/developers/docs/topics/permissions, "Bitwise Permission Flags"; 47 and 48 are not given out.
  static const std::vector<std::pair<std::string_view, uint64_t>> list{
    {"CREATE_INSTANT_INVITE", 1ull << 0},
    {"KICK_MEMBERS", 1ull << 1},
    {"BAN_MEMBERS", 1ull << 2},
    {"ADMINISTRATOR", 1ull << 3},
    {"MANAGE_CHANNELS", 1ull << 4},
    {"MANAGE_GUILD", 1ull << 5},
    {"ADD_REACTIONS", 1ull << 6},
    {"VIEW_AUDIT_LOG", 1ull << 7},
    {"PRIORITY_SPEAKER", 1ull << 8},
    {"STREAM", 1ull << 9},
    {"VIEW_CHANNEL", 1ull << 10},
    {"SEND_MESSAGES", 1ull << 11},
    {"SEND_TTS_MESSAGES", 1ull << 12},
    {"MANAGE_MESSAGES", 1ull << 13},
    {"EMBED_LINKS", 1ull << 14},
    {"ATTACH_FILES", 1ull << 15},
    {"READ_MESSAGE_HISTORY", 1ull << 16},
    {"MENTION_EVERYONE", 1ull << 17},
    {"USE_EXTERNAL_EMOJIS", 1ull << 18},
    {"VIEW_GUILD_INSIGHTS", 1ull << 19},
    {"CONNECT", 1ull << 20},
    {"SPEAK", 1ull << 21},
    {"MUTE_MEMBERS", 1ull << 22},
    {"DEAFEN_MEMBERS", 1ull << 23},
    {"MOVE_MEMBERS", 1ull << 24},
    {"USE_VAD", 1ull << 25},
    {"CHANGE_NICKNAME", 1ull << 26},
    {"MANAGE_NICKNAMES", 1ull << 27},
    {"MANAGE_ROLES", 1ull << 28},
    {"MANAGE_WEBHOOKS", 1ull << 29},
    {"MANAGE_GUILD_EXPRESSIONS", 1ull << 30},
    {"USE_APPLICATION_COMMANDS", 1ull << 31},
    {"REQUEST_TO_SPEAK", 1ull << 32},
    {"MANAGE_EVENTS", 1ull << 33},
    {"MANAGE_THREADS", 1ull << 34},
    {"CREATE_PUBLIC_THREADS", 1ull << 35},
    {"CREATE_PRIVATE_THREADS", 1ull << 36},
    {"USE_EXTERNAL_STICKERS", 1ull << 37},
    {"SEND_MESSAGES_IN_THREADS", 1ull << 38},
    {"USE_EMBEDDED_ACTIVITIES", 1ull << 39},
    {"MODERATE_MEMBERS", 1ull << 40},
    {"VIEW_CREATOR_MONETIZATION_ANALYTICS", 1ull << 41},
    {"USE_SOUNDBOARD", 1ull << 42},
    {"CREATE_GUILD_EXPRESSIONS", 1ull << 43},
    {"CREATE_EVENTS", 1ull << 44},
    {"USE_EXTERNAL_SOUNDS", 1ull << 45},
    {"SEND_VOICE_MESSAGES", 1ull << 46},
    {"SEND_POLLS", 1ull << 49},
    {"USE_EXTERNAL_APPS", 1ull << 50},
    {"PIN_MESSAGES", 1ull << 51},
    {"BYPASS_SLOWMODE", 1ull << 52},
  };
  return list;
}

uint64_t bit(std::string_view name) {
  const auto& list = all();
  const auto found = std::find_if(list.begin(), list.end(), [&](const auto& entry) { return entry.first == name; });
  return found == list.end() ? 0 : found->second;
}

caf::expected<uint64_t> mask(const std::vector<std::string>& names) {
  uint64_t result = 0;
  for (const auto& name : names) {
    const auto one = bit(name);
    if (one == 0)
      return failed<uint64_t>(ec::invalid, "permission '" + name.substr(0, 64)
                                             + "' is not known: use a name of Discord's list, as VIEW_CHANNEL");
    result |= one;
  }
  return result;
}

std::string text(uint64_t mask) { return std::to_string(mask); }

uint64_t parse(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? value : 0;
}

} // namespace arrakis::permissions
