#pragma once
// The checks of a guild and of Arrakis' records after a deployment, or the reconciliation or role change that follows
// it, has ended: they hold with every fault.
#include "schemas/ids.hpp"
#include "tests/crash/installation.hpp"

#include <boost/json/object.hpp>
#include <set>
#include <string>
#include <vector>

namespace arrakis::crash {

/// One thing that is not as it must be.
struct finding {
  /// lost: a resource, row or entry is missing; doubled: it is there twice; wrong: it differs.
  enum kind { lost, doubled, wrong } what = wrong;
  std::string text;
};
/// Returns "lost", "doubled" or "wrong".
std::string_view name_of(finding::kind);

/// The kind of work that is interrupted: a deployment, or, in a guild where one has ended, the Apply of /reconcile, or
/// a verdict that gives a member one role and takes another.
enum class work { deployment, reconciliation, role_change };
/// The state that the guild must reach.
struct goal {
  work of = work::deployment;
  std::set<snowflake> deleted_by_hand; ///< Of what the deployment made.
  snowflake given, taken;              ///< Roles of the owner.
};

/// Roles and channels of somebody else in the guild, by their id, as Discord shows them.
using foreign = std::map<std::string, boost::json::object>;

/// The guild's owner makes, by hand, a role and a channel of every name that the standard deployment will use.
void plant(installation&, const system_test::place&);
/// Reads the roles and channels that the bot has not made.
foreign foreign_in(installation&, const system_test::place&);

/// An admin deletes a role and a channel that the deployment made, and changes another role.
goal damage(installation&, const system_test::place&);

/// The guild's owner is given a tier's role by hand, which a verdict is to replace by another one.
goal give_role(installation&, const system_test::place&);
/// Records the verdict: profile and jobs. Repeated, it changes nothing.
void record_verdict(installation&, const system_test::place&, const goal&);

/// Returns the state of the guild's newest work of this kind; empty: there is none yet.
std::string state_of(installation&, const system_test::place&, work);
/// True when the work is completed, nothing is owed and the queue is empty.
bool finished(installation&, const system_test::place&, work);

/// Returns everything that is not as it must be; empty: each resource of the manifest is there once and equal in each
/// managed field, foreign resources are as they were, the outbox is closed, no job hangs, and the audit chain is whole
/// and says each thing once.
std::vector<finding> check(installation&, const system_test::place&, const foreign& before, const goal& = {});

} // namespace arrakis::crash
