#pragma once
// Actors that keep crashing and are kept apart, on every process and over restarts, until an operator releases them.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace arrakis::quarantines {

/// What crashed, and what it was doing.
struct crash {
  std::string kind;    ///< Of the actor: "community", "wizard_session".
  std::string key;     ///< As its directory knows it: "123", "user:123".
  snowflake guild;     ///< Whose community is concerned; it need not have one.
  std::string error;   ///< Cut to what informs.
  std::string message; ///< The type of the last message; its contents may be secret and are not kept.
  std::string node;    ///< The process where it crashed.
};
struct entry {
  int64_t id = 0;
  std::string kind, key;
  community_id community; ///< Empty: its guild had none.
  std::string error, message, node;
  int64_t at_ms = 0;          ///< Unix time, by PostgreSQL's clock.
  int64_t released_at_ms = 0; ///< 0: it is kept apart.
  std::string released_by, reason;
};

struct add { crash what; deadline until; };            ///< -> added; a key that is apart already keeps its first entry
struct added { int64_t id = 0; };
struct list_open { deadline until; }; ///< -> listed: what is kept apart, the oldest first, at most 10,000
struct listed { std::vector<entry> entries; };
struct find { int64_t id = 0; deadline until; };       ///< -> entry | ec::not_found
/// Lets the key start again, and makes due what its community is owed. Of a community it is an entry in its audit
/// trail. -> entry | ec::not_found; ec::conflict when it was released before; ec::invalid for a reason that is too long
struct release { int64_t id = 0; std::string actor; std::string reason; deadline until; };
/// Of a reason, which stands in the audit trail for ever.
inline constexpr size_t reason_characters_max = 500;

using handle = caf::typed_actor<caf::replies_to<add>::with<added>, caf::replies_to<list_open>::with<listed>,
                                caf::replies_to<find>::with<entry>, caf::replies_to<release>::with<entry>>;
} // namespace arrakis::quarantines
