#pragma once
// Object store for manifests, versioned: manifests/{communityId}/versions/v000001.json and index.json.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <string>
#include <vector>

namespace arrakis::objects {
/// The object of one version; self-contained, so that it can be verified with the public key alone.
struct snapshot {
  community_id community;
  int64_t version = 0;
  std::string canonical; ///< The manifest's canonical bytes.
  std::string sha256;
  std::string previous_sha256;
  std::string created_at;
  std::string created_by;
  std::string signature;
};
/// Stores an object. Idempotent; ec::conflict when other bytes are stored. -> stored
struct put {
  snapshot what;
  deadline until;
};
/// Stores an object that PostgreSQL confirms: other bytes are moved aside under their hash, never deleted. -> stored
struct supersede {
  snapshot what;
  deadline until;
};
/// Reads an object. version 0: latest. `aside`: hash of a superseded object; empty: the current one.
/// -> snapshot | not_found | corrupt
struct get {
  community_id community;
  int64_t version = 0;
  deadline until;
  std::string aside;
};
/// Lists the versions. -> versions
struct list {
  community_id community;
  deadline until;
};
/// Rebuilds the index from the objects. -> versions
struct rebuild_index {
  community_id community;
  deadline until;
};
/// Answer to put and supersede. `aside`: key of the superseded object; empty: none.
struct stored {
  std::string key;
  std::string aside;
};
/// A superseded object; `hash`: SHA-256 of its bytes in hex.
struct aside_entry {
  int64_t version = 0;
  std::string hash;
};
/// Versions of a community, newest first, and its superseded objects.
struct versions {
  std::vector<int64_t> list;
  std::vector<aside_entry> aside;
};
using handle = caf::typed_actor<caf::replies_to<put>::with<stored>, caf::replies_to<supersede>::with<stored>,
                                caf::replies_to<get>::with<snapshot>, caf::replies_to<list>::with<versions>,
                                caf::replies_to<rebuild_index>::with<versions>>;
} // namespace arrakis::objects
