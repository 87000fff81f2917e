#include "actors/wizard/core/tier_page.hpp"

#include "actors/wizard/core/custom_id.hpp"
#include "actors/wizard/core/plan.hpp"
#include "actors/wizard/core/tiers.hpp"
#include "runtime/foreign_text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace arrakis::wizard::core {
namespace {

/// With what the role will look like, and a mark at the one that the buttons are about.
std::string detailed_lines(const draft& d, size_t focus) {
  std::string out;
  for (size_t i = 0; i < d.tiers.size(); ++i) {
    const auto& role = d.roles[i];
    out += fmt::format("{}{} {}", i == focus ? "▸ " : "", bold(d.tiers[i].name), for_message(rule_text(d.tiers[i], d)));
    if (role.existing)
      out += fmt::format(" · <@&{}>", role.existing->text());
    else if (role.color != 0)
      out += color_name(role.color).starts_with('#')
             ? fmt::format(" · `#{:06X}`", role.color)
             : fmt::format(" · {} `#{:06X}`", color_name(role.color), role.color);
    out += !role.existing && role.hoist ? " · listed apart\n" : "\n";
  }
  return out;
}

std::vector<option> tier_options(const draft& d, size_t focus) {
  std::vector<option> out;
  const auto first = focus / options_max * options_max;
  for (size_t i = first; i < d.tiers.size() && i < first + options_max; ++i)
    out.push_back({d.tiers[i].name, tier_key(d, d.roles[i]), for_label(rule_text(d.tiers[i], d)), i == focus});
  return out;
}

std::vector<option> color_options(uint32_t now) {
  std::vector<option> out;
  const auto own = std::ranges::find(palette(), now, &named_color::value) == palette().end();
  if (own)
    out.push_back({"Colour: " + color_name(now), color_name(now), "As it is", true});
  for (const auto& color : palette())
    out.push_back({color.value == 0 ? std::string{color.name} : "Colour: " + std::string{color.name},
                   std::string{color.name}, color.value == 0 ? "" : fmt::format("#{:06X}", color.value),
                   color.value == now});
  return out;
}

/// The menus and buttons of one tier.
void edit_rows(page& p, const record& r, size_t focus) {
  const auto& d = r.draft;
  const auto& name = d.tiers[focus].name;
  const auto on_button = [&](std::string_view verb) { return cut(fmt::format("{} {}", verb, for_label(name)), 80); };
  p.row({select(component_id("tier-pick", r), "Tier to change", tier_options(d, focus))});
  if (!d.roles[focus].existing)
    p.row({select(component_id("tier-color", r), cut("Colour of " + for_label(name)),
                  color_options(d.roles[focus].color))});
  p.row({button(secondary, "Add a tier", component_id("tier-add", r), d.tiers.size() < tiers_max),
         button(secondary, on_button("Change"), component_id("tier-edit", r)),
         button(secondary, "Move up", component_id("tier-up", r), focus > 0),
         button(secondary, "Move down", component_id("tier-down", r), focus + 1 < d.tiers.size()),
         button(secondary, on_button("Remove"), component_id("tier-remove", r), d.tiers.size() > 1)});
}
} // namespace

std::string tier_lines(const draft& d) {
  std::string out;
  for (auto& t : d.tiers)
    out += fmt::format("{} {}\n", bold(t.name), for_message(rule_text(t, d)));
  return out;
}

void tier_page(page& p, const record& r, const context& ctx) {
  p.text =
    "**Rank** orders your members by what they hold: rank 1 is the member who holds the most, rank 2 the next, and "
    "so on. A tier takes a range of ranks, or everybody who holds an amount of the asset that ranks. Whoever "
    "fits several tiers gets the topmost.\n"
    "Start from a template, then change it as you like.";
  const auto focus = focused_tier(r);
  p.field("Tiers", focus ? detailed_lines(r.draft, *focus) : "");
  for (const auto& fault : tier_faults(r.draft))
    p.text += "\n⚠️ " + cut(fault, 300);
  p.text = cut(std::move(p.text), 2'000);
  std::vector<option> options;
  for (auto& t : ctx.names.tiers)
    options.push_back({t.name, t.id, t.description, t.id == r.draft.tier_template});
  p.row({select(component_id("tier-template", r), "Choose a template", options)});
  if (focus)
    edit_rows(p, r, *focus);
  else
    p.row({button(secondary, "Add a tier", component_id("tier-add", r))});
  walk_row(p, r, filled(r, ctx));
}

} // namespace arrakis::wizard::core
