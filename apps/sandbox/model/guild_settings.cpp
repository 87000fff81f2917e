#include "apps/sandbox/model/guild_settings.hpp"

#include "apps/sandbox/model/form.hpp"
#include "apps/sandbox/model/permissions.hpp"
#include "apps/sandbox/model/render.hpp"

namespace arrakis::sandbox::model {
namespace {
constexpr size_t description_max = 300;

void read_level(form& f, std::string_view key, int64_t max, int& level) {
  if (const auto read = f.integer(key, 0, max))
    level = static_cast<int>(*read);
}

/// A channel of this kind in the guild; null takes it away.
void read_channel(form& f, std::string_view key, const guild& in, bool (*fits)(int kind), snowflake& channel) {
  if (f.is_null(key))
    channel = {};
  const auto id = f.id(key);
  if (!id)
    return;
  const auto found = in.channels.find(*id);
  if (found == in.channels.end() || !fits(found->second.kind))
    return f.fault(key, "CHANNEL_INVALID", "This channel does not exist, or is of another type.");
  channel = *id;
}

/// Reads the fields into the guild's own; faults go to `f`.
void read(form& f, const guild& in, guild_settings& to) {
  if (const auto name = f.text("name", 2, name_max))
    to.name = *name;
  if (const auto description = f.text("description", 0, description_max); description || f.is_null("description"))
    to.description = description.value_or("");
  read_level(f, "verification_level", 4, to.verification_level);
  read_level(f, "default_message_notifications", 1, to.notifications);
  read_level(f, "explicit_content_filter", 2, to.content_filter);
  if (const auto seconds = f.choice("afk_timeout", {60, 300, 900, 1800, 3600}))
    to.afk_timeout_s = static_cast<int>(*seconds);
  read_channel(
    f, "afk_channel_id", in, [](int kind) { return kind == voice_channel; }, to.afk_channel);
  read_channel(
    f, "system_channel_id", in, [](int kind) { return kind == text_channel; }, to.system_channel);
}
} // namespace

outcome<js::object> edit_guild(sandbox_state& state, const actor& by, guild& in, const js::object& body) {
  if (!(permissions_in(in, by.user) & arrakis::permissions::manage_guild))
    return missing_permissions();
  form f(body);
  guild_settings& now = in;
  auto next = now;
  read(f, in, next);
  if (!f.clean())
    return f.why();
  js::array changes;
  change(changes, "name", now.name, next.name);
  change(changes, "description", now.description, next.description);
  change(changes, "verification_level", now.verification_level, next.verification_level);
  change(changes, "default_message_notifications", now.notifications, next.notifications);
  change(changes, "explicit_content_filter", now.content_filter, next.content_filter);
  change(changes, "afk_timeout", now.afk_timeout_s, next.afk_timeout_s);
  change(changes, "afk_channel_id", id_or_null(now.afk_channel), id_or_null(next.afk_channel));
  change(changes, "system_channel_id", id_or_null(now.system_channel), id_or_null(next.system_channel));
  if (!changes.empty()) {
    now = std::move(next);
    state.emit("GUILD_UPDATE", in.id, to_json(in));
    note(state, in, action::guild_update, by, in.id, std::move(changes));
  }
  return to_json(in);
}

} // namespace arrakis::sandbox::model
