#pragma once
// What a guild and the records of Arrakis must look like when a deployment, or the reconciliation after it, has come to
// its end, whatever happened.
#include "schemas/ids.hpp"
#include "tests/crash/installation.hpp"

#include <boost/json/object.hpp>
#include <set>
#include <string>
#include <vector>

namespace arrakis::crash {

struct finding {
  enum kind { lost, doubled, wrong } what = wrong;
  std::string text;
};
std::string_view name_of(finding::kind);

/// What is walked: a deployment, or the Apply of /reconcile in a guild where one has ended.
enum class work { deployment, reconciliation };
struct goal {
  work of = work::deployment;
  std::set<snowflake> deleted_by_hand; ///< Of what the deployment made.
};

/// Roles and channels of somebody else in the guild, by their id, as Discord shows them.
using foreign = std::map<std::string, boost::json::object>;

/// The guild's owner makes, by hand, a role and a channel of every name that the standard deployment will use.
void plant(installation&, const system_test::place&);
foreign foreign_in(installation&, const system_test::place&);

/// An admin deletes a role and a channel that the deployment made, and changes another role.
goal damage(installation&, const system_test::place&);

/// "": none yet; else the state of the guild's newest deployment or reconciliation.
std::string state_of(installation&, const system_test::place&, work);
/// It is completed, nothing is owed and the queue is empty.
bool finished(installation&, const system_test::place&, work);

/// Everything that is not as it must be; empty: each resource of the manifest is there once and equal in each managed
/// field, what is foreign is as it was, the outbox is closed, no job hangs, and the audit chain is whole and says each
/// thing once.
std::vector<finding> check(installation&, const system_test::place&, const foreign& before, const goal& = {});

} // namespace arrakis::crash
