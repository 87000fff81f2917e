#include "actors/guild/core/comparison.hpp"

#include "actors/guild/core/applied.hpp"
#include "actors/guild/core/preflight.hpp"
#include "actors/guild/core/role_order.hpp"
#include "runtime/foreign_text.hpp"
#include "runtime/json.hpp"
#include "runtime/utf8.hpp"
#include "schemas/canonical_json.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fmt/format.h>

namespace arrakis::blueprint {
namespace {
namespace js = boost::json;

std::optional<fields> shadow_of(const std::vector<manifests::shadow_entry>& shadow, const key& of) {
  for (const auto& s : shadow)
    if (s.kind == of.kind && s.resource == of.resource)
      return read(s.fields_json);
  return std::nullopt;
}

/// The fields that a step touches, as they are now; overwrites of the admins' own are none of them.
js::value present(const difference& d, const std::optional<fields>& want, const std::optional<fields>& had,
                  const guild::state& now) {
  const auto is = d.id ? find_actual(now, d.of.kind, d.id) : std::nullopt;
  if (!is)
    return nullptr;
  return js::parse(text(want ? managed(*is, *want, had ? &*had : nullptr) : *is));
}

js::object step_of(const difference& d, const manifest& want, const std::vector<manifests::shadow_entry>& shadow,
                   const ids& known, const guild::state& now) {
  const auto wants = wanted(want, d.of, known, {now.id, now.bot});
  js::array changed;
  for (const auto& field : d.fields)
    changed.emplace_back(field);
  return {
    {"kind", d.of.kind}, {"resource", d.of.resource},    {"action", d.plan == action::create ? "create" : "update"},
    {"id", d.id.text()}, {"fields", std::move(changed)}, {"now", present(d, wants, shadow_of(shadow, d.of), now)}};
}

/// The step that puts the roles in order. It holds their present order and no positions, which any new role changes.
js::object order_step(const manifest& want, const ids& known, const guild::state& now) {
  js::array present_order;
  for (const auto& r : roles_by_position(want, known, now))
    present_order.emplace_back(r.key.resource);
  return {{"action", "order"}, {"kind", "role"}, {"resource", ""}, {"now", std::move(present_order)}};
}
std::string describe_order(const manifest& want) {
  std::string names;
  for (const auto& r : resources(want))
    if (r.key.kind == "role" && !r.existing)
      names += (names.empty() ? "" : ", ") + quoted(r.name);
  return fmt::format("Roles {}: they would be put in this order again, within the places that they have.", names);
}

/// Discord: an embed's description has at most 4096 characters. Bytes are counted, which is never more.
constexpr size_t description_max = 4'096;
constexpr size_t aside_max = 900; ///< Bytes of each text around the list of differences.

std::string bulleted(const std::vector<std::string>& lines, size_t bytes_max, std::string_view mark = "•") {
  std::string out;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (out.size() + mark.size() + lines[i].size() + 2 > bytes_max)
      return out + fmt::format("… and {} more.\n", lines.size() - i);
    out += fmt::format("{} {}\n", mark, lines[i]);
  }
  return out;
}
std::string shortened(std::string_view text, size_t bytes_max) {
  return text.size() <= bytes_max ? std::string{text} : fmt::format("{}…", utf8_head(text, bytes_max));
}

js::object button(int style, std::string_view label, std::string id) {
  return {{"type", 2}, {"style", style}, {"label", label}, {"custom_id", std::move(id)}};
}
constexpr int primary = 1, secondary = 2, success = 3; // docs/components/reference, "Button Styles".
constexpr int color_clean = 0x22C55E, color_differs = 0xF59E0B;

std::string message(std::string_view title, int color, std::string_view text, js::array buttons) {
  js::array rows;
  if (!buttons.empty())
    rows.push_back(js::object{{"type", 1}, {"components", std::move(buttons)}});
  js::object embed{{"title", title}, {"description", utf8_head(text, description_max)}, {"color", color}};
  return js::serialize(js::object{{"content", ""},
                                  {"embeds", js::array{std::move(embed)}},
                                  {"components", std::move(rows)},
                                  {"allowed_mentions", js::object{{"parse", js::array{}}}}});
}

std::string changes_of(const comparison& c) {
  std::vector<std::string> parts;
  if (c.creates > 0)
    parts.push_back(fmt::format("creates {}", c.creates));
  if (c.updates > 0)
    parts.push_back(fmt::format("updates {}", c.updates));
  if (c.orders_roles)
    parts.emplace_back("puts the roles in order");
  std::string out;
  for (size_t i = 0; i < parts.size(); ++i)
    out += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
  return out;
}

js::array steps_in(std::string_view plan_json) {
  const auto tree = json::parse(plan_json, {.bytes_max = 16u << 20});
  const auto* o = tree ? tree->if_object() : nullptr;
  const auto* steps = o ? json::array_in(*o, "steps") : nullptr;
  return steps ? *steps : js::array{};
}
bool is_order(const js::object& step) { return json::text_or(step, "action") == "order"; }

bool can_apply(const comparison& c) { return c.creates + c.updates > 0 && c.blockers.empty() && !c.applying; }
} // namespace

