#pragma once
#include "adapters/objects/messages.hpp"
#include "tests/support/fakes/ports.hpp"

#include <caf/fwd.hpp>
#include <map>
#include <string>

namespace arrakis::test {
/// The object store in memory. Keeps tests/contracts/objects.hpp.
class fake_objects {
public:
  std::map<std::string, std::map<int64_t, std::string>> bytes; ///< By community and version.

  caf::expected<objects::stored> put(const objects::snapshot&);
  caf::expected<objects::snapshot> get(const community_id&, int64_t version) const;
  caf::expected<objects::versions> list(const community_id&) const;
  objects::handle port(caf::actor_system&, const way* = nullptr);
};
} // namespace arrakis::test
