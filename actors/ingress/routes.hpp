#pragma once
// Who answers an interaction, and who may have it answered.
#include "actors/ingress/declaration.hpp"

#include <functional>
#include <map>
#include <string>
#include <utility>

namespace arrakis::ingress {

struct route {
  permission needs;
  context where = context::guild;
  modal_decision modal = nullptr;
  const ingress::command* command = nullptr; ///< None of a component or modal.
  handler to;
};

class route_table {
public:
  /// The declaration outlives the table. Throws std::logic_error that says what cannot be: a name or prefix that
  /// another owner has, or one that Discord would not take.
  void add(const declaration&, const handler& to);
  /// Null: nobody answers it (any more).
  const route* find(const interaction&) const;

private:
  using by_prefix = std::map<std::string, route, std::less<>>;
  static void add_component(by_prefix&, std::string_view owner, const component&, const handler&);
  std::map<std::pair<command_type, std::string>, route> commands_;
  by_prefix components_, modals_;
};

/// Why nobody is asked about it; no error: its handler is. ec::not_found: no route. ec::refused: another place, or the
/// caller lacks a permission. ec::invalid: an option. `is_quarantined`: the guild's tenant; then all is
/// ec::quarantined.
caf::error judge(const route*, const interaction&, bool is_quarantined);

} // namespace arrakis::ingress
