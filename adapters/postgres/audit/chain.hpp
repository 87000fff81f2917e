#pragma once
// Audit chain for other stores, which append to it in the transaction of their change.
#include "schemas/ids.hpp"

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace pqxx {
class transaction_base;
}

namespace arrakis::audit::chain {

/// An entry to append.
struct entry {
  std::string event; ///< "COMMUNITY_FROZEN".
  /// Opaque subject id; "system" for automatic changes. "discord:<user>" is stored as the id of the user's profile in
  /// the community, created when missing: once the profile is erased, the entry names nobody.
  std::string actor;
  std::string target; ///< "deployment:<id>".
};
/// Place of an entry in the chain.
struct link {
  int64_t sequence = 0;
  std::string hash;
};

/// Appends to the chain of `community`, which must be the transaction's tenant. Locks its head until the end of the
/// transaction: append last. Refuses (ec::invalid) a payload without canonical form.
link append(pqxx::transaction_base&, const community_id& community, const entry&, const boost::json::value& payload);

/// Appends as `append` does to the platform's own chain, for what an operator does to no single community. Only
/// arrakis_admin may. `actor` is "operator" or an opaque subject id.
link append_platform(pqxx::transaction_base&, const entry&, const boost::json::value& payload);

/// Hash of an entry: SHA-256, in hex, over the canonical JSON of {seq, at, event, actor, target, payload, previous}.
/// `payload_json` is parsed.
std::string hash_of(int64_t sequence, std::string_view at, const entry&, std::string_view payload_json,
                    std::string_view previous);

/// Place of a chain in the database.
struct trail {
  const char* heads;   ///< Table of the chains' ends.
  const char* entries; ///< Table of the entries.
  const char* key;     ///< Column of both that names the chain.
  std::string owner;   ///< Value of that column.
  std::string genesis; ///< `previous` of the first entry: no chain is valid for another owner.
};
/// The chain of a community.
trail trail_of(const community_id&);
/// The platform's own chain.
trail platform_trail();

} // namespace arrakis::audit::chain
