#pragma once

namespace arrakis::postgres {

/// SQL expression: reason of the newest freeze of the community `c`, a row of communities; empty if it is not frozen or
/// no reason was given. It reads the audit chain of the transaction's tenant.
inline constexpr auto frozen_reason =
  "case when c.status = 'frozen' then coalesce((select a.payload->>'reason' from audit_entries a"
  " where a.community_id = c.id and a.event = 'COMMUNITY_FROZEN' order by a.sequence desc limit 1), '') else '' end";

} // namespace arrakis::postgres
