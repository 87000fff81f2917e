#include "bench/support/gateway_recording.hpp"

#include "runtime/net/frames.hpp"

#include <array>
#include <fmt/format.h>
#include <iterator>
#include <stdexcept>
#include <vector>
#define ZLIB_CONST // zlib does not write to its input.
#include <zlib.h>

namespace arrakis::bench {
namespace {
constexpr uint64_t bot = 800'000'000'000'000'001, application = 800'000'000'000'000'002;
constexpr uint64_t first_guild = 810'000'000'000'000'000, first_user = 820'000'000'000'000'000,
                   first_role = 830'000'000'000'000'000, first_channel = 840'000'000'000'000'000,
                   first_message = 850'000'000'000'000'000;
constexpr size_t people = 1000, roles_of_guild = 50, channels_of_guild = 20;
constexpr std::array words{
  "spice",   "the",   "desert", "water",  "of",       "life",   "and",     "we",     "walk",  "without", "rhythm",
  "so",      "that",  "it",     "will",   "not",      "hear",   "council", "vote",   "is",    "open",    "until",
  "tonight", "badge", "tier",   "wallet", "who",      "holds",  "more",    "than",   "naib",  "can",     "see",
  "this",    "room",  "I",      "think",  "chain",    "moved",  "again",   "please", "check", "your",    "role",
  "thanks",  "lol",   "ok",     "maybe",  "tomorrow", "sietch", "harvest", "score",  "still", "pending", "for",
  "me",      "too",   "gm",     "where",  "do",       "find",   "rules",   "here",   "there"};

/// The same numbers on every machine: splitmix64.
class sequence {
public:
  explicit sequence(uint64_t seed) : state_(seed) {}
  uint64_t operator()() {
    auto z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }

private:
  uint64_t state_;
};

/// Frames of one connection, packed by one context or bare.
class writer {
public:
  explicit writer(bool packed) : packed_(packed) {
    if (packed_ && deflateInit(&zlib_, Z_DEFAULT_COMPRESSION) != Z_OK)
      throw std::runtime_error{"zlib has no memory"};
  }
  ~writer() {
    if (packed_)
      deflateEnd(&zlib_);
  }
  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;

