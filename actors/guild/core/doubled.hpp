#pragma once
// Resources that Discord made twice for one request of ours: a request that it, or a proxy before it, held for so long
// that it was made again, and carried out afterwards. Both bear the same nonce in the audit log (docs/decisions/0006).
#include "schemas/guild.hpp"
#include "schemas/ids.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::blueprint {

/// A resource that Discord made twice.
struct doubled {
  std::string kind; ///< role, category, channel.
  std::string name; ///< As it is in the guild.
  snowflake id;
  snowflake used; ///< The other one, which is ours.
};
/// Nonce in an audit reason that the gate wrote, "Arrakis: <what> [<nonce>]". Empty: there is
/// none.
std::string_view nonce_in(std::string_view reason);
/// True if the audit log has two creates of the bot with the same nonce.
bool has_repeated_nonce(const std::vector<guild::audit_entry>&, snowflake bot);
/// Resources in the guild whose audit entry has the nonce of a resource in `named` (all snowflakes of ours), and which
/// are not in `named` themselves.
std::vector<doubled> find_doubled(const guild::state&, const std::vector<guild::audit_entry>&,
                                  const std::set<snowflake>& named);
/// Sentence for the admin: the event, its meaning, and what to do.
std::string describe(const doubled&);

} // namespace arrakis::blueprint
