#include "actors/wizard/core/rule_page.hpp"

#include "actors/rules/compile.hpp"
#include "actors/rules/description.hpp"
#include "actors/rules/effective.hpp"
#include "actors/wizard/core/custom_id.hpp"
#include "actors/wizard/core/plan.hpp"
#include "actors/wizard/core/rule_forms.hpp"
#include "actors/wizard/core/rules.hpp"
#include "runtime/foreign_text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace arrakis::wizard::core {
namespace {

constexpr size_t chain_max = 32; ///< Characters of a chain's id that have room in a custom id.

std::string shortened(std::string text, size_t bytes_max) {
  return text.size() <= bytes_max ? text : cut(std::move(text), bytes_max) + "…";
}

/// In words, by `write`; a rule that does not compile is a fault of the plan, which is named elsewhere.
template <class Write>
std::string words_of(const rule& one, Write write) {
  const auto compiled = rules::compile({one});
  return compiled ? write(compiled->front()) : std::string{"conditions that cannot be judged"};
}

const manifest_role* role_of(const draft& d, const std::string& id) {
  for (const auto* list : {&d.roles, &d.rule_roles})
    for (const auto& role : *list)
      if (role.id == id)
        return &role;
  return nullptr;
}

/// "gives the role “Whales” to members with".
std::string grant_text(const draft& d, const rule& one) {
  if (const auto* existing = std::get_if<granted_existing_role>(&one.grants))
    return fmt::format("gives <@&{}> to members with", existing->id.text());
  const auto* granted = std::get_if<granted_role>(&one.grants);
  if (granted == nullptr)
    return "admits to the tiers members with";
  const auto* role = role_of(d, granted->id);
  return fmt::format("gives the role {} to members with", quoted(role == nullptr ? granted->id : role->name));
}

std::vector<option> rule_options(const draft& d, size_t focus) {
  std::vector<option> out;
  const auto first = focus / options_max * options_max;
  for (size_t i = first; i < d.rules.size() && i < first + options_max; ++i)
    out.push_back({d.rules[i].name, rule_key(d, i), "", i == focus});
  return out;
}

/// A page of what a rule can give, and the number of pages.
struct grant_menu {
  std::vector<option> options;
  size_t pages = 1;
};
grant_menu grants_for(const record& r, const context& ctx, const rule& one) {
  const auto& d = r.draft;
  constexpr size_t a_page = options_max - 2;
  std::vector<option> roles;
  for (size_t i = 0; i < d.rule_roles.size(); ++i)
    roles.push_back({d.rule_roles[i].name, fmt::format("role:{}", i), "Role of the plan",
                     one.grants == decltype(one.grants){granted_role{d.rule_roles[i].id}}});
  for (const auto& role : ctx.facts ? assignable(*ctx.facts) : std::vector<guild::role>{})
    roles.push_back({role.name, role.id.text(), "Role of your server",
                     one.grants == decltype(one.grants){granted_existing_role{role.id}}});
  grant_menu out{
    {{"Admits to the tiers", "tiers", "No role of its own", std::holds_alternative<admitted_to_tiers>(one.grants)},
     {"A new role: " + one.name, "new", "", false}},
    std::max<size_t>(1, (roles.size() + a_page - 1) / a_page)};
  const auto first = r.focus.role_page % out.pages * a_page;
  for (size_t i = first; i < roles.size() && i < first + a_page; ++i)
    out.options.push_back(std::move(roles[i]));
  return out;
}

/// The menus and buttons of one rule.
void edit_rows(page& p, const record& r, const context& ctx, size_t focus) {
  const auto& one = r.draft.rules[focus];
  const auto on_button = [&](std::string_view verb) {
    return cut(fmt::format("{} {}", verb, for_label(one.name)), 80);
  };
  const auto menu = grants_for(r, ctx, one);
  p.row({select(component_id("rule-grant", r), cut("What members get by " + for_label(one.name)), menu.options)});
  boost::json::array parts{
    button(secondary, on_button("Change"), component_id("rule-edit", r), rule_fields(r.draft, focus).has_value()),
    button(secondary, on_button("Remove"), component_id("rule-remove", r))};
  if (menu.pages > 1)
    parts.push_back(button(secondary, fmt::format("More roles ({}/{})", r.focus.role_page % menu.pages + 1, menu.pages),
                           component_id("more-roles", r)));
  p.row(std::move(parts));
}
} // namespace

std::string rule_lines(const draft& d) {
  constexpr size_t line_max = 200;
  std::string out;
  for (const auto& one : d.rules)
    out += fmt::format("{} {} {}\n", bold(one.name), grant_text(d, one),
                       shortened(words_of(one, rules::summarize), line_max));
  const bool admits = std::ranges::any_of(
    d.rules, [](const rule& one) { return std::holds_alternative<admitted_to_tiers>(one.grants); });
  if (admits)
    return out;
  const auto implied = rules::implied_rule(build_manifest(d));
  return out + "Admitted to the tiers: "
       + (implied ? "members with " + shortened(words_of(*implied, rules::summarize), line_max)
                  : std::string{"whoever is ranked"})
       + "\n";
}

std::optional<size_t> focused_rule(const record& r) {
  if (const auto found = rule_at(r.draft, r.focus.rule))
    return found;
  return r.draft.rules.empty() ? std::nullopt : std::optional<size_t>{0};
}

std::vector<option> rule_form_options(const draft& d, const catalogue& names) {
  std::vector<option> out;
  for (const auto& id : d.chains)
    for (const auto* kind : rules::all()) {
      const auto* chain = names.find_chain(id);
      if (kind->form.empty() || chain == nullptr || id.size() > chain_max || out.size() + 1 >= options_max)
        continue;
      const auto coin = kind->name == "native" ? chain->symbol + ", the native coin"
                                               : type_label(std::string{kind->name});
      out.push_back(
        {fmt::format("{} on {}", coin, chain->name), fmt::format("{}:{}", kind->name, id), std::string{kind->help}});
    }
  out.push_back({"Several conditions, or the answer of a contract", std::string{json_form}, "Written as JSON"});
  return out;
}

void rule_page(page& p, const record& r, const context& ctx) {
  p.text =
    "A rule gives a role to the members who meet its conditions, or admits them to the tiers. The role goes when "
    "the conditions are not met any more. What could not be read on a chain gives and takes nothing.\n"
    "Deploy in the review makes the rules as they are here count.";
  const auto focus = focused_rule(r);
  p.field("Rules", rule_lines(r.draft));
  if (focus) {
    const auto& one = r.draft.rules[*focus];
    p.field("▸ " + cut(for_label(one.name), 200),
            fmt::format("{}\n{}", grant_text(r.draft, one), words_of(one, rules::describe)));
    p.row({select(component_id("rule-pick", r), "Rule to change", rule_options(r.draft, *focus))});
  }
  for (const auto& fault : rule_faults(r.draft))
    p.text += "\n⚠️ " + shortened(fault, 300);
  p.text = cut(std::move(p.text), 2'000);
  if (r.draft.rules.size() < rules_max)
    p.row({select(component_id("rule-new", r), "Add a rule", rule_form_options(r.draft, ctx.names))});
  if (focus)
    edit_rows(p, r, ctx, *focus);
  if (!ctx.facts)
    p.text += "\nThe server's roles could not be read just now, so only roles of the plan can be chosen.";
  walk_row(p, r, filled(r, ctx));
}

} // namespace arrakis::wizard::core
