#pragma once
// Interactions: a person acts, one application answers. The callbacks, tokens and deadlines of
// https://discord.com/developers/docs/interactions/receiving-and-responding
#include "apps/sandbox/model/sandbox_state.hpp"

namespace arrakis::sandbox::model {

/// An action of a user, and the object that the application receives for it.
struct started {
  snowflake id;
  snowflake application;
  js::object payload;
};
/// Invokes a slash command. Refuses what Discord's own client would not offer: an unknown command, no permission, a
/// missing option. `typing`: the command is not sent yet; its application is asked for choices of the option of this
/// name, which must have `autocomplete`; required options may be missing then.
outcome<started> invoke(sandbox_state&, snowflake user, snowflake channel, std::string_view name,
                        const js::object& options, snowflake application = {}, std::string_view typing = {});
/// Invokes a command of the context menu of `target`, a user or a message of the channel.
outcome<started> invoke_on(sandbox_state&, snowflake user, snowflake channel, std::string_view name, snowflake target,
                           snowflake application = {});
/// Clicks a button, or chooses in a select.
outcome<started> press(sandbox_state&, snowflake user, snowflake channel, snowflake message, std::string_view custom_id,
                       const std::vector<std::string>& values);
/// Submits a modal that an interaction opened: custom id to text.
outcome<started> submit(sandbox_state&, snowflake user, snowflake opened_by, const js::object& fields);

/// POST /interactions/{id}/{token}/callback. `with_response`: the body of ?with_response=true, else an empty object.
outcome<js::object> answer(sandbox_state&, snowflake id, std::string_view token, const js::object& body);

/// POST /webhooks/{application}/{token}, a follow-up. `message` 0 means @original, also below.
outcome<js::object> follow_up(sandbox_state&, snowflake application, std::string_view token, const js::object& body);
/// GET of a response.
outcome<js::object> get_response(sandbox_state&, snowflake application, std::string_view token, snowflake message);
/// PATCH of a response.
outcome<js::object> edit_response(sandbox_state&, snowflake application, std::string_view token, snowflake message,
                                  const js::object& body);
/// DELETE of a response.
outcome<done> delete_response(sandbox_state&, snowflake application, std::string_view token, snowflake message);

/// Fails interactions without a response in time, and deletes those whose token has expired. Returns the failed ones.
std::vector<snowflake> expire(sandbox_state&);

} // namespace arrakis::sandbox::model
