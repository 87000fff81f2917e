#include "adapters/discord/rest/calls.hpp"

#include "runtime/net/http.hpp"
#include "schemas/canonical_json.hpp"
#include "schemas/permissions.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace arrakis::discord {
namespace {
call of(std::string method, std::string path, std::string_view route, std::string major, std::string body = {}) {
  call c;
  c.route = method + ' ' + std::string{route};
  c.method = std::move(method);
  c.path = std::move(path);
  c.major = std::move(major);
  c.body = std::move(body);
  return c;
}
call of_guild(std::string method, snowflake guild, std::string_view rest, std::string_view route,
              std::string body = {}) {
  return of(std::move(method), fmt::format("/guilds/{}{}", guild.value, rest), route, guild.text(), std::move(body));
}
/// Major parameter of a webhook: the token is part of it, so its hash is used.
call of_interaction(call c, const std::string& who, const secret& token) {
  c.interaction = true;
  token.lend([&](std::string_view text) {
    c.token = secret{net::percent_encode(text)};
    c.major = who + '/' + sha256_hex(text).substr(0, 32);
  });
  return c;
}
call of_member_role(std::string method, snowflake guild, snowflake user, snowflake role) {
  return of_guild(std::move(method), guild, fmt::format("/members/{}/roles/{}", user.value, role.value),
                  "/guilds/{guild}/members/{user}/roles/{role}");
}
std::string webhook(snowflake application) { return fmt::format("/webhooks/{}/{{token}}", application.value); }
} // namespace

call get_guild(snowflake guild) { return of_guild("GET", guild, "", "/guilds/{guild}"); }
call get_roles(snowflake guild) { return of_guild("GET", guild, "/roles", "/guilds/{guild}/roles"); }
call get_role_member_counts(snowflake guild) {
  return of_guild("GET", guild, "/roles/member-counts", "/guilds/{guild}/roles/member-counts");
}
call get_channels(snowflake guild) { return of_guild("GET", guild, "/channels", "/guilds/{guild}/channels"); }
call get_member(snowflake guild, snowflake user) {
  return of_guild("GET", guild, "/members/" + user.text(), "/guilds/{guild}/members/{user}");
}
call get_audit_log(snowflake guild, audit_action action, snowflake by_user, int count_max) {
  const auto by = by_user ? fmt::format("&user_id={}", by_user.value) : "";
  return of_guild("GET", guild,
                  fmt::format("/audit-logs?action_type={}{}&limit={}", static_cast<int>(action), by, count_max),
                  "/guilds/{guild}/audit-logs");
}
call get_application() { return of("GET", "/applications/@me", "/applications/@me", ""); }
call get_gateway_bot() { return of("GET", "/gateway/bot", "/gateway/bot", ""); }

call create_role(snowflake guild, std::string body) {
  return of_guild("POST", guild, "/roles", "/guilds/{guild}/roles", std::move(body));
}
call modify_role(snowflake guild, snowflake role, std::string body) {
  return of_guild("PATCH", guild, "/roles/" + role.text(), "/guilds/{guild}/roles/{role}", std::move(body));
}
call order_roles(snowflake guild, const std::vector<std::pair<snowflake, int>>& positions) {
  boost::json::array list;
  for (const auto& [role, position] : positions)
    list.push_back(boost::json::object{{"id", role.text()}, {"position", position}});
  return of_guild("PATCH", guild, "/roles", "/guilds/{guild}/roles", boost::json::serialize(list));
}
call create_channel(snowflake guild, std::string body) {
  return of_guild("POST", guild, "/channels", "/guilds/{guild}/channels", std::move(body));
}
call modify_channel(snowflake channel, std::string body) {
  return of("PATCH", "/channels/" + channel.text(), "/channels/{channel}", channel.text(), std::move(body));
}
call put_overwrite(snowflake channel, snowflake target, int type, uint64_t allow, uint64_t deny) {
  const boost::json::object body{
    {"type", type}, {"allow", permissions::text(allow)}, {"deny", permissions::text(deny)}};
  return of("PUT", fmt::format("/channels/{}/permissions/{}", channel.value, target.value),
            "/channels/{channel}/permissions/{target}", channel.text(), boost::json::serialize(body));
}
call add_member_role(snowflake guild, snowflake user, snowflake role) {
  return of_member_role("PUT", guild, user, role);
}
call remove_member_role(snowflake guild, snowflake user, snowflake role) {
  return of_member_role("DELETE", guild, user, role);
}

call interaction_callback(snowflake interaction, const secret& token, std::string body) {
  return of_interaction(of("POST", fmt::format("/interactions/{}/{{token}}/callback", interaction.value),
                           "/interactions/{interaction}/{token}/callback", "", std::move(body)),
                        interaction.text(), token);
}
call edit_original(snowflake application, const secret& token, std::string body) {
  return of_interaction(of("PATCH", webhook(application) + "/messages/@original",
                           "/webhooks/{webhook}/{token}/messages/@original", "", std::move(body)),
                        application.text(), token);
}
call follow_up(snowflake application, const secret& token, std::string body) {
  return of_interaction(
    of("POST", webhook(application) + "?wait=true", "/webhooks/{webhook}/{token}", "", std::move(body)),
    application.text(), token);
}

call set_commands(snowflake application, std::string body) {
  return of("PUT", fmt::format("/applications/{}/commands", application.value), "/applications/{application}/commands",
            "", std::move(body));
}

} // namespace arrakis::discord
