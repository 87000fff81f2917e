#pragma once
// The declaration of commands, components and modals by their owner: names, permissions, and the handler. The
// ingress routes by it, checks caller, place and options by it, and the publisher registers the commands by it.
//
// To add one: copy the folder in tests/extensions/commands to actors/commands, rename it and its namespace, declare
// what it has, run the tests with ARRAKIS_UPDATE=1 once, and look at what changed in schemas/golden/commands.json. No
// other file is edited.
#include "actors/ingress/messages.hpp"
#include "runtime/registry/registry.hpp"
#include "runtime/services.hpp"
#include "schemas/permissions.hpp"

#include <caf/fwd.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::ingress {

/// Permissions that the caller must have in the channel; without a default, so that none is forgotten. Each click is
/// checked against the permissions that Discord computed for the interaction's member, never against a custom id: the
/// rights at the time of the click count, not those at the time of the message.
class permission {
public:
  /// Every member, and in a direct message the user.
  static constexpr permission everyone() { return permission{0}; }
  static constexpr permission administrator() { return permission{permissions::administrator}; }
  /// Requires all of these bits of schemas/permissions.hpp.
  static constexpr permission all_of(uint64_t bits) { return permission{bits}; }

  constexpr uint64_t bits() const { return bits_; }
  /// An administrator has every permission.
  constexpr bool is_held_by(uint64_t member_permissions) const {
    return (member_permissions & permissions::administrator) != 0 || (member_permissions & bits_) == bits_;
  }

private:
  explicit constexpr permission(uint64_t bits) : bits_(bits) {}
  uint64_t bits_;
};

/// Contexts in which a command or component can be used: guild, direct message or both.
/// https://discord.com/developers/docs/resources/application#interaction-contexts
enum class context { guild, direct_message, anywhere };

/// Decides from the interaction alone, before any I/O, whether the first answer is a modal: its message data. Nothing:
/// the handler is asked, which may still reply with one in time (reply::form).
using modal_decision = std::optional<std::string> (*)(const interaction&);

/// An option of a slash command; `options` are those of a sub-command or of a group.
/// https://discord.com/developers/docs/interactions/application-commands, "Application Command Option Structure"
struct option {
  std::string_view name;        ///< 1 to 32 of a-z, 0-9, - and _.
  std::string_view description; ///< 1 to 100 characters.
  option_type type = option_type::string;
  bool required = false;
  bool autocomplete = false;            ///< string, integer, number: the handler is asked while somebody types.
  std::vector<choice> choices = {};     ///< string, integer, number: at most 25; nothing else is taken.
  std::optional<double> min_value = {}; ///< integer, number.
  std::optional<double> max_value = {}; ///< integer, number.
  std::optional<int> min_length = {};   ///< string, in characters: 0 to 6000.
  std::optional<int> max_length = {};   ///< string, in characters: 1 to 6000.
  std::vector<option> options = {};     ///< subcommand, subcommand_group.
};

/// A slash command, or an entry of the context menu of a user or a message.
struct command {
  std::string_view name; ///< chat_input: 1 to 32 of a-z, 0-9, - and _. Otherwise 1 to 32 characters, as it is shown.
  std::string_view description; ///< chat_input: 1 to 100 characters. Otherwise empty.
  permission needs;
  context where = context::guild;
  command_type type = command_type::chat_input;
  std::vector<option> options = {};
  modal_decision modal = nullptr;
};

/// Component (button, select) or modal, by the prefix of its custom id: the id equals `prefix`, or begins with it and
/// ":". The longest prefix wins.
struct component {
  std::string_view prefix; ///< 1 to 64 characters. Never changed: messages of earlier versions carry it.
  permission needs;
  context where = context::guild;
  modal_decision modal = nullptr; ///< Not for a modal: a modal cannot be answered with one.
};

/// The commands, components and modals of one owner.
struct declaration {
  std::string_view name; ///< Name in the supervision tree: that of the folder.
  std::vector<command> commands = {};
  std::vector<component> components = {};
  std::vector<component> modals = {};
  /// Starts the actor that handles everything declared here; one per process. It finds the services that it needs in
  /// `services`; a process without one of them starts without this owner (handlers.hpp).
  handler (*start)(caf::actor_system&, const services&) = nullptr;
  registry::declaration supervises =
    {}; ///< Actors that it starts by some key and watches itself, for the tree's picture.
};

/// JSON of the commands of all owners, sorted by name and type: the body of a bulk overwrite.
/// https://discord.com/developers/docs/interactions/application-commands#bulk-overwrite-global-application-commands
std::string registration_json(const std::vector<const declaration*>& owners);

} // namespace arrakis::ingress
