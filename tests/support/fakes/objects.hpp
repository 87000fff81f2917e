#pragma once
#include "adapters/objects/messages.hpp"
#include "tests/support/fakes/ports.hpp"

#include <caf/fwd.hpp>
#include <map>
#include <string>
#include <utility>

namespace arrakis::test {
/// The object store in memory. Keeps tests/contracts/objects.hpp.
class fake_objects {
public:
  std::map<std::string, std::map<int64_t, std::string>> bytes; ///< By community and version.

  /// Objects that were set aside, by community, then version and hash.
  std::map<std::string, std::map<std::pair<int64_t, std::string>, std::string>> aside;

  caf::expected<objects::stored> put(const objects::snapshot&);
  caf::expected<objects::stored> supersede(const objects::snapshot&);
  caf::expected<objects::snapshot> get(const community_id&, int64_t version) const;
  caf::expected<objects::snapshot> get_aside(const community_id&, int64_t version, const std::string& hash) const;
  caf::expected<objects::versions> list(const community_id&) const;
  objects::handle port(caf::actor_system&, const way* = nullptr);
};
} // namespace arrakis::test
