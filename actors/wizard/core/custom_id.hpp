#pragma once
// wizard:{action}:{session}[:{argument}]:v{version} - the version is that of the record which the screen showed. A
// click on an older screen is thereby seen to be one, so of two clicks at once the second one does nothing.
#include "actors/wizard/core/record.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace arrakis::wizard::core {
/// Discord: a custom id has 1 to 100 characters. https://discord.com/developers/docs/components/reference
inline constexpr size_t custom_id_max = 100;

/// Messages of earlier versions carry these, too: none of them is ever given up.
inline constexpr std::string_view modal_prefixes[]{"community-name", "asset-address", "asset-decimals", "tier-add",
                                                   "tier-edit"};

/// The parts of a wizard control's custom id.
struct custom_id {
  std::string prefix; ///< "wizard", or that of a modal (modal_prefixes).
  std::string action; ///< Empty for a modal.
  std::string session;
  std::string argument; ///< The part between session and version, without its outer colons.
  std::optional<int64_t> version;
};
/// Empty: not a custom id of the wizard.
std::optional<custom_id> parse_custom_id(std::string_view text);
/// The custom id of a control on the record's present screen.
std::string component_id(std::string_view action, const record&, std::string_view argument = {});
/// community-name:{session}, asset-address:{session}:{type}:{chain}, asset-decimals:{session}, tier-add:{session} and
/// tier-edit:{session}:{tier_key}.
std::string modal_id(std::string_view prefix, std::string_view session, std::string_view argument = {});

/// deployment:retry:{version}, below the report of a failed deployment. It needs no session: the deployment's row is
/// the truth.
std::string retry_button_id(int64_t version);
/// The version of a retry button's id; none: another id.
std::optional<int64_t> retried_version(std::string_view text);
/// deployment:progress:{version}, below a message about an open deployment. It needs no session either.
std::string progress_button_id(int64_t version);
/// True for the id of a button “Check progress” of a job's message.
bool is_progress_button(std::string_view text);
/// The argument of a session's button that stands below a deployment, which needs no session.
inline constexpr std::string_view about_deployment = "deployment";

/// A session's id from 24 random hex digits: 23 of them, and of which user it is (no secret: Discord shows it).
std::string session_id(std::string_view random, snowflake user);
/// True where a session's id is of this user, or names no user (an older build made it).
bool belongs_to(std::string_view session, snowflake user);
} // namespace arrakis::wizard::core
