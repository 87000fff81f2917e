#pragma once
// A Discord interaction, with the fields that handlers read. It is parsed once, where it arrives (gateway or signed
// HTTP).
#include "runtime/error.hpp"
#include "runtime/secret.hpp"
#include "schemas/ids.hpp"

#include <algorithm>
#include <boost/json/fwd.hpp>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace arrakis {

/// Interaction types: https://discord.com/developers/docs/interactions/receiving-and-responding, "Interaction Type"
enum class interaction_kind { ping = 1, command = 2, component = 3, autocomplete = 4, modal = 5 };

/// Command types: https://discord.com/developers/docs/interactions/application-commands, "Application Command Types"
enum class command_type { chat_input = 1, user = 2, message = 3 };

/// Option types: https://discord.com/developers/docs/interactions/application-commands, "Option Type"
enum class option_type {
  subcommand = 1,
  subcommand_group = 2,
  string = 3,
  integer = 4,
  boolean = 5,
  user = 6,
  channel = 7,
  role = 8,
  mentionable = 9, ///< A user or a role.
  number = 10,
};

/// The value that a user gave for an option of a slash command.
struct interaction_option {
  std::string name;
  option_type type = option_type::string; ///< The type of the registered command when the user typed it.
  /// string: text. integer: within 2^53. user, channel, role, mentionable: snowflake. While the user still types
  /// (autocomplete) every type may be text.
  std::variant<std::string, int64_t, double, bool, snowflake> value;
  bool focused = false; ///< autocomplete: the user types this option.
};

/// One request of a user: a command, click, modal or autocomplete, or a PING of Discord.
struct interaction {
  snowflake id;
  snowflake application;
  interaction_kind kind = interaction_kind::ping;
  secret token;    ///< Valid for 15 minutes. A holder can speak as the bot in this conversation.
  snowflake guild; ///< 0 in a direct message.
  snowflake channel;
  snowflake user;
  uint64_t member_permissions = 0; ///< Of the caller in the channel, as Discord computed them.
  uint64_t app_permissions = 0;    ///< Of the bot in the channel.
  /// Roles, by user, of the members that Discord sent them of: the caller, and who is named by an option or a target.
  std::map<snowflake, std::vector<snowflake>> roles_by_member;
  std::string locale;
  arrakis::command_type command_type = command_type::chat_input; ///< command, autocomplete.
  std::string command;                     ///< command, autocomplete: "onboard"; "config roles add" with sub-commands.
  std::vector<interaction_option> options; ///< command, autocomplete: of the innermost sub-command.
  snowflake target;                        ///< command of a context menu: the user or message it was opened on.
  std::string custom_id;                   ///< component, modal.
  std::vector<std::string> values;         ///< component: chosen values of a select.
  std::map<std::string, std::string> fields; ///< modal: custom_id of the text input to its value.
  snowflake message;                         ///< component: the message that holds it.
  /// W3C trace id (32 lower-case hex digits), made where the interaction arrives or taken from its `traceparent`. Every
  /// message and log line that follows from the interaction carries it. https://www.w3.org/TR/trace-context/#trace-id
  std::string trace;
  int64_t received_ms = 0; ///< Wall clock at arrival. The first answer is due 3 s after Discord sent the interaction.

  /// Returns the value of an option. Null: it was not given, or has another type.
  template <class Value>
  const Value* option(std::string_view name) const {
    const auto found = std::find_if(options.begin(), options.end(), [&](const auto& o) { return o.name == name; });
    return found == options.end() ? nullptr : std::get_if<Value>(&found->value);
  }
};

/// Time that the interaction's token stays valid after `now_ms` (wall clock), less a margin for the last edit.
/// Discord: 15 minutes. https://discord.com/developers/docs/interactions/receiving-and-responding
std::chrono::milliseconds token_left(const interaction&, int64_t now_ms);

/// Reads an interaction object. The caller fills `trace` and `received_ms`. ec::invalid names the field;
/// ec::unsupported: the kind is unknown. Unknown members are ignored.
caf::expected<interaction> read_interaction(const boost::json::object&);

/// The first answer. https://discord.com/developers/docs/interactions/receiving-and-responding
struct interaction_answer {
  /// "Interaction Callback Type" of Discord.
  enum kind { pong = 1, message = 4, deferred_message = 5, deferred_update = 6, update = 7, choices = 8, modal = 9 };
  kind type = message;
  std::string data_json; ///< The `data` member as JSON text; empty: none.
};
/// Returns the JSON text that Discord takes as a callback.
std::string to_json_text(const interaction_answer&);

} // namespace arrakis
