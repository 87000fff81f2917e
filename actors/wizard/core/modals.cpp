#include "actors/wizard/core/modals.hpp"

#include "actors/wizard/core/custom_id.hpp"
#include "actors/wizard/core/plan.hpp"
#include "actors/wizard/core/rule_forms.hpp"
#include "actors/wizard/core/rules.hpp"
#include "runtime/unicode.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace arrakis::wizard::core {
namespace {
namespace js = boost::json;

struct input {
  std::string id, label, placeholder;
  int least = 0, most = 100;
  bool required = true;
  bool is_paragraph = false;
};

/// At most so many code points: what Discord takes as an input's value.
std::string head(const std::string& text, int characters_max) {
  auto out = text.substr(0, static_cast<size_t>(characters_max) * 4);
  while (!out.empty() && unicode::length(out) > static_cast<size_t>(characters_max))
    out.erase(out.size() - unicode::clusters(out).back().size());
  return out;
}

js::object row(const input& x, const form_fields& filled) {
  js::object o{{"type", 4},        {"custom_id", x.id},    {"style", x.is_paragraph ? 2 : 1},
               {"label", x.label}, {"max_length", x.most}, {"required", x.required}};
  const auto found = filled.find(x.id);
  const auto value = found == filled.end() ? std::string{} : head(found->second, x.most);
  // A value that is too short must not keep the form from opening.
  if (x.least > 0 && (value.empty() || unicode::length(value) >= static_cast<size_t>(x.least)))
    o["min_length"] = x.least;
  if (!x.placeholder.empty())
    o["placeholder"] = x.placeholder;
  if (!value.empty())
    o["value"] = value;
  return {{"type", 1}, {"components", js::array{std::move(o)}}};
}

std::string modal(std::string id, std::string_view title, const std::vector<input>& inputs, const form_fields& filled) {
  js::array rows;
  for (auto& x : inputs)
    rows.push_back(row(x, filled));
  return js::serialize(js::object{{"custom_id", std::move(id)}, {"title", title}, {"components", std::move(rows)}});
}

std::string name_modal(std::string_view session, const form_fields& filled) {
  return modal(modal_id("community-name", session), "Name of your community",
               {{"name", "Community name", "3 to 100 characters", 3, 100}}, filled);
}

std::string decimals_modal(std::string_view session, const form_fields& filled) {
  return modal(modal_id("asset-decimals", session), "Decimals of the token",
               {{"decimals", "How many decimals the token has, 0 to 77", "18", 1, 2}}, filled);
}

std::string asset_modal(std::string_view session, const std::string& type, const std::string& chain,
                        const form_fields& filled) {
  std::vector<input> inputs;
  if (type != "native")
    inputs.push_back({"address", "Contract address", "0x…", 42, 42});
  if (type == "erc1155")
    inputs.push_back({"token_id", "Token ID", "1", 1, 78});
  const bool counted = type == "erc721" || type == "erc1155";
  inputs.push_back({"min_balance", counted ? "How many at least (empty: one)" : "Minimum balance (empty: any)",
                    counted ? "1" : "100", 0, 100, false});
  return modal(modal_id("asset-address", session, type + ":" + chain), "Add " + type_name(type), inputs, filled);
}

/// Colour and place in the member list of a role that was there are the admin's: they are not asked for.
std::string tier_modal(std::string id, std::string_view title, bool is_role_made, const form_fields& filled) {
  std::vector<input> inputs{
    {"name", "Name", "Gold", 1, 100},
    {"ranks", "Ranks, where rank 1 holds the most", "1-10, or 51+ for 51 and below", 0, 40, false},
    {"amount", "Or an amount to hold, instead of ranks", "500, in the asset that ranks", 0, 100, false}};
  if (is_role_made) {
    inputs.push_back(
      {"color", "Colour: a name, or # and six digits", "gold, or #FFD700; empty for none", 0, 30, false});
    inputs.push_back({"hoist", "List its members apart from others? yes/no", "yes", 0, 5, false});
  }
  return modal(std::move(id), title, inputs, filled);
}

/// The name of a rule, then what its form asks for.
std::vector<input> rule_inputs(const rules::leaf_kind* kind) {
  std::vector<input> out{{"name", "Name", "Whales", 1, 100}};
  if (kind == nullptr)
    out.push_back({std::string{rule_conditions}, "Conditions, as JSON",
                   R"({"all": [{"leaf": "native", "chain": "base", "min": "1"}]})", 1, rule_conditions_max, true,
                   true});
  else
    for (const auto& x : kind->form)
      out.push_back(
        {std::string{x.member}, std::string{x.label}, std::string{x.example}, x.required ? 1 : 0, 1'000, x.required});
  return out;
}

std::optional<std::string> rule_correction(const record& r, const refused_form& f) {
  if (f.form == "rule-add")
    return rule_add_form(r, f.argument, f.fields);
  const auto index = rule_of_key(r.draft, f.argument);
  return index ? std::optional{rule_edit_form(r, *index, f.fields)} : std::nullopt;
}

bool is_asset_type(const std::string& text) { return std::ranges::find(asset_types(), text) != asset_types().end(); }

constexpr size_t chain_max = 32; ///< Characters of a chain's id that have room in a custom id.

std::optional<std::string> asset_correction(const record& r) {
  if (r.at != step::asset_config || !r.draft.typed)
    return std::nullopt;
  const auto& t = *r.draft.typed;
  if (!is_asset_type(t.type) || t.chain.size() > chain_max)
    return std::nullopt;
  return asset_modal(r.id, t.type, t.chain,
                     {{"address", t.address}, {"token_id", t.token_id}, {"min_balance", t.min_balance}});
}

std::optional<std::string> tier_correction(const record& r, const refused_form& f) {
  if (f.form == "tier-add")
    return tier_add_form(r, f.fields);
  const auto index = tier_at(r.draft, f.argument);
  return index ? std::optional{tier_edit_form(r, *index, f.fields)} : std::nullopt;
}
} // namespace

std::optional<std::string> modal_for(const interaction& x) {
  if (x.kind != interaction_kind::component)
    return std::nullopt;
  auto id = parse_custom_id(x.custom_id);
  if (!id || id->prefix != "wizard")
    return std::nullopt;
  if ((id->action == "start" || id->action == "edit-name") && !id->argument.empty())
    return name_modal(id->session, {{"name", id->argument}});
  if (id->action == "asset-decimals")
    return decimals_modal(id->session, {});
  if (id->action == "asset-type" && x.values.size() == 1 && id->argument.size() <= chain_max
      && is_asset_type(x.values[0]))
    return asset_modal(id->session, x.values[0], id->argument, {});
  return std::nullopt;
}

std::string name_form(const record& r, const std::string& name) { return name_modal(r.id, {{"name", name}}); }

std::string tier_add_form(const record& r, const form_fields& filled) {
  return tier_modal(modal_id("tier-add", r.id), "Add a tier", true, filled);
}

std::string tier_edit_form(const record& r, size_t index, const form_fields& filled) {
  const auto& role = r.draft.roles.at(index);
  return tier_modal(modal_id("tier-edit", r.id, tier_key(r.draft, role)), "Change a tier", !role.existing, filled);
}

std::string rule_add_form(const record& r, const std::string& what, const form_fields& filled) {
  return modal(modal_id("rule-add", r.id, what), "Add a rule", rule_inputs(kind_of_form(what)), filled);
}

std::string rule_edit_form(const record& r, size_t index, const form_fields& filled) {
  const auto* kind = form_kind(r.draft.rules.at(index).when);
  return modal(modal_id("rule-edit", r.id, rule_key(r.draft, index)), "Change a rule", rule_inputs(kind), filled);
}

std::optional<std::string> correction(const record& r) {
  if (!r.refused)
    return asset_correction(r);
  const auto& f = *r.refused;
  if (f.form == "community-name")
    return name_modal(r.id, f.fields);
  if (f.form == "asset-decimals")
    return decimals_modal(r.id, f.fields);
  if (f.form == "rule-add" || f.form == "rule-edit")
    return rule_correction(r, f);
  return f.form == "tier-add" || f.form == "tier-edit" ? tier_correction(r, f) : std::nullopt;
}

const std::vector<std::string>& inputs_of(std::string_view prefix) {
  static const std::map<std::string_view, std::vector<std::string>> inputs{
    {"community-name", {"name"}},
    {"asset-decimals", {"decimals"}},
    {"asset-address", {"address", "token_id", "min_balance"}},
    {"tier-add", {"name", "ranks", "amount", "color", "hoist"}},
    {"tier-edit", {"name", "ranks", "amount", "color", "hoist"}},
    {"rule-add", rule_members()},
    {"rule-edit", rule_members()}};
  static const std::vector<std::string> none;
  const auto found = inputs.find(prefix);
  return found == inputs.end() ? none : found->second;
}

} // namespace arrakis::wizard::core
