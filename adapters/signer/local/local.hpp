#pragma once
// The embedded keyring: Ed25519 keys in a private folder, one PKCS#8 PEM file a version (v1.pem, v2.pem, ...), and
// next.pem, which waits for its version. Vault's transit engine takes its place in production, behind the same port.
#include "adapters/signer/keyring.hpp"
#include "runtime/error.hpp"

#include <caf/actor_system.hpp>
#include <string>

namespace arrakis::signer::local {

/// Settings of the local key store.
struct options {
  std::string folder; ///< Made (0700) with the first key that is prepared.
};

/// Checks the folder at a daemon's start: ec::refused, with the command that repairs it, when the folder or a key is
/// open to other users. A missing or damaged key is no error here: the signer refuses then, and everything else runs.
caf::error check(const options&);

/// Checks that every key can be read now: ec::refused as `check`; ec::corrupt: a file holds no key.
caf::error check_keys(const options&);

/// Starts the keyring on a thread of its own, since it touches files. Each `read` reads the folder anew; `sign` uses
/// the keys of the last one. ec::timeout when the deadline has passed.
keyring::handle start(caf::actor_system&, options);

} // namespace arrakis::signer::local
