#include "actors/wizard/core/page.hpp"

#include "actors/wizard/core/custom_id.hpp"
#include "actors/wizard/core/plan.hpp"
#include "runtime/foreign_text.hpp"

#include <algorithm>

namespace arrakis::wizard::core {
namespace js = boost::json;

js::object button(style look, std::string_view label, std::string id, bool enabled) {
  js::object o{{"type", 2}, {"style", static_cast<int>(look)}, {"label", label}, {"custom_id", std::move(id)}};
  if (!enabled)
    o["disabled"] = true;
  return o;
}

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
/// Discord: 1024 characters a field, and 6000 in a whole embed, which the review's five long fields must share.
constexpr size_t field_max = 1'000;
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

void walk_row(page& p, const record& r, bool can_continue) {
  js::array parts;
  if (r.at != step::init || r.from_review)
    parts.push_back(button(secondary, r.from_review ? "Back to review" : "Back", component_id("back", r)));
  parts.push_back(button(primary, r.from_review ? "Done" : "Continue", component_id("continue", r), can_continue));
  parts.push_back(button(danger, "Cancel", component_id("cancel", r)));
  p.row(std::move(parts));
}

bool filled(const record& r, const world& w) {
  auto missing = gaps(r.draft, w.names);
  return std::none_of(missing.begin(), missing.end(), [&](auto& g) { return g.at == r.at; });
}

} // namespace arrakis::wizard::core
