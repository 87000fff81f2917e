#pragma once
// wizard:{action}:{session}[:{argument}]:v{version} - the version is that of the record which the screen showed. A
// click on an older screen is thereby seen to be one, so of two clicks at once the second one does nothing.
#include "actors/wizard/core/record.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace arrakis::wizard::core {
/// Discord's limit of a custom id: 1 to 100 characters. https://discord.com/developers/docs/components/reference
inline constexpr size_t custom_id_max = 100;

/// Prefixes of modals' custom ids. Messages of earlier versions carry them too, so none may be removed.
inline constexpr std::string_view modal_prefixes[]{"community-name", "asset-address", "asset-decimals", "tier-add",
                                                   "tier-edit",      "rule-add",      "rule-edit"};

/// The parts of a wizard control's custom id.
struct custom_id {
  std::string prefix; ///< "wizard", or that of a modal (modal_prefixes).
  std::string action; ///< Empty for a modal.
  std::string session;
  std::string argument; ///< The part between session and version, without its outer colons.
  std::optional<int64_t> version;
};
/// Parses a custom id; empty: not one of the wizard's.
std::optional<custom_id> parse_custom_id(std::string_view text);
/// The custom id of a control on the record's present screen.
std::string component_id(std::string_view action, const record&, std::string_view argument = {});
/// Custom id of a modal: community-name:{session}, asset-address:{session}:{type}:{chain}, asset-decimals:{session},
/// tier-add:{session}, tier-edit:{session}:{tier_key}, rule-add:{session}:{kind}[:{chain}] and
/// rule-edit:{session}:{rule_key}.
std::string modal_id(std::string_view prefix, std::string_view session, std::string_view argument = {});

/// Custom id of the button Retry below a failed deployment: deployment:retry:{version}. It needs no session: the
/// deployment's row is the truth.
std::string retry_button_id(int64_t version);
/// Version in the id of a button Retry; none: another id.
std::optional<int64_t> retried_version(std::string_view text);
/// deployment:progress:{version}: custom id of “Check progress” below an open deployment; needs no session.
std::string progress_button_id(int64_t version);
/// True for the custom id of a button “Check progress”.
bool is_progress_button(std::string_view text);
/// Argument of a session's button that is shown below a deployment, which works without the session.
inline constexpr std::string_view about_deployment = "deployment";

/// Returns a new session id of 32 characters: 23 of `random` (at least 24 hex digits), "u", 8 hex digits of `user`.
std::string session_id(std::string_view random, snowflake user);
/// True if the session id belongs to this user, or names no user (made by an older build).
bool belongs_to(std::string_view session, snowflake user);
} // namespace arrakis::wizard::core
