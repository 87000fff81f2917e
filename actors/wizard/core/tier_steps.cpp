#include "actors/wizard/core/decisions.hpp"
#include "actors/wizard/core/plan.hpp"
#include "actors/wizard/core/tiers.hpp"
#include "runtime/foreign_text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace arrakis::wizard::core {
namespace {

decision choose_template(record r, const event& e, const context& ctx) {
  const auto* chosen = e.values.size() == 1 ? ctx.names.find_tiers(e.values[0]) : nullptr;
  if (!chosen)
    return refuse("Tiers: choose one of the menu.");
  choose_tiers(r.draft, *chosen);
  if (const auto* channels = ctx.names.find_channels(r.draft.channel_template))
    choose_channels(r.draft, *channels); // The ids tier-1, tier-2 are other tiers now.
  r.focus.tier.clear();
  r.refused.reset();
  return show(std::move(r));
}

decision choose_color(record r, const event& e, size_t index) {
  auto& role = r.draft.roles[index];
  const auto color = e.values.size() == 1 ? read_color(e.values[0]) : std::nullopt;
  if (!color)
    return refuse("Colour: choose one of the menu.");
  if (role.existing)
    return refuse("The role of this tier was in your server before: its colour is yours to change in Server Settings.");
  role.color = *color;
  r.draft.tier_template.clear();
  return show(std::move(r));
}

decision move(record r, size_t index, bool up) {
  if (index == (up ? 0 : r.draft.tiers.size() - 1))
    return refuse(up ? "This is the first tier already." : "This is the last tier already.");
  move_tier(r.draft, index, up);
  return show(std::move(r));
}

decision remove(record r, size_t index) {
  if (r.draft.tiers.size() == 1)
    return refuse("A community has at least one tier. Add another one before you remove this one, or change it.");
  const auto name = r.draft.tiers[index].name;
  remove_tier(r.draft, index);
  r.focus.tier = r.draft.tiers[std::min(index, r.draft.tiers.size() - 1)].id;
  return show(std::move(r), for_message(name) + " removed.");
}
} // namespace

decision click_in_tiers(const record& r, const event& e, const context& ctx) {
  if (e.action == "tier-template")
    return choose_template(r, e, ctx);
  if (e.action == "tier-add" && r.draft.tiers.size() >= tiers_max)
    return refuse(fmt::format("A community has at most {} tiers. Remove one before you add another.", tiers_max));
  if (e.action == "tier-add")
    return open_form(r, tier_add_form(r, new_tier_fields(r.draft)));
  if (e.action == "tier-pick") {
    auto next = r;
    const auto index = e.values.size() == 1 ? tier_at(r.draft, e.values[0]) : std::nullopt;
    if (!index)
      return refuse("Tier: choose one of the menu.");
    next.focus.tier = next.draft.tiers[*index].id;
    return show(std::move(next));
  }
  const auto index = focused_tier(r);
  if (!index)
    return wrong_step();
  if (e.action == "tier-color")
    return choose_color(r, e, *index);
  if (e.action == "tier-edit")
    return open_form(r, tier_edit_form(r, *index, tier_fields(r.draft, *index)));
  if (e.action == "tier-up" || e.action == "tier-down")
    return move(r, *index, e.action == "tier-up");
  return e.action == "tier-remove" ? remove(r, *index) : wrong_step();
}

decision submit_tier(const record& r, const event& e) {
  if (r.at != step::eligibility_rules)
    return refuse("The wizard is not at the tiers any more, so nothing was changed. Use “Back”, or “Tiers” in the "
                  "review.");
  const bool adds = e.action == "tier-add";
  if (adds && r.draft.tiers.size() >= tiers_max)
    return refuse(fmt::format("A community has at most {} tiers. Remove one before you add another.", tiers_max));
  const auto of = adds ? std::nullopt : tier_at(r.draft, e.argument);
  if (!adds && !of)
    return refuse("This tier is not part of the plan any more, so nothing was changed.");
  form_fields typed;
  for (const auto& name : inputs_of(e.action))
    typed[name] = field(e, name);
  auto tier = check_tier(typed, r.draft, of);
  if (!tier)
    return refuse_form(r, e, text_of(tier.error()));
  auto next = r;
  next.refused.reset();
  auto index = of.value_or(0);
  if (of)
    change_tier(next.draft, index, *tier);
  else
    index = add_tier(next.draft, *tier);
  next.focus.tier = next.draft.tiers[index].id;
  return show(std::move(next));
}

} // namespace arrakis::wizard::core
