#include "actors/wizard/core/decisions.hpp"
#include "actors/wizard/core/plan.hpp"
#include "actors/wizard/core/rule_forms.hpp"
#include "actors/wizard/core/rule_page.hpp"
#include "runtime/foreign_text.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace arrakis::wizard::core {
namespace {

std::string too_many() {
  return fmt::format("A community has at most {} rules. Remove one before you add another.", rules_max);
}

/// A form that the menu offers, so that nobody writes a rule for a chain that the plan has not.
bool is_offered(const draft& d, const context& ctx, const std::string& what) {
  const auto options = rule_form_options(d, ctx.names);
  return std::ranges::find(options, what, &option::value) != options.end();
}

decision open_new(const record& r, const event& e, const context& ctx) {
  if (r.draft.rules.size() >= rules_max)
    return refuse(too_many());
  if (e.values.size() != 1 || !is_offered(r.draft, ctx, e.values[0]))
    return refuse("Add a rule: choose one of the menu.");
  return open_form(r, rule_add_form(r, e.values[0], new_rule_fields(r.draft, e.values[0])));
}

decision open_edit(const record& r, size_t index) {
  const auto fields = rule_fields(r.draft, index);
  if (!fields)
    return refuse(
      fmt::format("The conditions of {} are longer than a form of Discord. Remove the rule and add it anew, "
                  "or split it.",
                  quoted(r.draft.rules[index].name)));
  return open_form(r, rule_edit_form(r, index, *fields));
}

decision pick(record r, const event& e) {
  const auto index = e.values.size() == 1 ? rule_of_key(r.draft, e.values[0]) : std::nullopt;
  if (!index)
    return refuse("Rule: choose one of the menu.");
  r.focus.rule = r.draft.rules[*index].id;
  r.focus.role_page = 0;
  return show(std::move(r));
}

/// `value`: "role:{place among draft::rule_roles}".
std::optional<std::string> planned_role(const draft& d, std::string_view value) {
  constexpr std::string_view ahead = "role:";
  size_t place = 0;
  if (!value.starts_with(ahead))
    return std::nullopt;
  value.remove_prefix(ahead.size());
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), place);
  const bool is_place = error == std::errc{} && end == value.data() + value.size() && place < d.rule_roles.size();
  return is_place ? std::optional{d.rule_roles[place].id} : std::nullopt;
}

decision choose_grant(record r, const event& e, const context& ctx, size_t index) {
  const auto value = e.values.size() == 1 ? e.values[0] : std::string{};
  if (value == "tiers")
    grant_tiers(r.draft, index);
  else if (value == "new")
    grant_new_role(r.draft, index);
  else if (auto planned = planned_role(r.draft, value))
    grant_role(r.draft, index, std::move(*planned));
  else if (!ctx.facts)
    return refuse("The server's roles could not be read just now. Try again in a moment.");
  else {
    const auto id = parse_snowflake(value);
    const auto roles = assignable(*ctx.facts);
    if (!id || std::ranges::find(roles, *id, &guild::role::id) == roles.end())
      return refuse("This role is gone, not below the bot's own role, or too strong for something that can be bought. "
                    "Choose another one.");
    grant_existing_role(r.draft, index, *id);
  }
  return show(std::move(r));
}

decision remove(record r, size_t index) {
  const auto name = r.draft.rules[index].name;
  remove_rule(r.draft, index);
  r.focus.rule = r.draft.rules.empty() ? "" : r.draft.rules[std::min(index, r.draft.rules.size() - 1)].id;
  r.refused.reset();
  return show(std::move(r), quoted(name) + " removed.");
}

/// The argument that the form of this rule would have as a new one.
std::string form_of(const rule_node& when) {
  const auto* kind = form_kind(when);
  if (kind == nullptr)
    return std::string{json_form};
  const auto& chain = when.parameters.at("chain").as_string();
  return fmt::format("{}:{}", kind->name, std::string_view{chain.data(), chain.size()});
}
} // namespace

decision click_in_rules(const record& r, const event& e, const context& ctx) {
  if (e.action == "rule-new")
    return open_new(r, e, ctx);
  if (e.action == "rule-pick")
    return pick(r, e);
  const auto index = focused_rule(r);
  if (!index)
    return wrong_step();
  if (e.action == "rule-edit")
    return open_edit(r, *index);
  if (e.action == "rule-remove")
    return remove(r, *index);
  if (e.action == "rule-grant")
    return choose_grant(r, e, ctx, *index);
  if (e.action != "more-roles")
    return wrong_step();
  auto next = r;
  ++next.focus.role_page;
  return show(std::move(next));
}

decision submit_rule(const record& r, const event& e, const context& ctx) {
  if (r.at != step::rules)
    return refuse("The wizard is not at the rules any more, so nothing was changed. Use “Rules” in the review.");
  const bool adds = e.action == "rule-add";
  if (adds && r.draft.rules.size() >= rules_max)
    return refuse(too_many());
  if (adds && !is_offered(r.draft, ctx, e.argument))
    return refuse("This blockchain is not part of the plan any more, so nothing was added.");
  const auto of = adds ? std::nullopt : rule_of_key(r.draft, e.argument);
  if (!adds && !of)
    return refuse("This rule is not part of the plan any more, so nothing was changed.");
  const auto what = adds ? e.argument : form_of(r.draft.rules[*of].when);
  if (e.fields.contains(std::string{rule_conditions}) != (what == json_form))
    return refuse("This rule was changed since its form was opened, so nothing was changed. Open it again.");
  form_fields typed;
  for (const auto& name : rule_members())
    typed[name] = field(e, name, name == rule_conditions ? rule_conditions_max * 4 : 1'024);
  auto checked = check_rule(typed, r.draft, what, of);
  if (!checked)
    return refuse_form(r, e, text_of(checked.error()));
  auto next = r;
  next.refused.reset();
  auto index = of.value_or(0);
  if (of)
    change_rule(next.draft, index, std::move(*checked));
  else
    index = add_rule(next.draft, std::move(*checked));
  next.focus.rule = next.draft.rules[index].id;
  return show(std::move(next));
}

} // namespace arrakis::wizard::core
