#pragma once
// Port to the store of private keys: a folder or a vault. It signs for the anchored signer, its only client, which
// chooses the key.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>
#include <string>
#include <utility>
#include <vector>

namespace arrakis::signer::keyring {

/// Reads the present keys and creates none. -> held; an empty or missing store has no key.
/// ec::refused, with the command that mends it: others may read a key; ec::corrupt: a key cannot be read.
struct read {
  deadline until;
};
/// Keys of the store.
struct held {
  std::vector<std::pair<int, std::string>> keys; ///< Public keys in hex by version, ascending; versions may be missing.
  std::string prepared;                          ///< Public key of the prepared next version; empty: none.
  std::string location;                          ///< Location, for operators: "folder /var/lib/arrakis/keys".
};
/// Signs `bytes` with the key of `version` (Ed25519). -> signed_bytes; ec::not_found: no such key.
struct sign {
  int version = 0;
  std::string bytes;
  deadline until;
};
/// Raw signature, 64 bytes.
struct signed_bytes {
  std::string raw;
};
/// Creates the next key, without a version yet, or keeps the prepared one: two concurrent requests get the same key.
/// Durable. -> held
struct prepare {
  deadline until;
};
/// Gives the prepared key its version; no effect when another process did so. -> held; ec::conflict: another key has
/// this version; ec::not_found: none is prepared.
struct adopt {
  int version = 0;
  deadline until;
};

using handle = caf::typed_actor<caf::replies_to<read>::with<held>, caf::replies_to<sign>::with<signed_bytes>,
                                caf::replies_to<prepare>::with<held>, caf::replies_to<adopt>::with<held>>;
} // namespace arrakis::signer::keyring
