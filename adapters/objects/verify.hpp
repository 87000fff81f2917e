#pragma once
// Verification of stored snapshots with public keys alone; used by the worker, by a restore and by arrakisctl.
#include "adapters/objects/messages.hpp"
#include "adapters/signer/signature.hpp"
#include "runtime/error.hpp"

namespace arrakis::objects {
/// Verifies a snapshot. No error when its bytes are canonical, have its digest, and the signature over {alg,
/// communityId, version, sha256, previousSha256, createdAt} verifies under the key of its version; else ec::corrupt
/// with the reason.
inline caf::error verify(const snapshot& what, const public_key_list& keys) { return check_signed(what, keys); }
} // namespace arrakis::objects
