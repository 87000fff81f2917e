#include "apps/sandbox/model/snapshot.hpp"

#include <charconv>
#include <stdexcept>

namespace arrakis::sandbox::model {
namespace {
js::value put(snowflake id) { return js::value(id.text()); }
snowflake id_at(const js::object& o, std::string_view key) {
  const auto text = std::string_view(o.at(key).as_string());
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return snowflake{value};
}
std::string text_at(const js::object& o, std::string_view key) { return std::string(o.at(key).as_string()); }
int int_at(const js::object& o, std::string_view key) { return static_cast<int>(o.at(key).to_number<int64_t>()); }
int64_t long_at(const js::object& o, std::string_view key) { return o.at(key).to_number<int64_t>(); }
uint64_t mask_at(const js::object& o, std::string_view key) { return id_at(o, key).value; }

template <class Map, class F>
js::array each_of(const Map& map, F&& f) {
  js::array list;
  for (const auto& [_, item] : map)
    list.push_back(f(item));
  return list;
}

/// A field that an older snapshot lacks has its default.
const js::value& field(const js::object& o, std::string_view key) {
  static const js::value missing;
  const auto* found = o.if_contains(key);
  return found ? *found : missing;
}
js::array array_at(const js::object& o, std::string_view key) {
  const auto& found = field(o, key);
  return found.is_array() ? found.get_array() : js::array{};
}
js::object object_at(const js::object& o, std::string_view key) {
  const auto& found = field(o, key);
  return found.is_object() ? found.get_object() : js::object{};
}
int int_or(const js::object& o, std::string_view key, int otherwise) {
  return field(o, key).is_number() ? int_at(o, key) : otherwise;
}
std::string text_or(const js::object& o, std::string_view key) {
  return field(o, key).is_string() ? text_at(o, key) : std::string();
}
bool bool_or(const js::object& o, std::string_view key) { return field(o, key).is_bool() && o.at(key).get_bool(); }
snowflake id_or(const js::object& o, std::string_view key) {
  return field(o, key).is_string() ? id_at(o, key) : snowflake{};
}
std::vector<snowflake> ids_at(const js::object& o, std::string_view key) {
  std::vector<snowflake> ids;
  for (const auto& each : array_at(o, key))
    ids.push_back(*parse_snowflake(std::string_view(each.as_string())));
  return ids;
}
js::array put(const std::vector<snowflake>& ids) {
  js::array list;
  for (const auto id : ids)
    list.push_back(put(id));
  return list;
}

js::object save_role(const role& r) {
  return {{"id", put(r.id)},
          {"name", r.name},
          {"permissions", std::to_string(r.permissions)},
          {"position", r.position},
          {"color", r.color},
          {"hoist", r.hoist},
          {"mentionable", r.mentionable},
          {"managed", r.managed},
          {"bot", put(r.bot)}};
}
role load_role(const js::object& o) {
  return {.id = id_at(o, "id"),
          .name = text_at(o, "name"),
          .permissions = mask_at(o, "permissions"),
          .position = int_at(o, "position"),
          .color = int_at(o, "color"),
          .hoist = o.at("hoist").as_bool(),
          .mentionable = o.at("mentionable").as_bool(),
          .managed = o.at("managed").as_bool(),
          .bot = id_at(o, "bot")};
}

js::object save_thread(const thread_state& t) {
  js::object members;
  for (const auto& [user, since] : t.members)
    members[user.text()] = since;
  return {{"owner", put(t.owner)},
          {"archived", t.archived},
          {"locked", t.locked},
          {"archived_ms", t.archived_ms},
          {"message_count", t.message_count},
          {"members", std::move(members)},
          {"tags", t.tags}};
}
thread_state load_thread(const js::object& o) {
  thread_state t{.owner = id_or(o, "owner"),
                 .archived = bool_or(o, "archived"),
                 .locked = bool_or(o, "locked"),
                 .archived_ms = field(o, "archived_ms").is_number() ? long_at(o, "archived_ms") : 0,
                 .message_count = int_or(o, "message_count", 0),
                 .tags = array_at(o, "tags")};
  for (const auto& each : object_at(o, "members"))
    t.members[*parse_snowflake(each.key())] = each.value().to_number<int64_t>();
  return t;
}

js::object save_channel(const channel& c) {
  js::array overwrites;
  for (const auto& o : c.overwrites)
    overwrites.push_back(js::object{{"id", put(o.id)},
                                    {"kind", static_cast<int>(o.kind)},
                                    {"allow", std::to_string(o.allow)},
                                    {"deny", std::to_string(o.deny)}});
  return {{"id", put(c.id)},
          {"guild", put(c.guild)},
          {"kind", c.kind},
          {"name", c.name},
          {"position", c.position},
          {"parent", put(c.parent)},
          {"topic", c.topic},
          {"nsfw", c.nsfw},
          {"slowmode_s", c.slowmode_s},
          {"overwrites", std::move(overwrites)},
          {"last_message", put(c.last_message)},
          {"bitrate", c.bitrate},
          {"user_limit", c.user_limit},
          {"rtc_region", c.rtc_region},
          {"video_quality", c.video_quality},
          {"thread_slowmode_s", c.thread_slowmode_s},
          {"archive_after_min", c.archive_after_min},
          {"tags", c.tags},
          {"flags", c.flags},
          {"default_reaction", c.default_reaction},
          {"sort_order", c.sort_order},
          {"layout", c.layout},
          {"thread", save_thread(c.thread)},
          {"recipients", put(c.recipients)}};
}
channel load_channel(const js::object& o) {
  channel c{.id = id_at(o, "id"),
            .guild = id_at(o, "guild"),
            .kind = int_at(o, "kind"),
            .name = text_at(o, "name"),
            .position = int_at(o, "position"),
            .parent = id_at(o, "parent"),
            .topic = text_at(o, "topic"),
            .nsfw = o.at("nsfw").as_bool(),
            .slowmode_s = int_at(o, "slowmode_s"),
            .last_message = id_at(o, "last_message"),
            .bitrate = int_or(o, "bitrate", 64'000),
            .user_limit = int_or(o, "user_limit", 0),
            .rtc_region = text_or(o, "rtc_region"),
            .video_quality = int_or(o, "video_quality", 1),
            .thread_slowmode_s = int_or(o, "thread_slowmode_s", 0),
            .archive_after_min = int_or(o, "archive_after_min", 0),
            .tags = array_at(o, "tags"),
            .flags = int_or(o, "flags", 0),
            .default_reaction = field(o, "default_reaction"),
            .sort_order = field(o, "sort_order"),
            .layout = int_or(o, "layout", 0),
            .thread = load_thread(object_at(o, "thread")),
            .recipients = ids_at(o, "recipients")};
  for (const auto& each : o.at("overwrites").as_array()) {
    const auto& target = each.as_object();
    c.overwrites.push_back({.id = id_at(target, "id"),
                            .kind = static_cast<overwrite::target_kind>(int_at(target, "kind")),
                            .allow = mask_at(target, "allow"),
                            .deny = mask_at(target, "deny")});
  }
  return c;
}

js::object save_member(const member& m) {
  js::array roles;
  for (const auto id : m.roles)
    roles.push_back(put(id));
  return {{"user", put(m.user)},
          {"nick", m.nick},
          {"roles", std::move(roles)},
          {"joined_ms", m.joined_ms},
          {"timeout_until_ms", m.timeout_until_ms}};
}
member load_member(const js::object& o) {
  member m{.user = id_at(o, "user"), .nick = text_at(o, "nick"), .joined_ms = long_at(o, "joined_ms")};
  m.timeout_until_ms = field(o, "timeout_until_ms").is_number() ? long_at(o, "timeout_until_ms") : 0;
  for (const auto& each : o.at("roles").as_array())
    m.roles.push_back(*parse_snowflake(std::string_view(each.as_string())));
  return m;
}

js::object save_webhook(const webhook& h) {
  return {
    {"id", put(h.id)}, {"channel", put(h.channel)}, {"creator", put(h.creator)}, {"application", put(h.application)},
    {"name", h.name},  {"token", h.token}};
}
webhook load_webhook(const js::object& o) {
  return {.id = id_at(o, "id"),
          .channel = id_at(o, "channel"),
          .creator = id_at(o, "creator"),
          .application = id_at(o, "application"),
          .name = text_at(o, "name"),
          .token = text_at(o, "token")};
}
js::object save_invite(const invite& i) {
  return {{"code", i.code},           {"channel", put(i.channel)}, {"inviter", put(i.inviter)}, {"made_ms", i.made_ms},
          {"max_age_s", i.max_age_s}, {"max_uses", i.max_uses},    {"temporary", i.temporary}};
}
invite load_invite(const js::object& o) {
  return {.code = text_at(o, "code"),
          .channel = id_at(o, "channel"),
          .inviter = id_at(o, "inviter"),
          .made_ms = long_at(o, "made_ms"),
          .max_age_s = long_at(o, "max_age_s"),
          .max_uses = int_at(o, "max_uses"),
          .temporary = o.at("temporary").as_bool()};
}
js::object save_emoji(const emoji& e) {
  return {{"id", put(e.id)},
          {"name", e.name},
          {"creator", put(e.creator)},
          {"roles", put(e.roles)},
          {"animated", e.animated}};
}
emoji load_emoji(const js::object& o) {
  return {.id = id_at(o, "id"),
          .name = text_at(o, "name"),
          .creator = id_at(o, "creator"),
          .roles = ids_at(o, "roles"),
          .animated = o.at("animated").as_bool()};
}

js::object save_guild(const guild& g) {
  js::array audit;
  for (const auto& e : g.audit)
    audit.push_back(js::object{{"id", put(e.id)},
                               {"what", static_cast<int>(e.what)},
                               {"user", put(e.user)},
                               {"target", put(e.target)},
                               {"reason", e.reason},
                               {"changes", e.changes},
                               {"options", e.options}});
  js::object bans;
  for (const auto& [user, reason] : g.bans)
    bans[user.text()] = reason;
  return {{"id", put(g.id)},
          {"name", g.name},
          {"owner", put(g.owner)},
          {"roles", each_of(g.roles, save_role)},
          {"channels", each_of(g.channels, save_channel)},
          {"members", each_of(g.members, save_member)},
          {"audit", std::move(audit)},
          {"system_channel", put(g.system_channel)},
          {"afk_channel", put(g.afk_channel)},
          {"afk_timeout_s", g.afk_timeout_s},
          {"verification_level", g.verification_level},
          {"notifications", g.notifications},
          {"content_filter", g.content_filter},
          {"description", g.description},
          {"bans", std::move(bans)},
          {"webhooks", each_of(g.webhooks, save_webhook)},
          {"invites", each_of(g.invites, save_invite)},
          {"emojis", each_of(g.emojis, save_emoji)}};
}
guild load_guild(const js::object& o) {
  guild g;
  g.id = id_at(o, "id");
  g.owner = id_at(o, "owner");
  static_cast<guild_settings&>(g) = {.name = text_at(o, "name"),
                                     .description = text_or(o, "description"),
                                     .system_channel = id_at(o, "system_channel"),
                                     .afk_channel = id_or(o, "afk_channel"),
                                     .afk_timeout_s = int_or(o, "afk_timeout_s", 300),
                                     .verification_level = int_or(o, "verification_level", 0),
                                     .notifications = int_or(o, "notifications", 0),
                                     .content_filter = int_or(o, "content_filter", 0)};
  for (const auto& each : o.at("roles").as_array())
    g.roles[id_at(each.as_object(), "id")] = load_role(each.as_object());
  for (const auto& each : o.at("channels").as_array())
    g.channels[id_at(each.as_object(), "id")] = load_channel(each.as_object());
  for (const auto& each : o.at("members").as_array())
    g.members[id_at(each.as_object(), "user")] = load_member(each.as_object());
  for (const auto& each : object_at(o, "bans"))
    g.bans[*parse_snowflake(each.key())] = std::string(each.value().as_string());
  for (const auto& each : array_at(o, "webhooks"))
    g.webhooks[id_at(each.as_object(), "id")] = load_webhook(each.as_object());
  for (const auto& each : array_at(o, "invites"))
    g.invites[text_at(each.as_object(), "code")] = load_invite(each.as_object());
  for (const auto& each : array_at(o, "emojis"))
    g.emojis[id_at(each.as_object(), "id")] = load_emoji(each.as_object());
  for (const auto& each : o.at("audit").as_array()) {
    const auto& e = each.as_object();
    g.audit.push_back({.id = id_at(e, "id"),
                       .what = static_cast<action>(int_at(e, "what")),
                       .user = id_at(e, "user"),
                       .target = id_at(e, "target"),
                       .reason = text_at(e, "reason"),
                       .changes = e.at("changes").as_array(),
                       .options = e.contains("options") ? e.at("options").as_object() : js::object{}});
  }
  return g;
}

js::object save_message(const message& m) {
  js::array reactions;
  for (const auto& [emoji, users] : m.reactions)
    reactions.push_back(js::object{{"emoji", emoji}, {"users", put(users)}});
  return {{"id", put(m.id)},
          {"channel", put(m.channel)},
          {"guild", put(m.guild)},
          {"author", put(m.author)},
          {"content", m.content},
          {"embeds", m.embeds},
          {"components", m.components},
          {"attachments", m.attachments},
          {"flags", m.flags},
          {"kind", m.kind},
          {"edited_ms", m.edited_ms},
          {"application", put(m.application)},
          {"interaction", m.interaction},
          {"visible_to", put(m.visible_to)},
          {"webhook", put(m.webhook)},
          {"author_name", m.author_name},
          {"reference", m.reference},
          {"mentions", m.mentions},
          {"mention_roles", m.mention_roles},
          {"mention_everyone", m.mention_everyone},
          {"pinned", m.pinned},
          {"thread", put(m.thread)},
          {"reactions", std::move(reactions)}};
}
message load_message(const js::object& o) {
  std::vector<std::pair<std::string, std::vector<snowflake>>> reactions;
  for (const auto& each : array_at(o, "reactions"))
    reactions.emplace_back(text_at(each.as_object(), "emoji"), ids_at(each.as_object(), "users"));
  return {.id = id_at(o, "id"),
          .channel = id_at(o, "channel"),
          .guild = id_at(o, "guild"),
          .author = id_at(o, "author"),
          .content = text_at(o, "content"),
          .embeds = o.at("embeds").as_array(),
          .components = o.at("components").as_array(),
          .attachments = o.at("attachments").as_array(),
          .flags = int_at(o, "flags"),
          .kind = int_at(o, "kind"),
          .edited_ms = long_at(o, "edited_ms"),
          .application = id_at(o, "application"),
          .interaction = o.at("interaction").as_object(),
          .visible_to = id_at(o, "visible_to"),
          .webhook = id_or(o, "webhook"),
          .author_name = text_or(o, "author_name"),
          .reference = object_at(o, "reference"),
          .mentions = array_at(o, "mentions"),
          .mention_roles = array_at(o, "mention_roles"),
          .mention_everyone = bool_or(o, "mention_everyone"),
          .pinned = bool_or(o, "pinned"),
          .thread = id_or(o, "thread"),
          .reactions = std::move(reactions)};
}

js::object save_application(const application& a) {
  return {{"id", put(a.id)},
          {"bot", put(a.bot)},
          {"name", a.name},
          {"token", a.token},
          {"public_key", a.public_key},
          {"private_key", a.private_key},
          {"endpoint", a.endpoint},
          {"privileged_intents", a.privileged_intents},
          {"commands", each_of(a.commands, [](const command& c) {
             return js::object{
               {"id", put(c.id)}, {"guild", put(c.guild)}, {"version", put(c.version)}, {"definition", c.definition}};
           })}};
}
application load_application(const js::object& o) {
  application a{.id = id_at(o, "id"),
                .bot = id_at(o, "bot"),
                .name = text_at(o, "name"),
                .token = text_at(o, "token"),
                .public_key = text_at(o, "public_key"),
                .private_key = text_at(o, "private_key"),
                .endpoint = text_at(o, "endpoint"),
                .privileged_intents = o.at("privileged_intents").as_bool()};
  for (const auto& each : o.at("commands").as_array()) {
    const auto& c = each.as_object();
    a.commands[id_at(c, "id")] = {.id = id_at(c, "id"),
                                  .guild = id_at(c, "guild"),
                                  .version = id_at(c, "version"),
                                  .definition = c.at("definition").as_object()};
  }
  return a;
}

js::object save_interaction(const interaction& i) {
  return {{"id", put(i.id)},
          {"token", i.token},
          {"application", put(i.application)},
          {"guild", put(i.guild)},
          {"channel", put(i.channel)},
          {"user", put(i.user)},
          {"kind", i.kind},
          {"name", i.name},
          {"command", put(i.command)},
          {"source", put(i.source)},
          {"parent", put(i.parent)},
          {"made_ms", i.made_ms},
          {"phase", static_cast<int>(i.phase)},
          {"response", put(i.response)},
          {"modal", i.modal},
          {"option", i.option},
          {"choices", i.choices},
          {"edits", i.edits}};
}
interaction load_interaction(const js::object& o) {
  return {.id = id_at(o, "id"),
          .token = text_at(o, "token"),
          .application = id_at(o, "application"),
          .guild = id_at(o, "guild"),
          .channel = id_at(o, "channel"),
          .user = id_at(o, "user"),
          .kind = int_at(o, "kind"),
          .name = text_at(o, "name"),
          .command = id_at(o, "command"),
          .source = id_at(o, "source"),
          .parent = id_at(o, "parent"),
          .made_ms = long_at(o, "made_ms"),
          .phase = static_cast<interaction::phase_kind>(int_at(o, "phase")),
          .response = id_at(o, "response"),
          .modal = o.at("modal").as_object(),
          .option = int_or(o, "option", 0),
          .choices = array_at(o, "choices"),
          .edits = int_at(o, "edits")};
}
} // namespace

js::object save(const sandbox_state& state) {
  js::array messages;
  for (const auto& [_, in] : state.messages)
    for (const auto& [__, m] : in)
      messages.push_back(save_message(m));
  return {{"format", 1},
          {"last_id", std::to_string(state.last_id)},
          {"users", each_of(state.users,
                            [](const user& u) {
                              return js::object{{"id", put(u.id)},
                                                {"name", u.name},
                                                {"global_name", u.global_name},
                                                {"bot", u.bot},
                                                {"closed", u.closed}};
                            })},
          {"applications", each_of(state.applications, save_application)},
          {"guilds", each_of(state.guilds, save_guild)},
          {"direct", each_of(state.direct, save_channel)},
          {"messages", std::move(messages)},
          {"interactions", each_of(state.interactions, save_interaction)}};
}

void load(sandbox_state& state, const js::object& o) {
  if (int_at(o, "format") != 1)
    throw std::runtime_error("the snapshot has a format that this build does not know");
  state.last_id = mask_at(o, "last_id");
  for (const auto& each : o.at("users").as_array()) {
    const auto& u = each.as_object();
    state.users[id_at(u, "id")] = {.id = id_at(u, "id"),
                                   .name = text_at(u, "name"),
                                   .global_name = text_at(u, "global_name"),
                                   .bot = u.at("bot").as_bool(),
                                   .closed = bool_or(u, "closed")};
  }
  for (const auto& each : o.at("applications").as_array())
    state.applications[id_at(each.as_object(), "id")] = load_application(each.as_object());
  for (const auto& each : o.at("guilds").as_array())
    state.guilds[id_at(each.as_object(), "id")] = load_guild(each.as_object());
  for (const auto& each : array_at(o, "direct"))
    state.direct[id_at(each.as_object(), "id")] = load_channel(each.as_object());
  for (const auto& each : o.at("messages").as_array()) {
    auto m = load_message(each.as_object());
    state.messages[m.channel][m.id] = std::move(m);
  }
  for (const auto& each : o.at("interactions").as_array())
    state.interactions[id_at(each.as_object(), "id")] = load_interaction(each.as_object());
}

} // namespace arrakis::sandbox::model
