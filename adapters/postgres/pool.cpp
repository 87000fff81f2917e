#include "adapters/postgres/pool.hpp"

#include "adapters/postgres/worker.hpp"
#include "runtime/exception.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/actor_cast.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <list>
#include <pqxx/pqxx>
#include <vector>

namespace arrakis::postgres {
namespace {
using namespace std::chrono_literals;

/// Time after the deadline at which a silent worker's socket is cut: the server had the deadline as statement_timeout,
/// so the server or the network hangs.
constexpr auto cut_after = 2'000ms;
constexpr auto respawn_after = 100ms; // Wait before a crashed worker's successor; limits the cost of a crash loop.

constexpr auto health_within = 1'500ms;
constexpr auto health_lasts = 500ms; // Validity of a probe, so that many readiness checks cost one transaction.

struct probe {};
struct expire {};
struct respawn {
  size_t slot = 0;
};
struct overdue {
  size_t slot = 0;
  uint64_t call = 0;
};
using router = handle::extend<caf::replies_to<probe>::with<committed>, caf::reacts_to<worker::connection_change>,
                              caf::reacts_to<expire>, caf::reacts_to<respawn>, caf::reacts_to<overdue>>;

bool is_ours(const caf::error& e) { return e.category() == fail(ec::internal, {}).category(); }

struct waiting {
  transaction what;
  caf::typed_response_promise<committed> reply;
};

using worker::link;

struct slot {
  worker::handle actor;
  std::shared_ptr<worker::line> socket;
  uint64_t life = 0;
  link connection = link::connecting;
  uint64_t call = 0; ///< The number of the call under way; 0: idle.
};

struct router_state {
  router_state() = default;
  static inline const char* name = "postgres";
  router::pointer self = nullptr;
  options with;
  std::vector<slot> slots;
  std::list<waiting> queue; ///< At most options.waiting_max.
  std::string detail = "connecting";
  uint64_t lives = 0;
  uint64_t calls = 0;
  std::optional<deadline> expiry;                         ///< Time of the next check of the queue.
  std::vector<caf::typed_response_promise<state>> asking; ///< Requests that wait for the running probe.
  std::optional<deadline> health_until;                   ///< Validity of the last probe.
  std::string no_writes; ///< Reason why the server accepts no writes by the last probe; empty: it does.

  ~router_state() {
    for (auto& s : slots) {
      if (s.actor)
        caf::anon_send_exit(s.actor, caf::exit_reason::user_shutdown);
      if (s.call != 0) // Without the pool nothing receives the answer or cuts a hanging call.
        s.socket->cut();
    }
  }

  size_t connected() const {
    return static_cast<size_t>(std::ranges::count(slots, link::connected, &slot::connection));
  }
  /// True when each worker has failed to connect. A connection lost just now may return at once, so it is waited for.
  bool away() const {
    return std::ranges::all_of(slots, [](const slot& s) { return s.connection == link::away; });
  }
  caf::error away_error() const {
    return fail(ec::unavailable, "the database is away: " + detail, server_away{"postgres", detail});
  }

  void start_worker(size_t index) {
    auto& s = slots[index];
    s.socket = std::make_shared<worker::line>();
    s.life = ++lives;
    s.call = 0;
    s.actor = worker::start(self->system(), {.dsn = with.dsn,
                                             .slot = index,
                                             .life = s.life,
                                             .pool = caf::actor_cast<caf::actor_addr>(self),
                                             .socket = s.socket,
                                             .silent_max = with.silent_max});
    self->monitor(s.actor);
  }

  caf::result<committed> take(transaction& t) {
    if (t.until.passed(self->clock().now()))
      return fail(ec::timeout, "the deadline had passed already");
    if (away())
      return away_error();
    if (queue.size() >= with.waiting_max)
      return fail(ec::busy, "the database's queue is full");
    // Not before: once a promise is made, an error that the handler returns is dropped.
    queue.push_back({std::move(t), self->make_response_promise<committed>()});
    dispatch();
    watch_queue();
    return caf::delegated<committed>{};
  }

  void dispatch() {
    for (size_t i = 0; i < slots.size() && !queue.empty(); ++i)
      while (slots[i].connection == link::connected && slots[i].call == 0 && !queue.empty()) {
        auto next = std::move(queue.front());
        queue.pop_front();
        if (next.what.until.passed(self->clock().now()))
          next.reply.deliver(fail(ec::timeout, "the deadline passed in the queue"));
        else
          give(i, std::move(next));
      }
    metrics::set("arrakis_postgres_waiting_transactions", "Transactions that wait for a worker.",
                 static_cast<double>(queue.size()));
  }

  void give(size_t index, waiting next) {
    auto& s = slots[index];
    s.call = ++calls;
    const auto limit = next.what.until.left(self->clock().now()) + cut_after;
    self->delayed_send(self, limit, overdue{index, s.call});
    const auto ended = [this, index, call = s.call] {
      if (slots[index].call == call)
        slots[index].call = 0;
      dispatch();
    };
    auto reply = next.reply;
    // The timeout is longer than the cut, so an answer or error always comes from the worker or its end.
    self->request(s.actor, caf::duration{limit + 2 * cut_after}, std::move(next.what))
      .then(
        [reply, ended](const committed& done) mutable {
          reply.deliver(done);
          ended();
        },
        [reply, ended](caf::error& e) mutable {
          if (is_ours(e)) {
            reply.deliver(std::move(e));
            return ended();
          }
          // The worker crashed or hangs. The slot stays taken until it or its successor reports a connection.
          reply.deliver(fail(ec::unknown, "the worker ended in the middle of the transaction"));
        });
  }

