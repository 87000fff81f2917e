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
  /// A daemon makes the first key of a fresh database; a tool beside it does not, but by `rotate`.
  bool makes_first_key = true;
  /// Between two looks by itself while the signer refuses, the first one at once: what was mended is seen, and an old
  /// database is anchored before anybody deploys. While it signs it looks twelve times more seldom, so that
  /// `arrakis_signer_refuses` stays true. Zero: it looks only when it is asked.
  std::chrono::milliseconds poll_every{0};
};

/// Reads anchor and keyring for each message, so that a key that another process made, or a person restored, counts at
/// once.
handle start(caf::actor_system&, keyring::handle, signing_keys::handle, options = {});

} // namespace arrakis::signer::anchored
