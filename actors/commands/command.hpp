#pragma once
// Slash commands. To add one: copy the folder `resume`, rename it and its `definition`, run the tests with
// ARRAKIS_UPDATE=1 once, and look at what changed in schemas/golden/commands.json. No other file is edited.
#include "actors/interactions/messages.hpp"
#include "actors/reconciler/messages.hpp"
#include "actors/wizard/messages.hpp"

#include <caf/fwd.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::commands {

/// What a command may ask.
struct services {
  wizard::handle wizards;
  reconciler::handle reconcilers;
};

struct option {
  std::string_view name, description;
  bool required = false; ///< All options are text: type 3 of the application command option types.
};

struct command {
  std::string_view name;           ///< 1 to 32 of a-z, 0-9, - and _; what `interaction::command` holds.
  std::string_view description;    ///< 1 to 100 characters.
  uint64_t member_permissions = 0; ///< The caller needs these; checked by Discord and by us.
  bool in_direct_messages = false;
  std::vector<option> options;
  /// Starts the actor that answers it; one for the process.
  interactions::handler (*start)(caf::actor_system&, const services&) = nullptr;
};

/// Sorted by folder. Written by the build.
const std::vector<const command*>& all();

/// The body of "bulk overwrite global application commands", with sorted commands.
/// https://discord.com/developers/docs/interactions/application-commands#bulk-overwrite-global-application-commands
std::string registration_json();

} // namespace arrakis::commands