  void hear(const worker::connection_change& n) {
    auto& s = slots[n.slot];
    if (s.life != n.life)
      return;
    s.connection = n.connection;
    if (n.connection == link::connected)
      s.call = 0; // The worker connects after its answer to the previous transaction.
    detail = n.detail;
    changed();
  }

  void changed() {
    metrics::set("arrakis_postgres_connected_workers", "Workers with a connection.", static_cast<double>(connected()));
    if (away())
      for (; !queue.empty(); queue.pop_front())
        queue.front().reply.deliver(away_error());
    dispatch();
  }

  void ended(const caf::down_msg& down) {
    for (size_t i = 0; i < slots.size(); ++i)
      if (slots[i].actor && slots[i].actor.address() == down.source) {
        log::error("postgres.worker_crashed", {{"error", caf::to_string(down.reason)}});
        metrics::count("arrakis_postgres_worker_crashes_total", "Workers that ended and were replaced.");
        slots[i].actor = nullptr;
        slots[i].connection = link::connecting;
        detail = "a worker crashed and is being replaced";
        self->delayed_send(self, respawn_after, respawn{i});
        changed();
      }
  }

  void cut_if_overdue(const overdue& o) {
    if (slots[o.slot].call != o.call)
      return;
    log::error("postgres.connection_cut", {{"slot", o.slot}});
    slots[o.slot].socket->cut();
  }

  void watch_queue() {
    if (queue.empty())
      return;
    auto first = queue.front().what.until;
    for (const auto& w : queue)
      first = first.sooner(w.what.until);
    if (expiry && expiry->at <= first.at)
      return;
    expiry = first;
    self->delayed_send(self, first.left(self->clock().now()) + 1ms, expire{});
  }

  void drop_expired() {
    expiry.reset();
    const auto now = self->clock().now();
    for (auto it = queue.begin(); it != queue.end();)
      if (it->what.until.passed(now)) {
        it->reply.deliver(fail(ec::timeout, "the deadline passed in the queue"));
        it = queue.erase(it);
      } else {
        ++it;
      }
    watch_queue();
  }

  caf::result<state> check() {
    if (connected() == 0 || (health_until && !health_until->passed(self->clock().now())))
      return report();
    asking.push_back(self->make_response_promise<state>());
    if (asking.size() == 1)
      self->request(router{self}, caf::duration{health_within}, probe{})
        .then([this](const committed&) { checked({}); },
              [this](const caf::error& e) {
                checked(is_ours(e) ? text_of(e) : fmt::format("no answer within {} ms", health_within.count()));
              });
    return caf::delegated<state>{};
  }

  /// Runs the probe before queued transactions, so that a long queue does not look like a hanging server.
  caf::result<committed> take_probe() {
    const auto read_only = [](pqxx::transaction_base& tx) {
      const auto row = tx.exec1("select pg_is_in_recovery(), current_setting('transaction_read_only')::boolean");
      if (row[0].as<bool>())
        throw refusal{fail(ec::unavailable, "the server is a standby and takes no writes")};
      if (row[1].as<bool>())
        throw refusal{fail(ec::unavailable, "the server takes no writes: default_transaction_read_only is on")};
    };
    queue.push_front({{"pool.health", std::nullopt, within(self, health_within), read_only},
                      self->make_response_promise<committed>()});
    dispatch();
    watch_queue();
    return caf::delegated<committed>{};
  }

  void checked(std::string why) {
    if (why.empty() != no_writes.empty())
      log::write(why.empty() ? log::level::info : log::level::warn,
                 why.empty() ? "postgres.takes_writes" : "postgres.takes_no_writes", {{"error", why}});
    no_writes = std::move(why);
    health_until = within(self, health_lasts);
    for (auto& each : std::exchange(asking, {}))
      each.deliver(report());
  }

  state report() const {
    const auto n = connected();
    auto text = std::to_string(n) + " of " + std::to_string(slots.size()) + " connections";
    if (n < slots.size() && !detail.empty())
      text += ": " + detail;
    if (n > 0 && !no_writes.empty())
      text += "; " + no_writes;
    return {n > 0 && no_writes.empty(), std::move(text)};
  }
};

router::behavior_type behavior(router::stateful_pointer<router_state> self, options with) {
  keep_exception_text(self);
  auto& st = self->state;
  st.self = self;
  st.with = std::move(with);
  st.slots.resize(std::max(1u, st.with.connections));
  for (size_t i = 0; i < st.slots.size(); ++i)
    st.start_worker(i);
  self->set_down_handler([self](caf::down_msg& down) { self->state.ended(down); });
  return {
    [self](transaction& t) { return self->state.take(t); },
    [self](health) { return self->state.check(); },
    [self](probe) { return self->state.take_probe(); },
    [self](const worker::connection_change& n) { self->state.hear(n); },
    [self](expire) { self->state.drop_expired(); },
    [self](respawn r) { self->state.start_worker(r.slot); },
    [self](const overdue& o) { self->state.cut_if_overdue(o); },
  };
}
} // namespace

handle start(caf::actor_system& sys, options with) {
  return registry::spawn(sys, {"postgres_pool"}, behavior, std::move(with));
}
} // namespace arrakis::postgres
