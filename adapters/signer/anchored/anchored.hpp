#pragma once
// The signer over a keyring: it signs with the newest key whose public half is anchored in PostgreSQL, and with no
// other. Where nothing is anchored yet it makes the first key, or takes the keys at hand if they verify what they
// signed; else it refuses. Each signature is verified under the anchored key before it is handed out.
#include "adapters/postgres/signing_keys/messages.hpp"
#include "adapters/signer/keyring.hpp"
#include "adapters/signer/messages.hpp"

#include <caf/actor_system.hpp>
#include <chrono>

namespace arrakis::signer::anchored {

/// Settings of the anchored signer.
struct options {
  /// True for a daemon, which creates the first key of a new database; a tool does so only by `rotate`.
  bool makes_first_key = true;
  /// Poll interval while the signer refuses, so that a repaired key is noticed and an old database is anchored before a
  /// deployment; the first poll is immediate. While it signs, it polls twelve times less often, to keep
  /// `arrakis_signer_refuses` true. Zero: no polls; it reads only when it is asked.
  std::chrono::milliseconds poll_every{0};
};

/// Starts the signer. It reads anchor and keyring for each message, so that a key that another process made, or a
/// person restored, counts at once.
handle start(caf::actor_system&, keyring::handle, signing_keys::handle, options = {});

} // namespace arrakis::signer::anchored
