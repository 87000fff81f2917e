#pragma once
#include "adapters/signer/messages.hpp"
#include "tests/support/fakes/ports.hpp"

#include <caf/fwd.hpp>
#include <string>

namespace arrakis::test {
/// Signs with Ed25519 keys made from the number of their version, so that a run can be repeated. Keeps
/// tests/contracts/signer.hpp.
class fake_signer {
public:
  int newest = 1;
  std::string refusal;  ///< Why it signs nothing; empty: it signs.
  bool anchored = true; ///< Off: while it refuses there is no public key either.
  std::string sign(const std::string& bytes) const;
  signer::keys keys() const;
  signer::handle port(caf::actor_system&, const way* = nullptr);
};
} // namespace arrakis::test
