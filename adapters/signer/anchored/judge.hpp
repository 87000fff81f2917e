#pragma once
// Choice of the signing key from the available keys and the anchored ones. Pure.
#include "adapters/postgres/signing_keys/messages.hpp"
#include "adapters/signer/keyring.hpp"

#include <string>

namespace arrakis::signer::anchored {

/// Next step of the signer.
struct next_step {
  /// Kinds of step.
  enum kind {
    sign,       ///< With the key of `version`.
    make_first, ///< There is no key and no manifest: prepare one, anchor it as version 1, adopt it.
    take,       ///< The anchor is empty: anchor `keys` if they verify what is stored.
    finish,     ///< Adopt the prepared key, which is anchored as `version`: a rotation was interrupted.
    refuse,     ///< For `why`.
  } what = refuse;
  int version = 0;
  signing_keys::key_list keys;
  std::string why; ///< The fault, and the key to restore.
};

/// Decides the next step.
next_step judge(const keyring::held&, const signing_keys::anchored&);

/// Available keys above the newest anchored one, for an operator's order to anchor them. ec::refused, with a sentence,
/// when an available key contradicts the anchor.
caf::expected<signing_keys::key_list> lacking(const keyring::held&, const signing_keys::anchored&);

} // namespace arrakis::signer::anchored
