#pragma once
// The chain itself: for whoever records what it does in the same transaction as the deed.
#include "schemas/ids.hpp"

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace pqxx {
class transaction_base;
}

namespace arrakis::audit::chain {

struct entry {
  std::string event; ///< "COMMUNITY_FROZEN".
  /// An opaque subject id; "system" for what nobody asked for. "discord:<user>" is recorded as the id of that person's
  /// profile in the community, made when missing: erase the profile, and the entry speaks of nobody.
  std::string actor;
  std::string target; ///< "deployment:<id>".
};
struct link {
  int64_t sequence = 0;
  std::string hash;
};

/// Appends to the chain of `community`, which must be the transaction's tenant. Locks its head until the end of the
/// transaction: append last. Refuses (ec::invalid) a payload without canonical form.
link append(pqxx::transaction_base&, const community_id& community, const entry&, const boost::json::value& payload);

/// SHA-256, in hex, over the canonical JSON of {seq, at, event, actor, target, payload, previous}. `payload_json` is
/// parsed.
std::string hash_of(int64_t sequence, std::string_view at, const entry&, std::string_view payload_json,
                    std::string_view previous);

/// What the first entry has as `previous`: SHA-256 of the community's id, so that no chain passes for another tenant's.
std::string genesis(const community_id&);

} // namespace arrakis::audit::chain
