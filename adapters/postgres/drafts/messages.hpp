#pragma once
// Drafts of the wizard: what a user has answered so far in a guild, kept beyond the session in Redis. Each question
// names guild and user; nobody can list them.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace arrakis::drafts {

/// A draft is erased when nobody has changed it for so long (schemas/migrations/0014_wizard.sql).
inline constexpr std::chrono::days retention{7};

struct draft {
  std::string session;      ///< Id of the wizard's session.
  int64_t version = 0;      ///< Of the session's record; raised by each of its writes.
  std::string content;      ///< The record's text, at most 512 KiB. No token and no secret is in it.
  int64_t stored_at_ms = 0; ///< Unix time, by PostgreSQL's clock; only in an answer.
};

struct store {
  snowflake guild, user;
  draft what;
  deadline until;
}; ///< -> stored
/// Erases the draft up to this version, also what is written late. -> stored
struct erase {
  snowflake guild, user;
  std::string session;
  int64_t version = 0;
  deadline until;
};
struct stored {
  bool is_newest = false;
}; ///< False: a newer version is there, and stays.
struct find {
  snowflake guild, user;
  deadline until;
}; ///< -> found
struct found {
  std::optional<draft> what;
};

using handle = caf::typed_actor<caf::replies_to<store>::with<stored>, caf::replies_to<erase>::with<stored>,
                                caf::replies_to<find>::with<found>>;
} // namespace arrakis::drafts
