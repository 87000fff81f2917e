#pragma once
// A relay over PostgreSQL, Redis, the object store and the signer in memory, as far as a relay sees them.
#include "actors/outbox_relay/outbox_relay.hpp"
#include "adapters/objects/messages.hpp"
#include "adapters/postgres/manifests/messages.hpp"
#include "adapters/signer/signature.hpp"
#include "runtime/clock.hpp"
#include "runtime/error.hpp"
#include "tests/support/fakes/signer.hpp"
#include "tests/support/sim_system.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <map>
#include <set>
#include <utility>

namespace arrakis::outbox_relay::test_bench {
using namespace std::chrono_literals;

/// The id of tenant `n`, from 0 to 89.
inline community_id tenant(int n) { return {"6ba7b810-9dad-11d1-80b4-0000000000" + std::to_string(10 + n)}; }

/// The stores and the queue, with switches. One thread: actors share it by address.
struct memory {
  /// A row as PostgreSQL stores it.
  struct entry : outbox::row {
    int64_t due_ms = 0;
    int64_t close_by_ms = 0;
    bool closed = false, reported = false;
    std::string error;
    int look_ups = 0;
  };
  std::map<int64_t, entry> rows;
  std::map<std::string, std::string> jobs; ///< id -> state
  std::vector<std::string> added;          ///< Ids that were new to the queue, in order.
  std::set<std::string> objects;
  test::fake_signer signer;
  bool forged = false;                ///< The database's record does not verify.
  std::set<std::string> foreign;      ///< Places where another object is.
  std::vector<std::string> set_aside; ///< Of those.
  bool outbox_away = false, queue_away = false, disk_away = false, marks_lost = false, queue_silent = false;
  std::function<void()> after_add;
  int looks = 0, written = 0, retries = 0, replays = 0;
  size_t per_tenant_seen = 0;

