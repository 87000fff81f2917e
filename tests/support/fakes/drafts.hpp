#pragma once
// Drafts of the wizard in memory, with the meaning of the store in PostgreSQL.
#include "adapters/postgres/drafts/messages.hpp"
#include "runtime/clock.hpp"
#include "tests/support/fakes/ports.hpp"

#include <caf/fwd.hpp>
#include <functional>
#include <map>
#include <string>
#include <utility>

namespace arrakis::test {

/// The store of drafts in memory. Keeps tests/contracts/drafts.hpp.
class fake_drafts {
public:
  /// A draft of one user in one guild.
  struct row {
    drafts::draft what;
    bool forgotten = false;
    std::string replaced; ///< The session that was here before: nothing that it wrote late takes the place back.
  };
  std::function<int64_t()> now_ms = [] { return wall_ms(); };
  std::map<std::pair<uint64_t, uint64_t>, row> rows; ///< By guild and user.

  caf::expected<drafts::stored> keep(const drafts::store&);
  caf::expected<drafts::stored> forget(const drafts::erase&);
  caf::expected<drafts::found> find(const drafts::find&) const;

  drafts::handle port(caf::actor_system&, const way* = nullptr);

private:
  drafts::stored write(std::pair<uint64_t, uint64_t> key, row);
};

} // namespace arrakis::test
