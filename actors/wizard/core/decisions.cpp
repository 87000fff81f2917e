#include "actors/wizard/core/decisions.hpp"

#include "actors/wizard/core/modals.hpp"
#include "actors/wizard/core/rule_forms.hpp"
#include "runtime/utf8.hpp"

namespace arrakis::wizard::core {

decision refuse(std::string sentence) { return {decision::refuse, {}, std::move(sentence)}; }
decision show(record next, std::string notice) { return {decision::show, std::move(next), std::move(notice)}; }
decision open_form(const record& r, std::string form_json) {
  return {decision::open_form, r, {}, std::move(form_json)};
}
decision wrong_step() {
  return refuse(
    "This button does not belong to the present step. Use the buttons of the newest message, or /resume to see it.");
}

namespace {
/// The conditions of a rule are far longer than anything else that is typed.
size_t bytes_of(std::string_view input) { return input == rule_conditions ? rule_conditions_max * 4 : 1'024; }
} // namespace

decision refuse_form(record r, const event& e, std::string why) {
  refused_form form{e.action, e.argument, {}, why};
  for (const auto& name : inputs_of(e.action))
    if (auto typed = field(e, name, bytes_of(name)); !typed.empty())
      form.fields.emplace(name, std::move(typed));
  r.refused = std::move(form);
  return show(std::move(r), "⚠️ " + why);
}

std::string field(const event& e, const std::string& name, size_t bytes_max) {
  const auto found = e.fields.find(name);
  if (found == e.fields.end())
    return {};
  const auto from = found->second.find_first_not_of(" \t\n");
  if (from == std::string::npos)
    return {};
  const auto to = found->second.find_last_not_of(" \t\n");
  return std::string{utf8_head(std::string_view{found->second}.substr(from, to - from + 1), bytes_max)};
}

} // namespace arrakis::wizard::core