comparison compare(const manifest& want, int64_t version, std::string_view manifest_sha256,
                   const std::vector<manifests::shadow_entry>& shadow, const guild::state& now) {
  const auto list = diff(want, shadow, now);
  const auto known = known_ids(want, shadow, now);
  comparison out;
  out.version = version;
  out.clean = is_clean(list);
  out.remaining = describe_left_over(list);
  js::array steps;
  for (const auto& d : list) {
    out.lines.push_back(describe(d));
    if (d.plan == action::none)
      continue;
    (d.plan == action::create ? out.creates : out.updates) += 1;
    steps.push_back(step_of(d, want, shadow, known, now));
  }
  const bool makes_role = std::ranges::any_of(
    list, [](const difference& d) { return d.plan == action::create && d.of.kind == "role"; });
  if (makes_role && is_out_of_order_after_creates(want, known, now)) {
    out.orders_roles = true;
    out.lines.push_back(describe_order(want));
    steps.push_back(order_step(want, known, now));
  }
  if (!steps.empty())
    out.blockers = preflight(now, want, known);
  const auto plan = canonical_json(
    js::object{{"version", version}, {"manifest", manifest_sha256}, {"steps", std::move(steps)}});
  out.plan_json = plan ? *plan : std::string{};
  out.plan_sha256 = sha256_hex(out.plan_json);
  return out;
}

std::set<key> keys_in(std::string_view plan_json) {
  std::set<key> keys;
  for (const auto& step : steps_in(plan_json))
    if (const auto* s = step.if_object(); s && !is_order(*s))
      keys.insert({std::string{json::text_or(*s, "kind")}, std::string{json::text_or(*s, "resource")}});
  return keys;
}

bool orders_roles(std::string_view plan_json) {
  const auto steps = steps_in(plan_json);
  return std::ranges::any_of(steps,
                             [](const js::value& step) { return step.is_object() && is_order(step.as_object()); });
}

std::string comparison_screen(const comparison& c, std::string_view notice) {
  std::string text = notice.empty() ? "" : fmt::format("{}\n\n", notice);
  text += bulleted(c.doubled, aside_max, "⚠️");
  if (!c.last_apply.empty())
    text += shortened(c.last_apply, aside_max) + "\n";
  if (!c.doubled.empty() || !c.last_apply.empty())
    text += "\n";
  if (c.clean)
    text += "Your server is as the active version of your community wants it."
          + (c.remaining.empty() ? "" : fmt::format(" {}; delete what nobody needs:\n", c.remaining));
  else
    text += "What differs, and what would be done:\n";
  std::string end;
  if (!c.blockers.empty())
    end = "\nApply is possible once this is done:\n" + bulleted(c.blockers, aside_max);
  else if (can_apply(c))
    end = fmt::format("\n**Apply** {}. It deletes nothing.", changes_of(c));
  constexpr size_t bytes_max = 3'900;
  const auto left = bytes_max - std::min(bytes_max, text.size() + end.size());
  text += bulleted(c.lines, left) + end;
  js::array buttons;
  if (can_apply(c))
    buttons.push_back(button(primary, "Apply", std::string{apply_prefix} + c.plan_sha256));
  return message(c.clean ? "Matches the plan" : "Differs from the plan", c.clean ? color_clean : color_differs, text,
                 std::move(buttons));
}

std::string confirm_screen(const comparison& c, std::string_view nonce) {
  auto text = fmt::format("Apply {} in this server, as version {} of your community wants it, and deletes nothing:\n",
                          changes_of(c), c.version);
  text += bulleted(c.lines, 3'600);
  js::array buttons;
  buttons.push_back(button(success, "Yes, apply", fmt::format("{}{}:{}", confirm_prefix, c.plan_sha256, nonce)));
  buttons.push_back(button(secondary, "Back", std::string{back_id}));
  return message("Apply these changes?", color_differs, text, std::move(buttons));
}

} // namespace arrakis::blueprint
