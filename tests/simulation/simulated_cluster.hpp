#pragma once
// All of arrakisd's actors on one thread: several processes of ours over the stores, the queue and the Discord that
// tests/support/fakes holds in memory, a virtual clock, and people. Everything that happens, and in which order, is
// drawn from one seed; the invariants are checked after each delivery.
#include "tests/simulation/node.hpp"
#include "tests/simulation/simulated_guild.hpp"
#include "tests/support/fakes/budget.hpp"
#include "tests/support/fakes/drafts.hpp"
#include "tests/support/fakes/objects.hpp"
#include "tests/support/fakes/postgres.hpp"
#include "tests/support/fakes/queue.hpp"
#include "tests/support/fakes/redis.hpp"
#include "tests/support/fakes/signer.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/event_based_actor.hpp>
#include <deque>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace arrakis::simulation {
using std::chrono::milliseconds;
using instant = std::chrono::steady_clock::time_point;

/// The guards. A negative control switches one off, and the checks must find it.
struct guards {
  bool keys = true;     ///< Unique keys of the deployments.
  bool leases = true;   ///< One holder of a deployment at a time.
  bool fences = true;   ///< The gate asks the fence table, the store asks the status.
  bool locks = true;    ///< Of jobs in the queue.
  bool budget = true;   ///< Slots are counted.
  bool outbox = true;   ///< A job's row is closed by the end of its work.
  bool audit = true;    ///< The head of the chain is locked.
  bool adoption = true; ///< A successor looks for what an interrupted create left.
  bool ids = true;      ///< Leftovers of an interrupted create are told by Discord's ids; off: by the node's own clock.
  bool late_log = false; ///< No guard: the audit log is 20 s late, and its nonce comes to nobody's help.
};

/// The faults of a run: drawn from the seed, so that seeds differ in kind and not only in detail.
struct fault_schedule {
  double per_call = 0; ///< Chance of a fault at each call to a store, the queue or Discord.
  bool kills = false, flushes = false, outages = false, stalls = false, storms = false, jumps = false, freezes = false,
       kicks = false;
  unsigned reorder = 0; ///< Of 100 deliveries so many are not the next in turn.
};

/// Nodes, people and servers under one seed.
class simulated_cluster {
public:
  /// `story`: tells what happens, line by line, on standard output.
  explicit simulated_cluster(uint64_t seed, guards = {}, bool story = false);
  ~simulated_cluster();
  simulated_cluster(const simulated_cluster&) = delete;
  simulated_cluster& operator=(const simulated_cluster&) = delete;

  /// Runs to the end, or to the first thing that must not be.
  void run();

  /// The broken promise, as a sentence; empty: none.
  std::string broken;
  size_t deliveries = 0;
  size_t faults = 0;
  size_t deployed = 0; ///< Deployments that completed.
  size_t ended = 0;    ///< Deployments that ended at all.
  /// Of every delivery and its time: the same seed gives the same.
  uint64_t trace = 14695981039346656037ull;
  std::map<std::string, size_t> fault_kinds;

  // --- For the parts of the cluster.
  const guards on;
  test::sim_system sim;
  test::fake_postgres postgres;
  test::fake_drafts drafts; ///< In PostgreSQL, too.
  test::fake_queue queue{queue_options()};
  test::fake_redis redis;
  test::fake_objects objects;
  test::fake_signer signer;
  test::fake_budget budget;
  std::vector<std::unique_ptr<simulated_guild>> guilds;
  bool calm = false; ///< No more faults, no more clicks: what was accepted comes to its end.

  uint64_t below(uint64_t n) { return random_() % n; }
  bool chance(double p) { return static_cast<double>(below(1'000'000)) < p * 1'000'000; }
  milliseconds between(int from, int to) {
    return milliseconds{from + static_cast<int>(below(static_cast<uint64_t>(to - from + 1)))};
  }
  instant now() { return sim.now(); }
  /// The true time. Everybody's clock differs from it: PostgreSQL's, Redis', each guild's Discord's, each node's.
  int64_t now_ms();
  /// Draws how far a clock is ahead: zero, or up to an hour either way.
  milliseconds skew();
  /// Runs `what` as `by`: its wall clock counts, and what it spawns is its own.
  void as_node(const node& by, const std::function<void()>& what);
  void breaks(std::string what);
  template <class... Args>
  void tell(fmt::format_string<Args...> text, Args&&... args) {
    if (story_)
      fmt::print("{:>8} {}\n", now_ms() % 100'000'000, fmt::format(text, std::forward<Args>(args)...));
  }
  void fault(const std::string& kind);
  /// Runs `what` after `wait` of the virtual clock.
  void after(milliseconds wait, std::function<void()> what);
  /// Runs `what` as an actor, which can ask others.
  void as_actor(std::function<void(caf::event_based_actor*)> what);
  /// A process that is up; none: nullptr.
  node* any_node();
  simulated_guild* guild_of(snowflake guild);
  simulated_guild* guild_with_channel(snowflake channel);
  /// Draws the fate of a call of `from` to a store, Redis or the queue.
  test::turn draw(node& from, std::string_view verb);
  /// A request of `from` leaves for Discord.
  void request(node& from, net::http_request, deadline, std::function<void(caf::expected<net::http_response>)> done);
  void set_status(simulated_guild&, const std::string& status);

private:
  static queue::options queue_options();
  void draw_fault_schedule();
  void create_guilds();
  void start_node(size_t seat);
  void kill_node(size_t seat);
  void chaos();
  void disturb();
  /// Answers a request on its arrival.
  net::http_response serve(simulated_guild* at, bool talk, const net::http_request&);
  simulated_guild* addressed(std::string_view path);
  bool step();
  bool idle() const;
  bool quiet() const;
  void check_invariants();
  void note_change(const test::fake_postgres::tenant&, const test::fake_postgres::deployment&, std::string_view);
  void note_end(const test::fake_queue::item&);
  void arrived();
  void check_leaving(node& from, const simulated_guild&, const net::http_request&);
  void check_end();
  void check_tenant(const test::fake_postgres::tenant&);
  void check_guild(const test::fake_postgres::tenant&, simulated_guild&);
  void check_drift(simulated_guild&);

  const bool story_;
  std::mt19937_64 random_;
  std::mt19937_64 clocks_; ///< Apart, so that a seed's schedule does not depend on what time it is anywhere.
  fault_schedule schedule_;
  std::vector<std::unique_ptr<node>> nodes_; ///< All that ever were: their fence tables outlive their actors.
  std::vector<node*> seats_;
  std::vector<milliseconds> seat_skews_;
  std::vector<const node*> owners_; ///< Of the actors, by id; nobody: nullptr.
  caf::actor helper_;
  size_t kills_ = 0, flushes_ = 0, starts_ = 0;
  instant postgres_away_until_{}, redis_away_until_{}, discord_away_until_{};
  std::deque<instant> arrivals_;    ///< At Discord, of the last second and a bit.
  std::map<std::string, int> ends_; ///< By deployment and attempt.
  size_t rows_closed_ = 0;
};

} // namespace arrakis::simulation
