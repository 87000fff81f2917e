#pragma once
// Decisions: the answers of the wizard's steps to a click or a form.
#include "actors/wizard/core/steps.hpp"

#include <string>

namespace arrakis::wizard::core {

/// Refuses the event with a sentence; the session stays.
decision refuse(std::string sentence);
/// Stores `next` and shows it.
decision show(record next, std::string notice = {});
/// The form as the answer to a click.
decision open_form(const record&, std::string form_json);
/// Refuses an event that does not belong to the present step.
decision wrong_step();
/// The form is kept as it was sent, and its message says `why` with a button “Correct it”.
decision refuse_form(record, const event&, std::string why);

/// An input of a form, trimmed, and clipped far beyond what any rule allows: what is refused is kept in the record,
/// which stays small.
std::string field(const event&, const std::string& name);

/// Decides a click at the step of the tiers.
decision click_in_tiers(const record&, const event&, const context&);
/// Decides a click at the step of the channels.
decision click_in_channels(const record&, const event&, const context&);
/// tier-add and tier-edit.
decision submit_tier(const record&, const event&);

} // namespace arrakis::wizard::core
