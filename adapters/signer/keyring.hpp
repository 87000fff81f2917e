#pragma once
// Where private keys are: a folder, or a vault. It signs for the anchored signer, which alone decides with which key;
// nobody else asks it.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>
#include <string>
#include <utility>
#include <vector>

namespace arrakis::signer::keyring {

/// Reads anew what is there and makes nothing. -> held; an empty or missing place holds no key.
/// ec::refused, with the command that mends it: others may read a key; ec::corrupt: a key cannot be read.
struct read {
  deadline until;
};
struct held {
  std::vector<std::pair<int, std::string>> keys; ///< Public keys in hex by version, ascending; versions may be missing.
  std::string prepared;                          ///< Public key of the next version, not yet in use; empty: none.
  std::string place;                             ///< For an operator's eye: "folder /var/lib/arrakis/keys".
};
/// 64 bytes of Ed25519 by the key of `version`, raw. ec::not_found: no such key.
struct sign {
  int version = 0;
  std::string bytes;
  deadline until;
};
struct signed_bytes {
  std::string raw;
};
/// Makes the next key, without a version yet, or leaves the one that was prepared before: of two that prepare at once
/// both get the same. Durable. -> held
struct prepare {
  deadline until;
};
/// Gives the prepared key its version. Also where another process did so first. -> held; ec::conflict: another key has
/// this version; ec::not_found: none is prepared.
struct adopt {
  int version = 0;
  deadline until;
};

using handle = caf::typed_actor<caf::replies_to<read>::with<held>, caf::replies_to<sign>::with<signed_bytes>,
                                caf::replies_to<prepare>::with<held>, caf::replies_to<adopt>::with<held>>;
} // namespace arrakis::signer::keyring
