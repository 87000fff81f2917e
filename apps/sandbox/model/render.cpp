#include "apps/sandbox/model/render.hpp"

#include "runtime/clock.hpp"

namespace arrakis::sandbox::model {
namespace {
js::value text_or_null(const std::string& text) { return text.empty() ? js::value(nullptr) : js::value(text); }
js::value id_or_null(snowflake id) { return id ? js::value(id.text()) : js::value(nullptr); }

js::array ids_of(const std::vector<snowflake>& ids) {
  js::array list;
  for (const auto id : ids)
    list.push_back(js::value(id.text()));
  return list;
}
} // namespace

std::string time_text(int64_t unix_ms) {
  auto text = iso8601(unix_ms); // ends with milliseconds and Z
  text.pop_back();
  return text + "000+00:00";
}

js::object to_json(const user& u) {
  js::object out{{"id", u.id.text()},
                 {"username", u.name},
                 {"discriminator", u.bot ? "0000" : "0"},
                 {"global_name", text_or_null(u.global_name)},
                 {"avatar", nullptr},
                 {"public_flags", 0},
                 {"flags", 0},
                 {"banner", nullptr},
                 {"accent_color", nullptr},
                 {"primary_guild", nullptr},
                 {"collectibles", nullptr},
                 {"avatar_decoration_data", nullptr}};
  if (u.bot)
    out["bot"] = true;
  return out;
}

js::object to_json(const role& r) {
  js::object out{{"id", r.id.text()},
                 {"name", r.name},
                 {"description", nullptr},
                 {"permissions", std::to_string(r.permissions)},
                 {"position", r.position},
                 {"color", r.color},
                 {"colors", {{"primary_color", r.color}, {"secondary_color", nullptr}, {"tertiary_color", nullptr}}},
                 {"hoist", r.hoist},
                 {"managed", r.managed},
                 {"mentionable", r.mentionable},
                 {"icon", nullptr},
                 {"unicode_emoji", nullptr},
                 {"flags", 0}};
  if (r.bot)
    out["tags"] = js::object{{"bot_id", r.bot.text()}};
  return out;
}

js::object to_json(const overwrite& o) {
  return {{"id", o.id.text()},
          {"type", static_cast<int>(o.kind)},
          {"allow", std::to_string(o.allow)},
          {"deny", std::to_string(o.deny)}};
}

js::object to_json(const channel& c) {
  js::array overwrites;
  for (const auto& each : c.overwrites)
    overwrites.push_back(to_json(each));
  js::object out{{"id", c.id.text()},
                 {"type", c.kind},
                 {"guild_id", c.guild.text()},
                 {"name", c.name},
                 {"position", c.position},
                 {"flags", 0},
                 {"parent_id", id_or_null(c.parent)},
                 {"permission_overwrites", std::move(overwrites)},
                 {"nsfw", c.nsfw}};
  if (c.kind == text_channel || c.kind == announcement_channel) {
    out["topic"] = text_or_null(c.topic);
    out["last_message_id"] = id_or_null(c.last_message);
    out["rate_limit_per_user"] = c.slowmode_s;
  } else if (c.kind == voice_channel) {
    out["bitrate"] = 64000;
    out["user_limit"] = 0;
    out["rtc_region"] = nullptr;
    out["last_message_id"] = id_or_null(c.last_message);
    out["rate_limit_per_user"] = c.slowmode_s;
  }
  return out;
}

js::object to_json(const audit_entry& e) {
  js::object out{{"id", e.id.text()},
                 {"action_type", static_cast<int>(e.what)},
                 {"user_id", id_or_null(e.user)},
                 {"target_id", id_or_null(e.target)}};
  if (!e.changes.empty())
    out["changes"] = e.changes;
  if (!e.options.empty())
    out["options"] = e.options;
  if (!e.reason.empty())
    out["reason"] = e.reason;
  return out;
}

js::object to_json(const command& c, const application& app) {
  js::object out{{"id", c.id.text()}, {"application_id", app.id.text()}, {"version", c.version.text()}};
  for (const auto& field : c.definition)
    out[field.key()] = field.value();
  if (c.guild)
    out["guild_id"] = c.guild.text();
  return out;
}

js::object to_json(world& w, const member& m) {
  return {{"user", to_json(w.user_of(m.user))},
          {"nick", text_or_null(m.nick)},
          {"avatar", nullptr},
          {"banner", nullptr},
          {"roles", ids_of(m.roles)},
          {"joined_at", time_text(m.joined_ms)},
          {"premium_since", nullptr},
          {"deaf", false},
          {"mute", false},
          {"pending", false},
          {"flags", 0},
          {"communication_disabled_until", nullptr}};
}

js::object to_json(world& w, const message& m) {
  js::object out{{"id", m.id.text()},
                 {"channel_id", m.channel.text()},
                 {"author", to_json(w.user_of(m.author))},
                 {"content", m.content},
                 {"timestamp", time_text(m.id.made_at_ms())},
                 {"edited_timestamp", m.edited_ms ? js::value(time_text(m.edited_ms)) : js::value(nullptr)},
                 {"tts", false},
                 {"mention_everyone", false},
                 {"mentions", js::array{}},
                 {"mention_roles", js::array{}},
                 {"attachments", m.attachments},
                 {"embeds", m.embeds},
                 {"pinned", false},
                 {"type", m.kind},
                 {"flags", m.flags},
                 {"components", m.components}};
  if (m.application) {
    out["application_id"] = m.application.text();
    out["webhook_id"] = m.application.text();
  }
  if (!m.interaction.empty())
    out["interaction_metadata"] = m.interaction;
  return out;
}

js::object to_json(const guild& g, bool counts) {
  js::array roles;
  for (const auto& [_, each] : g.roles)
    roles.push_back(to_json(each));
  js::object out{{"id", g.id.text()},
                 {"name", g.name},
                 {"icon", nullptr},
                 {"description", nullptr},
                 {"home_header", nullptr},
                 {"splash", nullptr},
                 {"discovery_splash", nullptr},
                 {"features", js::array{}},
                 {"banner", nullptr},
                 {"owner_id", g.owner.text()},
                 {"application_id", nullptr},
                 {"region", "deprecated"},
                 {"afk_channel_id", nullptr},
                 {"afk_timeout", 300},
                 {"system_channel_id", id_or_null(g.system_channel)},
                 {"system_channel_flags", 0},
                 {"widget_enabled", false},
                 {"widget_channel_id", nullptr},
                 {"verification_level", 0},
                 {"roles", std::move(roles)},
                 {"default_message_notifications", 0},
                 {"mfa_level", 0},
                 {"explicit_content_filter", 0},
                 {"max_presences", nullptr},
                 {"max_members", 500000},
                 {"max_stage_video_channel_users", 50},
                 {"max_video_channel_users", 25},
                 {"vanity_url_code", nullptr},
                 {"premium_tier", 0},
                 {"premium_subscription_count", 0},
                 {"preferred_locale", "en-US"},
                 {"rules_channel_id", nullptr},
                 {"safety_alerts_channel_id", nullptr},
                 {"public_updates_channel_id", nullptr},
                 {"hub_type", nullptr},
                 {"premium_progress_bar_enabled", false},
                 {"nsfw", false},
                 {"nsfw_level", 0},
                 {"emojis", js::array{}},
                 {"stickers", js::array{}},
                 {"incidents_data", nullptr},
                 {"latest_onboarding_question_id", nullptr},
                 {"inventory_settings", nullptr}};
  if (counts) {
    out["approximate_member_count"] = g.members.size();
    out["approximate_presence_count"] = g.members.size();
  }
  return out;
}

js::object guild_create(world& w, const guild& g, const application& app) {
  auto out = to_json(g);
  js::array channels;
  for (const auto& [_, each] : g.channels)
    channels.push_back(to_json(each));
  // large_threshold: Discord sends up to 250 members here, the rest on request (opcode 8).
  js::array members;
  members.push_back(to_json(w, g.members.at(app.bot)));
  for (const auto& [id, each] : g.members)
    if (id != app.bot && members.size() < 50)
      members.push_back(to_json(w, each));
  out["joined_at"] = time_text(g.members.at(app.bot).joined_ms);
  out["large"] = g.members.size() > 50;
  out["unavailable"] = false;
  out["member_count"] = g.members.size();
  out["voice_states"] = js::array{};
  out["members"] = std::move(members);
  out["channels"] = std::move(channels);
  out["threads"] = js::array{};
  out["presences"] = js::array{};
  out["stage_instances"] = js::array{};
  out["guild_scheduled_events"] = js::array{};
  out["soundboard_sounds"] = js::array{};
  return out;
}

js::object ready(world& w, const application& app, const std::vector<snowflake>& guilds) {
  auto self = to_json(w.user_of(app.bot));
  self["verified"] = true;
  self["mfa_enabled"] = true;
  self["email"] = nullptr;
  js::array list;
  for (const auto id : guilds)
    list.push_back(js::object{{"id", id.text()}, {"unavailable", true}});
  // Flags: the three "gateway intent, limited" bits of an unverified application.
  constexpr int flags = (1 << 13) | (1 << 15) | (1 << 19);
  return {{"v", 10},
          {"user_settings", js::object{}},
          {"user", std::move(self)},
          {"guilds", std::move(list)},
          {"relationships", js::array{}},
          {"private_channels", js::array{}},
          {"presences", js::array{}},
          {"guild_join_requests", js::array{}},
          {"geo_ordered_rtc_regions", js::array{"sandbox"}},
          {"auth", js::object{}},
          {"application", {{"id", app.id.text()}, {"flags", flags}, {"flags_new", std::to_string(flags)}}},
          {"_trace", js::array{"[\"sandbox\"]"}}};
}

js::object application_json(world& w, const application& app) {
  return {{"id", app.id.text()},
          {"name", app.name},
          {"icon", nullptr},
          {"description", ""},
          {"type", nullptr},
          {"bot", to_json(w.user_of(app.bot))},
          {"summary", ""},
          {"is_monetized", false},
          {"is_verified", false},
          {"is_discoverable", false},
          {"bot_public", true},
          {"bot_require_code_grant", false},
          {"hook", true},
          {"storefront_available", false},
          {"integration_types_config", {{"0", js::object{}}}},
          {"verify_key", app.public_key},
          {"flags", (1 << 13) | (1 << 15) | (1 << 19)},
          {"redirect_uris", js::array{}},
          {"interactions_endpoint_url", text_or_null(app.endpoint)},
          {"role_connections_verification_url", nullptr},
          {"owner", to_json(w.user_of(app.bot))},
          {"approximate_guild_count", w.guilds.size()},
          {"approximate_user_install_count", 0},
          {"approximate_user_authorization_count", 0},
          {"interactions_event_types", js::array{}},
          {"interactions_version", 1},
          {"explicit_content_filter", 0},
          {"team", nullptr},
          {"internal_guild_restriction", 1},
          {"rpc_application_state", 0},
          {"store_application_state", 1},
          {"verification_state", 1},
          {"integration_public", true},
          {"integration_require_code_grant", false},
          {"discoverability_state", 1},
          {"discovery_eligibility_flags", 0},
          {"monetization_state", 1},
          {"monetization_eligibility_flags", 0},
          {"event_webhooks_status", 1},
          {"event_webhooks_types", js::array{}}};
}

} // namespace arrakis::sandbox::model
