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

/// State of an owner: left out of this process if a service that it needs is missing. Set at the owner's start, read
/// for each of its interactions on any thread.
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

/// Routes of this process.
class route_table {
public:
  /// Adds a declaration, which outlives the table. Throws std::logic_error for a name or prefix that another owner has,
  /// and for one that Discord refuses.
  void add(const declaration&, const handler& to, std::shared_ptr<const owner_status> = nullptr);
  /// Route for an interaction; null: no owner handles it.
  const route* find(const interaction&) const;

private:
  using by_prefix = std::map<std::string, route, std::less<>>;
  static void add_component(by_prefix&, std::string_view owner, const component&, route);
  std::map<std::pair<command_type, std::string>, route> commands_;
  by_prefix components_, modals_;
};

/// Reason for not asking the owner; no error: ask it. ec::not_found: no route. ec::refused: wrong context, the caller
/// lacks a permission, or the owner is left out. ec::invalid: an option. ec::quarantined: the guild's tenant is
/// (`is_quarantined`).
caf::error judge(const route*, const interaction&, bool is_quarantined);
/// The error for the user of an owner that is left out on this process.
caf::error not_served_here();

} // namespace arrakis::ingress
