#include "tests/simulation/simulated_cluster.hpp"

#include "runtime/clock.hpp"
#include "runtime/log.hpp"
#include "tests/simulation/chance.hpp"

#include <caf/scheduled_actor.hpp>
#include <caf/send.hpp>
#include <fmt/format.h>

namespace arrakis::simulation {
namespace {
using namespace std::chrono_literals;
constexpr int64_t epoch_ms = 1'800'000'000'000;
constexpr auto storm_max = 150s;           ///< Of virtual time; then it is calm, whatever goals people still have.
constexpr auto calm_max = 3'600s;          ///< By then everything must have come to its end.
constexpr auto on_its_way = 12s;           ///< A click before the calm arrives within that.
constexpr size_t deliveries_max = 400'000; ///< More is a loop that never ends.

/// Our processes' wall clock, which may jump away from everybody else's.
simulated_cluster* present = nullptr;
int64_t jump_ms = 0;
const node* running = nullptr; ///< The node whose clock is asked.
int64_t wall() {
  return epoch_ms + jump_ms + (running ? running->ahead.count() : 0) + (present ? present->now_ms() - epoch_ms : 0);
}

struct errand {
  std::function<void(caf::event_based_actor*)> run;
};
caf::behavior helping(caf::event_based_actor* self) {
  return {[self](const errand& x) { x.run(self); }, [](const test::later& x) { x.run(); }};
}

/// The seed is set and the clock replaced before the first member asks for either.
uint64_t prepared(uint64_t seed, simulated_cluster* cluster, bool story) {
  present = cluster;
  jump_ms = 0;
  running = nullptr;
  set_wall_clock([] { return epoch_ms + jump_ms; });
  seed_jitter(seed);
  chance::seed(seed);
  log::set_sink(story ? [](std::string_view line) { present->tell("{}", line); } : [](std::string_view) {});
  log::set_level(story ? log::level::info : log::level::error);
  return seed;
}
} // namespace

int64_t clock_jump() { return jump_ms; }
void jump_clock(int64_t ms) { jump_ms = ms; }

queue::options simulated_cluster::queue_options() {
  queue::options o;
  o.concurrency = 3;
  return o;
}

simulated_cluster::simulated_cluster(uint64_t seed, guards g, bool story)
  : on(g), story_(story), random_(prepared(seed, this, story)), clocks_(seed) {
  set_wall_clock(wall);
  helper_ = sim.sys().spawn(helping);
  const auto clock = [this] { return [this, ahead = skew()] { return now_ms() + ahead.count(); }; };
  postgres.now_ms = clock();
  drafts.now_ms = postgres.now_ms;
  queue.now_ms = redis.now_ms = clock();
  postgres.on = {g.keys, g.leases, g.outbox, g.audit, g.fences, g.ids};
  queue.locks = g.locks;
  budget.grants_all = !g.budget;
  budget.how.slots_max = 4 + static_cast<int>(below(47));
  postgres.changed = [this](const auto& t, const auto& d, std::string_view what) { note_change(t, d, what); };
  queue.ended = [this](const auto& i, const auto&) { note_end(i); };
  draw_fault_schedule();
  create_guilds();
  const size_t processes = below(3) == 0 ? 3 : 2;
  seats_.resize(processes);
  for (size_t seat = 0; seat < processes; ++seat)
    seat_skews_.push_back(skew());
  for (size_t seat = 0; seat < processes; ++seat)
    start_node(seat);
}

simulated_cluster::~simulated_cluster() {
  caf::anon_send_exit(helper_, caf::exit_reason::kill); // First: it would start killed processes again.
  sim.run();
  for (auto& n : nodes_)
    n->kill();
  sim.advance(60s); // Requests without an answer reach their deadline and end.
  set_wall_clock(nullptr);
  present = nullptr;
  chance::restore();
  log::set_level(log::level::info);
  log::set_sink(nullptr);
}

int64_t simulated_cluster::now_ms() {
  return epoch_ms + std::chrono::duration_cast<milliseconds>(sim.now().time_since_epoch()).count();
}

milliseconds simulated_cluster::skew() {
  constexpr uint64_t most_ms = 3'600'000;
  return clocks_() % 3 == 0 ? 0ms : milliseconds{static_cast<int64_t>(clocks_() % (2 * most_ms + 1) - most_ms)};
}

void simulated_cluster::as_node(const node& by, const std::function<void()>& what) {
  owners_.resize(sim.sys().latest_actor_id() + 1);
  running = &by;
  what();
  running = nullptr;
  owners_.resize(sim.sys().latest_actor_id() + 1, &by);
}

void simulated_cluster::breaks(std::string what) {
  if (broken.empty())
    broken = std::move(what);
}

void simulated_cluster::fault(const std::string& kind) {
  tell("FAULT {}", kind);
  ++faults;
  ++fault_kinds[kind];
}

void simulated_cluster::after(milliseconds wait, std::function<void()> what) {
  caf::delayed_anon_send(helper_, wait, test::later{std::move(what)});
}

void simulated_cluster::as_actor(std::function<void(caf::event_based_actor*)> what) {
  caf::anon_send(helper_, errand{std::move(what)});
}

node* simulated_cluster::any_node() {
  std::vector<node*> up;
  for (auto* n : seats_)
    if (n && n->up())
      up.push_back(n);
  return up.empty() ? nullptr : up[below(up.size())];
}

simulated_guild* simulated_cluster::guild_of(snowflake guild) {
  for (auto& t : guilds)
    if (t->id == guild)
      return t.get();
  return nullptr;
}

simulated_guild* simulated_cluster::guild_with_channel(snowflake channel) {
  for (auto& t : guilds)
    for (const auto& c : t->discord.guild.channels)
      if (c.id == channel)
        return t.get();
  return nullptr;
}

void simulated_cluster::create_guilds() {
  const auto count = 3 + (below(4) == 0 ? 1 + below(2) : 0);
  for (size_t n = 0; n < count; ++n) {
    auto& t = *guilds.emplace_back(
      std::make_unique<simulated_guild>(*this, snowflake{100'000'000'000'000'001 + n * 1'000}));
    const bool by_wizard = n == 0 || below(8) == 0;
    const size_t admins = by_wizard ? 1 + (below(4) == 0) : 0;
    for (size_t a = 0; a < admins; ++a)
      t.people.emplace_back(std::make_unique<person>(*this, t, snowflake{500 + n * 10 + a}, below(4) == 0 ? 2 : 1))
        ->begin();
    t.direct = by_wizard ? below(3) == 0 : 1 + (below(3) == 0);
    for (int d = 0; d < t.direct; ++d)
      after(between(100, 20'000), [&t] { t.deploy_directly(); });
  }
}

void simulated_cluster::start_node(size_t seat) {
  nodes_.push_back(std::make_unique<node>(*this, seat, fmt::format("n{}.{}", seat, ++starts_), seat_skews_[seat]));
  seats_[seat] = nodes_.back().get();
}

void simulated_cluster::kill_node(size_t seat) {
  if (!seats_[seat] || !seats_[seat]->up())
    return;
  fault("kill");
  seats_[seat]->kill();
  after(between(200, 6'000), [this, seat] { start_node(seat); });
}

/// One message to one actor, or the clock's next moment.
bool simulated_cluster::step() {
  auto& scheduler = sim.scheduler();
  auto& jobs = scheduler.jobs;
  if (jobs.empty()) {
    const auto& due = scheduler.clock().schedule();
    if (due.empty())
      return false;
    const auto wait = due.begin()->first - now();
    scheduler.clock().advance_time(std::max(wait, std::chrono::steady_clock::duration{0}));
    return true;
  }
  if (jobs.size() > 1 && below(100) < schedule_.reorder)
    std::swap(jobs.front(), jobs[below(jobs.size())]);
  const auto* who = dynamic_cast<caf::scheduled_actor*>(jobs.front());
  for (const auto part : {who ? who->id() : 0, static_cast<uint64_t>(now().time_since_epoch().count())})
    trace = (trace ^ part) * 1099511628211ull;
  const auto* owner = who && who->id() < owners_.size() ? owners_[who->id()] : nullptr;
  const auto deliver = [&] { scheduler.run_once(); };
  owner ? as_node(*owner, deliver) : deliver();
  ++deliveries;
  return true;
}

bool simulated_cluster::idle() const {
  for (const auto& t : guilds) {
    if (t->direct > 0 || t->asking)
      return false;
    for (const auto& p : t->people)
      if (!p->done())
        return false;
  }
  return true;
}

bool simulated_cluster::quiet() const {
  for (const auto& t : guilds)
    if (t->asking)
      return false;
  for (const auto& [id, t] : postgres.tenants)
    for (const auto& d : t.work)
      if (!d.over())
        return false;
  for (const auto& o : postgres.rows)
    if (!o.closed)
      return false;
  const auto n = queue.counts();
  return n.active + n.waiting + n.delayed == 0;
}

void simulated_cluster::run() {
  disturb();
  const auto begun = now();
  while (broken.empty() && now() - begun < storm_max && !(idle() && faults > 0 && deliveries >= 200)) {
    if (!step() || deliveries > deliveries_max)
      return breaks("it never ends");
    check_invariants();
  }
  calm = true;
  tell("it is calm");
  postgres_away_until_ = redis_away_until_ = discord_away_until_ = {};
  for (auto& t : guilds) {
    t->discord.kicked = false;
    set_status(*t, "active");
  }
  const auto since = now();
  while (broken.empty() && (!quiet() || now() - since < on_its_way)) {
    if (!step() || deliveries > 2 * deliveries_max || now() - since > calm_max)
      return breaks("what was accepted did not come to its end");
    check_invariants();
  }
  if (broken.empty())
    check_end();
}

} // namespace arrakis::simulation
