#pragma once
// Drafts of the wizard: a user's answers so far in a guild, stored longer than the session in Redis. Each request names
// guild and user, so that drafts cannot be listed.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace arrakis::drafts {

/// Retention of an unchanged draft (schemas/migrations/0014_wizard.sql).
inline constexpr std::chrono::days retention{7};

/// A draft and the version of the session's record that it holds.
struct draft {
  std::string session;      ///< Id of the wizard's session.
  int64_t version = 0;      ///< Version of the session's record, raised by each write.
  std::string content;      ///< The record's text, at most 512 KiB, without tokens and secrets.
  int64_t stored_at_ms = 0; ///< Unix time, by PostgreSQL's clock; only in an answer.
};

/// Stores a draft. -> stored
struct store {
  snowflake guild, user;
  draft what;
  deadline until;
};
/// Erases the draft up to this version, including late writes. -> stored
struct erase {
  snowflake guild, user;
  std::string session;
  int64_t version = 0;
  deadline until;
};
/// Answer to store and erase.
struct stored {
  bool is_newest = false; ///< False: a newer version is stored, and stays.
};
/// Finds the draft of a user in a guild. -> found
struct find {
  snowflake guild, user;
  deadline until;
};
/// Answer to find; empty: no draft.
struct found {
  std::optional<draft> what;
};

using handle = caf::typed_actor<caf::replies_to<store>::with<stored>, caf::replies_to<erase>::with<stored>,
                                caf::replies_to<find>::with<found>>;
} // namespace arrakis::drafts
