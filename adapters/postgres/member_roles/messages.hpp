#pragma once
// The roles that members are to have by their newest verdict, and the limit of how many lose one role at a time.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::member_roles {

/// Asks what the newest verdict about a member says of one role. -> wanted. ec::not_found: no such community;
/// ec::frozen, ec::quarantined.
struct find {
  community_id community;
  snowflake member;
  snowflake role;
  deadline until;
};
/// Answer to find, with the fences of the same moment.
struct wanted {
  snowflake guild;        ///< The community's; 0: none.
  int64_t verdict_id = 0; ///< The newest verdict about the member; 0: never judged.
  bool has_role = false;  ///< The member is to have the role.
  /// The verdict still decides about the role: it rests on the active version, whose rules or tiers name the role, and
  /// for a taking there was no freeze since. Otherwise the role is left as it is.
  bool binds = false;
  bool waits = false;        ///< A taking waits for an operator's answer, or was released and not done.
  bool is_unsettled = false; ///< profiles::profile::unsettled has the role.
  int64_t fence = 0;
  int64_t fences_as_of = 0; ///< The number of the fence log, at this moment or before.
};

/// Limit of the members who lose one role within a sliding window: the greater of two numbers.
struct limits {
  int64_t members = 10;
  int64_t percent = 5; ///< Of those who had the role when the window began.
  std::chrono::seconds window{6 * 3'600};
};
/// Asks whether a role may be taken from a member, and counts it if so; asked again for the same verdict it counts
/// once. What an operator released is granted whatever the verdict, until `forget`. -> permit. ec::not_found: no such
/// profile.
struct take {
  community_id community;
  snowflake member;
  snowflake role;
  int64_t verdict_id = 0; ///< The newest one about the member, which takes the role.
  /// Members who have the role at Discord. Empty: not read yet; it is needed only above limits::members.
  std::optional<int64_t> holders;
  limits limit;
  deadline until;
};
/// Answer to take.
struct permit {
  /// Answers.
  enum kind : uint8_t {
    granted,       ///< Counted: take the role.
    needs_holders, ///< limits::members is reached: ask again with `holders`.
    waits,         ///< The limit is reached: the member keeps the role, and the taking is in the waiting list.
    outdated, ///< There is a newer verdict, or this one does not take the role: read it again. Nothing was written.
  } what = granted;
  bool is_new = false; ///< Waits since now.
  int64_t counted = 0; ///< Other members who lost the role within the window.
  int64_t members_max = 0;
};

/// Removes a taking from the waiting list: the member is to have the role again, or has lost it. Does nothing where the
/// newest verdict says something else than `has_role`. -> forgotten
struct forget {
  community_id community;
  snowflake member;
  snowflake role;
  bool has_role = false; ///< By the newest verdict: the member is to have the role.
  bool is_done = false;  ///< Seen so in Discord, or the member has left: nothing about the role is unsettled any more.
  deadline until;
};
/// Answer to forget.
struct forgotten {};

/// Lists the waiting takings of all communities, the oldest first. -> waiting
struct list_waiting {
  deadline until;
  size_t count_max = 1'000;
};
/// Waiting takings of one role.
struct waiting_role {
  community_id community;
  snowflake role;
  int64_t members = 0;
  int64_t since_ms = 0; ///< Of the oldest; Unix time, by PostgreSQL's clock.
};
/// Answer to list_waiting.
struct waiting {
  std::vector<waiting_role> roles;
};

/// Length limit of a reason, which stays in the audit trail; a longer one is ec::invalid.
inline constexpr size_t reason_characters_max = 500;
/// Answers the waiting takings of one role, in one transaction with an audit entry: with `takes`, a job REMOVE_ROLE for
/// each, beyond the limit; otherwise the members keep the role until a later verdict. -> answered. ec::not_found: no
/// taking of this role waits.
struct answer {
  community_id community;
  snowflake role;
  bool takes = false;
  std::string actor;
  std::string reason;
  deadline until;
};
/// Answer to answer.
struct answered {
  int64_t members = 0;
};

using handle = caf::typed_actor<caf::replies_to<find>::with<wanted>, caf::replies_to<take>::with<permit>,
                                caf::replies_to<forget>::with<forgotten>, caf::replies_to<list_waiting>::with<waiting>,
                                caf::replies_to<answer>::with<answered>>;
} // namespace arrakis::member_roles
