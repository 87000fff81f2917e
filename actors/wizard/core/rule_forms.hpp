#pragma once
// The rules of a draft: what their forms say, and how a draft changes by them.
#include "actors/rules/leaf.hpp"
#include "actors/wizard/core/modals.hpp"
#include "actors/wizard/core/record.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::wizard::core {

/// The input of a rule's conditions as JSON.
inline constexpr std::string_view rule_conditions = "when";
/// Characters that Discord takes in one input.
inline constexpr int rule_conditions_max = 4'000;
/// Bytes of all rules of a draft together; a draft has room for them.
inline constexpr size_t rules_bytes_max = 256 * 1024;

/// The argument of a form that takes the conditions as JSON. Other forms have "{kind}:{chain}", for one leaf.
inline constexpr std::string_view json_form = "json";
/// The kind of leaf that a form with this argument writes; null: JSON.
const rules::leaf_kind* kind_of_form(std::string_view what);
/// The kind of leaf whose form can show these conditions; null: only JSON can.
const rules::leaf_kind* form_kind(const rule_node&);
/// The ids of the inputs of all these forms.
const std::vector<std::string>& rule_members();

/// The fields of a rule's form as the rule is now. Nothing: its JSON is longer than Discord's input.
std::optional<form_fields> rule_fields(const draft&, size_t index);
/// The fields of the form of a new rule: the token of the draft's first asset of that kind on that chain.
form_fields new_rule_fields(const draft&, std::string_view what);

/// Names a rule in a custom id: by its id where there is room for it, else by its place.
std::string rule_key(const draft&, size_t index);
/// The place of the rule of this key; empty: there is none.
std::optional<size_t> rule_of_key(const draft&, std::string_view key);

/// A rule as its form says it.
struct typed_rule {
  std::string name;
  rule_node when;
};
/// `what`: the argument of the form. `of`: the place of the rule that is changed; empty: a new one. ec::invalid: the
/// first fault, as a sentence that names the input.
caf::expected<typed_rule> check_rule(const form_fields&, const draft&, std::string_view what, std::optional<size_t> of);

/// Adds a rule that grants a new role of its name, and returns its place.
size_t add_rule(draft&, typed_rule);
/// The rule keeps its id and its grant. A new role that has the rule's name takes the new one.
void change_rule(draft&, size_t index, typed_rule);
/// A role that was made for the rule, and that no other one grants, leaves the plan with it.
void remove_rule(draft&, size_t index);

/// Lets the rule admit to the tiers. With this and the next three, a role without a tier that only this rule granted
/// leaves the plan.
void grant_tiers(draft&, size_t index);
/// Lets the rule grant a role of its name, which the deployment makes.
void grant_new_role(draft&, size_t index);
/// Lets the rule grant one of draft::rule_roles.
void grant_role(draft&, size_t index, std::string role_id);
/// Lets the rule grant a role that the server has.
void grant_existing_role(draft&, size_t index, snowflake role);

/// The faults for which the rules cannot be deployed, as sentences.
std::vector<std::string> rule_faults(const draft&);

} // namespace arrakis::wizard::core
