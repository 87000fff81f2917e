#pragma once
// The wizard: one session for a user in a guild. Any process may take the next click.
#include "actors/interactions/messages.hpp"
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/interaction.hpp"

#include <caf/typed_actor.hpp>
#include <memory>
#include <optional>
#include <string>

namespace arrakis::wizard {

struct open {
  std::shared_ptr<const interaction> what;
  deadline until;
}; ///< /onboard
struct resume {
  std::shared_ptr<const interaction> what;
  deadline until;
}; ///< /resume; option session_id
struct act {
  std::shared_ptr<const interaction> what;
  deadline until;
}; ///< A component or a modal of the wizard.
using handle =
  caf::typed_actor<caf::replies_to<open>::with<interactions::said>, caf::replies_to<resume>::with<interactions::said>,
                   caf::replies_to<act>::with<interactions::said>>;

/// Whether a component or modal belongs to the wizard, by its custom id.
bool is_ours(std::string_view custom_id);
/// The modal that a component opens, as message data; from the interaction alone, before any I/O.
std::optional<std::string> modal_for(const interaction&);
/// The button that starts a failed deployment again; who reports a failure puts it below.
std::string retry_button_id(int64_t version);

} // namespace arrakis::wizard
