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

/// Permissions that the caller must have in the channel. It has no default, so what declares none does not compile.
/// Judged at each click by the permissions that Discord computed for the interaction's own member, never by what a
/// custom id says: who may press a button is decided when it is pressed, not when it was shown.
class permission {
public:
  /// Every member, and in a direct message the user.
  static constexpr permission everyone() { return permission{0}; }
  static constexpr permission administrator() { return permission{permissions::administrator}; }
  /// All of these bits of schemas/permissions.hpp.
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

/// The places where a command or component can be used.
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

/// A component (button, select) or a modal, by the begin of its custom id: the id is `prefix`, or begins with it and
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
  /// Starts the actor that answers all of it; one for the process. What it needs it asks of `services`; a process that
  /// does not provide it starts without this owner (handlers.hpp).
  handler (*start)(caf::actor_system&, const services&) = nullptr;
  registry::declaration supervises =
    {}; ///< Actors that it starts by some key and watches itself, for the tree's picture.
};

/// The commands of all owners, sorted by name and type: the body of "bulk overwrite global application commands".
/// https://discord.com/developers/docs/interactions/application-commands#bulk-overwrite-global-application-commands
std::string registration_json(const std::vector<const declaration*>& owners);

} // namespace arrakis::ingress
