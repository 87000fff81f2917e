#pragma once
// What keeps crashing and is kept apart, as this process knows it.
#include "adapters/postgres/quarantines/messages.hpp"
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::quarantine {

/// The keys that are kept apart, on whichever process they crashed. Readable from any thread. One a process; outlives
/// the actor system. What PostgreSQL was not asked about yet is not in it.
class table {
public:
  table();
  ~table();
  table(const table&) = delete;
  table& operator=(const table&) = delete;

  /// Why `key` of this kind of actor is kept apart; nothing when it is not.
  std::optional<std::string> find(const std::string& kind, const std::string& key) const;
  void add(const quarantines::entry&);
  struct change {
    std::vector<quarantines::entry> added, released;
  };
  /// Takes these in the place of everything known. Tells what changed.
  change replace(std::vector<quarantines::entry>);

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// A hint that something was released: read it at once.
struct read_now {};
struct poll {}; ///< To itself.

/// quarantines::crash: the key is in the table already, and has to be kept where every process sees it.
using handle = caf::typed_actor<caf::reacts_to<quarantines::crash>, caf::reacts_to<read_now>, caf::reacts_to<poll>>;

} // namespace arrakis::quarantine
