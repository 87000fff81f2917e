#pragma once
// The comparison that `/reconcile` shows and Apply carries out: how a guild differs from its active version, and the
// plan that would mend it.
#include "actors/guild/core/diff.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::blueprint {

/// Result of comparing a guild with its active version.
struct comparison {
  std::vector<std::string> lines; ///< A sentence for each difference.
  bool clean = false;             ///< No difference but what is left over.
  std::string remaining;          ///< "9 old roles remain": what no plan wants any more; empty: nothing.
  int64_t version = 0;            ///< The version of the manifest.
  size_t creates = 0, updates = 0;
  bool orders_roles = false; ///< The plan ends with putting the roles in order.
  std::string plan_json;     ///< The work of Apply, in canonical JSON (RFC 8785); see `keys_in`.
  std::string plan_sha256;   ///< Hash of its bytes, in hex. Another guild, version or shadow state has another one.
  std::vector<std::string> blockers; ///< The changes that an admin must make first, a sentence each.
  std::vector<std::string> doubled;  ///< Resources that Discord made twice, a sentence each; empty also if unknown.
  std::string last_apply;            ///< How the last Apply stands, or why it ended; empty: well, or there was none.
  bool applying = false;             ///< An earlier Apply has not ended.
};

/// Compares a guild with its active version. The plan creates and updates, in the order of `resources`, and never
/// deletes; if a created role would stand below a lesser one, the plan also orders the roles. Its hash covers the
/// manifest's hash, each step, and the current managed fields of the resources in the steps, so the plan of a changed
/// guild has another hash.
comparison compare(const manifest&, int64_t version, std::string_view manifest_sha256,
                   const std::vector<manifests::shadow_entry>& shadow, const guild::state&);

/// The resources that a plan creates or updates. Empty: it cannot be read.
std::set<key> keys_in(std::string_view plan_json);
/// True where a plan puts the roles in order.
bool orders_roles(std::string_view plan_json);

// Custom ids of the buttons; Discord: at most 100 characters.
inline constexpr std::string_view apply_prefix = "reconcile:apply:";     ///< Then the hash of the plan shown.
inline constexpr std::string_view confirm_prefix = "reconcile:confirm:"; ///< Then the hash, ':' and a nonce.
/// Custom id of the button that leads back to the comparison.
inline constexpr std::string_view back_id = "reconcile:back";

/// Message data of the comparison, with the button Apply if there is something to apply; `notice` is above.
std::string comparison_screen(const comparison&, std::string_view notice = {});
/// Message data of the confirmation. `nonce` makes its button idempotent: repeated clicks request one Apply.
std::string confirm_screen(const comparison&, std::string_view nonce);

} // namespace arrakis::blueprint
