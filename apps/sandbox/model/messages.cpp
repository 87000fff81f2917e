#include "apps/sandbox/model/messages.hpp"

#include "apps/sandbox/model/content.hpp"
#include "apps/sandbox/model/permissions.hpp"
#include "apps/sandbox/model/render.hpp"

namespace arrakis::sandbox::model {
namespace {
using namespace arrakis::permissions;

js::object dispatch_of(world& w, const message& m) {
  auto data = to_json(w, m);
  data["guild_id"] = m.guild.text();
  data["channel_type"] = text_channel;
  const auto& in = w.guilds.at(m.guild);
  if (const auto author = in.members.find(m.author); author != in.members.end()) {
    auto who = to_json(w, author->second);
    who.erase("user");
    data["member"] = std::move(who);
  }
  return data;
}

outcome<message*> writable(world& w, const actor& by, const place& at, snowflake id) {
  auto* found = w.find_message(at.channel->id, id);
  if (!found || (found->visible_to && found->visible_to != by.user))
    return unknown("Message");
  return found;
}
} // namespace

message& keep(world& w, message m) {
  auto& in = w.messages[m.channel];
  if (auto* where = w.find_channel(m.channel); where && !m.visible_to)
    where->last_message = m.id;
  auto& kept = in.insert_or_assign(m.id, std::move(m)).first->second;
  if (!kept.visible_to)
    w.emit("MESSAGE_CREATE", kept.guild, dispatch_of(w, kept));
  while (in.size() > messages_per_channel_max)
    in.erase(in.begin());
  return kept;
}

void tell_changed(world& w, const message& m) {
  if (!m.visible_to)
    w.emit("MESSAGE_UPDATE", m.guild, dispatch_of(w, m));
}

void remove(world& w, const message& m) {
  if (!m.visible_to)
    w.emit("MESSAGE_DELETE", m.guild,
           {{"id", m.id.text()}, {"channel_id", m.channel.text()}, {"guild_id", m.guild.text()}});
  w.messages[m.channel].erase(m.id);
}

outcome<js::object> send_message(world& w, const actor& by, place at, const js::object& body) {
  auto& [in, where] = at;
  if (where->kind == category_channel)
    return refusal{400, 50008, "Cannot send messages in a non-text channel", {}};
  if (!(permissions_in(*in, *where, by.user) & send_messages))
    return missing_permissions();
  form f(body);
  const auto fields = read_content(f);
  if (!f.clean())
    return f.why();
  message m{.id = w.next_id(), .channel = where->id, .guild = in->id, .author = by.user};
  m.flags = static_cast<int>(fields.flags.value_or(0)) & components_v2_flag;
  if (const auto* files = body.if_contains("attachments"); files && files->is_array())
    m.attachments = files->get_array();
  apply(m, fields);
  if (by.app)
    m.application = {}; // a bot's plain message is no webhook's
  if (is_empty(m))
    return refusal{400, 50006, "Cannot send an empty message", {}};
  return to_json(w, keep(w, std::move(m)));
}

outcome<js::object> edit_message(world& w, const actor& by, place at, snowflake id, const js::object& body) {
  auto found = writable(w, by, at, id);
  if (!found)
    return found.why();
  auto& m = **found;
  if (m.author != by.user)
    return refusal{403, 50005, "Cannot edit a message authored by another user", {}};
  form f(body);
  const auto fields = read_content(f);
  if (!f.clean())
    return f.why();
  apply(m, fields);
  m.edited_ms = w.now_ms;
  tell_changed(w, m);
  return to_json(w, m);
}

outcome<done> delete_message(world& w, const actor& by, place at, snowflake id) {
  auto found = writable(w, by, at, id);
  if (!found)
    return found.why();
  if ((*found)->author != by.user && !(permissions_in(*at.guild, *at.channel, by.user) & manage_messages))
    return missing_permissions();
  remove(w, **found);
  return done{};
}

outcome<js::object> get_message(world& w, const actor& by, place at, snowflake id) {
  auto found = writable(w, by, at, id);
  if (!found || (*found)->visible_to)
    return unknown("Message");
  return to_json(w, **found);
}

outcome<js::array> list_messages(world& w, const actor& by, place at, snowflake before, snowflake after, size_t count) {
  if (!(permissions_in(*at.guild, *at.channel, by.user) & read_message_history))
    return js::array{};
  js::array list;
  const auto in = w.messages.find(at.channel->id);
  if (in == w.messages.end())
    return list;
  for (auto each = in->second.rbegin(); each != in->second.rend() && list.size() < count; ++each)
    if (!each->second.visible_to && (!before || each->first < before) && (!after || each->first > after))
      list.push_back(to_json(w, each->second));
  return list;
}

} // namespace arrakis::sandbox::model
