#pragma once
// The verdict about one member as it is stored (schemas/verdict.schema.json): every rule with its tree, and at each
// leaf what was asked for and what was read. `/why` is made of it alone.
#include "runtime/error.hpp"
#include "schemas/ids.hpp"
#include "schemas/rules.hpp"
#include "schemas/truth.hpp"

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis {

/// A value that was read, or the reason why it is unknown.
struct verdict_value {
  std::string question;               ///< "balanceOf(0x...) of 0x...".
  std::string value;                  ///< Decimal digits in the smallest unit, or "reverted". Empty: unknown.
  std::string unknown;                ///< The reason. Empty: known.
  std::vector<std::string> endpoints; ///< Hosts that gave the value.
  int64_t read_at_ms = 0;             ///< Unix time; 0: unknown.
  bool operator==(const verdict_value&) const = default;
};

/// The values behind one finding, all at one block of one chain.
struct verdict_values {
  std::vector<verdict_value> list;
  int64_t left_out = 0; ///< Further values that did not fit into the verdict.
  bool operator==(const verdict_values&) const = default;
};

/// The block of a chain at which values were read.
struct verdict_block {
  std::string chain;    ///< A chain of config/chains.
  bool is_deep = false; ///< True: the block that takes roles. False: the one near the tip, that gives them.
  int64_t number = 0;
  std::string hash; ///< 0x and 64 lower-case hex digits.
  bool operator==(const verdict_block&) const = default;
};

/// The finding of a leaf at one block.
struct verdict_finding {
  truth answer = truth::unknown;
  std::string found; ///< A clause: "you hold 12.5 SPICE on Base".
  verdict_values values;
  bool operator==(const verdict_finding&) const = default;
};

/// A node of the tree of a rule, as it was judged.
struct verdict_node {
  rule_node::kind is = rule_node::leaf;
  truth answer = truth::unknown;      ///< Near the tip.
  int64_t count = 0;                  ///< Of at_least.
  std::vector<verdict_node> children; ///< Of all but a leaf.
  // Of a leaf:
  std::string leaf_kind;               ///< "erc20".
  std::vector<std::string> chains;     ///< Chains that it reads.
  bool excludes = false;               ///< True below an odd number of NOTs: its yes takes.
  std::string required;                ///< "at least 100 SPICE on Base".
  verdict_finding near_tip;            ///< At the block that gives.
  std::optional<verdict_finding> deep; ///< At the block that takes, where that was read.
  bool operator==(const verdict_node&) const = default;
};

/// A rule, as it was judged.
struct verdict_rule {
  std::string id, name;
  truth answer = truth::unknown; ///< Near the tip.
  std::optional<truth> deep;     ///< Where that was judged.
  verdict_node when;
  bool operator==(const verdict_rule&) const = default;
};

/// The amount of the ranked asset at one block.
struct verdict_amount {
  std::string amount; ///< In human units: "12.5". Empty: unknown.
  std::optional<int64_t> rank, of;
  verdict_values values;
  bool operator==(const verdict_amount&) const = default;
};

/// A tier, as it was judged.
struct verdict_tier {
  std::string id, name;
  std::string threshold; ///< In human units: "100". Empty: by rank.
  int64_t min_rank = 1;
  std::optional<int64_t> max_rank; ///< Absent: open.
  truth answer = truth::unknown;   ///< Near the tip.
  std::optional<truth> deep;       ///< Where that was judged.
  bool operator==(const verdict_tier&) const = default;
};

/// The way from the ranked asset to a tier.
struct verdict_ranking {
  std::string asset, chain, symbol; ///< Of the manifest.
  std::string source;               ///< Of the ranks: "native_members", the community's own members by what was read.
  truth admitted = truth::unknown;  ///< By the rules that admit to the tiers.
  verdict_amount near_tip;
  std::optional<verdict_amount> deep;
  std::vector<verdict_tier> tiers; ///< The best one first.
  std::string tier;                ///< Id of the member's tier by now. Empty: none.
  std::string former;              ///< Id of the tier before.
  bool operator==(const verdict_ranking&) const = default;
};

/// The decision about a role of the member.
enum class role_decision : uint8_t {
  given,    ///< Earned, and not there yet.
  taken,    ///< Not earned near the tip, nor at the block that takes.
  kept,     ///< The member had it and keeps it.
  withheld, ///< The member did not have it, and does not get it.
  left,     ///< No rule or tier of this version names it any more: it is left as it is.
};
/// Why it is so.
enum class role_reason : uint8_t {
  earned,       ///< A rule or tier says yes.
  not_earned,   ///< None does.
  undecided,    ///< Unknown near the tip: nothing is given or taken for that.
  still_deep,   ///< Not earned near the tip, but earned at the block that takes, which follows later.
  unknown_deep, ///< Not earned near the tip, and undecided at the block that takes.
  not_managed,  ///< Nothing in the manifest names it.
};

/// A role, and what happens to it.
struct verdict_role {
  snowflake role;
  std::string name; ///< Of the manifest; may be empty.
  role_decision decision = role_decision::withheld;
  role_reason reason = role_reason::undecided;
  std::vector<std::string> because; ///< Ids of the rules and tiers that grant it.
  bool operator==(const verdict_role&) const = default;
};

/// A verdict about a member.
struct member_verdict {
  static constexpr std::string_view schema_version = "1";
  int64_t manifest_version = 0;
  std::string trigger; ///< "check".
  int64_t judged_at_s = 0;
  int64_t next_check_s = 0;  ///< Unix time.
  int64_t wallets = 0;       ///< How many were judged.
  int64_t wallets_aside = 0; ///< Wallets of one chain only, which are not read yet: their chain is unknown.
  std::vector<verdict_block> blocks;
  std::vector<verdict_rule> rules;
  verdict_ranking ranking;
  std::vector<verdict_role> roles;
  bool operator==(const member_verdict&) const = default;
};

/// Name of a value: "yes", "given", "still_deep".
std::string_view name_of(truth);
std::string_view name_of(role_decision);
std::string_view name_of(role_reason);

/// Returns the JSON form.
boost::json::value to_json(const member_verdict&);
/// Reads a verdict. ec::unsupported for another schemaVersion; ec::invalid names the JSON pointer of the field, the
/// fault and the remedy.
caf::expected<member_verdict> read_verdict(std::string_view json_text);

} // namespace arrakis
