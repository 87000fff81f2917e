#include "actors/wizard/core/rule_forms.hpp"

#include "actors/rules/compile.hpp"
#include "actors/rules/form.hpp"
#include "actors/wizard/core/catalogue.hpp"
#include "actors/wizard/core/names.hpp"
#include "runtime/foreign_text.hpp"
#include "runtime/json.hpp"
#include "runtime/unicode.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <set>

namespace arrakis::wizard::core {
namespace {
namespace js = boost::json;

constexpr size_t key_max = 40; ///< Bytes of a rule's id that have room in a custom id.

std::string unused(const std::set<std::string>& taken, const std::string& wanted) {
  auto id = wanted;
  for (int n = 2; taken.contains(id); ++n)
    id = fmt::format("{}-{}", wanted, n);
  return id;
}

std::string chain_of_form(std::string_view what) {
  const auto colon = what.find(':');
  return colon == std::string_view::npos ? std::string{} : std::string{what.substr(colon + 1)};
}

/// "rules /rules/0/when/min: is …" names the input of the form, or the place in the JSON.
std::string sentence_of(const caf::error& error, const rules::leaf_kind* kind) {
  constexpr std::string_view ahead = "rules /rules/0/when";
  const auto text = text_of(error);
  if (!text.starts_with(ahead))
    return text;
  const auto rest = text.substr(ahead.size());
  if (kind == nullptr)
    return (rest.starts_with('/') ? "Conditions, at " : "Conditions") + rest;
  for (const auto& input : kind->form)
    if (rest.starts_with(fmt::format("/{}", input.member)))
      return fmt::format("{}{}", input.label, rest.substr(input.member.size() + 1));
  return "Rule" + rest;
}

/// Why the rule cannot be judged.
caf::error fault_of(rule one) {
  const auto compiled = rules::compile({std::move(one)});
  return compiled ? caf::error{} : compiled.error();
}

caf::expected<rule_node> read_conditions(const std::string& typed) {
  const auto tree = json::parse(typed);
  if (!tree)
    return fail(ec::invalid, "Conditions: this is no JSON: " + text_of(tree.error()));
  const auto rules = read_rules(js::object{
    {"rules", js::array{js::object{{"id", "x"}, {"name", "x"}, {"grants", {{"tiers", true}}}, {"when", *tree}}}}});
  if (!rules)
    return fail(ec::invalid, sentence_of(rules.error(), nullptr));
  return rules->front().when;
}

caf::error check_size(const draft& d, const rule& one, std::optional<size_t> of) {
  auto all = d.rules;
  if (of)
    all[*of] = one;
  else
    all.push_back(one);
  const auto bytes = json::print(to_json(all)).size();
  return bytes <= rules_bytes_max
         ? caf::error{}
         : fail(ec::invalid,
                fmt::format("All rules together have {} bytes as JSON; at most {} are allowed: name fewer token ids.",
                            bytes, rules_bytes_max));
}

/// A new role for the rule; its id is no other role's.
std::string make_role(draft& d, const rule& of) {
  std::set<std::string> taken;
  for (const auto* list : {&d.roles, &d.rule_roles})
    for (const auto& role : *list)
      taken.insert(role.id);
  manifest_role role;
  role.id = unused(taken, "rule-" + of.id.substr(0, key_max));
  role.name = of.name;
  d.rule_roles.push_back(role);
  return role.id;
}

void set_grant(draft& d, size_t index, decltype(rule::grants) grants) {
  const auto before = std::exchange(d.rules[index].grants, std::move(grants));
  const auto* role = std::get_if<granted_role>(&before);
  const bool is_used = std::ranges::any_of(d.rules, [&](const rule& each) { return each.grants == before; });
  if (role != nullptr && !is_used)
    std::erase_if(d.rule_roles, [&](const manifest_role& each) { return each.id == role->id; });
}
} // namespace

const rules::leaf_kind* kind_of_form(std::string_view what) { return rules::find_kind(what.substr(0, what.find(':'))); }

const rules::leaf_kind* form_kind(const rule_node& when) {
  const auto* kind = rules::find_kind(when.leaf_kind);
  return kind != nullptr && rules::texts_of(*kind, when) ? kind : nullptr;
}

const std::vector<std::string>& rule_members() {
  static const auto members = [] {
    std::vector<std::string> out{"name", std::string{rule_conditions}};
    for (const auto* kind : rules::all())
      for (const auto& input : kind->form)
        if (std::ranges::find(out, input.member) == out.end())
          out.emplace_back(input.member);
    return out;
  }();
  return members;
}

std::optional<form_fields> rule_fields(const draft& d, size_t index) {
  const auto& one = d.rules.at(index);
  form_fields out;
  if (const auto* kind = form_kind(one.when))
    out = *rules::texts_of(*kind, one.when);
  else
    out[std::string{rule_conditions}] = json::print(to_json({one}).at("rules").at(0).at("when"));
  out["name"] = one.name;
  const auto conditions = out.find(std::string{rule_conditions});
  const bool fits = conditions == out.end() || unicode::length(conditions->second) <= rule_conditions_max;
  return fits ? std::optional{std::move(out)} : std::nullopt;
}

form_fields new_rule_fields(const draft& d, std::string_view what) {
  const auto* kind = kind_of_form(what);
  const auto chain = chain_of_form(what);
  const auto asset = std::ranges::find_if(
    d.assets, [&](const auto& x) { return kind != nullptr && x.type == kind->name && x.chain == chain; });
  if (asset == d.assets.end() || asset->type == "native")
    return {};
  form_fields out{{"contract", asset->address.value_or("")}, {"symbol", asset->symbol}};
  if (asset->type == "erc20")
    out["decimals"] = std::to_string(asset->decimals);
  if (asset->token_id)
    out["ids"] = *asset->token_id;
  return out;
}

std::string rule_key(const draft& d, size_t index) {
  const auto& id = d.rules.at(index).id;
  return id.size() <= key_max ? id : fmt::format("#{}", index);
}

std::optional<size_t> rule_of_key(const draft& d, std::string_view key) {
  for (size_t i = 0; i < d.rules.size(); ++i)
    if (rule_key(d, i) == key)
      return i;
  return std::nullopt;
}

caf::expected<typed_rule> check_rule(const form_fields& typed, const draft& d, std::string_view what,
                                     std::optional<size_t> of) {
  const auto text = [&](std::string_view name) {
    const auto found = typed.find(std::string{name});
    return found == typed.end() ? std::string{} : found->second;
  };
  auto name = check_tier_name(text("name"));
  if (!name)
    return std::move(name.error());
  for (size_t i = 0; i < d.rules.size(); ++i)
    if (i != of && d.rules[i].name == *name)
      return fail(ec::invalid, "Name: another rule has it. Choose one that tells them apart.");
  const auto* kind = kind_of_form(what);
  auto when = kind != nullptr ? rules::leaf_of(*kind, chain_of_form(what), typed)
                              : read_conditions(text(rule_conditions));
  if (!when)
    return std::move(when.error());
  rule one{"x", *name, admitted_to_tiers{}, std::move(*when)};
  if (const auto fault = fault_of(one))
    return fail(ec::invalid, sentence_of(fault, kind));
  if (auto error = check_size(d, one, of))
    return error;
  return typed_rule{std::move(*name), std::move(one.when)};
}

size_t add_rule(draft& d, typed_rule typed) {
  std::set<std::string> taken;
  for (const auto& each : d.rules)
    taken.insert(each.id);
  rule one{unused(taken, slug(typed.name)), std::move(typed.name), admitted_to_tiers{}, std::move(typed.when)};
  one.grants = granted_role{make_role(d, one)};
  d.rules.push_back(std::move(one));
  return d.rules.size() - 1;
}

void change_rule(draft& d, size_t index, typed_rule typed) {
  auto& one = d.rules.at(index);
  if (const auto* granted = std::get_if<granted_role>(&one.grants))
    for (auto& role : d.rule_roles)
      if (role.id == granted->id && role.name == one.name && !role.existing)
        role.name = typed.name;
  one.name = std::move(typed.name);
  one.when = std::move(typed.when);
}

void remove_rule(draft& d, size_t index) {
  set_grant(d, index, admitted_to_tiers{});
  d.rules.erase(d.rules.begin() + static_cast<ptrdiff_t>(index));
}

void grant_tiers(draft& d, size_t index) { set_grant(d, index, admitted_to_tiers{}); }
void grant_new_role(draft& d, size_t index) { set_grant(d, index, granted_role{make_role(d, d.rules.at(index))}); }
void grant_role(draft& d, size_t index, std::string role_id) { set_grant(d, index, granted_role{std::move(role_id)}); }
void grant_existing_role(draft& d, size_t index, snowflake role) { set_grant(d, index, granted_existing_role{role}); }

std::vector<std::string> rule_faults(const draft& d) {
  std::vector<std::string> out;
  const auto is_planned = [&](const std::string& id) {
    return std::ranges::find(d.roles, id, &manifest_role::id) != d.roles.end()
        || std::ranges::find(d.rule_roles, id, &manifest_role::id) != d.rule_roles.end();
  };
  for (const auto& each : d.rules) {
    if (const auto* role = std::get_if<granted_role>(&each.grants); role != nullptr && !is_planned(role->id))
      out.push_back(fmt::format("{} gives a role that left the plan. Choose what it gives.", quoted(each.name)));
    if (const auto fault = fault_of(each))
      out.push_back(fmt::format("{} cannot be judged. {}", quoted(each.name), sentence_of(fault, nullptr)));
  }
  return out;
}

} // namespace arrakis::wizard::core
