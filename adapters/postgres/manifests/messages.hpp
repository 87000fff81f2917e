#pragma once
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <string>
#include <vector>

namespace arrakis::manifests {

/// A manifest version as stored. `canonical` are the exact signed-over bytes, kept beside the JSONB.
struct record {
  community_id community;
  int64_t version = 0;
  std::string canonical;
  std::string sha256;
  std::string previous_sha256;
  std::string created_at; ///< ISO 8601, the text inside the signed statement.
  std::string created_by; ///< Opaque subject id.
  std::string signature;  ///< vault:v{n}:{base64}
  bool active = false;
};
/// Loads a version; 0: the active one. -> record | ec::not_found
struct load {
  community_id community;
  int64_t version = 0;
  deadline until;
};
/// Lists the versions. -> listed
struct list {
  community_id community;
  deadline until;
};
/// Versions, newest first, without `canonical`.
struct listed {
  std::vector<record> rows;
};

/// A manifest resource as last applied: its snowflake, and the JSON of its managed fields at that time.
struct shadow_entry {
  std::string kind; ///< role, category, channel.
  std::string resource;
  snowflake id;
  std::string fields_json;
};
/// Shadow state of a community. Status "partial": with resources of a later, incomplete version.
struct shadow {
  community_id community;
  int64_t version = 0;
  std::string status;
  std::vector<shadow_entry> entries;
};
/// Loads the shadow state. -> shadow; version 0 when no deployment was completed.
struct load_shadow {
  community_id community;
  deadline until;
};

using handle = caf::typed_actor<caf::replies_to<load>::with<record>, caf::replies_to<list>::with<listed>,
                                caf::replies_to<load_shadow>::with<shadow>>;
} // namespace arrakis::manifests
