#pragma once
// The anchor of the signer: the public keys that may have signed a manifest. It only grows.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>
#include <string>
#include <utility>
#include <vector>

namespace arrakis::signing_keys {

/// Ed25519 public keys (32 bytes, lower-case hex) by key version, ascending.
using key_list = std::vector<std::pair<int, std::string>>;

struct load {
  deadline until;
}; ///< -> anchored
struct anchored {
  key_list keys;
  /// Only while `keys` is empty: the highest key version that signed a stored manifest; 0: no manifest is stored.
  int newest_used = 0;
};

/// Anchors `keys`, each above all that are there; those that are there with the same bytes are passed over. One
/// transaction. -> anchored, afterwards. ec::refused, with a sentence: a stored manifest that one of these keys should
/// have signed does not verify under it, or, into an empty anchor, a stored manifest has no key among them.
/// ec::conflict: another key has this version.
struct anchor {
  key_list keys;
  std::string origin; ///< first, adopted, rotated, restored: schemas/migrations/0006_signing_keys.sql.
  std::string by;     ///< system, operator.
  /// Also an entry SIGNING_KEY_ANCHORED in the audit trail of each community that has a manifest; some milliseconds
  /// each.
  bool audited = false;
  deadline until;
};

using handle = caf::typed_actor<caf::replies_to<load>::with<anchored>, caf::replies_to<anchor>::with<anchored>>;
} // namespace arrakis::signing_keys
