#include "apps/sandbox/model/messages.hpp"

#include "apps/sandbox/model/content.hpp"
#include "apps/sandbox/model/direct.hpp"
#include "apps/sandbox/model/permissions.hpp"
#include "apps/sandbox/model/render.hpp"
#include "runtime/json.hpp"

#include <fmt/format.h>
#include <set>

namespace arrakis::sandbox::model {
namespace {
using namespace arrakis::permissions;

constexpr int64_t bulk_age_max_ms = 14ll * 24 * 3'600'000;
constexpr size_t pins_max = 50;

bool rings_everyone(std::string_view text) {
  return text.find("@everyone") != std::string_view::npos || text.find("@here") != std::string_view::npos;
}

js::object dispatch_of(sandbox_state& state, const channel& where, const message& m) {
  auto data = to_json(state, m);
  data["channel_type"] = where.kind;
  if (!m.guild)
    return data;
  const auto& in = state.guilds.at(m.guild);
  for (auto& each : data["mentions"].as_array()) { // The gateway adds who they are in the guild.
    const auto id = *parse_snowflake(std::string_view(each.as_object().at("id").as_string()));
    if (const auto member = in.members.find(id); member != in.members.end()) {
      auto partial = to_json(state, member->second);
      partial.erase("user");
      each.as_object()["member"] = std::move(partial);
    }
  }
  if (const auto author = in.members.find(m.author); author != in.members.end()) {
    auto who = to_json(state, author->second);
    who.erase("user");
    data["member"] = std::move(who);
  }
  return data;
}

/// Returns the mentions of a text that notify:
/// https://discord.com/developers/docs/resources/message#allowed-mentions-object
class mention_rules {
public:
  explicit mention_rules(const js::object* allowed) : allowed_(allowed) {}
  bool rings(std::string_view kind, std::string_view id) const {
    if (!allowed_)
      return true;
    if (const auto* parse = json::array_in(*allowed_, "parse"))
      for (const auto& each : *parse)
        if (each.is_string() && each.as_string() == kind)
          return true;
    if (const auto* ids = json::array_in(*allowed_, kind))
      for (const auto& each : *ids)
        if (const auto one = id_of(each); one && one->text() == id)
          return true;
    return false;
  }
  bool rings_author() const { return allowed_ ? json::bool_or(*allowed_, "replied_user") : true; }

private:
  const js::object* allowed_;
};

/// allowed_mentions: known kinds, up to 100 ids of each, and not both a kind and its ids.
void check_mentions(form& f, const js::object& allowed) {
  form inner(allowed);
  if (const auto* parse = inner.array("parse", 3))
    for (size_t i = 0; i < parse->size(); ++i) {
      const auto* kind = (*parse)[i].if_string();
      if (!kind || (*kind != "users" && *kind != "roles" && *kind != "everyone"))
        inner.fault(fmt::format("parse.{}", i), "BASE_TYPE_CHOICES",
                    "Value must be one of ('users', 'roles', 'everyone').");
      else if (const auto* ids = json::array_in(allowed, std::string_view(*kind)); ids && !ids->empty())
        inner.fault(fmt::format("parse.{}", i), "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                    fmt::format("Cannot parse {0} and list {0}.", std::string_view(*kind)));
    }
  for (const auto key : {"users", "roles"})
    inner.ids(key, 100);
  inner.boolean("replied_user");
  f.merge(inner, "allowed_mentions");
}

/// Permissions that the content of a message needs beside the permission to write.
std::optional<refusal> check_permissions(const message& m, uint64_t mine) {
  if ((!m.embeds.empty() && !(mine & embed_links)) || (!m.attachments.empty() && !(mine & attach_files)))
    return missing_permissions();
  if (!m.reference.empty() && !(mine & read_message_history))
    return refusal{403, 160002, "Cannot reply without permission to read message history", {}};
  return std::nullopt;
}

/// Text of up to 25 characters, or a whole number.
void check_nonce(form& f, const js::object& body) {
  if (const auto* nonce = body.if_contains("nonce"); nonce && !nonce->is_int64() && !nonce->is_uint64())
    f.text("nonce", 0, 25);
}

void add_once(js::array& to, const std::string& id) {
  if (std::find(to.begin(), to.end(), js::value(id)) == to.end())
    to.push_back(js::value(id));
}

/// Finds <@id>, <@!id>, <@&id>, @everyone and @here in the text.
void read_mentions(const sandbox_state& state, const guild* in, message& m, const mention_rules& rules) {
  m.mentions.clear();
  m.mention_roles.clear();
  const std::string_view text = m.content;
  m.mention_everyone = rings_everyone(text) && rules.rings("everyone", "");
  for (size_t at = text.find("<@"); at != std::string_view::npos; at = text.find("<@", at + 2)) {
    const auto end = text.find('>', at);
    if (end == std::string_view::npos)
      break;
    auto inner = text.substr(at + 2, end - at - 2);
    const bool role = inner.starts_with('&');
    if (role || inner.starts_with('!'))
      inner.remove_prefix(1);
    const auto id = parse_snowflake(inner);
    if (!id)
      continue;
    if (role && in && in->roles.contains(*id) && rules.rings("roles", inner))
      add_once(m.mention_roles, id->text());
    if (!role && state.users.contains(*id) && rules.rings("users", inner))
      add_once(m.mentions, id->text());
  }
}

/// A reply: its type, the reference, and the mention of whom it answers.
std::optional<refusal> read_reference(sandbox_state& state, const channel_ref& at, form& f, message& m,
                                      const mention_rules& rules) {
  const auto* reference = f.object("message_reference");
  if (!reference)
    return std::nullopt;
  const auto id = reference->contains("message_id") ? id_of(reference->at("message_id")) : std::nullopt;
  const auto* to = id ? state.find_message(at.channel->id, *id) : nullptr;
  if (!to || to->visible_to) {
    if (!json::bool_or(*reference, "fail_if_not_exists", true))
      return std::nullopt;
    f.fault("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message");
    return f.why();
  }
  m.kind = reply_message;
  m.reference = {{"type", 0}, {"message_id", to->id.text()}, {"channel_id", to->channel.text()}};
  if (to->guild)
    m.reference["guild_id"] = to->guild.text();
  if (rules.rings_author() && !to->webhook)
    add_once(m.mentions, to->author.text());
  return std::nullopt;
}

outcome<message*> writable(sandbox_state& state, const actor& by, const channel_ref& at, snowflake id) {
  auto* found = state.find_message(at.channel->id, id);
  if (!found || (found->visible_to && found->visible_to != by.user))
    return unknown("Message");
  return found;
}
} // namespace

message& keep(sandbox_state& state, message m, const js::value& nonce) {
  auto& in = state.messages[m.channel];
  auto* where = state.find_channel(m.channel);
  if (where && !m.visible_to) {
    where->last_message = m.id;
    ++where->thread.message_count;
  }
  auto& kept = in.insert_or_assign(m.id, std::move(m)).first->second;
  if (where && !kept.visible_to) {
    auto data = dispatch_of(state, *where, kept);
    if (!nonce.is_null())
      data["nonce"] = nonce;
    state.emit_in(*where, "MESSAGE_CREATE", std::move(data));
  }
  while (in.size() > messages_per_channel_max)
    in.erase(in.begin());
  return kept;
}

void tell_changed(sandbox_state& state, const message& m) {
  if (const auto* where = state.find_channel(m.channel); where && !m.visible_to)
    state.emit_in(*where, "MESSAGE_UPDATE", dispatch_of(state, *where, m));
}

outcome<done> rewrite(sandbox_state& state, message& m, const js::object& body) {
  form f(body);
  const auto fields = read_content(f);
  const auto* allowed = f.object("allowed_mentions");
  if (allowed)
    check_mentions(f, *allowed);
  if (!f.clean())
    return f.why();
  auto next = m;
  apply(state, next, fields);
  if (is_empty(next))
    return empty_message();
  read_mentions(state, state.find_guild(m.guild), next, mention_rules{allowed});
  if (!(m.flags & loading_flag))
    next.edited_ms = state.now_ms;
  next.flags &= ~loading_flag;
  m = std::move(next);
  tell_changed(state, m);
  return done{};
}

void remove(sandbox_state& state, const message& m) {
  if (const auto* where = state.find_channel(m.channel); where && !m.visible_to)
    state.emit_in(*where, "MESSAGE_DELETE", {{"id", m.id.text()}, {"channel_id", m.channel.text()}});
  state.messages[m.channel].erase(m.id);
}

outcome<message> draft_message(sandbox_state& state, const actor& by, channel_ref at, const js::object& body) {
  form f(body);
  const auto fields = read_content(f);
  check_nonce(f, body);
  const auto* allowed = f.object("allowed_mentions");
  if (allowed)
    check_mentions(f, *allowed);
  if (!f.clean())
    return f.why();
  message m{.id = state.next_id(), .channel = at.channel->id, .guild = at.channel->guild, .author = by.user};
  m.flags = static_cast<int>(fields.flags.value_or(0)) & components_v2_flag;
  apply(state, m, fields);
  const mention_rules rules{allowed};
  read_mentions(state, at.guild, m, rules);
  if (m.mention_everyone && !(permissions_at(at, by.user) & mention_everyone))
    m.mention_everyone = false;
  if (auto refused = read_reference(state, at, f, m, rules))
    return *refused;
  if (!f.clean())
    return f.why();
  if (is_empty(m))
    return empty_message();
  return m;
}

outcome<js::object> send_message(sandbox_state& state, const actor& by, channel_ref at, const js::object& body) {
  const auto* where = at.channel;
  if (!at.guild && !may_write_to(state, by, *where))
    return refusal{403, 50007, "Cannot send messages to this user", {}};
  if (where->kind == category_channel || is_forum(where->kind))
    return refusal{400, 50008, "Cannot send messages in a non-text channel", {}};
  if (!(permissions_at(at, by.user) & (is_thread(where->kind) ? send_in_threads : send_messages)))
    return missing_permissions();
  if (where->thread.archived && where->thread.locked)
    return refusal{400, 50083, "Thread is archived", {}};
  auto m = draft_message(state, by, at, body);
  if (!m)
    return m.why();
  if (auto refused = check_permissions(*m, permissions_at(at, by.user)))
    return *refused;
  const auto* given = body.if_contains("nonce");
  const auto nonce = given ? *given : js::value(nullptr);
  auto out = to_json(state, keep(state, std::move(*m), nonce), by.user);
  if (!nonce.is_null())
    out["nonce"] = nonce;
  return out;
}

outcome<js::object> edit_message(sandbox_state& state, const actor& by, channel_ref at, snowflake id,
                                 const js::object& body) {
  auto found = writable(state, by, at, id);
  if (!found)
    return found.why();
  auto& m = **found;
  if (m.author != by.user)
    return refusal{403, 50005, "Cannot edit a message authored by another user", {}};
  if (auto changed = rewrite(state, m, body); !changed)
    return changed.why();
  return to_json(state, m, by.user);
}

outcome<done> delete_message(sandbox_state& state, const actor& by, channel_ref at, snowflake id) {
  auto found = writable(state, by, at, id);
  if (!found)
    return found.why();
  if ((*found)->author != by.user && !(permissions_at(at, by.user) & manage_messages))
    return at.guild ? missing_permissions() : direct_refused();
  remove(state, **found);
  return done{};
}

outcome<js::object> get_message(sandbox_state& state, const actor& by, channel_ref at, snowflake id) {
  auto found = writable(state, by, at, id);
  if (!found || (*found)->visible_to)
    return unknown("Message");
  return to_json(state, **found, by.user);
}

outcome<js::array> list_messages(sandbox_state& state, const actor& by, channel_ref at, message_window window,
                                 size_t count) {
  if (!(permissions_at(at, by.user) & read_message_history))
    return js::array{};
  std::vector<const message*> seen; // Oldest first.
  for (const auto& [id, each] : state.messages[at.channel->id])
    if (!each.visible_to && (!window.before || id < window.before) && (!window.after || id > *window.after))
      seen.push_back(&each);
  auto first = seen.end() - static_cast<ptrdiff_t>(std::min(count, seen.size()));
  if (window.around) {
    const auto middle = std::find_if(seen.begin(), seen.end(), [&](const auto* m) { return !(m->id < window.around); });
    first = middle - std::min(static_cast<ptrdiff_t>(count / 2), middle - seen.begin());
  } else if (window.after)
    first = seen.begin();
  const auto last = first + std::min(static_cast<ptrdiff_t>(count), seen.end() - first);
  js::array list;
  for (auto each = last; each != first;)
    list.push_back(to_json(state, **--each, by.user));
  return list;
}

outcome<done> delete_messages(sandbox_state& state, const actor& by, channel_ref at, const js::object& body) {
  if (!at.guild)
    return direct_refused();
  if (!(permissions_at(at, by.user) & manage_messages))
    return missing_permissions();
  form f(body);
  f.require("messages");
  const auto ids = f.ids("messages", 100);
  if (ids && ids->size() < 2)
    f.fault("messages", "BASE_TYPE_BAD_LENGTH", "Must be between 2 and 100 in length.");
  if (ids && std::set(ids->begin(), ids->end()).size() < ids->size())
    f.fault("messages", "SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value");
  if (!f.clean())
    return f.why();
  js::array gone;
  for (const auto id : *ids) {
    if (state.now_ms - id.made_at_ms() > bulk_age_max_ms)
      return refusal{400, 50034, "You can only bulk delete messages that are under 14 days old.", {}};
    if (auto* m = state.find_message(at.channel->id, id); m && !m->visible_to)
      gone.push_back(js::value(id.text()));
  }
  for (const auto& each : gone)
    state.messages[at.channel->id].erase(*parse_snowflake(std::string_view(each.as_string())));
  const auto count = std::to_string(gone.size());
  state.emit_in(*at.channel, "MESSAGE_DELETE_BULK", {{"ids", std::move(gone)}, {"channel_id", at.channel->id.text()}});
  note(state, *at.guild, action::message_bulk_delete, by, at.channel->id, {}, {{"count", count}});
  return done{};
}

outcome<done> pin(sandbox_state& state, const actor& by, channel_ref at, snowflake id, bool pinned) {
  auto found = writable(state, by, at, id);
  if (!found)
    return found.why();
  if (!(permissions_at(at, by.user) & (pin_messages | manage_messages)))
    return missing_permissions();
  auto& m = **found;
  if (m.pinned == pinned)
    return done{};
  if (pinned && list_pins(state, at).size() >= pins_max)
    return refusal{400, 30003, "Maximum number of pins reached for the channel (50)", {}};
  m.pinned = pinned;
  tell_changed(state, m);
  state.emit_in(*at.channel, "CHANNEL_PINS_UPDATE",
                {{"channel_id", at.channel->id.text()},
                 {"last_pin_timestamp", pinned ? js::value(time_text(state.now_ms)) : js::value(nullptr)}});
  if (!at.guild)
    return done{};
  note(state, *at.guild, pinned ? action::message_pin : action::message_unpin, by, m.author, {},
       {{"channel_id", at.channel->id.text()}, {"message_id", id.text()}});
  return done{};
}

js::array list_pins(sandbox_state& state, channel_ref at) {
  js::array list;
  const auto& in = state.messages[at.channel->id];
  for (auto each = in.rbegin(); each != in.rend(); ++each)
    if (each->second.pinned)
      list.push_back(to_json(state, each->second));
  return list;
}

} // namespace arrakis::sandbox::model
