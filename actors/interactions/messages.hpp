#pragma once
// One interaction in, its first answer out, in time; what takes longer follows by editing the message.
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"
#include "runtime/message.hpp"
#include "schemas/interaction.hpp"

#include <caf/typed_actor.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace arrakis::interactions {

/// The asker (sink of the gateway, HTTP door) delivers the answer to Discord. It comes within 2.5 s.
/// ec::conflict: this interaction was taken before (the other door, a replay); ec::refused: it is another
/// application's. Then nothing may be delivered.
struct incoming {
  std::shared_ptr<const interaction> what;
};
using handle = caf::typed_actor<caf::replies_to<incoming>::with<interaction_answer>>;

/// What a handler behind the edge is asked, and what it says.
struct question {
  std::shared_ptr<const interaction> what;
  deadline until;
};
struct said {
  std::string data_json; ///< Message data: an object with content, embeds, components.
  bool apart = false; ///< To a component or modal: as a message of its own, so that the one it sits on stays as it is.
};
/// Errors become a sentence for the user; ec::invalid, refused, not_found, conflict and frozen show their text.
using handler = caf::typed_actor<caf::replies_to<question>::with<said>>;

/// Who answers a slash command, and who may use it.
struct route {
  std::string command;
  uint64_t member_permissions = 0; ///< The caller needs all of them; an administrator has them.
  bool in_direct_messages = false;
  handler to;
};

/// The sentence that a user sees for an error.
std::string sentence(const caf::error&);
/// Message data of a sentence alone.
std::string sentence_json(std::string_view text);
/// Message data (an object) with the flag by which only the asker sees it.
/// https://discord.com/developers/docs/resources/message#message-object-message-flags
std::string ephemeral(const std::string& data_json);
/// The first answer that tells an error: a message that only the asker sees. To autocomplete Discord takes choices
/// alone, so that it is none of them.
interaction_answer error_answer(const interaction&, const caf::error&);

} // namespace arrakis::interactions
