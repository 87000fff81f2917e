#include "actors/wizard/core/page.hpp"

#include "actors/wizard/core/custom_id.hpp"
#include "actors/wizard/core/plan.hpp"
#include "runtime/foreign_text.hpp"

#include <algorithm>

namespace arrakis::wizard::core {
namespace js = boost::json;

js::object button(style of, std::string_view label, std::string id, bool enabled) {
  js::object o{{"type", 2}, {"style", static_cast<int>(of)}, {"label", label}, {"custom_id", std::move(id)}};
  if (!enabled)
    o["disabled"] = true;
  return o;
}

js::object check_progress_button(std::string id) { return button(secondary, "Check progress", std::move(id)); }

std::string cut(std::string text, size_t bytes_max) {
  if (text.size() <= bytes_max)
    return text;
  size_t at = bytes_max;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0u) == 0x80)
    --at;
  return text.substr(0, at);
}

js::object select(std::string id, std::string_view hint, const std::vector<option>& options, size_t most) {
  js::array list;
  for (auto& x : options) {
    js::object o{{"label", cut(for_label(x.label))}, {"value", x.value}};
    if (!x.description.empty())
      o["description"] = cut(x.description);
    if (x.chosen)
      o["default"] = true;
    list.push_back(std::move(o));
  }
  return {{"type", 3},
          {"custom_id", std::move(id)},
          {"placeholder", hint},
          {"min_values", 1},
          {"max_values", std::min(most, options.size())},
          {"options", std::move(list)}};
}

namespace {
/// Discord: 1024 characters a field, and 6000 in a whole embed, which the review's long fields must share.
constexpr size_t field_max = 1'000, embed_max = 5'800;

/// Ends at a line's end where one is near, and says that there is more.
std::string cut_lines(std::string text, size_t bytes_max) {
  constexpr std::string_view more = "…";
  text = cut(std::move(text), bytes_max - more.size());
  if (const auto end = text.rfind('\n'); end != std::string::npos && end > bytes_max / 2)
    text.resize(end + 1);
  return text + std::string{more};
}
} // namespace

void page::field(std::string_view name, std::string value) {
  if (value.empty())
    value = "—";
  fields.push_back(js::object{{"name", name}, {"value", cut(std::move(value), field_max)}});
}

void page::row(js::array parts) {
  if (!parts.empty())
    rows.push_back(js::object{{"type", 1}, {"components", std::move(parts)}});
}

void page::fit(size_t bytes) {
  const auto value = [](js::value& f) -> js::string& { return f.get_object()["value"].get_string(); };
  const auto size_with = [&](size_t most) {
    size_t sum = bytes;
    for (auto& f : fields)
      sum += f.get_object()["name"].get_string().size() + std::min<size_t>(value(f).size(), most);
    return sum;
  };
  auto most = field_max;
  while (most > 100 && size_with(most) > embed_max)
    most -= 50;
  for (auto& f : fields)
    if (value(f).size() > most)
      value(f) = cut_lines(std::string{value(f)}, most);
}

void walk_row(page& p, const record& r, bool can_continue) {
  js::array parts;
  if (r.at != step::init || r.from_review)
    parts.push_back(button(secondary, r.from_review ? "Back to review" : "Back", component_id("back", r)));
  parts.push_back(button(primary, r.from_review ? "Done" : "Continue", component_id("continue", r), can_continue));
  parts.push_back(button(danger, "Cancel", component_id("cancel", r)));
  p.row(std::move(parts));
}

bool filled(const record& r, const context& ctx) {
  auto missing = gaps(r.draft, ctx.names);
  return std::none_of(missing.begin(), missing.end(), [&](auto& g) { return g.at == r.at; });
}

} // namespace arrakis::wizard::core
