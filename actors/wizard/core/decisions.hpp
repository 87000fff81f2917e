#pragma once
// Decisions: the answers of the wizard's steps to a click or a form.
#include "actors/wizard/core/steps.hpp"

#include <string>

namespace arrakis::wizard::core {

decision refuse(std::string sentence);
decision show(record next, std::string notice = {});
/// The form as the answer to a click.
decision open_form(const record&, std::string form_json);
decision wrong_place();
/// The form is kept as it was sent, and its message says `why` with a button “Correct it”.
decision refuse_form(record, const event&, std::string why);

/// An input of a form, trimmed, and clipped far beyond what any rule allows: what is refused is kept in the record,
/// which stays small.
std::string field(const event&, const std::string& name);

/// The clicks of the steps that have files of their own.
decision click_in_tiers(const record&, const event&, const world&);
decision click_in_channels(const record&, const event&, const world&);
/// tier-add and tier-edit.
decision submit_tier(const record&, const event&);

} // namespace arrakis::wizard::core
