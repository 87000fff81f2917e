#pragma once

namespace arrakis::postgres {

/// SQL of a text: the reason of the newest freeze of the community `c`, a row of communities; empty where it is not
/// frozen or no reason was given. The audit chain of the transaction's tenant is what it reads.
inline constexpr auto frozen_reason =
  "case when c.status = 'frozen' then coalesce((select a.payload->>'reason' from audit_entries a"
  " where a.community_id = c.id and a.event = 'COMMUNITY_FROZEN' order by a.sequence desc limit 1), '') else '' end";

} // namespace arrakis::postgres
