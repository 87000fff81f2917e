#pragma once
// The one way in for interactions: one comes in, by the gateway or by signed HTTP, and its first answer goes out in
// time. What takes longer follows by editing the message.
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"
#include "runtime/message.hpp"
#include "schemas/interaction.hpp"

#include <caf/typed_actor.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace arrakis::ingress {

class admission_slot;

/// Hands an interaction to the ingress; the answer comes within 2.5 s and the asker delivers it to Discord. ->
/// interaction_answer. ec::conflict: another delivery of this interaction came first (gateway and webhook, or a
/// replay); ec::refused: another application's. Deliver nothing then.
struct incoming {
  std::shared_ptr<const interaction> what;
  std::shared_ptr<const admission_slot>
    held; ///< Among those in work: made by admission::admit (entry.hpp). A PING has none.
};
using handle = caf::typed_actor<caf::replies_to<incoming>::with<interaction_answer>>;

/// One autocomplete choice. Name: 1 to 100 characters. A text has at most 100 characters, a number lies within
/// 2^53.
struct choice {
  std::string name;
  std::variant<std::string, int64_t, double> value;
};

/// Request to the owner of a command, component or modal (declaration.hpp). Permission, context and options are already
/// checked. -> reply
struct request {
  std::shared_ptr<const interaction> what;
  deadline until;
  /// The reply to it was shown by a late edit, and had `may_end`. An empty reply: it still holds.
  bool is_repeated = false;
};
/// The owner's reply.
struct reply {
  std::string data_json; ///< Message data: an object with content, embeds, components.
  bool apart = false; ///< To a component or modal: as a message of its own, so that the one it sits on stays as it is.
  std::vector<choice> choices = {}; ///< To autocomplete, where nothing else is shown: the first 25.
  /// To a command or component: data_json is that of a modal. Discord opens one as the first answer only; where the
  /// reply comes after that, the user reads that they should try again.
  bool form = false;
  /// Shows work whose end edits the same message. A late edit may come after that end, so that the handler is asked
  /// once more when the edit is done, and its answer, unless it is empty, is the last edit.
  bool may_end = false;
};
/// Errors become a message for the user; ec::invalid, refused, not_found, conflict and frozen show their text.
using handler = caf::typed_actor<caf::replies_to<request>::with<reply>>;

/// Sentence for a user about an error: what happened and what to do.
std::string user_message(const caf::error&);
/// JSON of message data with only this content, which mentions nobody.
std::string message_json(std::string_view content);
/// Adds the ephemeral flag to message data (an object): only the user who asked sees it.
/// https://discord.com/developers/docs/resources/message#message-object-message-flags
std::string ephemeral(const std::string& data_json);
/// First answer for an error: an ephemeral message. For autocomplete, an empty list, because Discord accepts only
/// choices there.
interaction_answer error_answer(const interaction&, const caf::error&);
/// First answer to an autocomplete interaction.
interaction_answer choices_answer(const std::vector<choice>&);

} // namespace arrakis::ingress
