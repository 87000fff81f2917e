#pragma once
// The embedded signer: Ed25519 keys in a private folder, one PKCS#8 PEM file a version (v1.pem, v2.pem, ...). The
// newest signs, all verify. Vault's transit engine takes its place in production, behind the same port.
#include "adapters/signer/messages.hpp"
#include "runtime/error.hpp"

#include <caf/actor_system.hpp>
#include <string>

namespace arrakis::signer::local {

struct options {
  std::string folder; ///< Made (0700) with a first key when it is not there.
};

/// Opens the folder as `start` will, for a daemon that wants to refuse at once: ec::refused, with the command that
/// mends it, when the folder or a key is open to other users; ec::corrupt when a file is no Ed25519 key or a version is
/// missing.
caf::error check(const options&);

/// Starts the signer on a thread of its own, since it touches files. It opens the folder with its first message; while
/// that fails it answers every message with the error of `check` and tries again with the next one. sign:
/// ec::unavailable when the deadline has passed. rotate: ec::conflict when another process rotated at the same time.
handle start(caf::actor_system&, options);

} // namespace arrakis::signer::local
