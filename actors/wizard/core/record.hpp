#pragma once
// A wizard session as it lies in Redis between two clicks.
#include "runtime/error.hpp"
#include "schemas/ids.hpp"
#include "schemas/manifest.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::wizard::core {

/// Steps of the wizard, in their order; the rules are a page beside them, which the review opens.
enum class step {
  init,
  chain_select,
  asset_config,
  eligibility_rules,
  role_mapping,
  channel_structure,
  review,
  deploy,
  complete,
  failed,
  rules
};
/// True for the steps at which the plan is changed.
bool is_editable(step);
/// The name of a step in a stored session.
std::string_view to_string(step);
/// Parses the name of a step; none: unknown.
std::optional<step> parse_step(std::string_view);
/// Percentage of the progress bar at a step: 0 at init to 100 at complete; at rules as at review, at failed 0.
int percent(step);

/// An asset that was typed and not accepted yet, stored so that it need not be typed again after a chain's silence.
struct typed_asset {
  std::string type, chain, address, token_id, min_balance;
  std::string why;             ///< The obstacle, as a sentence.
  bool asks_decimals = false;  ///< The contract does not say them: the admin has to.
  std::optional<int> decimals; ///< The answer of the admin.
  bool operator==(const typed_asset&) const = default;
};

/// Answers of the admin so far. Tiers, roles, categories and channels have their final form and stable ids.
struct draft {
  std::string name;
  std::vector<std::string> chains;
  std::vector<manifest_asset> assets;
  std::optional<typed_asset> typed;
  std::string tier_template; ///< Empty: none chosen (when editing: the tiers are those of the active version).
  std::string theme_id = "basic";
  std::vector<manifest_tier> tiers;
  std::vector<manifest_role> roles; ///< One a tier, in the order of the tiers.
  std::string channel_template;     ///< "": not decided; "none": skipped; "current": those of the active version.
  std::vector<manifest_category> categories;
  std::vector<manifest_channel> channels;
  std::string ranked_asset;              ///< Id of an asset. Empty, or one that is gone: the first asset ranks.
  std::vector<manifest_role> rule_roles; ///< Roles without a tier, which only rules grant.
  std::vector<rule> rules;
  bool operator==(const draft&) const = default;
};

/// Selection of what the screens show; not part of the plan.
struct focus {
  std::string asset_chain;
  std::string tier;
  size_t role_page = 0; ///< Page of the menu of existing roles or channels.
  /// Index in channel_items of the category or channel whose existing channel is being chosen.
  size_t channel_item = 0;
  std::string rule; ///< Id of the rule that is being changed.
  bool operator==(const focus&) const = default;
};

/// A modal that was sent and refused, stored so that “Correct it” can open it again with its input. Assets use
/// typed_asset instead.
struct refused_form {
  std::string form, argument; ///< The prefix of its custom id, and what follows the session there.
  std::map<std::string, std::string> fields;
  std::string why; ///< The faults, as sentences.
  bool operator==(const refused_form&) const = default;
};

/// Submission of a session's deployment.
struct submission {
  uint32_t attempt = 0; ///< Part of the idempotency key; raised by each new Deploy, kept when one is asked again.
  int64_t version = 0;  ///< 0: not confirmed yet.
  std::string deployment, job;
  bool operator==(const submission&) const = default;
};

/// A session as it is stored in Redis and as a draft.
struct record {
  int64_t version = 0; ///< Raised by each write; the compare-and-set compares it. Stored beside the text, not in it.
  std::string id;      ///< session_id() (custom_id.hpp); of older builds 32 hex digits.
  snowflake user, guild, channel;
  step at = step::init;
  bool from_review = false; ///< This step was opened from the review: it returns there.
  core::draft draft;
  core::focus focus;
  std::optional<refused_form> refused; ///< Until it is corrected, or the step is left.
  int64_t base_version = 0;            ///< The community's active version that the draft was filled from; 0: none.
  std::vector<std::string>
    base_resources; ///< Ids of its roles, categories and channels: they exist, so they need no room.
  core::submission submitted;
  std::string error;      ///< At DEPLOY (not confirmed) and FAILED.
  std::string guild_name; ///< As far as known; prefills the name.
  int64_t created_ms = 0;
  int64_t updated_ms = 0;
  bool operator==(const record&) const = default;
  std::string idempotency_key() const { return id + "-" + std::to_string(submitted.attempt); }
};

/// JSON text of a record, at most a few kilobytes, without `version`.
std::string to_text(const record&);
/// Parses a record. ec::corrupt: not a record; ec::unsupported: of another layout (an older or newer build wrote it).
caf::expected<record> read_record(std::string_view text);

} // namespace arrakis::wizard::core
