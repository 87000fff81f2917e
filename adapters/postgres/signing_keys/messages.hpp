#pragma once
// Anchor of the signer: public keys that may have signed a manifest. Append-only.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>
#include <string>
#include <utility>
#include <vector>

namespace arrakis::signing_keys {

/// Ed25519 public keys (32 bytes, lower-case hex) by key version, ascending.
using key_list = std::vector<std::pair<int, std::string>>;

/// Loads the anchored keys. -> anchored
struct load {
  deadline until;
};
/// The anchored keys.
struct anchored {
  key_list keys;
  /// Only when `keys` is empty: highest key version that signed a stored manifest; 0: no manifest is stored.
  int newest_used = 0;
};

/// Anchors `keys` in one transaction, each with a version above all anchored ones; skips those that are anchored with
/// the same bytes. -> anchored, afterwards. ec::refused, with the reason: a stored manifest that one of these keys
/// should have signed does not verify under it, or, for an empty anchor, a stored manifest has no key among them.
/// ec::conflict: another key has this version.
struct anchor {
  key_list keys;
  std::string origin; ///< first, adopted, rotated, restored: schemas/migrations/0006_signing_keys.sql.
  std::string by;     ///< system, operator.
  /// Adds an entry SIGNING_KEY_ANCHORED to the audit trail of each community that has a manifest; some milliseconds
  /// each.
  bool audited = false;
  deadline until;
};

using handle = caf::typed_actor<caf::replies_to<load>::with<anchored>, caf::replies_to<anchor>::with<anchored>>;
} // namespace arrakis::signing_keys
