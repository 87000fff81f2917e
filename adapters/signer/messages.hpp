#pragma once
// The signer: signs manifests with the newest key whose public half is anchored in PostgreSQL. While the keys at hand
// are not the anchored ones it refuses, and says what to restore; what was signed before verifies all the same.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>
#include <string>
#include <vector>

namespace arrakis::signer {
/// -> signature by the newest anchored key; ec::refused, with what to restore, while the signer refuses
struct sign {
  std::string bytes;
  deadline until;
};
struct verify {
  std::string bytes;
  std::string signature;
  deadline until;
}; ///< -> verdict, under the anchored keys
/// Makes a key, anchors it, and only then signs with it. -> key_version; ec::conflict: another process was first.
struct rotate {
  deadline until;
};
/// -> keys: the anchored ones, also while the signer refuses; ec::refused when none is anchored and none can be
struct public_keys {
  deadline until;
};
struct inspect {
  deadline until;
}; ///< -> condition
/// By an operator's order: anchors the keys at hand that the anchor lacks above its newest one. -> keys: those
struct anchor {
  deadline until;
};
struct signature {
  std::string text;
  int key_version = 0;
}; ///< text: vault:v{n}:{base64}
/// Answer to verify. `why`: reason when not valid.
struct verdict {
  bool valid = false;
  int key_version = 0;
  std::string why;
};
/// Version of the newest key.
struct key_version {
  int number = 0;
};
/// Public keys in hex by version.
struct keys {
  std::vector<std::pair<int, std::string>> hex_by_version;
};
struct condition {
  bool signs = false;
  std::string detail;
}; ///< detail: for an operator
using handle = caf::typed_actor<caf::replies_to<sign>::with<signature>, caf::replies_to<verify>::with<verdict>,
                                caf::replies_to<rotate>::with<key_version>, caf::replies_to<public_keys>::with<keys>,
                                caf::replies_to<inspect>::with<condition>, caf::replies_to<anchor>::with<keys>>;
} // namespace arrakis::signer
