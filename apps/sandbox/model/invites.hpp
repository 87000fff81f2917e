#pragma once
// Invites. https://discord.com/developers/docs/resources/invite
#include "apps/sandbox/model/sandbox_state.hpp"

namespace arrakis::sandbox::model {

/// POST /channels/{channel}/invites; without `unique` an existing invite with the same terms is returned.
outcome<js::object> create_invite(sandbox_state&, const actor&, channel_ref, const js::object& body);
/// Invites of a channel, or of the whole guild (`channel` 0).
outcome<js::array> list_invites(sandbox_state&, const actor&, const guild&, snowflake channel);
/// GET /invites/{code}; `counts` adds the member counts.
outcome<js::object> get_invite(sandbox_state&, std::string_view code, bool counts);
/// DELETE /invites/{code}.
outcome<js::object> delete_invite(sandbox_state&, const actor&, std::string_view code);

} // namespace arrakis::sandbox::model
