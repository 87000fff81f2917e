#include "actors/wizard/store.hpp"

#include "runtime/log.hpp"

#include <charconv>

namespace arrakis::wizard::store {
namespace {
// KEYS[1]  wizard:{user}:{guild}
// ARGV[1]  the version that the caller read; 0: no session
// ARGV[2]  the version to store; 0: remove
// ARGV[3]  the record
// ARGV[4]  time to live, milliseconds
// Returns  {1}: done.  {0, version, record}: somebody else was first, and this is what is there.
constexpr redis::script swap_script{"wizard_swap", "", R"lua(
local version = redis.call('HGET', KEYS[1], 'version') or '0'
if version ~= ARGV[1] then
  return {0, version, redis.call('HGET', KEYS[1], 'record') or ''}
end
if ARGV[2] == '0' then
  redis.call('DEL', KEYS[1])
else
  redis.call('HSET', KEYS[1], 'version', ARGV[2], 'record', ARGV[3])
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
return {1}
)lua"};

constexpr int64_t version_max = int64_t{1} << 53; // A session sees some dozens; the next one must not overflow.

loaded read_pair(const redis::reply& version, const redis::reply& text, snowflake user, snowflake guild) {
  loaded out;
  if (version.type != redis::reply::text)
    return out;
  std::from_chars(version.bytes.data(), version.bytes.data() + version.bytes.size(), out.version);
  if (out.version < 1 || out.version > version_max) {
    if (out.version != 0)
      log::warn("wizard.session_unreadable", {{"error", "its version is none of ours"}});
    return {};
  }
  auto record = core::read_record(text.bytes);
  if (record && (record->user != user || record->guild != guild))
    record = fail(ec::corrupt, "the stored wizard session is of another user or server than its key says");
  if (record) {
    record->version = out.version;
    out.session = std::move(*record);
  } else {
    log::warn("wizard.session_unreadable", {{"error", text_of(record.error())}});
  }
  return out;
}
} // namespace

std::string key(snowflake user, snowflake guild) { return "wizard:" + user.text() + ":" + guild.text(); }

redis::command load(snowflake user, snowflake guild, deadline until) {
  return {{"HMGET"}, {key(user, guild)}, {"version", "record"}, until};
}

caf::expected<loaded> read_loaded(const redis::reply& reply, snowflake user, snowflake guild) {
  if (reply.type != redis::reply::array || reply.items.size() != 2)
    return fail(ec::corrupt, "Redis answered HMGET with another shape");
  return read_pair(reply.items[0], reply.items[1], user, guild);
}

redis::eval swap(int64_t expected, const core::record& next, std::chrono::milliseconds ttl, deadline until) {
  const auto live = next.at == core::step::complete ? ttl_complete : ttl;
  return {&swap_script,
          {key(next.user, next.guild)},
          {std::to_string(expected), std::to_string(next.version), core::to_text(next), std::to_string(live.count())},
          until};
}

redis::eval remove(const core::record& of, deadline until) {
  return {&swap_script, {key(of.user, of.guild)}, {std::to_string(of.version), "0", "", "0"}, until};
}

caf::expected<swapped> read_swapped(const redis::reply& reply, snowflake user, snowflake guild) {
  if (reply.type != redis::reply::array || reply.items.empty())
    return fail(ec::corrupt, "Redis answered the wizard's script with another shape");
  if (reply.items[0].number == 1)
    return swapped{true, {}};
  if (reply.items.size() != 3)
    return fail(ec::corrupt, "Redis answered the wizard's script with another shape");
  return swapped{false, read_pair(reply.items[1], reply.items[2], user, guild)};
}

} // namespace arrakis::wizard::store
