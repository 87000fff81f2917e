#pragma once
// The rules of a community in their JSON form (schemas/rules.schema.json): trees of conditions. actors/rules gives the
// leaves their meaning, by kind.
#include "runtime/error.hpp"
#include "schemas/ids.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace arrakis {

/// Bounds of one community's rules.
inline constexpr size_t rules_max = 50, rule_depth_max = 8, rule_leaves_max = 64;
/// Questions that all leaves of one rule ask a chain for a member of one wallet. rules::compile refuses more.
inline constexpr size_t rule_questions_max = 1000;

/// A node of the tree. A tree of one leaf has depth 1.
struct rule_node {
  enum kind : uint8_t { all, any, none, at_least, leaf } is = leaf; ///< none: the "not" of its one child.
  int64_t count = 0;                                                ///< Of at_least: 1 to the number of children.
  std::vector<rule_node> children;                                  ///< At least one, but for a leaf.
  std::string leaf_kind;                                            ///< Of a leaf: "erc20".
  boost::json::object parameters;                                   ///< Of a leaf: its members but for "leaf".
  bool operator==(const rule_node&) const = default;
};

/// Grant of a role of the manifest.
struct granted_role {
  std::string id; ///< Id of the role in the manifest.
  bool operator==(const granted_role&) const = default;
};
/// Grant of a role that the admins made.
struct granted_existing_role {
  snowflake id; ///< Id of the role in Discord.
  bool operator==(const granted_existing_role&) const = default;
};
/// Admission to the tiers. The tier then follows from rank or amount.
struct admitted_to_tiers {
  bool operator==(const admitted_to_tiers&) const = default;
};

/// A condition and its grant.
struct rule {
  std::string id; ///< Stable within the community: "whales".
  std::string name;
  std::variant<granted_role, granted_existing_role, admitted_to_tiers> grants;
  rule_node when;
  bool operator==(const rule&) const = default;
};

/// Returns the JSON form: {"rules": [{id, name, grants, when}]}. A node is {"all": [...]}, {"any": [...]}, {"not":
/// {...}},
/// {"atLeast": n, "of": [...]} or {"leaf": kind, ...}.
boost::json::value to_json(const std::vector<rule>&);
/// Reads rules. ec::invalid names the JSON pointer of the first wrong field, the fault and the remedy. rules::compile
/// checks the leaves.
caf::expected<std::vector<rule>> read_rules(std::string_view json_text);
caf::expected<std::vector<rule>> read_rules(const boost::json::value&);

} // namespace arrakis
