#include "apps/sandbox/model/channels.hpp"

#include "apps/sandbox/model/form.hpp"
#include "apps/sandbox/model/permissions.hpp"
#include "apps/sandbox/model/render.hpp"
#include "apps/sandbox/model/threads.hpp"
#include "runtime/json.hpp"
#include "runtime/unicode.hpp"

#include <fmt/format.h>

namespace arrakis::sandbox::model {
namespace {
using namespace arrakis::permissions;

constexpr size_t tag_name_max = 20;

js::array overwrites_json(const channel& c) {
  js::array list;
  for (const auto& each : c.overwrites)
    list.push_back(to_json(each));
  return list;
}

/// An overwrite may touch only what its author may do there, and MANAGE_ROLES only an administrator.
bool may_overwrite(const guild& in, snowflake user, uint64_t touched) {
  const auto mine = permissions_in(in, user);
  if (mine & administrator)
    return true;
  return (touched & ~mine) == 0 && !(touched & manage_roles);
}

std::optional<overwrite> read_overwrite(form& outer, const std::string& path, const js::value& value) {
  if (!value.is_object()) {
    outer.fault_no_object(path);
    return std::nullopt;
  }
  form f(value.get_object());
  const auto id = f.id("id");
  const auto kind = f.integer("type", 0, 1);
  const auto allow = f.mask("allow").value_or(0);
  const auto deny = f.mask("deny").value_or(0);
  f.require("id");
  f.require("type");
  outer.merge(f, path);
  if (!f.clean())
    return std::nullopt;
  return overwrite{.id = *id,
                   .kind = static_cast<overwrite::target_kind>(*kind),
                   .allow = allow & every_permission,
                   .deny = deny & every_permission};
}

std::optional<std::vector<overwrite>> read_overwrites(form& f) {
  const auto* list = f.array("permission_overwrites", 500);
  if (!list)
    return std::nullopt;
  std::vector<overwrite> read;
  for (size_t i = 0; i < list->size(); ++i)
    if (auto each = read_overwrite(f, fmt::format("permission_overwrites.{}", i), (*list)[i]))
      read.push_back(*each);
  return read;
}

bool targets_exist(const guild& in, const std::vector<overwrite>& list) {
  return std::all_of(list.begin(), list.end(), [&](const overwrite& each) {
    return each.kind == overwrite::of_role ? in.roles.contains(each.id) : in.members.contains(each.id);
  });
}

/// The audit log says whose overwrite it was; there, and only there, the type is a text.
js::object whose(const guild& in, const overwrite& o) {
  js::object options{{"id", o.id.text()}, {"type", std::to_string(static_cast<int>(o.kind))}};
  if (const auto role = in.roles.find(o.id); role != in.roles.end())
    options["role_name"] = role->second.name;
  return options;
}

size_t children_of(const guild& in, snowflake category) {
  return static_cast<size_t>(std::count_if(in.channels.begin(), in.channels.end(), [&](const auto& each) {
    return each.second.parent == category && !is_thread(each.second.kind);
  }));
}

void check_parent(form& f, const guild& in, const channel& of, snowflake parent) {
  const auto found = in.channels.find(parent);
  if (found == in.channels.end())
    f.fault("parent_id", "CHANNEL_PARENT_INVALID", "Category does not exist");
  else if (found->second.kind != category_channel || of.kind == category_channel)
    f.fault("parent_id", "CHANNEL_PARENT_INVALID_TYPE", "Not a category");
  else if (of.parent != parent && children_of(in, parent) >= channels_per_category_max)
    f.fault("parent_id", "CHANNEL_PARENT_MAX_CHANNELS", "Maximum number of channels in category reached (50)");
}

int next_position(const guild& in, int kind) {
  int position = 0;
  for (const auto& [_, each] : in.channels) // categories are ordered on their own, so are voice channels
    if (!is_thread(each.kind) && (each.kind == category_channel) == (kind == category_channel)
        && is_vocal(each.kind) == is_vocal(kind))
      position = std::max(position, each.position + 1);
  return position;
}

void read_vocal_fields(form& f, channel& c) {
  // 64 kbit/s is a stage's most, 96 a voice channel's without boosts; both take at least 8.
  const int64_t bitrate_max = c.kind == stage_channel ? 64'000 : 96'000;
  const int64_t users_max = c.kind == stage_channel ? 10'000 : 99;
  if (const auto bitrate = f.integer("bitrate", 8'000, bitrate_max))
    c.bitrate = static_cast<int>(*bitrate);
  if (const auto limit = f.integer("user_limit", 0, users_max))
    c.user_limit = static_cast<int>(*limit);
  if (const auto region = f.text("rtc_region", 0, name_max); region || f.is_null("rtc_region"))
    c.rtc_region = region.value_or("");
  if (const auto quality = f.integer("video_quality_mode", 1, 2))
    c.video_quality = static_cast<int>(*quality);
}

void read_thread_defaults(form& f, channel& c) {
  if (const auto slowmode = f.integer("default_thread_rate_limit_per_user", 0, 21600))
    c.thread_slowmode_s = static_cast<int>(*slowmode);
  if (const auto minutes = read_archive_minutes(f, "default_auto_archive_duration"))
    c.archive_after_min = *minutes;
}

/// `default_reaction_emoji`: {emoji_id?, emoji_name?}, of which one is null.
js::value read_reaction(form& f, const js::object& emoji) {
  form inner(emoji);
  const auto id = inner.id("emoji_id");
  const auto name = inner.text("emoji_name", 0, 32);
  f.merge(inner, "default_reaction_emoji");
  if (id && name) // Discord's documents name no code.
    f.fault("default_reaction_emoji", "MODEL_TYPE_CONVERT", "Either emoji_id or emoji_name is set.");
  return js::object{{"emoji_id", id ? js::value(id->text()) : js::value(nullptr)},
                    {"emoji_name", name ? js::value(*name) : js::value(nullptr)}};
}

void read_forum_fields(form& f, sandbox_state& state, channel& c) {
  constexpr int64_t require_tag = 1 << 4, hide_downloads = 1 << 15;
  if (const auto flags = f.integer("flags", 0, require_tag | hide_downloads)) {
    if (*flags & ~(c.kind == media_channel ? require_tag | hide_downloads : require_tag))
      f.fault("flags", "BASE_TYPE_CHOICES", "Only REQUIRE_TAG, and of a media channel HIDE_MEDIA_DOWNLOAD_OPTIONS.");
    c.flags = static_cast<int>(*flags);
  }
  if (const auto* emoji = f.object("default_reaction_emoji"))
    c.default_reaction = read_reaction(f, *emoji);
  else if (f.is_null("default_reaction_emoji"))
    c.default_reaction = nullptr;
  if (const auto order = f.integer("default_sort_order", 0, 1))
    c.sort_order = *order;
  else if (f.is_null("default_sort_order"))
    c.sort_order = nullptr;
  if (const auto layout = f.integer("default_forum_layout", 0, 2))
    c.layout = static_cast<int>(*layout);
  if (const auto* tags = f.array("available_tags", 20)) {
    c.tags.clear();
    for (size_t i = 0; i < tags->size(); ++i) {
      const auto* each = (*tags)[i].if_object();
      if (!each || json::text_or(*each, "name").empty()) {
        f.fault(fmt::format("available_tags.{}.name", i), "BASE_TYPE_REQUIRED", "This field is required");
        continue;
      }
      if (length_of(json::text_or(*each, "name")) > tag_name_max)
        f.fault(fmt::format("available_tags.{}.name", i), "BASE_TYPE_MAX_LENGTH", "Must be 20 or fewer in length.");
      const auto emoji = each->contains("emoji_name") ? each->at("emoji_name") : js::value(nullptr);
      const auto* old = each->if_contains("id");
      c.tags.push_back(js::object{{"id", old && id_of(*old) ? id_of(*old)->text() : state.next_id().text()},
                                  {"name", each->at("name")},
                                  {"moderated", json::bool_or(*each, "moderated")},
                                  {"emoji_id", nullptr},
                                  {"emoji_name", emoji}});
    }
  }
}

/// A text channel becomes an announcement channel and back; no other type changes.
void read_conversion(form& f, channel& c) {
  const bool convertible = c.kind == text_channel || c.kind == announcement_channel;
  const auto kind = convertible ? f.choice("type", {text_channel, announcement_channel}) : f.choice("type", {c.kind});
  c.kind = static_cast<int>(kind.value_or(c.kind));
}

/// Reads what creation and edit have in common into `c`; faults go to `f`.
void read_fields(form& f, sandbox_state& state, const guild& in, channel& c) {
  if (const auto name = f.text("name", 1, name_max)) {
    c.name = normal_name(c.kind, *name);
    if (c.name.empty())
      f.fault("name", "BASE_TYPE_REQUIRED", "This field is required");
  }
  if (const auto topic = f.text("topic", 0, is_forum(c.kind) ? forum_topic_max : topic_max))
    c.topic = *topic;
  else if (f.is_null("topic"))
    c.topic.clear();
  if (const auto nsfw = f.boolean("nsfw"))
    c.nsfw = *nsfw;
  if (const auto slowmode = f.integer("rate_limit_per_user", 0, 21600))
    c.slowmode_s = static_cast<int>(*slowmode);
  if (is_vocal(c.kind))
    read_vocal_fields(f, c);
  else if (c.kind != category_channel)
    read_thread_defaults(f, c);
  if (is_forum(c.kind))
    read_forum_fields(f, state, c);
  if (const auto position = f.integer("position", 0, 1000))
    c.position = static_cast<int>(*position);
  if (const auto parent = f.id("parent_id")) {
    check_parent(f, in, c, *parent);
    c.parent = *parent;
  } else if (f.is_null("parent_id"))
    c.parent = {};
}
} // namespace

std::string normal_name(int kind, std::string_view name) {
  if (kind != text_channel && kind != announcement_channel && !is_forum(kind))
    return std::string{unicode::trimmed(name)};
  std::string out;
  for (const char c : unicode::lower(unicode::joined_blanks(name, "-")))
    if (c == '-' ? out.empty() || out.back() != '-'
                 : std::string_view("!\"#$%&'()*+,./:;<=>?@[\\]^`{|}~").find(c) == std::string_view::npos)
      out += c;
  return out;
}

outcome<js::object> create_channel(sandbox_state& state, const actor& by, guild& in, const js::object& body) {
  if (!(permissions_in(in, by.user) & manage_channels))
    return missing_permissions();
  form f(body);
  f.require("name");
  channel made{.guild = in.id, .kind = static_cast<int>(f.integer("type", 0, 16).value_or(text_channel))};
  if (is_thread(made.kind)
      || !(made.kind == text_channel || made.kind == category_channel || is_vocal(made.kind)
           || made.kind == announcement_channel || is_forum(made.kind)))
    f.fault("type", "BASE_TYPE_CHOICES", "Value must be one of {0, 2, 4, 5, 13, 15, 16}.");
  made.position = next_position(in, made.kind);
  read_fields(f, state, in, made);
  const auto overwrites = read_overwrites(f);
  if (!f.clean())
    return f.why();
  if (channels_of(in) >= channels_max)
    return refusal{400, 30013, "Maximum number of guild channels reached (500)", {}};
  if (overwrites) {
    if (!targets_exist(in, *overwrites))
      return unknown("Overwrite");
    for (const auto& each : *overwrites)
      if (!may_overwrite(in, by.user, each.allow | each.deny))
        return missing_permissions();
    made.overwrites = *overwrites;
  } else if (made.parent)
    made.overwrites = in.channels.at(made.parent).overwrites; // a channel starts in step with its category
  made.id = state.next_id();
  js::array changes;
  change(changes, "name", nullptr, made.name);
  change(changes, "type", nullptr, made.kind);
  change(changes, "permission_overwrites", nullptr, overwrites_json(made));
  const auto& kept = in.channels.emplace(made.id, std::move(made)).first->second;
  state.emit("CHANNEL_CREATE", in.id, to_json(kept));
  note(state, in, action::channel_create, by, kept.id, std::move(changes));
  return to_json(kept);
}

outcome<js::object> edit_channel(sandbox_state& state, const actor& by, channel_ref at, const js::object& body) {
  auto& [in, where] = at;
  if (is_thread(where->kind))
    return edit_thread(state, by, at, body);
  const auto mine = permissions_in(*in, *where, by.user);
  if (!(mine & manage_channels))
    return missing_permissions();
  form f(body);
  auto next = *where;
  read_conversion(f, next);
  read_fields(f, state, *in, next);
  const auto overwrites = read_overwrites(f);
  if (!f.clean())
    return f.why();
  if (overwrites) {
    if (!(mine & manage_roles))
      return missing_permissions();
    if (!targets_exist(*in, *overwrites))
      return unknown("Overwrite");
    for (const auto& each : *overwrites) {
      uint64_t touched = each.allow | each.deny;
      for (const auto& old : where->overwrites)
        if (old.id == each.id)
          touched = (old.allow ^ each.allow) | (old.deny ^ each.deny);
      if (!may_overwrite(*in, by.user, touched))
        return missing_permissions();
    }
    next.overwrites = *overwrites;
  }
  js::array changes;
  change(changes, "name", where->name, next.name);
  change(changes, "type", where->kind, next.kind);
  change(changes, "topic", where->topic, next.topic);
  change(changes, "position", where->position, next.position);
  change(changes, "nsfw", where->nsfw, next.nsfw);
  change(changes, "rate_limit_per_user", where->slowmode_s, next.slowmode_s);
  change(changes, "bitrate", where->bitrate, next.bitrate);
  change(changes, "user_limit", where->user_limit, next.user_limit);
  change(changes, "rtc_region", where->rtc_region, next.rtc_region);
  change(changes, "video_quality_mode", where->video_quality, next.video_quality);
  change(changes, "default_thread_rate_limit_per_user", where->thread_slowmode_s, next.thread_slowmode_s);
  change(changes, "default_auto_archive_duration", where->archive_after_min, next.archive_after_min);
  change(changes, "available_tags", where->tags, next.tags);
  change(changes, "flags", where->flags, next.flags);
  change(changes, "default_reaction_emoji", where->default_reaction, next.default_reaction);
  change(changes, "default_sort_order", where->sort_order, next.sort_order);
  change(changes, "default_forum_layout", where->layout, next.layout);
  change(changes, "parent_id", id_or_null(where->parent), id_or_null(next.parent));
  change(changes, "permission_overwrites", overwrites_json(*where), overwrites_json(next));
  if (!changes.empty()) {
    *where = std::move(next);
    state.emit("CHANNEL_UPDATE", in->id, to_json(*where));
    note(state, *in, action::channel_update, by, where->id, std::move(changes));
  }
  return to_json(*where);
}

outcome<js::object> delete_channel(sandbox_state& state, const actor& by, channel_ref at) {
  auto& [in, where] = at;
  if (is_thread(where->kind))
    return delete_thread(state, by, at);
  if (!(permissions_in(*in, *where, by.user) & manage_channels))
    return missing_permissions();
  const auto id = where->id;
  auto gone = to_json(*where);
  js::array changes;
  change(changes, "name", where->name, nullptr);
  in->channels.erase(id);
  state.messages.erase(id);
  std::erase_if(in->webhooks, [id](const auto& each) { return each.second.channel == id; });
  std::erase_if(in->invites, [id](const auto& each) { return each.second.channel == id; });
  std::erase_if(in->channels,
                [id](const auto& each) { return is_thread(each.second.kind) && each.second.parent == id; });
  for (auto& [_, each] : in->channels)
    if (each.parent == id) {
      each.parent = {};
      state.emit("CHANNEL_UPDATE", in->id, to_json(each));
    }
  if (in->system_channel == id)
    in->system_channel = {};
  state.emit("CHANNEL_DELETE", in->id, gone);
  note(state, *in, action::channel_delete, by, id, std::move(changes));
  return gone;
}

outcome<done> put_overwrite(sandbox_state& state, const actor& by, channel_ref at, snowflake target,
                            const js::object& body) {
  auto& [in, where] = at;
  if (!(permissions_in(*in, *where, by.user) & manage_roles))
    return missing_permissions();
  form f(body);
  const auto kind = f.integer("type", 0, 1);
  const auto allow = f.mask("allow").value_or(0) & every_permission;
  const auto deny = f.mask("deny").value_or(0) & every_permission;
  f.require("type");
  if (!f.clean())
    return f.why();
  overwrite next{.id = target, .kind = static_cast<overwrite::target_kind>(*kind), .allow = allow, .deny = deny};
  if (!targets_exist(*in, {next}))
    return unknown("Overwrite");
  auto old = std::find_if(where->overwrites.begin(), where->overwrites.end(),
                          [&](const auto& o) { return o.id == target; });
  const bool fresh = old == where->overwrites.end();
  if (!may_overwrite(*in, by.user, fresh ? allow | deny : (old->allow ^ allow) | (old->deny ^ deny)))
    return missing_permissions();
  js::array changes;
  change(changes, "allow", fresh ? js::value(nullptr) : js::value(std::to_string(old->allow)), std::to_string(allow));
  change(changes, "deny", fresh ? js::value(nullptr) : js::value(std::to_string(old->deny)), std::to_string(deny));
  if (fresh)
    where->overwrites.push_back(next);
  else
    *old = next;
  if (!changes.empty()) {
    state.emit("CHANNEL_UPDATE", in->id, to_json(*where));
    note(state, *in, fresh ? action::overwrite_create : action::overwrite_update, by, where->id, std::move(changes),
         whose(*in, next));
  }
  return done{};
}

outcome<done> delete_overwrite(sandbox_state& state, const actor& by, channel_ref at, snowflake target) {
  auto& [in, where] = at;
  if (!(permissions_in(*in, *where, by.user) & manage_roles))
    return missing_permissions();
  const auto found = std::find_if(where->overwrites.begin(), where->overwrites.end(),
                                  [&](const auto& o) { return o.id == target; });
  if (found == where->overwrites.end())
    return unknown("Overwrite");
  const auto gone = *found;
  where->overwrites.erase(found);
  state.emit("CHANNEL_UPDATE", in->id, to_json(*where));
  note(state, *in, action::overwrite_delete, by, where->id, {}, whose(*in, gone));
  return done{};
}

outcome<done> move_channels(sandbox_state& state, const actor& by, guild& in, const js::array& body) {
  if (!(permissions_in(in, by.user) & manage_channels))
    return missing_permissions();
  for (const auto& each : body) {
    form f(each.as_object());
    const auto id = f.id("id");
    f.require("id");
    if (!f.clean())
      return f.why();
    const auto found = in.channels.find(*id);
    if (found == in.channels.end())
      return unknown("Channel");
    auto next = found->second;
    read_fields(f, state, in, next);
    const bool locks = f.boolean("lock_permissions").value_or(false);
    if (!f.clean())
      return f.why();
    if (locks && next.parent) // The channel takes over the overwrites of its category.
      next.overwrites = in.channels.at(next.parent).overwrites;
    js::array changes;
    change(changes, "position", found->second.position, next.position);
    change(changes, "parent_id", id_or_null(found->second.parent), id_or_null(next.parent));
    change(changes, "permission_overwrites", overwrites_json(found->second), overwrites_json(next));
    if (changes.empty())
      continue;
    found->second.position = next.position;
    found->second.parent = next.parent;
    found->second.overwrites = next.overwrites;
    state.emit("CHANNEL_UPDATE", in.id, to_json(found->second));
    note(state, in, action::channel_update, by, *id, std::move(changes));
  }
  return done{};
}

std::optional<int> read_archive_minutes(form& f, std::string_view key) {
  const auto minutes = f.choice(key, {60, 1'440, 4'320, 10'080});
  return minutes ? std::optional(static_cast<int>(*minutes)) : std::nullopt;
}

refusal wrong_channel_type() { return {400, 50024, "Cannot execute action on this channel type", {}}; }

js::array list_channels(const guild& in) {
  js::array list;
  for (const auto& [_, each] : in.channels)
    if (!is_thread(each.kind))
      list.push_back(to_json(each));
  return list;
}

size_t channels_of(const guild& in) {
  return static_cast<size_t>(std::count_if(in.channels.begin(), in.channels.end(),
                                           [](const auto& each) { return !is_thread(each.second.kind); }));
}

} // namespace arrakis::sandbox::model
