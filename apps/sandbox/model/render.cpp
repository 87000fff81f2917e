#include "apps/sandbox/model/render.hpp"

#include "apps/sandbox/model/threads.hpp"
#include "runtime/clock.hpp"

namespace arrakis::sandbox::model {
namespace {
js::value text_or_null(const std::string& text) { return text.empty() ? js::value(nullptr) : js::value(text); }

js::array ids_of(const std::vector<snowflake>& ids) {
  js::array list;
  for (const auto id : ids)
    list.push_back(js::value(id.text()));
  return list;
}
} // namespace

js::value id_or_null(snowflake id) { return id ? js::value(id.text()) : js::value(nullptr); }

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

namespace {
js::object thread_json(const channel& c) {
  js::object about{{"archived", c.thread.archived},
                   {"auto_archive_duration", c.archive_after_min},
                   {"archive_timestamp", time_text(c.thread.archived_ms)},
                   {"locked", c.thread.locked},
                   {"create_timestamp", time_text(c.id.made_at_ms())}};
  if (c.kind == private_thread)
    about["invitable"] = true;
  js::object out{{"id", c.id.text()},
                 {"type", c.kind},
                 {"guild_id", c.guild.text()},
                 {"parent_id", c.parent.text()},
                 {"name", c.name},
                 {"owner_id", c.thread.owner.text()},
                 {"last_message_id", id_or_null(c.last_message)},
                 {"rate_limit_per_user", c.slowmode_s},
                 {"flags", 0},
                 {"message_count", c.thread.message_count},
                 {"total_message_sent", c.thread.message_count},
                 {"member_count", std::min<size_t>(c.thread.members.size(), 50)}, // Discord stops counting at 50.
                 {"thread_metadata", std::move(about)}};
  if (!c.thread.tags.empty())
    out["applied_tags"] = c.thread.tags;
  return out;
}
} // namespace

js::object to_json(const overwrite& o) {
  return {{"id", o.id.text()},
          {"type", static_cast<int>(o.kind)},
          {"allow", std::to_string(o.allow)},
          {"deny", std::to_string(o.deny)}};
}

js::object to_json(const channel& c) {
  if (is_thread(c.kind))
    return thread_json(c);
  js::array overwrites;
  for (const auto& each : c.overwrites)
    overwrites.push_back(to_json(each));
  js::object out{{"id", c.id.text()},
                 {"type", c.kind},
                 {"guild_id", c.guild.text()},
                 {"name", c.name},
                 {"position", c.position},
                 {"flags", c.flags},
                 {"parent_id", id_or_null(c.parent)},
                 {"permission_overwrites", std::move(overwrites)},
                 {"nsfw", c.nsfw}};
  if (c.kind == text_channel || c.kind == announcement_channel) {
    out["topic"] = text_or_null(c.topic);
    out["last_message_id"] = id_or_null(c.last_message);
    out["rate_limit_per_user"] = c.slowmode_s;
  } else if (is_vocal(c.kind)) {
    out["bitrate"] = c.bitrate;
    out["user_limit"] = c.user_limit;
    out["rtc_region"] = text_or_null(c.rtc_region);
    out["video_quality_mode"] = c.video_quality;
    out["last_message_id"] = id_or_null(c.last_message);
    out["rate_limit_per_user"] = c.slowmode_s;
    if (c.kind == stage_channel)
      out["topic"] = text_or_null(c.topic);
  } else if (is_forum(c.kind)) {
    out["topic"] = text_or_null(c.topic);
    out["last_message_id"] = id_or_null(c.last_message);
    out["rate_limit_per_user"] = c.slowmode_s;
    out["available_tags"] = c.tags;
    out["default_reaction_emoji"] = c.default_reaction;
    out["default_sort_order"] = c.sort_order;
    out["default_forum_layout"] = c.layout;
    out["template"] = "";
  }
  if (!is_vocal(c.kind) && c.kind != category_channel) {
    if (c.archive_after_min > 0)
      out["default_auto_archive_duration"] = c.archive_after_min;
    if (c.thread_slowmode_s > 0)
      out["default_thread_rate_limit_per_user"] = c.thread_slowmode_s;
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

js::object to_json(sandbox_state& state, const member& m) {
  return {{"user", to_json(state.user_of(m.user))},
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
          {"communication_disabled_until",
           m.timeout_until_ms ? js::value(time_text(m.timeout_until_ms)) : js::value(nullptr)}};
}

js::object emoji_json(std::string_view key) {
  const auto colon = key.rfind(':');
  const auto id = colon == std::string_view::npos ? std::nullopt : parse_snowflake(key.substr(colon + 1));
  if (id)
    return {{"id", id->text()}, {"name", key.substr(0, colon)}};
  return {{"id", nullptr}, {"name", key}};
}

namespace {
js::object author_of(sandbox_state& state, const message& m) {
  if (!m.webhook)
    return to_json(state.user_of(m.author));
  auto out = to_json(user{.id = m.webhook, .name = m.author_name, .global_name = {}, .bot = true});
  return out;
}

js::array reactions_json(const message& m, snowflake viewer) {
  js::array list;
  for (const auto& [emoji, users] : m.reactions)
    list.push_back(js::object{{"emoji", emoji_json(emoji)},
                              {"count", users.size()},
                              {"count_details", {{"burst", 0}, {"normal", users.size()}}},
                              {"burst_colors", js::array{}},
                              {"me_burst", false},
                              {"burst_me", false},
                              {"burst_count", 0},
                              {"me", std::find(users.begin(), users.end(), viewer) != users.end()}});
  return list;
}

js::array users_json(sandbox_state& state, const js::array& ids) {
  js::array list;
  for (const auto& each : ids)
    list.push_back(to_json(state.user_of(*parse_snowflake(std::string_view(each.as_string())))));
  return list;
}

void add_reference(sandbox_state& state, js::object& out, const message& m) {
  out["message_reference"] = m.reference;
  const auto* to = state.find_message(m.channel,
                                      *parse_snowflake(std::string_view(m.reference.at("message_id").as_string())));
  if (!to)
    out["referenced_message"] = nullptr; // Deleted meanwhile.
  else {
    auto plain = *to;
    plain.reference.clear(); // One level deep, as Discord does.
    out["referenced_message"] = to_json(state, plain);
  }
}
} // namespace

js::object to_json(const emoji& e, const user& creator) {
  js::array roles;
  for (const auto id : e.roles)
    roles.push_back(js::value(id.text()));
  return {{"id", e.id.text()},      {"name", e.name},   {"roles", std::move(roles)}, {"user", to_json(creator)},
          {"require_colons", true}, {"managed", false}, {"animated", e.animated},    {"available", true}};
}

js::object to_json(sandbox_state& state, const message& m, snowflake viewer) {
  js::object out{{"id", m.id.text()},
                 {"channel_id", m.channel.text()},
                 {"author", author_of(state, m)},
                 {"content", m.content},
                 {"timestamp", time_text(m.id.made_at_ms())},
                 {"edited_timestamp", m.edited_ms ? js::value(time_text(m.edited_ms)) : js::value(nullptr)},
                 {"tts", false},
                 {"mention_everyone", m.mention_everyone},
                 {"mentions", users_json(state, m.mentions)},
                 {"mention_roles", m.mention_roles},
                 {"attachments", m.attachments},
                 {"embeds", m.embeds},
                 {"pinned", m.pinned},
                 {"type", m.kind},
                 {"flags", m.flags},
                 {"components", m.components}};
  if (m.application) {
    out["application_id"] = m.application.text();
    out["webhook_id"] = m.application.text();
  }
  if (m.webhook)
    out["webhook_id"] = m.webhook.text();
  if (!m.interaction.empty())
    out["interaction_metadata"] = m.interaction;
  if (!m.reference.empty())
    add_reference(state, out, m);
  if (!m.reactions.empty())
    out["reactions"] = reactions_json(m, viewer);
  if (m.thread)
    if (const auto* thread = state.find_channel(m.thread))
      out["thread"] = to_json(*thread);
  return out;
}

js::object to_json(const guild& g, bool counts) {
  js::array roles;
  for (const auto& [_, each] : g.roles)
    roles.push_back(to_json(each));
  js::object out{{"id", g.id.text()},
                 {"name", g.name},
                 {"icon", nullptr},
                 {"description", text_or_null(g.description)},
                 {"home_header", nullptr},
                 {"splash", nullptr},
                 {"discovery_splash", nullptr},
                 {"features", js::array{}},
                 {"banner", nullptr},
                 {"owner_id", g.owner.text()},
                 {"application_id", nullptr},
                 {"region", "deprecated"},
                 {"afk_channel_id", id_or_null(g.afk_channel)},
                 {"afk_timeout", g.afk_timeout_s},
                 {"system_channel_id", id_or_null(g.system_channel)},
                 {"system_channel_flags", 0},
                 {"widget_enabled", false},
                 {"widget_channel_id", nullptr},
                 {"verification_level", g.verification_level},
                 {"roles", std::move(roles)},
                 {"default_message_notifications", g.notifications},
                 {"mfa_level", 0},
                 {"explicit_content_filter", g.content_filter},
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

js::array emojis_json(sandbox_state& state, const guild& g) {
  js::array list;
  for (const auto& [_, each] : g.emojis)
    list.push_back(to_json(each, state.user_of(each.creator)));
  return list;
}

js::object guild_create(sandbox_state& state, const guild& g, const application& app) {
  auto out = to_json(g);
  js::array channels;
  for (const auto& [_, each] : g.channels)
    if (!is_thread(each.kind))
      channels.push_back(to_json(each));
  // large_threshold: Discord sends up to 250 members here, the rest on request (opcode 8).
  js::array members;
  members.push_back(to_json(state, g.members.at(app.bot)));
  for (const auto& [id, each] : g.members)
    if (id != app.bot && members.size() < 50)
      members.push_back(to_json(state, each));
  out["joined_at"] = time_text(g.members.at(app.bot).joined_ms);
  out["large"] = g.members.size() > 50;
  out["unavailable"] = false;
  out["member_count"] = g.members.size();
  out["voice_states"] = js::array{};
  out["members"] = std::move(members);
  out["channels"] = std::move(channels);
  out["threads"] = threads_seen_by(g, app.bot);
  out["emojis"] = emojis_json(state, g);
  out["presences"] = js::array{};
  out["stage_instances"] = js::array{};
  out["guild_scheduled_events"] = js::array{};
  out["soundboard_sounds"] = js::array{};
  return out;
}

namespace {
/// The three "gateway intent, limited" bits of an unverified application.
constexpr int limited_intents_flags = (1 << 13) | (1 << 15) | (1 << 19);
} // namespace

js::object ready(sandbox_state& state, const application& app, const std::vector<snowflake>& guilds) {
  auto self = to_json(state.user_of(app.bot));
  self["verified"] = true;
  self["mfa_enabled"] = true;
  self["email"] = nullptr;
  js::array list;
  for (const auto id : guilds)
    list.push_back(js::object{{"id", id.text()}, {"unavailable", true}});
  constexpr int flags = limited_intents_flags;
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

js::object application_json(sandbox_state& state, const application& app) {
  return {{"id", app.id.text()},
          {"name", app.name},
          {"icon", nullptr},
          {"description", ""},
          {"type", nullptr},
          {"bot", to_json(state.user_of(app.bot))},
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
          {"flags", limited_intents_flags},
          {"flags_new", std::to_string(limited_intents_flags)},
          {"redirect_uris", js::array{}},
          {"interactions_endpoint_url", text_or_null(app.endpoint)},
          {"role_connections_verification_url", nullptr},
          {"owner", to_json(state.user_of(app.bot))},
          {"approximate_guild_count", state.guilds.size()},
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
          {"eligible_oauth2_scopes", js::array{}},
          {"event_webhooks_status", 1},
          {"event_webhooks_types", js::array{}}};
}

} // namespace arrakis::sandbox::model
