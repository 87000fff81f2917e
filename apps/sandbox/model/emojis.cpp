#include "apps/sandbox/model/emojis.hpp"

#include "apps/sandbox/model/form.hpp"
#include "apps/sandbox/model/permissions.hpp"
#include "apps/sandbox/model/render.hpp"

namespace arrakis::sandbox::model {
namespace {
constexpr size_t emojis_max = 50;             // still ones, and as many animated ones, without boosts
constexpr size_t picture_bytes_max = 262'144; // 256 KiB

void tell(sandbox_state& state, const guild& in) {
  state.emit("GUILD_EMOJIS_UPDATE", in.id, {{"guild_id", in.id.text()}, {"emojis", emojis_json(state, in)}});
}

bool is_name(std::string_view name) {
  return name.size() >= 2 && name.size() <= 32
      && std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

void read_fields(form& f, emoji& e) {
  if (const auto name = f.text("name", 2, 32)) {
    if (!is_name(*name))
      f.fault("name", "STRING_TYPE_REGEX", "String value did not match validation regex.");
    e.name = *name;
  }
  if (auto roles = f.ids("roles", roles_max))
    e.roles = std::move(*roles);
}

/// "data:image/png;base64,…" of at most 256 KiB.
void check_picture(form& f, const std::string& picture, emoji& e) {
  const auto comma = picture.find(',');
  const auto kind = std::string_view(picture).substr(0, comma == std::string::npos ? 0 : comma);
  if (!kind.starts_with("data:image/") || !kind.ends_with(";base64"))
    f.fault("image", "BASE_TYPE_BAD_IMAGE", "Invalid image data");
  else if ((picture.size() - comma) / 4 * 3 > picture_bytes_max)
    f.fault("image", "BINARY_TYPE_MAX_SIZE", "File cannot be larger than 256.0 kb.");
  e.animated = kind.find("image/gif") != std::string_view::npos;
}
} // namespace

outcome<js::object> create_emoji(sandbox_state& state, const actor& by, guild& in, const js::object& body) {
  if (!(permissions_in(in, by.user) & (create_expressions | manage_expressions)))
    return missing_permissions();
  form f(body);
  f.require("name");
  f.require("image");
  emoji made{.creator = by.user};
  read_fields(f, made);
  if (const auto picture = f.text("image", 1, picture_bytes_max * 2))
    check_picture(f, *picture, made);
  if (!f.clean())
    return f.why();
  const auto same = std::count_if(in.emojis.begin(), in.emojis.end(),
                                  [&](const auto& each) { return each.second.animated == made.animated; });
  if (static_cast<size_t>(same) >= emojis_max)
    return refusal{400, 30008, "Maximum number of emojis reached (50)", {}};
  made.id = state.next_id();
  const auto& kept = in.emojis.emplace(made.id, made).first->second;
  tell(state, in);
  js::array changes;
  change(changes, "name", nullptr, kept.name);
  note(state, in, action::emoji_create, by, kept.id, std::move(changes));
  return to_json(kept, state.user_of(kept.creator));
}

outcome<js::object> get_emoji(sandbox_state& state, const guild& in, snowflake id) {
  const auto found = in.emojis.find(id);
  if (found == in.emojis.end())
    return unknown("Emoji");
  return to_json(found->second, state.user_of(found->second.creator));
}

outcome<js::object> edit_emoji(sandbox_state& state, const actor& by, guild& in, snowflake id, const js::object& body) {
  const auto found = in.emojis.find(id);
  if (found == in.emojis.end())
    return unknown("Emoji");
  if (!(permissions_in(in, by.user) & manage_expressions) && found->second.creator != by.user)
    return missing_permissions();
  form f(body);
  auto next = found->second;
  read_fields(f, next);
  if (!f.clean())
    return f.why();
  js::array changes;
  change(changes, "name", found->second.name, next.name);
  found->second = std::move(next);
  tell(state, in);
  if (!changes.empty())
    note(state, in, action::emoji_update, by, id, std::move(changes));
  return to_json(found->second, state.user_of(found->second.creator));
}

outcome<done> delete_emoji(sandbox_state& state, const actor& by, guild& in, snowflake id) {
  const auto found = in.emojis.find(id);
  if (found == in.emojis.end())
    return unknown("Emoji");
  if (!(permissions_in(in, by.user) & manage_expressions) && found->second.creator != by.user)
    return missing_permissions();
  js::array changes;
  change(changes, "name", found->second.name, nullptr);
  in.emojis.erase(found);
  tell(state, in);
  note(state, in, action::emoji_delete, by, id, std::move(changes));
  return done{};
}

} // namespace arrakis::sandbox::model
