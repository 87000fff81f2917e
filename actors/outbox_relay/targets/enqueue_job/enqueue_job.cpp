#include "actors/outbox_relay/targets/enqueue_job/policy.hpp"
#include "actors/outbox_relay/targets/target.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"

#include <algorithm>
#include <memory>

namespace arrakis::targets::enqueue_job {
namespace {
using outbox_relay::job_queues;
using outbox_relay::state;

// The relay is not told when a row closes; past this many rows the counts start anew.
constexpr size_t revivals_kept_max = 10'000;

/// A job that a row owes, and where it waits.
struct job {
  outbox::row row;
  const jobs::job_terms* kind = nullptr;
  std::string data_json;
  queue::handle queue; ///< Where it goes, or was sent.
  std::string queue_name;
};

/// Finds the queue of a job: the one that it was sent to, also when its kind has moved to another queue since.
caf::expected<job> job_in(const job_queues& to, const outbox::row& row) {
  const auto kind = std::ranges::find(to.kinds, row.job_kind, [](const auto* k) { return k->name; });
  if (kind == to.kinds.end())
    return fail(ec::unsupported, "job kind '" + row.job_kind + "' is not known to this build");
  auto data = data_in(row, **kind);
  if (!data)
    return std::move(data.error());
  auto found = to.queues.find(row.sent_at_ms > 0 ? std::string_view{row.queue} : (*kind)->queue->name);
  if (found == to.queues.end())
    found = to.queues.find((*kind)->queue->name);
  if (found == to.queues.end())
    return fail(ec::internal, "queue '" + std::string{(*kind)->queue->name} + "' was not started");
  return job{row, *kind, std::move(*data), found->second.port, found->first};
}

flow<caf::error> send(pointer self, job what) {
  const auto until = within(self, self->state.opt.step);
  queue::add request{what.row.job_kind, std::move(what.data_json), {}, until};
  request.options.id = what.row.key;
  request.options.attempts = what.kind->attempts > 0 ? what.kind->attempts : self->state.opt.job_attempts;
  request.options.backoff.delay_ms = what.kind->back_off.count();
  auto added = co_await ask(self, what.queue, until, std::move(request));
  if (!added)
    co_return std::move(added.error());
  // A crash here sends it again: the queue does not add an id that it knows.
  co_return co_await mark_sent(self, what.row.id, what.queue_name, what.kind->closes_within);
}

std::chrono::milliseconds next_look_up(const state& st, const outbox::row& row) {
  return row.is_overdue ? st.opt.look_up_late : st.opt.look_up;
}

/// Lets a failed or dead-lettered job run once more.
flow<caf::error> revive(pointer self, job what, bool dead) {
  auto& revivals = self->state.revivals;
  if (revivals.size() >= revivals_kept_max)
    revivals.clear();
  ++revivals[what.row.id];
  const auto until = within(self, self->state.opt.step);
  const queue::retry again{what.row.key, until};
  const queue::replay back{what.row.key, until};
  caf::expected<queue::done> answer{queue::done{}};
  if (dead)
    answer = co_await ask(self, what.queue, until, back);
  else
    answer = co_await ask(self, what.queue, until, again);
  if (!answer)
    co_return std::move(answer.error());
  log::warn("outbox_relay.job_revived", {{"job", what.row.key}, {"row", what.row.id}});
  const auto wait = next_look_up(self->state, what.row);
  const std::string why = "its job had failed and runs again";
  co_return co_await postpone(self, what.row.id, wait, why);
}

int revivals_of(const state& st, int64_t row) {
  const auto found = st.revivals.find(row);
  return found == st.revivals.end() ? 0 : found->second;
}

/// Looks a job up that was sent before.
flow<caf::error> look_up(pointer self, job what) {
  const auto until = within(self, self->state.opt.step);
  const queue::get_job_state question{what.row.key, until};
  auto where = co_await ask(self, what.queue, until, question);
  if (!where)
    co_return std::move(where.error());
  switch (after(where->state, revivals_of(self->state, what.row.id), what.kind->closed)) {
    case next::send:
      log::warn("outbox_relay.job_sent_again", {{"job", what.row.key}, {"tenant", what.row.community.value}});
      metrics::count("arrakis_outbox_relay_sent_again_total", "Jobs sent again because Redis no longer knew them.");
      co_return co_await send(self, std::move(what));
    case next::wait: {
      const auto wait = next_look_up(self->state, what.row);
      co_return co_await postpone(self, what.row.id, wait, {});
    }
    case next::close: co_return co_await close(self, what.row.id);
    case next::revive: {
      const bool dead = where->state == "dead";
      co_return co_await revive(self, std::move(what), dead);
    }
    case next::leave:
      co_return fail(ec::internal, "job " + what.row.key + " is " + where->state
                                     + " and its end was not recorded: see arrakisctl jobs show --queue "
                                     + what.queue_name + " " + what.row.key);
  }
  co_return caf::error{};
}

flow<caf::error> carry(pointer self, std::shared_ptr<const job_queues> to, outbox::row row) {
  auto what = job_in(*to, row);
  if (!what)
    co_return std::move(what.error());
  if (row.sent_at_ms > 0)
    co_return co_await look_up(self, std::move(*what));
  co_return co_await send(self, std::move(*what));
}

std::vector<outbox::share> shares(const job_queues& to) {
  std::vector<outbox::share> result;
  for (const auto* kind : to.kinds) {
    const std::string queue{kind->queue->name};
    const auto found = to.queues.find(queue);
    result.push_back({.kind = "enqueue_job",
                      .job_kind = std::string{kind->name},
                      .per_tenant = kind->per_tenant > 0 ? kind->per_tenant : outbox::unlimited,
                      .group = queue,
                      .group_per_tenant = found == to.queues.end() ? 1 : found->second.per_tenant_max});
  }
  return result;
}

bound_target bind(const services& with) {
  const auto to = std::make_shared<const job_queues>(with.get<job_queues>());
  return {.shares = shares(*to),
          .carry = [to](pointer self, outbox::row row) { return carry(self, to, std::move(row)); }};
}
} // namespace

const target& definition() {
  static const target self{.name = "enqueue_job",
                           .help = "Puts a job into the queue of its kind; the end of the job closes the row.",
                           .bind = bind};
  return self;
}
} // namespace arrakis::targets::enqueue_job
