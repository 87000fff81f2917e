#pragma once
// A stored verdict in words, for a Discord message. Pure, and of the verdict alone: every number in the text is a
// number of the verdict (a test holds it to that). Foreign text is escaped.
#include "schemas/verdict.hpp"

#include <string>

namespace arrakis::verdicts {

/// The reader of a text.
struct reader {
  snowflake member;      ///< The member that the verdict is about.
  bool is_member = true; ///< False: an admin reads it.
};
/// The answer to `/check`: the tier, what changes, and when to look again. Message data of Discord as JSON.
std::string check_message(const member_verdict&, const reader&);
/// Message data (JSON) that answers `/why`: each rule's tree, each leaf with its condition, the reading and its block.
std::string why_message(const member_verdict&, const reader&);

} // namespace arrakis::verdicts
