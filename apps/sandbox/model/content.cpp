#include "apps/sandbox/model/content.hpp"

#include "apps/sandbox/model/links.hpp"
#include "runtime/json.hpp"
#include "runtime/unicode.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

namespace arrakis::sandbox::model {
namespace {
constexpr size_t content_max = 2000;
constexpr size_t embeds_max = 10;
constexpr size_t embed_text_max = 6000; // over all embeds of a message
constexpr size_t rows_max = 5;
constexpr size_t components_v2_max = 40;
constexpr size_t attachments_max = 10;
constexpr size_t text_display_max = 4000; // of one, and over all of a message

struct text_rule {
  std::string_view key;
  size_t min, max;
  bool required;
};

/// Walks a component tree: checks, numbers, and notes custom ids, which must differ within a message.
class walker {
public:
  walker(form& f, bool v2, bool modal) : form_(f), v2_(v2), modal_(modal) {}
  js::array walk(const js::array& list, const std::string& path) {
    js::array out;
    for (size_t i = 0; i < list.size(); ++i) {
      const auto at = fmt::format("{}.{}", path, i);
      if (const auto* each = list[i].if_object())
        out.push_back(one(*each, at));
      else
        form_.fault_no_object(at);
    }
    return out;
  }
  int count() const { return next_id_ - 1; }
  size_t shown() const { return shown_; } ///< Characters of all text displays.

private:
  void texts(const js::object& c, const std::string& path, std::initializer_list<text_rule> rules) {
    form inner(c);
    for (const auto& rule : rules) {
      inner.text(rule.key, rule.min, rule.max);
      if (rule.required)
        inner.require(rule.key);
    }
    form_.merge(inner, path);
  }
  /// Reads a whole number that need not be there; a faulty one is noted under its path.
  std::optional<int64_t> number(const js::object& c, const std::string& path, std::string_view key, int64_t min,
                                int64_t max) {
    form inner(c);
    const auto value = inner.integer(key, min, max);
    form_.merge(inner, path);
    return value;
  }
  void children_of(const js::object& c, const std::string& path, std::string_view key, size_t max,
                   std::initializer_list<int> kinds);
  void option_list(const js::object& c, const std::string& path, int64_t chosen_max);
  void defaults(const js::object& c, const std::string& path, int64_t kind, int64_t chosen_max);
  void custom_id(const js::object& c, const std::string& path) {
    texts(c, path, {{"custom_id", 1, 100, true}});
    if (!seen_.insert(std::string(json::text_or(c, "custom_id"))).second)
      form_.fault(path + ".custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated");
  }
  js::object one(const js::object& c, const std::string& path);
  void row(const js::object& c, const std::string& path);
  void press(const js::object& c, const std::string& path);
  void select(js::object& c, const std::string& path);
  void input(js::object& c, const std::string& path);

