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
/// Idempotent; ec::conflict when other bytes are there. -> stored
struct put { snapshot what; deadline until; };
/// The same for what the database vouches for: other bytes are set aside under their hash, never deleted. -> stored
struct supersede { snapshot what; deadline until; };
/// version 0: latest. `aside`: the hash of an object that was set aside; empty: the one in its place.
/// -> snapshot | not_found | corrupt
struct get { community_id community; int64_t version = 0; deadline until; std::string aside; };
struct list { community_id community; deadline until; };          ///< -> versions, newest first
struct rebuild_index { community_id community; deadline until; }; ///< -> versions
struct stored { std::string key; std::string aside; };            ///< aside: the key of what was there; empty: nothing
/// An object that lost its place to the database's; `hash`: SHA-256 of its bytes in hex.
struct aside_entry { int64_t version = 0; std::string hash; };
struct versions { std::vector<int64_t> list; std::vector<aside_entry> aside; };
using handle = caf::typed_actor<caf::replies_to<put>::with<stored>, caf::replies_to<supersede>::with<stored>,
                                caf::replies_to<get>::with<snapshot>,
                                caf::replies_to<list>::with<versions>, caf::replies_to<rebuild_index>::with<versions>>;
} // namespace arrakis::objects
