#pragma once
// Profiles: the result of a community's newest verdict about each member, and the verdicts themselves.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/ids.hpp"
#include "schemas/uint256.hpp"

#include <caf/typed_actor.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::profiles {

/// Verdicts of one member that are kept: the newest ones.
inline constexpr size_t verdicts_max = 20;
/// Limits of one verdict.
inline constexpr size_t verdict_bytes_max = 256 * 1024, changes_max = 100, entitled_max = 250, managed_max = 250;

/// A change of a member's roles.
enum class change : uint8_t {
  give, ///< A job ASSIGN_ROLE.
  take, ///< A job REMOVE_ROLE.
};
/// A role that a verdict gives or takes.
struct role_change {
  snowflake role;
  change what = change::give;
  std::string because; ///< Id of the rule or tier, for the audit trail and the guild's audit log.
};

/// Records a verdict in ONE transaction: the verdict, the member's profile, a job for each change and, where roles or
/// tier change, an audit entry. The job's data is {communityId, guildId, userId, roleId, verdictId[, because, trace]}.
/// Ids of roles, user and guild are decimal strings. -> recorded. ec::stale: what the verdict rests on has changed (the
/// community's fence, its active version or the member's newest verdict): judge again. ec::frozen, ec::quarantined as
/// for every write. ec::not_found: no such community. ec::invalid: a limit or no JSON.
struct record {
  community_id community;
  snowflake guild; ///< The community's; ec::stale for another one.
  snowflake member;
  int64_t manifest_version = 0;    ///< The active one, by which the member was judged.
  int64_t fence = 0;               ///< Of the community, before the judging began.
  int64_t former_verdict = 0;      ///< profile::verdict_id of `find`, before the judging began. 0: there was none.
  std::string trigger;             ///< "check".
  std::string verdict;             ///< JSON of schemas/verdict.hpp, at most verdict_bytes_max.
  std::optional<std::string> tier; ///< The member's tier by now; empty: none.
  /// Amount of the ranked asset that the member holds, in the smallest unit. Empty: unknown, and the former amount
  /// stays.
  std::optional<uint256> amount;
  std::string asset; ///< Identity of the ranked asset that `amount` counts, 1 to 200 bytes. Ranks compare within one.
  std::vector<role_change> changes; ///< At most changes_max, each role once.
  /// Every managed role that the member is to have by now, at most entitled_max: with those that `changes` gives,
  /// without those that it takes.
  std::vector<snowflake> entitled;
  /// Every role that the verdict decided about, at most managed_max: the others are left as they are.
  std::vector<snowflake> managed;
  /// Roles that somebody saw in Discord as they are to be by now: they are not `profile::unsettled` any more.
  std::vector<snowflake> settled;
  std::chrono::seconds next_check{0};
  deadline until;
  /// Author of the request: "system", or "discord:<user>", which the audit trail keeps as an opaque subject id.
  std::string actor = "system";
  std::string trace = {}; ///< Trace context, for the jobs' data.
};
/// Answer to record.
struct recorded {
  int64_t verdict_id = 0; ///< Unique in the cluster; a later verdict of a member has a larger one.
};

/// State of a member since the newest verdict.
struct profile {
  std::optional<std::string> tier;
  std::optional<uint256> amount;   ///< Of the ranked asset; empty: never known.
  std::vector<snowflake> entitled; ///< As in `record`, sorted.
  /// Managed roles that a verdict gave or took, and that neither a job nor a later verdict has seen so since; sorted.
  std::vector<snowflake> unsettled;
  int64_t verdict_id = 0;
  std::string verdict; ///< JSON, as it was recorded.
  std::string trigger;
  int64_t judged_at_ms = 0; ///< Unix time, by PostgreSQL's clock.
  int64_t next_check_at_ms = 0;
};
/// Finds a member's profile. -> found
struct find {
  community_id community;
  snowflake member;
  deadline until;
};
/// Answer to find; empty: never judged.
struct found {
  std::optional<profile> what;
};

/// A verdict as it was recorded.
struct stored_verdict {
  int64_t id = 0;
  int64_t manifest_version = 0;
  std::string trigger;
  std::string verdict; ///< JSON.
  int64_t judged_at_ms = 0;
};
/// Reads a member's verdicts. -> judged_before
struct history {
  community_id community;
  snowflake member;
  size_t count_max = verdicts_max;
  deadline until;
};
/// Answer to history.
struct judged_before {
  std::vector<stored_verdict> newest_first;
};

/// Ranks an amount among the community's other members who held some of the same asset when they were last judged.
/// Their amounts are of different times: good for giving, never for taking. -> ranked
struct rank {
  community_id community;
  snowflake member;  ///< The member's own stored amount does not count.
  std::string asset; ///< As in `record`: amounts of another one do not count.
  uint256 amount;
  deadline until;
};
/// Answer to rank. Equal amounts have an equal rank.
struct ranked {
  int64_t rank = 1; ///< 1 + the members with more.
  int64_t of = 1;   ///< Members who hold some, and this one.
};

using handle = caf::typed_actor<caf::replies_to<record>::with<recorded>, caf::replies_to<find>::with<found>,
                                caf::replies_to<history>::with<judged_before>, caf::replies_to<rank>::with<ranked>>;
} // namespace arrakis::profiles