  void add(std::string& to, const std::string& text) {
    namespace frames = net::frames;
    if (!packed_)
      return frames::append(to, frames::opcode::text, true, text);
    room_.resize(text.size() + 1024);
    zlib_.next_in = reinterpret_cast<const Bytef*>(text.data());
    zlib_.avail_in = static_cast<uInt>(text.size());
    zlib_.next_out = reinterpret_cast<Bytef*>(room_.data());
    zlib_.avail_out = static_cast<uInt>(room_.size());
    if (deflate(&zlib_, Z_SYNC_FLUSH) != Z_OK || zlib_.avail_in != 0 || zlib_.avail_out == 0)
      throw std::runtime_error{"zlib did not take a frame whole"};
    frames::append(to, frames::opcode::binary, true, {room_.data(), room_.size() - zlib_.avail_out});
  }
  void dispatch(std::string& to, std::string_view name, const std::string& data) {
    add(to, fmt::format(R"({{"t":"{}","s":{},"op":0,"d":{}}})", name, ++sequence_, data));
  }

private:
  const bool packed_;
  z_stream zlib_{};
  std::string room_;
  uint64_t sequence_ = 0;
};

class author {
public:
  size_t below(size_t limit) { return chance_() % limit; }
  std::string hex(size_t digits) {
    std::string out;
    while (out.size() < digits)
      out += fmt::format("{:08x}", static_cast<uint32_t>(chance_()));
    return out.substr(0, digits);
  }
  std::string text(size_t least, size_t most) {
    std::string out;
    for (const auto size = least + below(most - least); out.size() < size;)
      out.append(out.empty() ? "" : " ").append(words[below(words.size())]);
    return out;
  }
  std::string time() {
    return fmt::format("2026-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}000+00:00", 1 + below(12), 1 + below(28), below(24),
                       below(60), below(60), below(1000));
  }
  /// The same person is the same each time, as people are.
  std::string user(size_t number) const {
    sequence own{number};
    const auto half = [&own] { return static_cast<uint32_t>(own()); };
    return fmt::format(R"({{"username":"{}_{}","public_flags":{},"primary_guild":null,"id":"{}","global_name":"{} {}",)"
                       R"("discriminator":"0",)"
                       R"("collectibles":null,"clan":null,"bot":{},"avatar_decoration_data":null,)"
                       R"("avatar":"{:08x}{:08x}{:08x}{:08x}"}})",
                       words[own() % words.size()], number, own() % 64, first_user + number * 7919,
                       words[own() % words.size()], number, number % 20 == 0 ? "true" : "false", half(), half(), half(),
                       half());
  }
  std::string role_list(size_t count, uint64_t& sum) {
    std::string out;
    for (size_t i = 0; i < count; ++i) {
      const auto id = first_role + (below(roles_of_guild / count) * count + i) * 6007;
      sum += tail_of(id);
      fmt::format_to(std::back_inserter(out), "{}\"{}\"", i ? "," : "", id);
    }
    return out;
  }

private:
  sequence chance_{20'261'124};
};

std::string member_fields(author& by, const std::string& roles, size_t number) {
  return fmt::format(R"("roles":[{}],"premium_since":null,"pending":{},"nick":"{} {}","mute":false,"joined_at":"{}",)"
                     R"("flags":{},"deaf":false,)"
                     R"("communication_disabled_until":null,"banner":null,"avatar":null)",
                     roles, number % 10 == 0 ? "true" : "false", by.text(4, 20), number, by.time(), by.below(4));
}

std::string message(author& by, size_t number, uint64_t& sum) {
  const auto who = by.below(people);
  const auto id = first_message + number * 4'194'301 + by.below(4096);
  const auto channel = first_channel + by.below(channels_of_guild) * 5003;
  const auto content = by.text(20, 180);
  uint64_t of_roles = 0;
  const auto roles = by.role_list(1 + by.below(4), of_roles);
  sum += tail_of(id) + tail_of(channel) + tail_of(first_guild) + tail_of(first_user + who * 7919) + content.size()
       + (who % 20 == 0 ? 1 : 0);
  return fmt::format(
    R"({{"type":0,"tts":false,"timestamp":"{}","pinned":false,"nonce":"{}","mentions":[],"mention_roles":[],)"
    R"("mention_everyone":false,"member":{{{}}},"id":"{}","flags":0,"embeds":[],"edited_timestamp":null,)"
    R"("content":"{}",)"
    R"("components":[],"channel_type":0,"channel_id":"{}","author":{},"attachments":[],"guild_id":"{}"}})",
    by.time(), first_message + by.below(1u << 31), member_fields(by, roles, who), id, content, channel, by.user(who),
    first_guild);
}

std::string member(author& by, size_t number, uint64_t& sum) {
  const auto who = by.below(people);
  uint64_t of_roles = 0;
  const auto roles = by.role_list(3 + by.below(4), of_roles);
  sum += tail_of(first_guild) + tail_of(first_user + who * 7919) + of_roles + (number % 10 == 0 ? 1 : 0);
  return fmt::format(R"({{"user":{},{},"guild_id":"{}"}})", by.user(who), member_fields(by, roles, number),
                     first_guild);
}

template <class One>
std::string list(size_t count, One one) {
  std::string out;
  for (size_t i = 0; i < count; ++i)
    out.append(i ? "," : "").append(one(i));
  return out;
}

struct sizes {
  size_t members, roles, channels;
};
std::string guild(author& by, uint64_t id, sizes of) {
  const auto role = [&](size_t i) {
    return fmt::format(
      R"({{"version":{},"unicode_emoji":null,"tags":{{}},"position":{},"permissions":"{}","name":"{}",)"
      R"("mentionable":false,)"
      R"("managed":false,"id":"{}","icon":null,"hoist":false,"flags":0,"colors":{{"primary_color":{},)"
      R"("secondary_color":null,)"
      R"("tertiary_color":null}},"color":{}}})",
      by.below(1u << 30), i, by.below(1u << 31), i ? by.text(5, 20) : "@everyone", i ? first_role + i * 6007 : id,
      by.below(1u << 24), by.below(1u << 24));
  };
  const auto channel = [&](size_t i) {
    return fmt::format(R"({{"version":{},"type":0,"topic":"{}","rate_limit_per_user":0,"position":{},)"
                       R"("permission_overwrites":[{{"type":0,)"
                       R"("id":"{}","deny":"{}","allow":"0"}}],"parent_id":null,"nsfw":false,"name":"{}",)"
                       R"("last_message_id":"{}","id":"{}",)"
                       R"("icon_emoji":{{"name":"x","id":null}},"flags":0}})",
                       by.below(1u << 30), by.text(30, 90), i, id, by.below(1u << 30), by.text(5, 20),
                       first_message + by.below(1u << 31), first_channel + (id - first_guild) * 101 + i * 5003);
  };
  const auto someone = [&](size_t) {
    uint64_t ignored = 0;
    const auto who = by.below(people * 10);
    return fmt::format(R"({{"user":{},{}}})", by.user(who), member_fields(by, by.role_list(2, ignored), who));
  };
  return fmt::format(
    R"({{"widget_enabled":false,"voice_states":[],"verification_level":1,"vanity_url_code":null,"unavailable":false,)"
    R"("threads":[],"system_channel_id":null,"system_channel_flags":0,"stickers":[],"stage_instances":[],)"
    R"("splash":null,)"
    R"("soundboard_sounds":[],"safety_alerts_channel_id":null,"rules_channel_id":null,"roles":[{}],)"
    R"("region":"deprecated",)"
    R"("public_updates_channel_id":null,"presences":[],"premium_tier":0,"premium_subscription_count":{},)"
    R"("preferred_locale":"en-US","owner_id":"{}","nsfw_level":0,"nsfw":false,"name":"{}","mfa_level":0,)"
    R"("members":[{}],"member_count":{},"max_video_channel_users":25,"max_members":500000,"lazy":true,"large":false,)"
    R"("joined_at":"{}","incidents_data":null,"id":"{}","icon":"{}","home_header":null,"guild_scheduled_events":[],)"
    R"("features":["COMMUNITY","NEWS"],"explicit_content_filter":2,"emojis":[],"discovery_splash":null,)"
    R"("description":"{}","default_message_notifications":1,"channels":[{}],"banner":null,"application_id":null,)"
    R"("afk_timeout":300,"afk_channel_id":null}})",
    list(of.roles, role), by.below(30), first_user + by.below(people) * 7919, by.text(8, 40), list(of.members, someone),
    of.members, by.time(), id, by.hex(32), by.text(40, 120), list(of.channels, channel));
}

std::string ready(const std::vector<uint64_t>& guilds) {
  const auto one = [&](size_t i) { return fmt::format(R"({{"unavailable":true,"id":"{}"}})", guilds[i]); };
  return fmt::format(
    R"({{"v":10,"user_settings":{{}},"user":{{"verified":true,"username":"arrakis","mfa_enabled":true,"id":"{}",)"
    R"("global_name":null,"flags":0,"email":null,"discriminator":"0000","bot":true,"avatar":null}},"shard":[0,1],)"
    R"("session_type":"normal","session_id":"0123456789abcdef","resume_gateway_url":"ws://127.0.0.1:1",)"
    R"("relationships":[],)"
    R"("private_channels":[],"presences":[],"guilds":[{}],"guild_join_requests":[],"geo_ordered_rtc_regions":[],)"
    R"("auth":{{}},"application":{{"id":"{}","flags":8953856}},"_trace":[]}})",
    bot, list(guilds.size(), one), application);
}
} // namespace

gateway_recording record(const gateway_plan& plan) {
  gateway_recording out;
  writer to{plan.packed};
  author by;
  to.add(out.hello, R"({"t":null,"s":null,"op":10,"d":{"heartbeat_interval":41250,"_trace":[]}})");
  const bool many = plan.what == traffic::guilds;
  std::vector<uint64_t> guilds;
  for (size_t i = 0; i < (many ? plan.count : 1); ++i)
    guilds.push_back(first_guild + i * 3571);
  to.dispatch(out.welcome, "READY", ready(guilds));
  for (const auto id : guilds) {
    const auto data = guild(by, id, many ? sizes{20, 10, 10} : sizes{1, roles_of_guild, channels_of_guild});
    out.json_bytes += many ? data.size() : 0;
    out.checksum += many ? tail_of(id) : 0;
    to.dispatch(out.welcome, "GUILD_CREATE", data);
  }
  for (size_t i = 0; !many && i < plan.warm_up + plan.count; ++i) {
    uint64_t sum = 0;
    const bool messages = plan.what == traffic::messages;
    const auto data = messages ? message(by, i, sum) : member(by, i, sum);
    to.dispatch(out.welcome, messages ? "MESSAGE_CREATE" : "GUILD_MEMBER_UPDATE", data);
    out.json_bytes += i >= plan.warm_up ? data.size() : 0;
    out.checksum += i >= plan.warm_up ? sum : 0;
  }
  return out;
}
} // namespace arrakis::bench
