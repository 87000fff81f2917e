#pragma once
// Application commands. https://discord.com/developers/docs/interactions/application-commands
#include "apps/sandbox/model/form.hpp"
#include "apps/sandbox/model/sandbox_state.hpp"

namespace arrakis::sandbox::model {

/// PUT: replaces all commands of the scope (guild 0: global). A command whose name existed keeps its id.
outcome<js::array> overwrite_commands(sandbox_state&, application&, snowflake guild, const js::array& body);
/// Returns true if a creation with this body replaces a command of the same name and type.
bool replaces_command(const application&, snowflake guild, const js::object& body);
/// POST of a command; replaces one of the same name and type.
outcome<js::object> create_command(sandbox_state&, application&, snowflake guild, const js::object& body);
/// PATCH of a command.
outcome<js::object> edit_command(sandbox_state&, application&, snowflake guild, snowflake id, const js::object& body);
/// DELETE of a command.
outcome<done> delete_command(application&, snowflake guild, snowflake id);
/// GET of a command.
outcome<js::object> get_command(const application&, snowflake guild, snowflake id);
/// GET of all commands of the scope (guild 0: global).
js::array list_commands(const application&, snowflake guild);
/// Checks choices of an option of type `kind` or of autocomplete: at most 25, of its type, names of 1 to 100.
void check_choices(form&, const js::array&, const std::string& path, int64_t kind);
/// Types of commands. https://discord.com/developers/docs/interactions/application-commands
enum command_kind : int64_t { chat_input = 1, user_command = 2, message_command = 3 };
/// Finds the command of a name in a guild: the guild's own before the global one; null when there is none.
const command* find_command(const application&, snowflake guild, std::string_view name, int64_t kind = chat_input);

} // namespace arrakis::sandbox::model
