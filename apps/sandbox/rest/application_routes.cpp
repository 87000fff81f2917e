// https://discord.com/developers/docs/topics/gateway, resources/user and application, application commands.
#include "apps/sandbox/model/commands.hpp"
#include "apps/sandbox/model/direct.hpp"
#include "apps/sandbox/model/members.hpp"
#include "apps/sandbox/model/permissions.hpp"
#include "apps/sandbox/model/render.hpp"
#include "apps/sandbox/rest/routes.hpp"

namespace arrakis::sandbox::rest {
namespace {
using namespace model;

reply get_gateway(call& c) { return {200, js::object{{"url", c.gateway}}}; }
reply get_gateway_bot(call& c) {
  return {200, js::object{{"url", c.gateway},
                          {"shards", c.shards},
                          {"session_start_limit",
                           {{"total", 1000},
                            {"remaining", c.starts_left},
                            {"reset_after", c.starts_reset_ms},
                            {"max_concurrency", c.max_concurrency}}}}};
}

reply get_me(call& c) {
  auto me = to_json(c.state.user_of(c.by.user));
  me["verified"] = true;
  me["mfa_enabled"] = true;
  me["locale"] = "en-US";
  me["email"] = nullptr;
  return {200, std::move(me)};
}
reply get_user(call& c) {
  const auto found = c.state.users.find(c.id(0));
  return found == c.state.users.end() ? refuse(unknown("User")) : reply{200, to_json(found->second)};
}
reply get_my_guilds(call& c) {
  js::array list;
  const auto before = c.query_id("before");
  const auto after = c.query_id("after");
  const auto limit = c.limit(200);
  for (const auto& [id, each] : c.state.guilds)
    if (each.members.contains(c.by.user) && list.size() < limit && (!before || id < before) && id > after)
      list.push_back(js::object{{"id", each.id.text()},
                                {"name", each.name},
                                {"icon", nullptr},
                                {"banner", nullptr},
                                {"owner", each.owner == c.by.user},
                                {"permissions", std::to_string(permissions_in(each, c.by.user))},
                                {"features", js::array{}}});
  return {200, std::move(list)};
}
reply post_direct(call& c) { return give(open_direct(c.state, c.by, c.object())); }
reply leave_guild(call& c) {
  auto* in = c.state.find_guild(c.id(0));
  return in ? give(leave(c.state, *in, c.by.user)) : refuse(unknown("Guild"));
}

reply get_application(call& c) {
  return c.by.app ? reply{200, application_json(c.state, *c.by.app)} : refuse(unauthorized());
}
/// Runs `f` with the application of the path, which must be the caller's own, and the guild of the path or 0.
template <class F>
reply own(call& c, F&& f) {
  if (!c.by.app)
    return refuse(unauthorized());
  if (c.by.app->id != c.id(0))
    return refuse({403, 20012, "You are not authorized to perform this action on this application", {}});
  return f(*c.by.app);
}
template <class F>
reply own_in_guild(call& c, F&& f) {
  return own(c, [&](application& app) {
    auto in = guild_for(c.state, c.by, c.id(1));
    return in ? f(app, (*in)->id) : refuse(in.why());
  });
}
reply get_commands(call& c) {
  return own(c, [](application& app) { return reply{200, list_commands(app, {})}; });
}
reply put_commands(call& c) {
  return own(c, [&](application& app) { return give(overwrite_commands(c.state, app, {}, c.body.as_array())); });
}
reply create(call& c, application& app, snowflake in) {
  const int status = replaces_command(app, in, c.object()) ? 200 : 201;
  return give(create_command(c.state, app, in, c.object()), status);
}
reply post_command(call& c) {
  return own(c, [&](application& app) { return create(c, app, {}); });
}
reply get_command(call& c) {
  return own(c, [&](application& app) { return give(model::get_command(app, {}, c.id(1))); });
}
reply patch_command(call& c) {
  return own(c, [&](application& app) { return give(edit_command(c.state, app, {}, c.id(1), c.object())); });
}
reply remove_command(call& c) {
  return own(c, [&](application& app) { return give(delete_command(app, {}, c.id(1))); });
}
reply get_guild_commands(call& c) {
  return own_in_guild(c, [](application& app, snowflake in) { return reply{200, list_commands(app, in)}; });
}
reply put_guild_commands(call& c) {
  return own_in_guild(
    c, [&](application& app, snowflake in) { return give(overwrite_commands(c.state, app, in, c.body.as_array())); });
}
reply post_guild_command(call& c) {
  return own_in_guild(c, [&](application& app, snowflake in) { return create(c, app, in); });
}
reply get_guild_command(call& c) {
  return own_in_guild(c, [&](application& app, snowflake in) { return give(model::get_command(app, in, c.id(2))); });
}
/// Nobody has changed who may use a command, so there is nothing beside its own default.
reply get_all_permissions(call& c) {
  return own_in_guild(c, [](application&, snowflake) { return reply{200, js::array{}}; });
}
reply get_permissions(call& c) {
  return own_in_guild(c, [&](application& app, snowflake in) {
    auto found = model::get_command(app, in, c.id(2));
    if (!found)
      found = model::get_command(app, {}, c.id(2));
    return refuse(found ? unknown("application command permissions") : found.why());
  });
}
/// Only a person may, with a bearer token of theirs.
reply put_permissions(call& c) {
  return own(c, [](application&) { return refuse({403, 20001, "Bots cannot use this endpoint", {}}); });
}
reply patch_guild_command(call& c) {
  return own_in_guild(
    c, [&](application& app, snowflake in) { return give(edit_command(c.state, app, in, c.id(2), c.object())); });
}
reply remove_guild_command(call& c) {
  return own_in_guild(c, [&](application& app, snowflake in) { return give(delete_command(app, in, c.id(2))); });
}
} // namespace

const std::vector<route>& application_routes() {
  static const std::vector<route> table{
    {"GET", "/gateway", get_gateway, true},
    {"GET", "/gateway/bot", get_gateway_bot},
    {"GET", "/users/@me", get_me},
    {"GET", "/users/@me/guilds", get_my_guilds, false, {200, {"before", "after"}}},
    {"DELETE", "/users/@me/guilds/{guild}", leave_guild},
    {"POST", "/users/@me/channels", post_direct},
    {"GET", "/users/{user}", get_user},
    {"GET", "/applications/@me", get_application},
    {"PATCH", "/applications/@me", get_application},
    {"GET", "/oauth2/applications/@me", get_application},
    {"GET", "/applications/{application}/commands", get_commands},
    {"PUT", "/applications/{application}/commands", put_commands, false, {.list = true}},
    {"POST", "/applications/{application}/commands", post_command},
    {"GET", "/applications/{application}/commands/{command}", get_command},
    {"PATCH", "/applications/{application}/commands/{command}", patch_command},
    {"DELETE", "/applications/{application}/commands/{command}", remove_command},
    {"GET", "/applications/{application}/guilds/{guild}/commands", get_guild_commands},
    {"PUT", "/applications/{application}/guilds/{guild}/commands", put_guild_commands, false, {.list = true}},
    {"POST", "/applications/{application}/guilds/{guild}/commands", post_guild_command},
    {"GET", "/applications/{application}/guilds/{guild}/commands/permissions", get_all_permissions},
    {"GET", "/applications/{application}/guilds/{guild}/commands/{command}", get_guild_command},
    {"GET", "/applications/{application}/guilds/{guild}/commands/{command}/permissions", get_permissions},
    {"PUT", "/applications/{application}/guilds/{guild}/commands/{command}/permissions", put_permissions},
    {"PATCH", "/applications/{application}/guilds/{guild}/commands/{command}", patch_guild_command},
    {"DELETE", "/applications/{application}/guilds/{guild}/commands/{command}", remove_guild_command},
  };
  return table;
}

} // namespace arrakis::sandbox::rest
