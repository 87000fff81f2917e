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

/// The asker delivers the answer to Discord. It comes within 2.5 s.
/// ec::conflict: this interaction was taken before (it came in by both ways, or is a replay); ec::refused: it is
/// another application's. Then nothing may be delivered.
struct incoming {
  std::shared_ptr<const interaction> what;
  std::shared_ptr<const admission_slot>
    held; ///< Among those in work: made by admission::admit (entry.hpp). A PING has none.
};
using handle = caf::typed_actor<caf::replies_to<incoming>::with<interaction_answer>>;

/// One entry of the list that a user chooses from. Name: 1 to 100 characters. A text has at most 100 characters, a
/// number lies within 2^53.
struct choice {
  std::string name;
  std::variant<std::string, int64_t, double> value;
};

/// A request to the owner of a command, component or modal (declaration.hpp). Caller, place and options have been
/// checked by then.
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

/// The sentence that a user reads for an error: what happened and what to do.
std::string user_message(const caf::error&);
/// Message data with this content alone. It mentions nobody.
std::string message_json(std::string_view content);
/// Message data (an object) with the flag by which only the asker sees it.
/// https://discord.com/developers/docs/resources/message#message-object-message-flags
std::string ephemeral(const std::string& data_json);
/// The first answer that tells an error: a message that only the asker sees. To autocomplete Discord takes choices
/// alone, so that it is none of them.
interaction_answer error_answer(const interaction&, const caf::error&);
/// The answer to autocomplete.
interaction_answer choices_answer(const std::vector<choice>&);

} // namespace arrakis::ingress
