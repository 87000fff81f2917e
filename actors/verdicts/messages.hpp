#pragma once
// Judges members: reads what the active version's rules ask of chains, decides about tier and roles, and records it.
// The roles follow by jobs.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/ids.hpp"
#include "schemas/verdict.hpp"

#include <caf/typed_actor.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::verdicts {

/// Judges a member now. Judgements of one member follow each other; equal requests (author, trigger, present) that wait
/// are one, and none joins a judgement that has begun to read: it would get an older state. -> judged. ec::not_found,
/// with a sentence: the server has no community, or nothing is deployed; ec::frozen; ec::busy: too many judgements at
/// once; others as of the stores. What a chain did not answer is no error: the verdict says that it is unknown.
struct judge {
  snowflake guild, member;
  std::string trigger; ///< "check".
  /// Roles of the member in Discord, where the asker knows them: an earned one that is missing is given again.
  std::optional<std::vector<snowflake>> present;
  std::string actor = "system"; ///< Author, for the audit trail: "discord:<user>".
  deadline until;
  std::string trace = {};
};
/// Answer to judge: the verdict as it was recorded.
struct judged {
  std::shared_ptr<const member_verdict> verdict;
  int64_t id = 0;
};

/// Finds the verdict about a member that was recorded last. Reads no chain. -> found_last. Errors as of judge.
struct find_last {
  snowflake guild, member;
  deadline until;
};
/// Answer to find_last; null: the member was never judged.
struct found_last {
  std::shared_ptr<const member_verdict> verdict;
};

using handle = caf::typed_actor<caf::replies_to<judge>::with<judged>, caf::replies_to<find_last>::with<found_last>>;

} // namespace arrakis::verdicts
