#pragma once
// Incoming webhooks. https://discord.com/developers/docs/resources/webhook
#include "apps/sandbox/model/sandbox_state.hpp"

namespace arrakis::sandbox::model {

/// A webhook and the guild that it belongs to.
struct webhook_place {
  model::guild* guild;
  model::webhook* hook;
};
/// Finds a webhook. Unknown Webhook: there is none; 401 with 50027: `token` is given and differs.
outcome<webhook_place> find_webhook(sandbox_state&, snowflake id, std::string_view token = {});

/// POST /channels/{channel}/webhooks.
outcome<js::object> create_webhook(sandbox_state&, const actor&, channel_ref, const js::object& body);
/// Webhooks of a channel, or of the whole guild (`channel` 0).
outcome<js::array> list_webhooks(sandbox_state&, const actor&, const guild&, snowflake channel);
/// GET of a webhook. `by` is null with the webhook's own token, which needs no permission.
outcome<js::object> get_webhook(sandbox_state&, const actor* by, webhook_place);
/// PATCH of a webhook; `by` as in get_webhook.
outcome<js::object> edit_webhook(sandbox_state&, const actor* by, webhook_place, const js::object& body);
/// DELETE of a webhook; `by` as in get_webhook.
outcome<done> delete_webhook(sandbox_state&, const actor* by, webhook_place);

/// POST /webhooks/{id}/{token}, in a thread of its channel when `thread` names one.
outcome<js::object> execute_webhook(sandbox_state&, webhook_place, snowflake thread, const js::object& body);
/// GET of a message of the webhook, in `thread` if it names one.
outcome<js::object> get_webhook_message(sandbox_state&, webhook_place, snowflake thread, snowflake message);
/// PATCH of a message of the webhook.
outcome<js::object> edit_webhook_message(sandbox_state&, webhook_place, snowflake thread, snowflake message,
                                         const js::object& body);
/// DELETE of a message of the webhook.
outcome<done> delete_webhook_message(sandbox_state&, webhook_place, snowflake thread, snowflake message);

} // namespace arrakis::sandbox::model
