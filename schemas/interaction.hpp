#pragma once
// A Discord interaction, as far as a handler of ours reads it. Parsed once at the edge (gateway or signed HTTP).
#include "runtime/error.hpp"
#include "runtime/secret.hpp"
#include "schemas/ids.hpp"

#include <boost/json/fwd.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis {

enum class interaction_kind { ping = 1, command = 2, component = 3, autocomplete = 4, modal = 5 };

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
  std::string guild_name;                     ///< Empty: Discord does not send it in interactions.
  std::string command;                        ///< command: "onboard".
  std::map<std::string, std::string> options; ///< command: scalar options as text.
  std::string custom_id;                      ///< component, modal.
  std::vector<std::string> values;            ///< component: chosen values of a select.
  std::map<std::string, std::string> fields;  ///< modal: custom_id of the text input to its value.
  snowflake message;                          ///< component: the message it sits on.
  /// W3C trace id (32 lower-case hex digits), made at our edge or taken from its `traceparent`: it goes with everything
  /// that follows from the click into every log line. https://www.w3.org/TR/trace-context/#trace-id
  std::string trace;
  int64_t received_ms = 0; ///< Wall clock at our edge; the first answer is due 3 s after Discord sent it.
};

/// Reads an interaction object; `trace` and `received_ms` are the edge's to fill. ec::invalid names the field. Unknown
/// members are ignored; an unknown kind is ec::unsupported.
caf::expected<interaction> read_interaction(const boost::json::object&);

/// The first answer. https://discord.com/developers/docs/interactions/receiving-and-responding
struct interaction_answer {
  enum kind { pong = 1, message = 4, deferred_message = 5, deferred_update = 6, update = 7, choices = 8, modal = 9 };
  kind type = message;
  std::string data_json; ///< The `data` member as JSON text; empty: none.
};
std::string to_json_text(const interaction_answer&);

} // namespace arrakis
