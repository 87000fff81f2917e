#pragma once
// Port of the signer: signs manifests with the newest key whose public half is anchored in PostgreSQL. While the
// available keys are not the anchored ones it refuses and names the key to restore; it still verifies signatures.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>
#include <string>
#include <vector>

namespace arrakis::signer {
/// Signs with the newest anchored key. -> signature; ec::refused, with the remedy, while the signer refuses
struct sign {
  std::string bytes;
  deadline until;
};
/// Verifies a signature under the anchored keys. -> verdict
struct verify {
  std::string bytes;
  std::string signature;
  deadline until;
};
/// Creates a key, anchors it, and then signs with it. -> key_version; ec::conflict: another process was first.
struct rotate {
  deadline until;
};
/// Asks for the anchored keys, also while the signer refuses. -> keys; ec::refused: none is anchored and none can be
struct public_keys {
  deadline until;
};
/// Asks for the signer's condition. -> condition
struct inspect {
  deadline until;
};
/// Anchors, by an operator's order, the available keys above the newest anchored one. -> keys: the added ones
struct anchor {
  deadline until;
};
/// A signature. text: vault:v{n}:{base64}
struct signature {
  std::string text;
  int key_version = 0;
};
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
/// Condition of the signer. detail: for an operator
struct condition {
  bool signs = false;
  std::string detail;
};
using handle = caf::typed_actor<caf::replies_to<sign>::with<signature>, caf::replies_to<verify>::with<verdict>,
                                caf::replies_to<rotate>::with<key_version>, caf::replies_to<public_keys>::with<keys>,
                                caf::replies_to<inspect>::with<condition>, caf::replies_to<anchor>::with<keys>>;
} // namespace arrakis::signer
