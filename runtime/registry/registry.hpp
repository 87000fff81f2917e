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

/// How a supervisor treats its children; for the tree that an operator sees.
struct declaration {
  bool supervises = false;
  std::string strategy; ///< "one_for_one", "rest_for_one" or, of children that are never restarted, "temporary".
  uint32_t restarts_max = 0;
  uint32_t window_s = 0;
  std::string dynamic_children; ///< "one per tenant": of children that are not declared one by one. Empty: none.
  bool operator==(const declaration&) const = default;
};

/// "[one_for_one, 10 in 60 s]", with what its dynamic children are.
std::string in_words(const declaration&);

/// One place in the tree of actors: "arrakis/adapters/redis". A place is never freed, so a handle is always valid; the
/// number of places is bounded by what is declared and by the kinds of actors. Thread-safe.
class place {
public:
  place() = default; ///< Nowhere.
  /// A tree of its own.
  static place root(std::string name);
  /// The place of the actor whose handler runs on this thread; outside of an actor the default root.
  static place here();
  /// The place below this one, made when it does not exist.
  place child(std::string_view name) const;
  /// From now on actors that no actor spawns (an io thread, a test) are filed below this place.
  void make_default() const;
  /// The place that `path` ("arrakis/work/relay") leads to from this one, as far as there is one.
  place deepest(std::string_view path) const;
  void declare(declaration) const;
  void declare_first(declaration) const; ///< Unless something is declared already.
  std::string path() const;
  explicit operator bool() const { return node_ != nullptr; }
  bool operator==(const place&) const = default;

private:
  friend class seat;
  friend struct access;
  explicit place(detail::node* n) : node_(n) {}
  detail::node* node_ = nullptr;
};

/// The place of one actor at a time that may be started again: it keeps the number of crashes, their time and error
/// over the lives of the actor, and is shown while no actor runs there. Its owner (a supervisor, a directory) alone
/// uses it.
class seat {
public:
  /// `exact`: the actor has the path of `where`; otherwise `key` is added to it.
  seat(place where, identity who, bool exact);
  ~seat();
  seat(seat&&) noexcept;
  seat(const seat&) = delete;
  seat& operator=(seat&&) = delete;

  /// Runs `start`. The first actor that it spawns takes this place.
  caf::actor fill(const std::function<caf::actor()>& start);
  /// Counts one crash; the seat is shown as restarting or quarantined until it is filled again.
  void crashed(std::string_view error, int64_t wall_ms, actor_state next = actor_state::restarting);
  /// The actor ended in order, and nothing is to be shown.
  void vacate();
  uint32_t crashes() const;
  /// True while this thread runs the `start` of a seat that no actor has taken yet.
  static bool is_being_filled();
  place where() const { return where_; }

private:
  void show(actor_state);
  place where_;
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

/// Files an actor that runs already at `where`.
void move(const caf::actor&, place where);

/// The upper bounds of the histogram of handling times, in microseconds; one more bucket takes what is longer.
constexpr std::array<uint64_t, 11> bucket_bounds_us{1,     4,      16,     64,      256,      1'000,
                                                    4'000, 16'000, 64'000, 256'000, 1'000'000};
} // namespace arrakis::registry
