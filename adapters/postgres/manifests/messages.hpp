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
struct load {
  community_id community;
  int64_t version = 0;
  deadline until;
}; ///< version 0: the active one. -> record | ec::not_found
struct list {
  community_id community;
  deadline until;
}; ///< newest first, without `canonical`
struct listed {
  std::vector<record> rows;
};

/// manifest resource id -> snowflake, as last applied, with the JSON of the managed fields at that time.
struct shadow_entry {
  std::string kind;
  std::string resource;
  snowflake id;
  std::string fields_json;
}; ///< kind: role, category, channel
struct shadow {
  community_id community;
  int64_t version = 0;
  std::string status;
  std::vector<shadow_entry> entries;
};
struct load_shadow {
  community_id community;
  deadline until;
}; ///< -> shadow; version 0 when none was completed. Status "partial": with resources that a later version made so far.

using handle = caf::typed_actor<caf::replies_to<load>::with<record>, caf::replies_to<list>::with<listed>,
                                caf::replies_to<load_shadow>::with<shadow>>;
} // namespace arrakis::manifests
