#include "adapters/discord/rest/calls.hpp"

#include "schemas/canonical_json.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::discord;

TEST_CASE("discord.calls: paths, templates and major parameters") {
  const snowflake guild{123456789012345678}, other{223456789012345678}, role{323456789012345678};
  struct row {
    call c;
    std::string method, path, major;
    bool interaction;
  };
  const secret token{"aW50/x"};
  const std::vector<row> rows{
    {get_role_member_counts(guild), "GET", "/guilds/123456789012345678/roles/member-counts", "123456789012345678",
     false},
    {create_role(guild, "{}"), "POST", "/guilds/123456789012345678/roles", "123456789012345678", false},
    {modify_role(guild, other, "{}"), "PATCH", "/guilds/123456789012345678/roles/223456789012345678",
     "123456789012345678", false},
    {create_channel(guild, "{}"), "POST", "/guilds/123456789012345678/channels", "123456789012345678", false},
    {modify_channel(other, "{}"), "PATCH", "/channels/223456789012345678", "223456789012345678", false},
    {put_overwrite(other, guild, 0, 1024, 2048), "PUT", "/channels/223456789012345678/permissions/123456789012345678",
     "223456789012345678", false},
    {add_member_role(guild, other, role), "PUT",
     "/guilds/123456789012345678/members/223456789012345678/roles/323456789012345678", "123456789012345678", false},
    {remove_member_role(guild, other, role), "DELETE",
     "/guilds/123456789012345678/members/223456789012345678/roles/323456789012345678", "123456789012345678", false},
    {get_audit_log(guild, audit_action::role_create, other), "GET",
     "/guilds/123456789012345678/audit-logs?action_type=30&user_id=223456789012345678&limit=100", "123456789012345678",
     false},
    {get_audit_log(guild, audit_action::channel_create, {}), "GET",
     "/guilds/123456789012345678/audit-logs?action_type=10&limit=100", "123456789012345678", false},
    {interaction_callback(guild, token, "{}"), "POST", "/interactions/123456789012345678/{token}/callback",
     "123456789012345678/" + sha256_hex("aW50/x").substr(0, 32), true},
    {edit_original(guild, token, "{}"), "PATCH", "/webhooks/123456789012345678/{token}/messages/@original",
     "123456789012345678/" + sha256_hex("aW50/x").substr(0, 32), true},
    {set_commands(guild, "[]"), "PUT", "/applications/123456789012345678/commands", "", false},
  };
  for (const auto& r : rows) {
    CAPTURE(r.path);
    CHECK(r.c.method == r.method);
    CHECK(r.c.path == r.path);
    CHECK(r.c.major == r.major);
    CHECK(r.c.interaction == r.interaction);
    CHECK((r.c.route + r.c.path + r.c.major).find("aW50") == std::string::npos);
    CHECK(r.c.token == (r.interaction ? "aW50%2Fx" : ""));
    CHECK(r.c.route.starts_with(r.method + " /"));
  }
  CHECK(put_overwrite(other, guild, 1, 1024, 2048).body == R"({"type":1,"allow":"1024","deny":"2048"})");
  CHECK(order_roles(guild, {{other, 3}}).body == R"([{"id":"223456789012345678","position":3}])");
}
