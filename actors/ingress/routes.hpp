#pragma once
// Routes of interactions to their owners, and the check of the caller.
#include "actors/ingress/declaration.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace arrakis::ingress {

/// The state of an owner: left out of this process, because it lacks a service that the owner needs. Set when the owner
/// is started, read for each of its interactions, on any thread.
struct owner_status {
  mutable std::atomic<bool> is_left_out{false};
};

/// A route to the owner of a command, component or modal.
struct route {
  permission needs;
  context where = context::guild;
  modal_decision modal = nullptr;
  const ingress::command* command = nullptr; ///< None of a component or modal.
  handler to;
  std::shared_ptr<const owner_status> owner = nullptr; ///< None: it is there.
};

/// The routes of this process.
class route_table {
public:
  /// The declaration outlives the table. Throws std::logic_error that says what cannot be: a name or prefix that
  /// another owner has, or one that Discord would not take.
  void add(const declaration&, const handler& to, std::shared_ptr<const owner_status> = nullptr);
  /// Null: nobody answers it (any more).
  const route* find(const interaction&) const;

private:
  using by_prefix = std::map<std::string, route, std::less<>>;
  static void add_component(by_prefix&, std::string_view owner, const component&, route);
  std::map<std::pair<command_type, std::string>, route> commands_;
  by_prefix components_, modals_;
};

/// Why nobody is asked about it; no error: its handler is. ec::not_found: no route. ec::refused: another place, or the
/// caller lacks a permission, or the owner is left out. ec::invalid: an option. `is_quarantined`: the guild's tenant;
/// then all is ec::quarantined.
caf::error judge(const route*, const interaction&, bool is_quarantined);
/// The error for the user of an owner that is left out on this process.
caf::error not_served_here();

} // namespace arrakis::ingress