  form& form_;
  bool v2_;
  bool modal_;
  int next_id_ = 1;
  size_t shown_ = 0;
  std::set<std::string> seen_;
};

js::object walker::one(const js::object& c, const std::string& path) {
  js::object out = c;
  const auto id = json::integer_or(c, "id");
  out["id"] = id > 0 ? id : next_id_;
  ++next_id_;
  const auto kind = json::integer_or(c, "type");
  switch (kind) {
    case action_row: row(c, path); break;
    case button: press(c, path); break;
    case string_select:
    case user_select:
    case role_select:
    case mentionable_select:
    case channel_select: select(out, path); break;
    case text_input: input(out, path); break;
    case label:
      texts(c, path, {{"label", 1, 45, true}, {"description", 0, 100, false}});
      if (const auto* inner = json::object_in(c, "component"))
        out["component"] = one(*inner, path + ".component");
      else
        form_.fault(path + ".component", "BASE_TYPE_REQUIRED", "This field is required");
      break;
    case section:
      children_of(c, path, "components", 3, {text_display});
      if (const auto* accessory = json::object_in(c, "accessory"))
        out["accessory"] = one(*accessory, path + ".accessory");
      else
        form_.fault(path + ".accessory", "BASE_TYPE_REQUIRED", "This field is required");
      break;
    case text_display:
      texts(c, path, {{"content", 1, text_display_max, true}});
      shown_ += length_of(json::text_or(c, "content"));
      break;
    case media_gallery: children_of(c, path, "items", 10, {}); break;
    case container:
      children_of(c, path, "components", components_v2_max,
                  {action_row, section, text_display, media_gallery, file, separator});
      break;
    case thumbnail:
    case file:
    case separator: break;
    default:
      form_.fault(path + ".type", "UNION_TYPE_CHOICES", "Value of field \"type\" must be a known component type.");
  }
  if (kind >= section && kind != label && !v2_ && !modal_)
    form_.fault(path + ".type", "UNION_TYPE_CHOICES", "This component needs the flag IS_COMPONENTS_V2.");
  if (const auto* children = json::array_in(c, "components"))
    out["components"] = walk(*children, path + ".components");
  return out;
}

/// One to `max` children under `key`, each of one of these types (any without).
void walker::children_of(const js::object& c, const std::string& path, std::string_view key, size_t max,
                         std::initializer_list<int> kinds) {
  const auto* children = json::array_in(c, key);
  if (!children || children->empty() || children->size() > max)
    return form_.fault(fmt::format("{}.{}", path, key), "BASE_TYPE_BAD_LENGTH",
                       fmt::format("Must be between 1 and {} in length.", max));
  for (size_t i = 0; i < children->size() && kinds.size() > 0; ++i)
    if (const auto* child = (*children)[i].if_object())
      if (std::find(kinds.begin(), kinds.end(), json::integer_or(*child, "type")) == kinds.end())
        form_.fault(fmt::format("{}.{}.{}.type", path, key, i), "UNION_TYPE_CHOICES",
                    fmt::format("Value of field \"type\" must be one of ({}).", fmt::join(kinds, ", ")));
}

void walker::row(const js::object& c, const std::string& path) {
  children_of(c, path, "components", 5,
              {button, string_select, text_input, user_select, role_select, mentionable_select, channel_select});
  const auto* children = json::array_in(c, "components");
  if (!children)
    return;
  bool wide = false; // a select or a text input fills its row
  for (const auto& each : *children)
    if (const auto* child = each.if_object())
      wide = wide || json::integer_or(*child, "type") != button;
  if (wide && children->size() > 1)
    form_.fault(path + ".components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
                "The specified component exceeds the maximum width");
}

void walker::press(const js::object& c, const std::string& path) {
  const auto style = json::integer_or(c, "style");
  if (style < 1 || style > 6)
    form_.fault(path + ".style", "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3, 4, 5, 6}.");
  if (style == 6) // Nothing is sold here, so there is nothing that such a button could offer.
    form_.fault(path + ".sku_id", "BASE_TYPE_REQUIRED", "This field is required");
  if (!json::text_or(c, "url").empty() && !json::text_or(c, "custom_id").empty()) // A client may send null for one.
    form_.fault(path + ".url", "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
                "A custom id and url cannot both be specified");
  texts(c, path, {{"label", 0, 80, false}});
  if (style == 5) {
    texts(c, path, {{"url", 1, 512, true}});
    if (const auto url = json::text_or(c, "url"); !url.empty())
      check_link(form_, path + ".url", url, {"http", "https", "discord"});
  }
  if (style != 5 && style != 6)
    custom_id(c, path);
  if (json::text_or(c, "label").empty() && !json::object_in(c, "emoji") && style != 6)
    form_.fault(path + ".label", "BUTTON_COMPONENT_LABEL_REQUIRED", "A button must have a label or an emoji.");
}

void walker::select(js::object& c, const std::string& path) {
  custom_id(c, path);
  texts(c, path, {{"placeholder", 0, 150, false}});
  if (!c.contains("min_values"))
    c["min_values"] = 1;
  if (!c.contains("max_values"))
    c["max_values"] = 1;
  if (!c.contains("disabled") && !modal_)
    c["disabled"] = false;
  const auto kind = json::integer_or(c, "type");
  const auto chosen_min = number(c, path, "min_values", 0, 25).value_or(1);
  const auto chosen_max = number(c, path, "max_values", 1, 25).value_or(1);
  if (chosen_min > chosen_max)
    form_.fault(path + ".min_values", "NUMBER_TYPE_MAX", "min_values must not exceed max_values.");
  if (kind == string_select)
    option_list(c, path, chosen_max);
  else
    defaults(c, path, kind, chosen_max);
  if (const auto* kinds = kind == channel_select ? json::array_in(c, "channel_types") : nullptr)
    for (size_t i = 0; i < kinds->size(); ++i)
      if (const auto* each = (*kinds)[i].if_int64(); !each || *each < 0 || *each > media_channel)
        form_.fault(fmt::format("{}.channel_types.{}", path, i), "BASE_TYPE_CHOICES", "This is no type of channel.");
}

/// `default_values` of a select that Discord fills: ids of what it offers.
void walker::defaults(const js::object& c, const std::string& path, int64_t kind, int64_t chosen_max) {
  const auto* values = json::array_in(c, "default_values");
  if (!values)
    return;
  if (static_cast<int64_t>(values->size()) > chosen_max)
    form_.fault(path + ".default_values", "BASE_TYPE_MAX_LENGTH", "There are more than max_values.");
  const auto offers = [kind](std::string_view type) {
    return (type == "user" && (kind == user_select || kind == mentionable_select))
        || (type == "role" && (kind == role_select || kind == mentionable_select))
        || (type == "channel" && kind == channel_select);
  };
  for (size_t i = 0; i < values->size(); ++i) {
    const auto at = fmt::format("{}.default_values.{}", path, i);
    const auto* value = (*values)[i].if_object();
    if (!value)
      form_.fault_no_object(at);
    else if (!offers(json::text_or(*value, "type")))
      form_.fault(at + ".type", "BASE_TYPE_CHOICES", "This select does not offer that type.");
    else if (const auto* id = value->if_contains("id"); !id || !id_of(*id))
      form_.fault(at + ".id", "NUMBER_TYPE_COERCE", "The value is not snowflake.");
  }
}

void walker::option_list(const js::object& c, const std::string& path, int64_t chosen_max) {
  const auto* options = json::array_in(c, "options");
  if (!options || options->empty() || options->size() > 25) {
    form_.fault(path + ".options", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 25 in length.");
    return;
  }
  if (chosen_max > static_cast<int64_t>(options->size()))
    form_.fault(path + ".max_values", "NUMBER_TYPE_MAX", "max_values must not exceed the number of options.");
  std::set<std::string> values;
  int64_t chosen = 0;
  for (size_t i = 0; i < options->size(); ++i) {
    const auto at = fmt::format("{}.options.{}", path, i);
    if (const auto* option = (*options)[i].if_object()) {
      chosen += json::bool_or(*option, "default") ? 1 : 0;
      texts(*option, at, {{"label", 1, 100, true}, {"value", 1, 100, true}, {"description", 0, 100, false}});
      if (!values.insert(std::string(json::text_or(*option, "value"))).second)
        form_.fault(at + ".value", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
                    "The specified option value is already used");
    } else
      form_.fault_no_object(at);
  }
  if (chosen > chosen_max)
    form_.fault(path + ".options", "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES", "More options are chosen than may be.");
}

void walker::input(js::object& c, const std::string& path) {
  if (!modal_)
    form_.fault(path + ".type", "UNION_TYPE_CHOICES", "A text input belongs into a modal.");
  custom_id(c, path);
  texts(c, path, {{"label", 0, 45, false}, {"placeholder", 0, 100, false}, {"value", 0, 4000, false}});
  if (const auto style = json::integer_or(c, "style"); style != 1 && style != 2)
    form_.fault(path + ".style", "BASE_TYPE_CHOICES", "Value must be one of {1, 2}.");
  if (!c.contains("required"))
    c["required"] = true;
}

void check_embed_links(form& f, const js::object& embed, const std::string& path) {
  const auto check = [&](const js::object& in, std::string_view key, const std::string& at) {
    const auto url = json::text_or(in, key);
    if (!url.empty()) // A picture may be an attachment of the message.
      check_link(f, fmt::format("{}.{}", at, key), url, {"http", "https", "attachment"});
  };
  check(embed, "url", path);
  for (const auto part : {"image", "thumbnail", "video", "author", "footer"})
    if (const auto* inner = json::object_in(embed, part))
      for (const auto key : {"url", "icon_url"})
        check(*inner, key, fmt::format("{}.{}", path, part));
}

/// Color and time, and that each part is what it should be and has what it needs.
void check_embed_parts(form& f, const js::object& embed, const std::string& path) {
  form inner(embed);
  inner.integer("color", 0, 0xFFFFFF);
  inner.time("timestamp");
  f.merge(inner, path);
  constexpr std::pair<std::string_view, std::string_view> needs[] = {
    {"footer", "text"}, {"author", "name"}, {"image", "url"}, {"thumbnail", "url"}};
  for (const auto& [part, need] : needs) {
    const auto* value = embed.if_contains(part);
    if (!value || value->is_null())
      continue;
    if (!value->is_object())
      f.fault_no_object(fmt::format("{}.{}", path, part));
    else if (json::text_or(value->get_object(), need).empty())
      f.fault(fmt::format("{}.{}.{}", path, part, need), "BASE_TYPE_REQUIRED", "This field is required");
  }
  if (const auto* fields = embed.if_contains("fields"); fields && !fields->is_null() && !fields->is_array())
    f.fault(path + ".fields", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
}

/// Returns true if the embed shows anything; if not, Discord's error names the description.
bool shows_nothing(const js::object& embed) {
  for (const auto key : {"title", "description", "fields", "image", "thumbnail", "author", "footer", "video"})
    if (const auto* each = embed.if_contains(key); each && !each->is_null())
      return false;
  return true;
}

size_t check_embed(form& f, const js::object& embed, const std::string& path) {
  size_t total = 0;
  if (shows_nothing(embed))
    f.fault(path + ".description", "BASE_TYPE_REQUIRED", "This field is required");
  const auto limit = [&](const js::object& in, std::string_view key, const std::string& at, size_t max) {
    if (const auto* value = in.if_contains(key); value && !value->is_null() && !value->is_string())
      f.fault(at, "STRING_TYPE_CONVERT", "Could not interpret the value as string.");
    const auto length = length_of(json::text_or(in, key));
    total += length;
    if (length > max)
      f.fault(at, "BASE_TYPE_MAX_LENGTH", fmt::format("Must be {} or fewer in length.", max));
  };
  limit(embed, "title", path + ".title", 256);
  limit(embed, "description", path + ".description", 4096);
  if (const auto* footer = json::object_in(embed, "footer"))
    limit(*footer, "text", path + ".footer.text", 2048);
  if (const auto* author = json::object_in(embed, "author"))
    limit(*author, "name", path + ".author.name", 256);
  check_embed_parts(f, embed, path);
  check_embed_links(f, embed, path);
  const auto* fields = json::array_in(embed, "fields");
  if (fields && fields->size() > 25)
    f.fault(path + ".fields", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.");
  for (size_t i = 0; fields && i < fields->size(); ++i)
    if (const auto* field = (*fields)[i].if_object()) {
      const auto at = fmt::format("{}.fields.{}", path, i);
      for (const auto key : {"name", "value"})
        if (json::text_or(*field, key).empty())
          f.fault(fmt::format("{}.{}", at, key), "BASE_TYPE_REQUIRED", "This field is required");
      limit(*field, "name", at + ".name", 256);
      limit(*field, "value", at + ".value", 1024);
    } else
      f.fault_no_object(fmt::format("{}.fields.{}", path, i));
  return total;
}

/// As Discord gives an embed back: with a type, and every field's `inline`.
js::object normal_embed(const js::object& embed) {
  js::object out = embed;
  out["type"] = "rich";
  if (auto* fields = out.if_contains("fields"); fields && fields->is_array())
    for (auto& each : fields->get_array())
      if (auto* field = each.if_object(); field && !field->contains("inline"))
        (*field)["inline"] = false;
  return out;
}

js::array read_embeds(form& f, const js::array& list) {
  js::array out;
  size_t total = 0;
  for (size_t i = 0; i < list.size(); ++i) {
    const auto path = fmt::format("embeds.{}", i);
    if (const auto* embed = list[i].if_object()) {
      total += check_embed(f, *embed, path);
      out.push_back(normal_embed(*embed));
    } else
      f.fault_no_object(path);
  }
  if (total > embed_text_max)
    f.fault("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000");
  return out;
}
} // namespace

content_fields read_content(form& f) {
  content_fields out;
  out.content = f.text("content", 0, content_max);
  if (f.is_null("content"))
    out.content = "";
  out.flags = f.integer("flags", 0, (1 << 20) - 1);
  if (const auto* embeds = f.array("embeds", embeds_max))
    out.embeds = read_embeds(f, *embeds);
  else if (f.is_null("embeds"))
    out.embeds = js::array{};
  const bool v2 = out.flags.value_or(0) & components_v2_flag;
  if (const auto* components = f.array("components", v2 ? components_v2_max : rows_max)) {
    walker walk(f, v2, false);
    out.components = walk.walk(*components, "components");
    for (const auto& each : *out.components)
      if (const auto* top = each.if_object(); top && !v2 && json::integer_or(*top, "type") != action_row)
        f.fault("components", "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (1,).");
    if (v2 && walk.count() > static_cast<int>(components_v2_max))
      f.fault("components", "BASE_TYPE_MAX_LENGTH", "Must be 40 or fewer in length.");
    if (walk.shown() > text_display_max)
      f.fault("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
              "The displayable text of all components exceeds 4000 characters");
  } else if (f.is_null("components"))
    out.components = js::array{};
  if (const auto* attachments = f.array("attachments", attachments_max))
    out.attachments = *attachments;
  if (v2 && (f.has("content") || f.has("embeds")))
    f.fault("content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
            "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2");
  return out;
}

namespace {
/// An uploaded file gets an id and the addresses under which a client would fetch it.
js::object new_attachment(sandbox_state& state, const message& m, const js::object& upload) {
  const auto id = state.next_id().text();
  const std::string name(json::text_or(upload, "filename", "unknown"));
  const auto path = fmt::format("{}/attachments/{}/{}/{}", state.media_url, m.channel.value, id, name);
  js::object out{{"id", id},
                 {"filename", name},
                 {"size", json::integer_or(upload, "size")},
                 {"url", path},
                 {"proxy_url", path},
                 {"content_type", json::text_or(upload, "content_type", "application/octet-stream")},
                 {"content_scan_version", 0},
                 {"placeholder_version", 1}};
  if (const auto description = json::text_or(upload, "description"); !description.empty())
    out["description"] = description;
  if (m.flags & ephemeral_flag)
    out["ephemeral"] = true;
  return out;
}

/// Keeps or adds the listed attachments; ignores ids that the message does not have.
js::array next_attachments(sandbox_state& state, const message& m, const js::array& listed) {
  js::array out;
  for (const auto& each : listed) {
    const auto* item = each.if_object();
    if (!item)
      continue;
    if (json::bool_or(*item, "upload")) {
      out.push_back(new_attachment(state, m, *item));
      continue;
    }
    const auto id = item->contains("id") ? id_of(item->at("id")) : std::nullopt;
    for (const auto& old : m.attachments)
      if (id && json::text_or(old.as_object(), "id") == id->text())
        out.push_back(old);
  }
  return out;
}
} // namespace

void apply(sandbox_state& state, message& m, const content_fields& fields) {
  if (fields.attachments)
    m.attachments = next_attachments(state, m, *fields.attachments);
  m.content = fields.content.value_or(m.content);
  if (fields.embeds)
    m.embeds = *fields.embeds;
  if (fields.components)
    m.components = *fields.components;
}

bool is_empty(const message& m) {
  return unicode::trimmed(m.content).empty() && m.embeds.empty() && m.attachments.empty() && m.components.empty();
}

js::object read_modal(form& f) {
  js::object out;
  out["custom_id"] = f.text("custom_id", 1, 100).value_or("");
  out["title"] = f.text("title", 1, 45).value_or("");
  for (const auto key : {"custom_id", "title", "components"})
    f.require(key);
  if (const auto* components = f.array("components", rows_max)) {
    out["components"] = walker(f, false, true).walk(*components, "components");
    if (components->empty())
      f.fault("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.");
  }
  return out;
}

const js::object* find_component(const js::array& components, std::string_view custom_id) {
  for (const auto& each : components) {
    const auto* c = each.if_object();
    if (!c)
      continue;
    if (json::text_or(*c, "custom_id") == custom_id)
      return c;
    if (const auto* children = json::array_in(*c, "components"))
      if (const auto* found = find_component(*children, custom_id))
        return found;
    for (const auto key : {"accessory", "component"})
      if (const auto* one = json::object_in(*c, key); one && json::text_or(*one, "custom_id") == custom_id)
        return one;
  }
  return nullptr;
}

std::vector<const js::object*> text_inputs(const js::array& components) {
  std::vector<const js::object*> list;
  for (const auto& each : components) {
    const auto* c = each.if_object();
    if (!c)
      continue;
    if (json::integer_or(*c, "type") == text_input)
      list.push_back(c);
    if (const auto* children = json::array_in(*c, "components"))
      for (const auto* inner : text_inputs(*children))
        list.push_back(inner);
    if (const auto* one = json::object_in(*c, "component"); one && json::integer_or(*one, "type") == text_input)
      list.push_back(one);
  }
  return list;
}

} // namespace arrakis::sandbox::model
