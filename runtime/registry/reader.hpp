#pragma once
// Reading the registry. A reader takes no lock that an actor holds and sends no message: it copies what the actors
// count.
#include "runtime/registry/registry.hpp"

#include <vector>

namespace arrakis::registry {

/// Snapshot of one actor.
struct row {
  std::string path, kind, key;
  uint64_t tenant = 0;
  uint32_t actor_id = 0; ///< The lower half of CAF's; 0 while no actor runs here.
  actor_state state = actor_state::starting;
  uint64_t mailbox = 0;    ///< Messages that wait, with the one that is being handled.
  uint64_t oldest_ms = 0;  ///< Since the mailbox was last empty; 0 while it is. Within 4 ms.
  uint64_t handled = 0;    ///< Messages since this life began.
  uint64_t sampled = 0;    ///< Timed messages among them: one in 16.
  uint64_t sampled_ns = 0; ///< Sum of their times.
  uint64_t longest_ns = 0; ///< The longest of them.
  uint32_t requests = 0;   ///< Answers (and timers of flows) that it waits for.
  uint32_t restarts = 0;   ///< Crashes, which a restart followed or will follow.
  int64_t crashed_ms = 0;  ///< Wall time of the last one, in ms since 1970; 0: none.
  std::string last_error;  ///< Error of the last crash, at most 128 bytes.
};
/// All actors below `root`, in no order.
std::vector<row> actors(tree_node root);
/// Actors that are declared one by one in the tree: children of supervisors, but no tenants, sessions or jobs.
std::vector<row> declared_actors(tree_node root);

/// Handling times of all actors of a kind in this process, sampled from one message in 16.
struct kind_row {
  std::string kind;
  std::array<uint64_t, bucket_bounds_us.size() + 1> buckets{};
  uint64_t sampled = 0, sampled_ns = 0;
};
/// Handling times of all kinds.
std::vector<kind_row> kinds();

/// One line of the tree: declared nodes in the order of their declaration, each supervisor before its children.
struct tree_row {
  std::string path, name;
  size_t depth = 0;
  declaration declared;
};
/// The declared tree below `root`.
std::vector<tree_row> declared_tree(tree_node root);

/// Memory in bytes that the registry needs for one actor.
size_t bytes_per_actor();
} // namespace arrakis::registry
