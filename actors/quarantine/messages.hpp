#pragma once
// The quarantine as this process knows it: the keys of actors that keep crashing and do not start again.
#include "adapters/postgres/quarantines/messages.hpp"
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::quarantine {

/// Table of keys in quarantine on any process, as last read from PostgreSQL, plus those that crashed here. Readable
/// from any thread. One per process; it outlives the actor system.
class table {
public:
  table();
  ~table();
  table(const table&) = delete;
  table& operator=(const table&) = delete;

  /// Returns the error for which `key` of this kind of actor is in quarantine; nothing if it is not.
  std::optional<std::string> find(const std::string& kind, const std::string& key) const;
  void add(const quarantines::entry&);
  /// Changes of a replacement.
  struct change {
    std::vector<quarantines::entry> added, released;
  };
  /// Replaces the whole table by these entries. Returns the changes.
  change replace(std::vector<quarantines::entry>);

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// A hint that an entry was released: read the entries at once.
struct read_now {};
/// Internal: the actor sends it to itself.
struct poll {};

/// quarantines::crash: the key is in the table already, and has to be kept where every process sees it.
using handle = caf::typed_actor<caf::reacts_to<quarantines::crash>, caf::reacts_to<read_now>, caf::reacts_to<poll>>;

} // namespace arrakis::quarantine
