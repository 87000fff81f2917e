#include "apps/sandbox/model/threads.hpp"

#include "apps/sandbox/model/channels.hpp"
#include "apps/sandbox/model/form.hpp"
#include "apps/sandbox/model/messages.hpp"
#include "apps/sandbox/model/permissions.hpp"
#include "apps/sandbox/model/render.hpp"
#include "runtime/json.hpp"

namespace arrakis::sandbox::model {
namespace {
using namespace arrakis::permissions;

constexpr int archive_after_default_min = 4'320;

js::object member_json(sandbox_state& state, const channel& thread, snowflake user, const guild* with_member) {
  js::object out{{"id", thread.id.text()},
                 {"user_id", user.text()},
                 {"join_timestamp", time_text(thread.thread.members.at(user))},
                 {"flags", 0}};
  if (with_member)
    if (const auto who = with_member->members.find(user); who != with_member->members.end())
      out["member"] = to_json(state, who->second);
  return out;
}

void tell_members(sandbox_state& state, const guild& in, const channel& thread, snowflake added, snowflake removed) {
  js::object data{{"id", thread.id.text()},
                  {"guild_id", in.id.text()},
                  {"member_count", std::min<size_t>(thread.thread.members.size(), 50)}};
  if (added) {
    auto who = member_json(state, thread, added, &in);
    who["presence"] = nullptr;
    data["added_members"] = js::array{std::move(who)};
  }
  if (removed)
    data["removed_member_ids"] = js::array{js::value(removed.text())};
  state.emit("THREAD_MEMBERS_UPDATE", in.id, std::move(data));
}

/// Name, times and slow mode, as creation and edit have them; faults go to `f`.
void read_fields(form& f, channel& thread) {
  if (const auto name = f.text("name", 1, name_max))
    thread.name = *name;
  if (const auto slowmode = f.integer("rate_limit_per_user", 0, 21'600))
    thread.slowmode_s = static_cast<int>(*slowmode);
  if (const auto minutes = read_archive_minutes(f, "auto_archive_duration"))
    thread.archive_after_min = *minutes;
  if (const auto* tags = f.array("applied_tags", 5)) {
    thread.thread.tags.clear();
    for (const auto& each : *tags)
      if (const auto id = id_of(each))
        thread.thread.tags.push_back(js::value(id->text()));
  }
}

/// 10087 for a tag that its forum does not have. Elsewhere tags mean nothing.
std::optional<refusal> refuse_tags(const channel& thread, const channel* parent) {
  if (!parent || !is_forum(parent->kind))
    return std::nullopt;
  for (const auto& each : thread.thread.tags)
    if (std::none_of(parent->tags.begin(), parent->tags.end(),
                     [&](const js::value& known) { return known.as_object().at("id") == each; }))
      return unknown("tag");
  return std::nullopt;
}

channel& keep_thread(sandbox_state& state, const actor& by, guild& in, channel made) {
  made.thread.owner = by.user;
  made.thread.archived_ms = state.now_ms;
  made.thread.members[by.user] = state.now_ms;
  auto& kept = in.channels.insert_or_assign(made.id, std::move(made)).first->second;
  auto data = to_json(kept);
  data["newly_created"] = true;
  state.emit("THREAD_CREATE", in.id, std::move(data));
  js::array changes;
  change(changes, "name", nullptr, kept.name);
  change(changes, "type", nullptr, kept.kind);
  change(changes, "archived", nullptr, false);
  change(changes, "locked", nullptr, false);
  change(changes, "auto_archive_duration", nullptr, kept.archive_after_min);
  change(changes, "rate_limit_per_user", nullptr, kept.slowmode_s);
  note(state, in, action::thread_create, by, kept.id, std::move(changes));
  return kept;
}

js::object answer_of(sandbox_state& state, const channel& thread, const actor& by) {
  auto out = to_json(thread);
  out["member"] = member_json(state, thread, by.user, nullptr);
  return out;
}

channel draft_of(const channel_ref& at, int kind) {
  return {.guild = at.guild->id,
          .kind = kind,
          .parent = at.channel->id,
          .slowmode_s = at.channel->thread_slowmode_s,
          .archive_after_min = at.channel->archive_after_min > 0 ? at.channel->archive_after_min
                                                                 : archive_after_default_min};
}

/// A post: the thread, and its first message with the same id.
outcome<js::object> start_post(sandbox_state& state, const actor& by, channel_ref at, const js::object& body) {
  form f(body);
  f.require("name");
  f.require("message");
  auto made = draft_of(at, public_thread);
  read_fields(f, made);
  const auto* first = f.object("message");
  if (!f.clean() || !first)
    return f.why();
  if (auto why = refuse_tags(made, at.channel))
    return *why;
  if (!(permissions_in(*at.guild, *at.channel, by.user) & send_messages))
    return missing_permissions();
  auto draft = draft_message(state, by, at, *first);
  if (!draft)
    return draft.why();
  made.id = draft->id;
  auto& kept = keep_thread(state, by, *at.guild, std::move(made));
  draft->channel = kept.id;
  at.channel->last_message = kept.id;
  const auto message = to_json(state, keep(state, std::move(*draft)));
  auto out = answer_of(state, kept, by);
  out["message"] = message;
  return out;
}
} // namespace

outcome<js::object> start_thread_from(sandbox_state& state, const actor& by, channel_ref at, snowflake id,
                                      const js::object& body) {
  auto* from = state.find_message(at.channel->id, id);
  if (!from || from->visible_to)
    return unknown("Message");
  if (!(permissions_in(*at.guild, *at.channel, by.user) & create_public_threads))
    return missing_permissions();
  if (from->thread)
    return refusal{400, 160004, "A thread has already been created for this message", {}};
  if (at.channel->kind != text_channel && at.channel->kind != announcement_channel)
    return wrong_channel_type();
  form f(body);
  f.require("name");
  auto made = draft_of(at, at.channel->kind == announcement_channel ? announcement_thread : public_thread);
  read_fields(f, made);
  if (!f.clean())
    return f.why();
  made.id = id;
  from->thread = id;
  from->flags |= has_thread_flag;
  auto& kept = keep_thread(state, by, *at.guild, std::move(made));
  tell_changed(state, *from);
  return answer_of(state, kept, by);
}

outcome<js::object> start_thread(sandbox_state& state, const actor& by, channel_ref at, const js::object& body) {
  if (is_forum(at.channel->kind))
    return start_post(state, by, at, body);
  if (at.channel->kind != text_channel && at.channel->kind != announcement_channel)
    return wrong_channel_type();
  form f(body);
  f.require("name");
  const auto kind = f.integer("type", announcement_thread, private_thread).value_or(private_thread);
  if ((kind == announcement_thread) != (at.channel->kind == announcement_channel))
    f.fault("type", "BASE_TYPE_CHOICES", "This type of thread does not fit this channel.");
  auto made = draft_of(at, static_cast<int>(kind));
  read_fields(f, made);
  if (!f.clean())
    return f.why();
  const auto needed = kind == private_thread ? create_private_threads : create_public_threads;
  if (!(permissions_in(*at.guild, *at.channel, by.user) & needed))
    return missing_permissions();
  made.id = state.next_id();
  return answer_of(state, keep_thread(state, by, *at.guild, std::move(made)), by);
}

outcome<js::object> edit_thread(sandbox_state& state, const actor& by, channel_ref at, const js::object& body) {
  auto& thread = *at.channel;
  const bool manages = permissions_in(*at.guild, thread, by.user) & manage_threads;
  if (!manages && thread.thread.owner != by.user)
    return missing_permissions();
  form f(body);
  auto next = thread;
  read_fields(f, next);
  next.thread.archived = f.boolean("archived").value_or(next.thread.archived);
  next.thread.locked = f.boolean("locked").value_or(next.thread.locked);
  if (!f.clean())
    return f.why();
  const auto forum = at.guild->channels.find(thread.parent);
  if (auto why = refuse_tags(next,
                             f.has("applied_tags") && forum != at.guild->channels.end() ? &forum->second : nullptr))
    return *why;
  const bool unlocks = thread.thread.locked && thread.thread.archived != next.thread.archived;
  if ((next.thread.locked != thread.thread.locked || unlocks) && !manages)
    return missing_permissions();
  if (next.thread.archived != thread.thread.archived)
    next.thread.archived_ms = state.now_ms;
  js::array changes;
  change(changes, "name", thread.name, next.name);
  change(changes, "archived", thread.thread.archived, next.thread.archived);
  change(changes, "locked", thread.thread.locked, next.thread.locked);
  change(changes, "auto_archive_duration", thread.archive_after_min, next.archive_after_min);
  change(changes, "rate_limit_per_user", thread.slowmode_s, next.slowmode_s);
  change(changes, "applied_tags", thread.thread.tags, next.thread.tags);
  if (!changes.empty() && thread.thread.archived && next.thread.archived) // Must be unarchived first, or with this.
    return refusal{400, 50083, "Thread is archived", {}};
  if (!changes.empty()) {
    thread = std::move(next);
    state.emit("THREAD_UPDATE", at.guild->id, to_json(thread));
    note(state, *at.guild, action::thread_update, by, thread.id, std::move(changes));
  }
  return to_json(thread);
}

outcome<js::object> delete_thread(sandbox_state& state, const actor& by, channel_ref at) {
  if (!(permissions_in(*at.guild, *at.channel, by.user) & manage_threads))
    return missing_permissions();
  const auto gone = *at.channel;
  at.guild->channels.erase(gone.id);
  state.messages.erase(gone.id);
  state.emit("THREAD_DELETE", at.guild->id,
             {{"id", gone.id.text()},
              {"guild_id", at.guild->id.text()},
              {"parent_id", gone.parent.text()},
              {"type", gone.kind}});
  js::array changes;
  change(changes, "name", gone.name, nullptr);
  note(state, *at.guild, action::thread_delete, by, gone.id, std::move(changes));
  return to_json(gone);
}

outcome<done> join_thread(sandbox_state& state, const actor& by, channel_ref at, snowflake user) {
  auto& thread = *at.channel;
  if (!is_thread(thread.kind))
    return unknown("Channel");
  if (!at.guild->members.contains(user))
    return unknown("Member");
  if (thread.thread.archived)
    return refusal{400, 50083, "Thread is archived", {}};
  if (by.user != user && !(permissions_in(*at.guild, thread, by.user) & send_in_threads))
    return missing_permissions();
  if (thread.thread.members.try_emplace(user, state.now_ms).second)
    tell_members(state, *at.guild, thread, user, {});
  return done{};
}

outcome<done> leave_thread(sandbox_state& state, const actor& by, channel_ref at, snowflake user) {
  auto& thread = *at.channel;
  if (!is_thread(thread.kind))
    return unknown("Channel");
  if (by.user != user && !(permissions_in(*at.guild, thread, by.user) & manage_threads))
    return missing_permissions();
  if (thread.thread.members.erase(user) > 0)
    tell_members(state, *at.guild, thread, {}, user);
  return done{};
}

outcome<js::array> list_thread_members(sandbox_state& state, channel_ref at, bool with_member) {
  js::array list;
  for (const auto& [user, _] : at.channel->thread.members)
    list.push_back(member_json(state, *at.channel, user, with_member ? at.guild : nullptr));
  return list;
}

outcome<js::object> get_thread_member(sandbox_state& state, channel_ref at, snowflake user, bool with_member) {
  if (!at.channel->thread.members.contains(user))
    return unknown("Member");
  return member_json(state, *at.channel, user, with_member ? at.guild : nullptr);
}

js::object active_threads(sandbox_state& state, const actor& by, const guild& in) {
  js::array members;
  for (const auto& [_, each] : in.channels)
    if (is_thread(each.kind) && !each.thread.archived && each.thread.members.contains(by.user)
        && (permissions_in(in, each, by.user) & view_channel))
      members.push_back(member_json(state, each, by.user, nullptr));
  return {{"threads", threads_seen_by(in, by.user)}, {"members", std::move(members)}, {"has_more", false}};
}

js::object archived_threads(sandbox_state& state, const actor& by, channel_ref at, bool private_ones, size_t count) {
  std::vector<const channel*> found;
  for (const auto& [_, each] : at.guild->channels)
    if (is_thread(each.kind) && each.parent == at.channel->id && each.thread.archived
        && (each.kind == private_thread) == private_ones && (permissions_in(*at.guild, each, by.user) & view_channel))
      found.push_back(&each);
  std::sort(found.begin(), found.end(),
            [](const channel* a, const channel* b) { return a->thread.archived_ms > b->thread.archived_ms; });
  js::array threads, members;
  for (const auto* each : found) {
    if (threads.size() == count)
      break;
    threads.push_back(to_json(*each));
    if (each->thread.members.contains(by.user))
      members.push_back(member_json(state, *each, by.user, nullptr));
  }
  return {{"threads", std::move(threads)}, {"members", std::move(members)}, {"has_more", found.size() > count}};
}

js::array threads_seen_by(const guild& in, snowflake user) {
  js::array list;
  for (const auto& [_, each] : in.channels)
    if (is_thread(each.kind) && !each.thread.archived && (permissions_in(in, each, user) & view_channel))
      list.push_back(to_json(each));
  return list;
}

} // namespace arrakis::sandbox::model
