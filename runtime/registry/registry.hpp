#pragma once
// The registry of actors: which actors this process runs, where each stands in the tree, and how each is doing.
//
// Every actor is spawned by registry::spawn (spawn.hpp) and is known from then on. An actor writes its own counters
// with plain atomic stores; a reader takes no lock that an actor holds and sends no message, so reading disturbs
// nobody.
#include <array>
#include <caf/actor.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace arrakis::registry {

namespace detail {
struct node;
struct record;
struct incidents;
} // namespace detail

/// Identity of an actor. `kind` is one of few words and names the folder or the part of it ("gate", "wizard_session");
/// `key` tells actors of one kind apart (at most 40 bytes: guild, session, shard); `tenant` is the guild's snowflake,
/// or 0.
struct identity {
  std::string_view kind;
  std::string_view key = {};
  uint64_t tenant = 0;
};
/// States of an actor.
enum class actor_state : uint8_t {
  starting,   ///< Spawned; its behavior does not exist yet.
  running,    ///< Handles a message, or has messages waiting.
  waiting,    ///< Has an empty mailbox.
  restarting, ///< Crashed; its supervisor has not started it again yet.
  quarantined ///< Crashed too often; not started again until an operator releases it.
};
std::string_view word(actor_state); ///< Name of a state.

/// Declaration of a node for the tree that operators see: how a supervisor restarts its children.
struct declaration {
  bool supervises = false;
  std::string strategy; ///< "one_for_one", "rest_for_one" or, of children that are never restarted, "temporary".
  uint32_t restarts_max = 0;
  uint32_t window_s = 0;
  std::string dynamic_children; ///< "one per tenant": of children that are not declared one by one. Empty: none.
  bool operator==(const declaration&) const = default;
};

/// Text of a declaration: "[one_for_one, 10 in 60 s]", and its dynamic children.
std::string in_words(const declaration&);

/// A node in the tree of actors: "arrakis/adapters/redis". A node is never freed, so a handle is always valid; the
/// number of nodes is bounded by the declared children and by the kinds of actors. Thread-safe.
class tree_node {
public:
  tree_node() = default; ///< No node.
  /// Creates the root of a new tree.
  static tree_node root(std::string name);
  /// Node of the actor whose handler runs on this thread; outside of an actor the default root.
  static tree_node current();
  /// The child with this name; it is created when it does not exist.
  tree_node child(std::string_view name) const;
  /// Registers actors that no actor spawns (an io thread, a test) below this node from now on.
  void make_default() const;
  /// The node at `path` ("arrakis/work/relay") from this one, or its deepest ancestor that exists.
  tree_node deepest(std::string_view path) const;
  void declare(declaration) const;
  void declare_first(declaration) const; ///< Unless something is declared already.
  std::string path() const;
  explicit operator bool() const { return node_ != nullptr; }
  bool operator==(const tree_node&) const = default;

private:
  friend class child_slot;
  friend struct access;
  explicit tree_node(detail::node* n) : node_(n) {}
  detail::node* node_ = nullptr;
};

/// Registration of a child that may be restarted: it counts the crashes and stores the time and error of the last one
/// over all restarts, and is listed while the child does not run. For its owner alone (a supervisor, a directory);
/// not thread-safe.
class child_slot {
public:
  /// `exact`: the actor has the path of `at`; otherwise `key` is appended to it.
  child_slot(tree_node at, identity who, bool exact);
  ~child_slot();
  child_slot(child_slot&&) noexcept;
  child_slot(const child_slot&) = delete;
  child_slot& operator=(child_slot&&) = delete;

  /// Runs `start`. The first actor that it spawns is the child.
  caf::actor start(const std::function<caf::actor()>& start);
  /// Counts one crash; the child is listed as restarting or quarantined until it is started again.
  void crashed(std::string_view error, int64_t wall_ms, actor_state next = actor_state::restarting);
  /// Ends the listing, after the actor ended in order.
  void clear();
  uint32_t crashes() const;
  /// True while this thread runs the `start` of a slot and no actor was spawned in it yet.
  static bool is_starting();
  tree_node node() const { return at_; }

private:
  void show(actor_state);
  tree_node at_;
  std::string kind_;
  std::string key_;
  uint64_t tenant_ = 0;
  bool exact_ = true;
  detail::incidents* incidents_ = nullptr;
  detail::record* vacant_ = nullptr;
};

/// The actor with this id, whose turn it is, has set a timer (+1), or has one less (-1), that CAF keeps among its
/// requests: it is not counted as a request in flight.
void count_timers(uint64_t actor_id, int by);

/// Moves a running actor to another node.
void move(const caf::actor&, tree_node to);

/// Upper bounds of the histogram of handling times, in microseconds; one more bucket counts longer ones.
constexpr std::array<uint64_t, 11> bucket_bounds_us{1,     4,      16,     64,      256,      1'000,
                                                    4'000, 16'000, 64'000, 256'000, 1'000'000};
} // namespace arrakis::registry
