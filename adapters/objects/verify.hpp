#pragma once
// Is a stored snapshot genuine? Asked by the worker, by a restore and by arrakisctl, with public keys alone.
#include "adapters/objects/messages.hpp"
#include "adapters/signer/signature.hpp"
#include "runtime/error.hpp"

namespace arrakis::objects {
/// Nothing when the snapshot's bytes are canonical, have its digest, and the signature over {alg, communityId, version,
/// sha256, previousSha256, createdAt} verifies under the key of its version; else ec::corrupt with the reason.
inline caf::error verify(const snapshot& what, const public_key_list& keys) { return check_signed(what, keys); }
} // namespace arrakis::objects
