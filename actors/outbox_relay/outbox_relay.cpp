#include "actors/outbox_relay/outbox_relay.hpp"

#include "actors/outbox_relay/policy.hpp"
#include "adapters/signer/signature.hpp"
#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"

#include <algorithm>
#include <bit>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <map>
#include <set>

namespace arrakis::outbox_relay {
namespace {

// Rows do not tell when they are closed; past this many the count begins anew.
constexpr size_t revivals_kept_max = 10'000;

struct state {
  arrakis::flows flows;
  static inline const char* name = "outbox_relay";
  deps to;
  options opt;
  std::set<int64_t> in_work;       ///< Ids of rows that a flow has in hand.
  std::map<int64_t, int> revivals; ///< By row, since this relay began.
  bool looking = false;            ///< A look at the outbox is under way.
  bool look_again = false;         ///< A kick came during it.
  int blind = 0;                   ///< Looks that failed since the last good one.
};
using self_pointer = handle::stateful_pointer<state>;

std::chrono::milliseconds with_jitter(std::chrono::milliseconds wait) {
  return wait + std::chrono::milliseconds{static_cast<int64_t>(static_cast<double>(wait.count()) * jitter() / 4)};
}

// --- One row
// -------------------------------------------------------------------------------------------------------------

/// Another object has the place: the database was restored from an older backup, and the store still has what was lost.
/// The database is the truth, as far as its record verifies.
flow<caf::error> supersede(self_pointer self, objects::snapshot what) {
  const auto until = within(self, self->state.opt.step);
  auto keys = co_await ask(self, self->state.to.signer, until, signer::public_keys{until});
  if (!keys)
    co_return code_of(keys.error()) == ec::refused ? fail(ec::unavailable, text_of(keys.error()))
                                                   : std::move(keys.error());
  if (auto bad = check_signed(what, keys->hex_by_version))
    co_return bad;
  objects::supersede order{std::move(what), until};
  auto stored = co_await ask(self, self->state.to.objects, until, std::move(order));
  co_return stored ? caf::error{} : std::move(stored.error());
}

flow<caf::error> store(self_pointer self, outbox::row row) {
  const auto version = policy::version_in(row);
  if (!version)
    co_return version.error();
  const auto load_until = within(self, self->state.opt.step);
  const manifests::load wanted{row.community, *version, load_until};
  auto record = co_await ask(self, self->state.to.manifests, load_until, wanted);
  if (!record)
    co_return std::move(record.error());
  const auto put_until = within(self, self->state.opt.step);
  const objects::snapshot what{record->community,  record->version,         std::move(record->canonical),
                               record->sha256,     record->previous_sha256, record->created_at,
                               record->created_by, record->signature};
  objects::put request{what, put_until};
  auto stored = co_await ask(self, self->state.to.objects, put_until, std::move(request));
  if (!stored && code_of(stored.error()) != ec::conflict)
    co_return std::move(stored.error());
  if (!stored)
    if (auto error = co_await supersede(self, what))
      co_return error;
  const auto close_until = within(self, self->state.opt.step);
  const outbox::close end{row.id, close_until};
  auto closed = co_await ask(self, self->state.to.outbox, close_until, end);
  co_return closed ? caf::error{} : std::move(closed.error());
}

flow<caf::error> send(self_pointer self, int64_t row, policy::job job) {
  const auto& opt = self->state.opt;
  const auto add_until = within(self, opt.step);
  queue::add request{job.name, job.data_json, {}, add_until};
  request.options.id = job.id;
  request.options.attempts = opt.job_attempts;
  request.options.backoff.delay_ms = opt.job_backoff.count();
  auto added = co_await ask(self, self->state.to.queue, add_until, std::move(request));
  if (!added)
    co_return std::move(added.error());
  // A crash here sends it again: the queue does not add an id that it knows.
  const auto mark_until = within(self, opt.step);
  outbox::mark_sent mark{{row}, mark_until};
  auto marked = co_await ask(self, self->state.to.outbox, mark_until, std::move(mark));
  co_return marked ? caf::error{} : std::move(marked.error());
}

flow<caf::error> rest_until_next_look(self_pointer self, int64_t row, std::chrono::milliseconds wait, std::string why) {
  const auto until = within(self, self->state.opt.step);
  outbox::postpone request{row, wait, std::move(why), until};
  auto answer = co_await ask(self, self->state.to.outbox, until, std::move(request));
  co_return answer ? caf::error{} : std::move(answer.error());
}

/// Lets a failed or dead-lettered job run once more.
flow<caf::error> revive(self_pointer self, int64_t row, std::string id, bool dead) {
  auto& revivals = self->state.revivals;
  if (revivals.size() >= revivals_kept_max)
    revivals.clear();
  ++revivals[row];
  const auto until = within(self, self->state.opt.step);
  const queue::retry again{id, until};
  const queue::replay back{id, until};
  caf::expected<queue::done> answer{queue::done{}};
  if (dead)
    answer = co_await ask(self, self->state.to.queue, until, back);
  else
    answer = co_await ask(self, self->state.to.queue, until, again);
  if (!answer)
    co_return std::move(answer.error());
  log::warn("outbox_relay.job_revived", {{"job", id}, {"row", row}});
  const std::string why = "its job had failed and runs again";
  co_return co_await rest_until_next_look(self, row, self->state.opt.look_up, why);
}

int revivals_of(const state& st, int64_t row) {
  const auto found = st.revivals.find(row);
  return found == st.revivals.end() ? 0 : found->second;
}

/// Looks a job up that was sent before.
flow<caf::error> look_up(self_pointer self, outbox::row row, policy::job job) {
  const auto until = within(self, self->state.opt.step);
  const queue::state_of question{job.id, until};
  auto where = co_await ask(self, self->state.to.queue, until, question);
  if (!where)
    co_return std::move(where.error());
  switch (policy::after(where->state, revivals_of(self->state, row.id))) {
    case policy::next::send:
      log::warn("outbox_relay.job_sent_again", {{"job", job.id}, {"tenant", row.community.value}});
      metrics::count("arrakis_outbox_relay_sent_again_total", "Jobs sent again because Redis no longer knew them.");
      co_return co_await send(self, row.id, std::move(job));
    case policy::next::wait: co_return co_await rest_until_next_look(self, row.id, self->state.opt.look_up, {});
    case policy::next::revive: co_return co_await revive(self, row.id, job.id, where->state == "dead");
    case policy::next::leave:
      co_return fail(ec::internal, "job " + job.id + " is " + where->state
                                     + " and its end was not recorded: see arrakisctl jobs show " + job.id);
  }
  co_return caf::error{};
}

flow<caf::error> enqueue(self_pointer self, outbox::row row) {
  auto job = policy::job_in(row);
  if (!job)
    co_return std::move(job.error());
  if (row.sent_at_ms > 0)
    co_return co_await look_up(self, row, std::move(*job));
  co_return co_await send(self, row.id, std::move(*job));
}

void report(const outbox::row& row, const caf::error& why) {
  const auto code = code_of(why);
  metrics::count("arrakis_outbox_relay_failed_total", "Attempts at an outbox row that failed.", 1,
                 {{"kind", row.kind}, {"code", std::string{to_string(code)}}});
  // An outage meets every row many times; its first, second, fourth, eighth... failure is told.
  if (!std::has_single_bit(static_cast<unsigned>(row.attempts) + 1))
    return;
  const auto level = policy::needs_a_person(code) ? log::level::error : log::level::warn;
  log::write(level, "outbox_relay.row_failed",
             {{"tenant", row.community.value},
              {"row", row.id},
              {"kind", row.kind},
              {"attempts", row.attempts + 1},
              {"error", text_of(why)}});
}

flow<> work(self_pointer self, outbox::row row) {
  caf::error failed;
  if (row.kind == "store_manifest")
    failed = co_await store(self, row);
  else if (row.kind == "enqueue_job")
    failed = co_await enqueue(self, row);
  else
    failed = fail(ec::unsupported, "outbox row of kind '" + row.kind + "' is not known to this build");
  if (failed) {
    report(row, failed);
    const auto wait = with_jitter(policy::rest(code_of(failed), row.attempts));
    // When this fails too (no database) the row is simply due again.
    auto why = text_of(failed);
    (void)co_await rest_until_next_look(self, row.id, wait, std::move(why));
  } else {
    metrics::count("arrakis_outbox_relay_done_total", "Outbox rows that were carried a step on.", 1,
                   {{"kind", row.kind}});
  }
  self->state.in_work.erase(row.id);
}

// --- The look at the outbox
// ----------------------------------------------------------------------------------------------

flow<> look(self_pointer self) {
  auto& st = self->state;
  st.looking = true;
  do {
    st.look_again = false;
    const auto until = within(self, st.opt.step);
    // Rows in work are still due by the outbox; asking for as many more keeps a slow one from hiding others.
    const outbox::due request{st.opt.rows_max + st.in_work.size(), st.opt.jobs_per_tenant_max, st.opt.look_up, until};
    auto due = co_await ask(self, st.to.outbox, until, request);
    if (!due) {
      if (st.blind++ == 0)
        log::warn("outbox_relay.outbox_unreadable", {{"error", text_of(due.error())}});
      break;
    }
    st.blind = 0;
    for (auto& row : due->list) {
      if (st.in_work.size() >= st.opt.rows_max)
        break;
      if (st.in_work.insert(row.id).second)
        st.flows.start(work(self, std::move(row)));
    }
    metrics::set("arrakis_outbox_relay_in_work_rows", "Outbox rows in work.", static_cast<double>(st.in_work.size()));
  } while (st.look_again);
  st.looking = false;
}

handle::behavior_type behavior(self_pointer self, deps to, options opt) {
  keep_exception_text(self);
  self->state.to = std::move(to);
  self->state.opt = opt;
  self->send(self, tick{});
  return {
    [self](const kick&) {
      auto& st = self->state;
      st.look_again = true;
      if (!st.looking)
        st.flows.start(look(self));
    },
    [self](const tick&) {
      auto& st = self->state;
      if (!st.looking)
        st.flows.start(look(self));
      const auto wait = std::min(st.opt.poll_max, st.opt.poll * (int64_t{1} << std::min(st.blind, 10)));
      self->delayed_send(self, with_jitter(wait), tick{});
    },
  };
}

} // namespace

handle start(caf::actor_system& sys, deps to, options opt) {
  return registry::spawn(sys, {"outbox_relay"}, behavior, std::move(to), opt);
}

} // namespace arrakis::outbox_relay
