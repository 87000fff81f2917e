// Answers of Discord's REST: the shapes of a guild and what they say of limits. The first line is a header's value.
#include "adapters/discord/rest/limits.hpp"
#include "runtime/json.hpp"
#include "schemas/guild.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <boost/json/value.hpp>

namespace arrakis::fuzz {
namespace {
bool is_utf8(const std::string& text) {
  return arrakis::json::parse(arrakis::json::print(boost::json::value(text))).engaged();
}

void limits(const std::string& value, std::string_view body) {
  using namespace std::chrono_literals;
  const auto bounded = [](const std::optional<std::chrono::milliseconds>& wait) {
    return !wait || (*wait >= 0ms && *wait <= 7 * 24h);
  };
  ARRAKIS_ASSERT(bounded(discord::read_seconds(value)), "a wait is a week at most");
  for (const int status : {200, 401, 429, 503}) {
    const auto said = discord::read_facts(status,
                                          {{"X-RateLimit-Limit", value},
                                           {"X-RateLimit-Remaining", value},
                                           {"X-RateLimit-Reset-After", value},
                                           {"X-RateLimit-Scope", value},
                                           {"Retry-After", value}},
                                          body);
    ARRAKIS_ASSERT(bounded(said.reset_after) && bounded(said.retry_after), "a wait is a week at most");
    ARRAKIS_ASSERT(said.limit.value_or(0) >= 0 && said.remaining.value_or(0) >= 0, "counts have no sign");
  }
}

template <class T>
void shape(const caf::expected<T>& read) {
  if (!read)
    ARRAKIS_ASSERT(is_utf8(text_of(read.error())) && code_of(read.error()) == ec::corrupt, "a refusal names the field");
}
} // namespace

void answers(std::string_view bytes) {
  const auto line = bytes.substr(0, bytes.find('\n'));
  const auto body = bytes.substr(std::min(bytes.size(), line.size() + 1));
  limits(std::string{line}, body);
  shape(guild::read_guild(body));
  shape(guild::read_member_roles(body));
  shape(guild::read_audit_log(body));
  shape(guild::read_role(body));
  shape(guild::read_channel(body));
  const auto roles = guild::read_roles(body);
  shape(roles);
  if (roles)
    for (const auto& role : *roles)
      ARRAKIS_ASSERT(role.id && is_utf8(role.name), "a role has an id and a name");
  const auto channels = guild::read_channels(body);
  shape(channels);
  if (channels)
    for (const auto& channel : *channels)
      ARRAKIS_ASSERT(channel.id && std::ranges::is_sorted(channel.overwrites, {}, &guild::overwrite::id),
                     "a channel has an id, and its overwrites are in order");
}
} // namespace arrakis::fuzz
