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
/// A slash command. Refuses what Discord's own client would not offer: no such command, no permission, missing option.
/// `typing`: the command is not sent yet; its application is asked for choices of the option of this name, which must
/// have `autocomplete`. Required options may be missing then.
outcome<started> invoke(sandbox_state&, snowflake user, snowflake channel, std::string_view name,
                        const js::object& options, snowflake application = {}, std::string_view typing = {});
/// A command of the menu of `target`, a user or a message of the channel.
outcome<started> invoke_on(sandbox_state&, snowflake user, snowflake channel, std::string_view name, snowflake target,
                           snowflake application = {});
/// A click on a button, or a choice in a select.
outcome<started> press(sandbox_state&, snowflake user, snowflake channel, snowflake message, std::string_view custom_id,
                       const std::vector<std::string>& values);
/// A form that an interaction opened is sent: custom id to text.
outcome<started> submit(sandbox_state&, snowflake user, snowflake opened_by, const js::object& fields);

/// POST /interactions/{id}/{token}/callback. `with_response`: the body of ?with_response=true, else an empty object.
outcome<js::object> answer(sandbox_state&, snowflake id, std::string_view token, const js::object& body);

/// The follow-up endpoints below /webhooks/{application}/{token}. `message` 0 means @original.
outcome<js::object> follow_up(sandbox_state&, snowflake application, std::string_view token, const js::object& body);
/// GET of a response.
outcome<js::object> get_response(sandbox_state&, snowflake application, std::string_view token, snowflake message);
/// PATCH of a response.
outcome<js::object> edit_response(sandbox_state&, snowflake application, std::string_view token, snowflake message,
                                  const js::object& body);
/// DELETE of a response.
outcome<done> delete_response(sandbox_state&, snowflake application, std::string_view token, snowflake message);

/// Those that nobody acknowledged in time become failed; those whose token has ended are forgotten. Answers the failed.
std::vector<snowflake> expire(sandbox_state&);

} // namespace arrakis::sandbox::model
