#pragma once
// A Discord interaction, as far as a handler of ours reads it. Parsed once where it comes in (gateway or signed HTTP).
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

enum class interaction_kind { ping = 1, command = 2, component = 3, autocomplete = 4, modal = 5 };

/// https://discord.com/developers/docs/interactions/application-commands, "Application Command Types"
enum class command_type { chat_input = 1, user = 2, message = 3 };

/// https://discord.com/developers/docs/interactions/application-commands, "Application Command Option Type"
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

/// What somebody gave for an option of a slash command.
struct interaction_option {
  std::string name;
  option_type type = option_type::string; ///< As the command was registered when it was typed.
  /// string: text. integer: within 2^53. user, channel, role, mentionable: snowflake. While somebody still types
  /// (autocomplete) every type may be text.
  std::variant<std::string, int64_t, double, bool, snowflake> value;
  bool focused = false; ///< autocomplete: the one that is being typed.
};

struct interaction {
  snowflake id;
  snowflake application;
  interaction_kind kind = interaction_kind::ping;
  secret token;    ///< Lives 15 minutes; whoever has it can speak as the bot in this conversation.
  snowflake guild; ///< 0 in a direct message.
  snowflake channel;
  snowflake user;
  uint64_t member_permissions = 0; ///< Of the caller in the channel, by Discord's own reckoning.
  uint64_t app_permissions = 0;    ///< Of our bot in the channel.
  std::string locale;
  std::string guild_name;                                        ///< Empty: Discord does not send it in interactions.
  arrakis::command_type command_type = command_type::chat_input; ///< command, autocomplete.
  std::string command;                     ///< command, autocomplete: "onboard"; "config roles add" with sub-commands.
  std::vector<interaction_option> options; ///< command, autocomplete: of the innermost sub-command.
  snowflake target;                        ///< command of a context menu: the user or message it was opened on.
  std::string custom_id;                   ///< component, modal.
  std::vector<std::string> values;         ///< component: chosen values of a select.
  std::map<std::string, std::string> fields; ///< modal: custom_id of the text input to its value.
  snowflake message;                         ///< component: the message it sits on.
  /// W3C trace id (32 lower-case hex digits), made where it comes in or taken from its `traceparent`: it goes with
  /// everything that follows from the click into every log line. https://www.w3.org/TR/trace-context/#trace-id
  std::string trace;
  int64_t received_ms = 0; ///< Wall clock when it came in; the first answer is due 3 s after Discord sent it.

  /// The value of an option; null: it was not given, or is of another type.
  template <class Value>
  const Value* option(std::string_view name) const {
    const auto found = std::find_if(options.begin(), options.end(), [&](const auto& o) { return o.name == name; });
    return found == options.end() ? nullptr : std::get_if<Value>(&found->value);
  }
};

/// What is left of the interaction's token at `now_ms` (wall clock), less a moment for the last edit to arrive.
/// Discord: 15 minutes. https://discord.com/developers/docs/interactions/receiving-and-responding
std::chrono::milliseconds token_left(const interaction&, int64_t now_ms);

/// Reads an interaction object; `trace` and `received_ms` are the caller's to fill. ec::invalid names the field.
/// Unknown members are ignored; an unknown kind is ec::unsupported.
caf::expected<interaction> read_interaction(const boost::json::object&);

/// The first answer. https://discord.com/developers/docs/interactions/receiving-and-responding
struct interaction_answer {
  enum kind { pong = 1, message = 4, deferred_message = 5, deferred_update = 6, update = 7, choices = 8, modal = 9 };
  kind type = message;
  std::string data_json; ///< The `data` member as JSON text; empty: none.
};
std::string to_json_text(const interaction_answer&);

} // namespace arrakis
