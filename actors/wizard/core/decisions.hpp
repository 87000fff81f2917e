#pragma once
// Decisions: the answers of the wizard's steps to a click or a form.
#include "actors/wizard/core/steps.hpp"

#include <string>

namespace arrakis::wizard::core {

/// Decision: refuses the event with a sentence; the session does not change.
decision refuse(std::string sentence);
/// Decision: stores `next` and shows it, with a notice.
decision show(record next, std::string notice = {});
/// Decision: answers the click with a modal.
decision open_form(const record&, std::string form_json);
/// Refuses an event that does not belong to the present step.
decision wrong_step();
/// Decision: stores the form as it was sent, and shows `why` with a button “Correct it”.
decision refuse_form(record, const event&, std::string why);

/// Input of a form, trimmed and cut far beyond the limits of all rules, because refused input is stored in the record,
/// which must stay small.
std::string field(const event&, const std::string& name, size_t bytes_max = 1'024);

/// Decides a click at the step of the tiers.
decision click_in_tiers(const record&, const event&, const context&);
/// Decides a click at the step of the channels.
decision click_in_channels(const record&, const event&, const context&);
/// Decides a click at the page of the rules.
decision click_in_rules(const record&, const event&, const context&);
/// Decides a sent modal rule-add or rule-edit.
decision submit_rule(const record&, const event&, const context&);
/// Decides a sent modal tier-add or tier-edit.
decision submit_tier(const record&, const event&);

} // namespace arrakis::wizard::core