  int64_t next_id = 1;
  int64_t owe(std::string kind, int of, std::string payload, std::string job_kind = {}, std::string key = {}) {
    entry e;
    e.id = next_id++;
    e.job_kind = std::move(job_kind);
    e.key = std::move(key);
    e.community = tenant(of);
    e.kind = std::move(kind);
    e.payload_json = std::move(payload);
    return rows.emplace(e.id, e).first->first;
  }
  int64_t owe_store(int of, int64_t version) {
    return owe("store_manifest", of, R"({"version":)" + std::to_string(version) + "}");
  }
  int64_t owe_job(int of, const std::string& id, const std::string& kind = "TRIAL") {
    return owe("enqueue_job", of, R"({"data":{"version":1}})", kind, id);
  }
  /// As the SQL of adapters/postgres/outbox, in any order.
  outbox::rows due(const outbox::due& m) {
    ++looks;
    std::map<std::string, int> sent;
    const auto is_late = [](const entry& e) { return e.close_by_ms > 0 && e.close_by_ms <= wall_ms(); };
    const auto share_of = [&](const entry& e) {
      const auto found = std::ranges::find_if(
        m.shares, [&](const auto& s) { return s.kind == e.kind && s.job_kind == e.job_kind; });
      return found == m.shares.end() ? outbox::share{} : *found;
    };
    for (const auto& [id, e] : rows)
      sent[e.community.value + share_of(e).group] += !e.closed && e.sent_at_ms > 0 && (m.counts_overdue || !is_late(e));
    std::vector<outbox::row> list;
    for (const auto& [id, e] : rows) {
      if (e.closed || e.due_ms > wall_ms())
        continue;
      const auto share = share_of(e);
      if (e.sent_at_ms == 0 && ++sent[e.community.value + share.group] > share.group_per_tenant)
        continue;
      list.push_back(e);
      list.back().is_overdue = is_late(e);
    }
    for (size_t left = list.size(); left > 1; --left)
      std::swap(list[left - 1], list[static_cast<size_t>(jitter() * static_cast<double>(left)) % left]);
    list.resize(std::min(list.size(), m.count_max));
    return {list};
  }
  size_t open() const {
    return static_cast<size_t>(std::count_if(rows.begin(), rows.end(), [](const auto& r) { return !r.second.closed; }));
  }
};

/// The error of a server that cannot be reached.
inline caf::error away() { return fail(ec::unavailable, "away"); }

/// The outbox over `w`.
inline outbox::handle::behavior_type fake_outbox(outbox::handle::pointer, memory* w) {
  return {
    [w](const outbox::due& m) -> caf::result<outbox::rows> {
      if (w->outbox_away)
        return away();
      return w->due(m);
    },
    [w](const outbox::mark_sent& m) -> caf::result<outbox::done> {
      if (w->outbox_away || w->marks_lost)
        return away();
      for (const auto id : m.ids) {
        auto& e = w->rows.at(id);
        if (e.sent_at_ms == 0)
          e.close_by_ms = wall_ms() + m.closes_within.count();
        e.sent_at_ms = wall_ms();
        e.due_ms = wall_ms() + m.look_up_after.count();
        e.queue = m.queue;
        e.attempts = 0;
        size_t of_tenant = 0;
        for (const auto& [other, x] : w->rows)
          of_tenant += x.community == e.community && !x.closed && x.sent_at_ms > 0;
        w->per_tenant_seen = std::max(w->per_tenant_seen, of_tenant);
      }
      return outbox::done{};
    },
    [w](const outbox::close& m) -> caf::result<outbox::done> {
      if (w->outbox_away)
        return away();
      w->rows.at(m.id).closed = true;
      return outbox::done{};
    },
    [w](const outbox::postpone& m) -> caf::result<outbox::done> {
      if (w->outbox_away)
        return away();
      auto& e = w->rows.at(m.id);
      e.due_ms = wall_ms() + m.wait.count();
      e.error = m.error;
      e.attempts = m.has_failed ? e.attempts + 1 : 0;
      e.look_ups += !m.has_failed;
      return outbox::done{};
    },
    [w](const outbox::report_overdue&) -> caf::result<outbox::overdue_rows> {
      if (w->outbox_away)
        return away();
      outbox::overdue_rows result;
      for (auto& [id, e] : w->rows)
        if (!e.closed && e.close_by_ms > 0 && e.close_by_ms <= wall_ms()) {
          result.counts.push_back({e.kind, e.job_kind, 1});
          if (!std::exchange(e.reported, true))
            result.fresh.push_back({e, {}, {}, e.error});
        }
      return result;
    },
  };
}

/// The manifests: every version is there.
inline manifests::handle::behavior_type fake_manifests(manifests::handle::pointer, memory* w) {
  return {
    [w](const manifests::load& m) -> caf::result<manifests::record> {
      if (w->outbox_away)
        return away();
      manifests::record r;
      r.community = m.community;
      r.version = m.version;
      r.canonical = "{}";
      r.sha256 = sha256_hex(r.canonical);
      r.created_at = "2026-11-24T05:38:16.123Z";
      r.signature = w->signer.sign(signing_bytes({r.community, r.version, r.sha256, "", r.created_at}));
      if (w->forged)
        r.created_at = "2027-11-24T05:38:16.123Z";
      return r;
    },
    [](const manifests::list&) -> caf::result<manifests::listed> { return fail(ec::unsupported, "not asked"); },
    [](const manifests::load_shadow&) -> caf::result<manifests::shadow> { return fail(ec::unsupported, "not asked"); },
  };
}

/// The object store over `w`.
inline objects::handle::behavior_type fake_objects(objects::handle::pointer, memory* w) {
  return {
    [w](const objects::put& m) -> caf::result<objects::stored> {
      if (w->disk_away)
        return fail(ec::unavailable, "No space left on device");
      ++w->written;
      const auto place = m.what.community.value + "/" + std::to_string(m.what.version);
      if (w->foreign.contains(place))
        return fail(ec::conflict, "it is there with other bytes");
      w->objects.insert(place);
      return objects::stored{"key", {}};
    },
    [w](const objects::supersede& m) -> caf::result<objects::stored> {
      const auto place = m.what.community.value + "/" + std::to_string(m.what.version);
      if (w->foreign.erase(place) > 0)
        w->set_aside.push_back(place);
      w->objects.insert(place);
      return objects::stored{"key", "aside"};
    },
    [](const objects::get&) -> caf::result<objects::snapshot> { return fail(ec::unsupported, "not asked"); },
    [](const objects::list&) -> caf::result<objects::versions> { return fail(ec::unsupported, "not asked"); },
    [](const objects::rebuild_index&) -> caf::result<objects::versions> { return fail(ec::unsupported, "not asked"); },
  };
}

/// A queue over `w`.
inline queue::handle::behavior_type fake_queue(queue::handle::pointer self, memory* w) {
  return {
    [self, w](const queue::add& m) -> caf::result<queue::added> {
      if (w->queue_silent)
        return self->make_response_promise<queue::added>(); // Nobody will ever answer.
      if (w->queue_away)
        return away();
      if (w->jobs.emplace(m.options.id, "waiting").second)
        w->added.push_back(m.options.id);
      if (w->after_add)
        w->after_add();
      return queue::added{m.options.id};
    },
    [](const queue::get_counts&) -> caf::result<queue::counts> { return fail(ec::unsupported, "not asked"); },
    [](const queue::pause&) -> caf::result<queue::done> { return fail(ec::unsupported, "not asked"); },
    [](const queue::list_jobs&) -> caf::result<queue::job_list> { return fail(ec::unsupported, "not asked"); },
    [](const queue::get_job&) -> caf::result<queue::job_view> { return fail(ec::unsupported, "not asked"); },
    [w](const queue::retry& m) -> caf::result<queue::done> {
      ++w->retries;
      w->jobs.at(m.id) = "waiting";
      return queue::done{};
    },
    [w](const queue::replay& m) -> caf::result<queue::done> {
      ++w->replays;
      w->jobs.at(m.id) = "waiting";
      return queue::done{};
    },
    [w](const queue::get_job_state& m) -> caf::result<queue::job_state> {
      if (w->queue_away)
        return away();
      const auto found = w->jobs.find(m.id);
      return queue::job_state{found == w->jobs.end() ? "unknown" : found->second};
    },
    [](const queue::progress&) {},
  };
}

/// The queue of both kinds.
inline constexpr jobs::job_queue trials{.name = "trials", .help = "For tests."};
/// A kind whose store closes its rows.
inline const jobs::job_terms trial{.name = "TRIAL", .help = "For tests.", .queue = &trials, .closes_within = 24h};
/// A kind whose rows the queue closes.
inline const jobs::job_terms recorded{
  .name = "RECORDED", .help = "For tests.", .queue = &trials, .closed = jobs::closed_by::queue, .closes_within = 24h};

/// A relay in simulated time.
struct fixture : memory {
  test::sim_system sim;
  outbox::handle outbox = sim.sys().spawn(fake_outbox, static_cast<memory*>(this));
  job_queues to{.kinds = {&trial, &recorded}};
  services available; ///< Beside `to`.
  outbox_relay::handle actor;
  static inline fixture* current = nullptr;

  fixture() {
    current = this;
    set_wall_clock([] {
      using std::chrono::milliseconds;
      return 1'800'000'000'000
           + std::chrono::duration_cast<milliseconds>(current->sim.now().time_since_epoch()).count();
    });
    seed_jitter(1);
    memory* w = this;
    available.provide<manifests::handle>(sim.sys().spawn(fake_manifests, w));
    available.provide<objects::handle>(sim.sys().spawn(fake_objects, w));
    available.provide(signer.port(sim.sys()));
    to.queues["trials"] = {sim.sys().spawn(fake_queue, w), 4};
  }
  ~fixture() {
    set_wall_clock(nullptr);
    current = nullptr;
  }
  void start(outbox_relay::options options = {}) {
    auto all = available;
    all.provide(to);
    actor = outbox_relay::start(sim.sys(), outbox, all, options);
  }
  void kill() {
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    actor = outbox_relay::handle{};
  }
};

} // namespace arrakis::outbox_relay::test_bench
