#pragma once
// What a guild and the records of Arrakis must look like when a deployment has come to its end, whatever happened.
#include "tests/crash/lane.hpp"

#include <boost/json/object.hpp>
#include <string>
#include <vector>

namespace arrakis::crash {

struct finding {
  enum kind { lost, doubled, wrong } what = wrong;
  std::string text;
};
std::string_view name_of(finding::kind);

/// Roles and channels of somebody else in the guild, by their id, as Discord shows them.
using foreign = std::map<std::string, boost::json::object>;

/// The guild's owner makes, by hand, a role and a channel of every name that the standard deployment will use.
void plant(lane&, const system_test::place&);
foreign foreign_in(lane&, const system_test::place&);

/// "": none yet; else the state of the guild's newest deployment.
std::string state_of(lane&, const system_test::place&);
/// The deployment is completed, nothing is owed and the queue is empty.
bool finished(lane&, const system_test::place&);

/// Everything that is not as it must be; empty: each resource of the manifest is there once and equal in each managed
/// field, what is foreign is as it was, the outbox is closed, no job hangs, and the audit chain is whole and says each
/// thing once.
std::vector<finding> check(lane&, const system_test::place&, const foreign& before);

} // namespace arrakis::crash
