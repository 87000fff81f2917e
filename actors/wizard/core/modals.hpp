#pragma once
// The forms of the wizard: Discord's modals, which hold one to five text inputs.
// https://discord.com/developers/docs/components/reference#text-input
#include "actors/wizard/core/record.hpp"
#include "schemas/interaction.hpp"

#include <map>
#include <optional>
#include <string>

namespace arrakis::wizard::core {

/// The values that fill a form in, by the ids of its inputs.
using form_fields = std::map<std::string, std::string>;

/// Modal that a component opens, decided from the interaction alone. Empty: none, or one that is filled from the
/// session (decision::open_form).
std::optional<std::string> modal_for(const interaction&);

/// Modal for the community's name.
std::string name_form(const record&, const std::string& name);
/// Modal for a new tier, prefilled with `filled`.
std::string tier_add_form(const record&, const form_fields& filled);
/// The modal that edits the tier at `index`, filled in with `filled`.
std::string tier_edit_form(const record&, size_t index, const form_fields& filled);

/// Modal of a new rule (`what` as in rule_forms.hpp), prefilled with `filled`.
std::string rule_add_form(const record&, const std::string& what, const form_fields& filled);
/// Modal of the rule at `index`, prefilled with `filled`.
std::string rule_edit_form(const record&, size_t index, const form_fields& filled);

/// Modal that was refused last, prefilled with its input. Empty: there is none, or its tier or asset is gone.
std::optional<std::string> correction(const record&);

/// Names of the inputs of the modal whose custom id begins with `prefix`.
const std::vector<std::string>& inputs_of(std::string_view prefix);

} // namespace arrakis::wizard::core
