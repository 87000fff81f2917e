#include "actors/outbox_relay/outbox_relay.hpp"

#include "actors/outbox_relay/policy.hpp"
#include "actors/outbox_relay/targets/target.hpp"
#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"

#include <algorithm>
#include <bit>

namespace arrakis::outbox_relay {
namespace {

std::chrono::milliseconds with_jitter(std::chrono::milliseconds wait) {
  return wait + std::chrono::milliseconds{static_cast<int64_t>(static_cast<double>(wait.count()) * jitter() / 4)};
}

void report(const outbox::row& row, const caf::error& why) {
  const auto code = code_of(why);
  metrics::count("arrakis_outbox_relay_failed_total", "Attempts at an outbox row that failed.", 1,
                 {{"kind", row.kind}, {"code", std::string{to_string(code)}}});
  // An outage meets every row many times: log its first, second, fourth, eighth... failure.
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

flow<> work(pointer self, outbox::row row) {
  const auto target = self->state.targets.find(row.kind);
  caf::error failed;
  if (target == self->state.targets.end())
    failed = fail(ec::unsupported, "outbox row of kind '" + row.kind + "' is not known to this build");
  else
    failed = co_await target->second.carry(self, row);
  if (failed) {
    report(row, failed);
    const auto wait = with_jitter(policy::rest(code_of(failed), row.attempts));
    // When this fails too (no database) the row is simply due again.
    const auto until = within(self, self->state.opt.step);
    outbox::postpone later{row.id, wait, text_of(failed), until, true};
    (void)co_await ask(self, self->state.outbox, until, std::move(later));
  } else {
    metrics::count("arrakis_outbox_relay_done_total", "Outbox rows that were carried a step on.", 1,
                   {{"kind", row.kind}});
  }
  self->state.in_work.erase(row.id);
}

// --- Reading the outbox
// ----------------------------------------------------------------------------------------------

std::vector<outbox::share> all_shares(const state& st) {
  std::vector<outbox::share> result;
  for (const auto& [name, target] : st.targets)
    result.insert(result.end(), target.shares.begin(), target.shares.end());
  return result;
}

flow<> look(pointer self) {
  auto& st = self->state;
  st.reading = true;
  do {
    st.read_again = false;
    const auto until = within(self, st.opt.step);
    // Rows in work are still due by the outbox; asking for as many more keeps a slow one from hiding others.
    outbox::due request{st.opt.rows_max + st.in_work.size(), all_shares(st), until, st.opt.counts_overdue};
    auto due = co_await ask(self, st.outbox, until, std::move(request));
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
  } while (st.read_again);
  st.reading = false;
}

// --- Overdue rows
// ----------------------------------------------------------------------------------------------

void tell_overdue(const outbox::overdue_row& late) {
  log::error("outbox_relay.row_overdue", {{"tenant", late.what.community.value},
                                          {"row", late.what.id},
                                          {"kind", late.what.kind},
                                          {"job_kind", late.what.job_kind},
                                          {"key", late.what.key},
                                          {"queue", late.what.queue},
                                          {"close_by", late.close_by},
                                          {"attempts", late.what.attempts},
                                          {"error", late.last_error}});
  metrics::count("arrakis_outbox_relay_overdue_total", "Outbox rows reported because their deadline has passed.", 1,
                 {{"kind", late.what.kind}, {"job_kind", late.what.job_kind}});
}

flow<> report_overdue(pointer self) {
  const auto until = within(self, self->state.opt.step);
  const outbox::report_overdue request{100, until};
  auto late = co_await ask(self, self->state.outbox, until, request);
  if (!late)
    co_return; // read_outbox logs that the outbox cannot be read.
  for (const auto& row : late->fresh)
    tell_overdue(row);
  // Kinds without overdue rows are set to 0.
  for (const auto& share : all_shares(self->state)) {
    int64_t rows = 0;
    for (const auto& count : late->counts)
      if (count.kind == share.kind && count.job_kind == share.job_kind)
        rows += count.rows;
    metrics::set("arrakis_outbox_relay_overdue_rows", "Outbox rows that are open past their deadline.",
                 static_cast<double>(rows), {{"kind", share.kind}, {"job_kind", share.job_kind}});
  }
}

void report_when_due(pointer self) {
  auto& st = self->state;
  if (const auto now = self->clock().now(); now >= st.report_at) {
    st.report_at = now + st.opt.report_every;
    st.flows.start(report_overdue(self));
  }
}

using bound_targets = std::map<std::string, targets::bound_target, std::less<>>;

bound_targets bind(const services& available, const std::vector<const targets::target*>& known) {
  bound_targets result;
  for (const auto* each : known)
    if (auto bound = if_provided("target", each->name, [&] { return each->bind(available); }))
      result.emplace(each->name, std::move(*bound));
  return result;
}

handle::behavior_type behavior(pointer self, outbox::handle rows, options opt, bound_targets known) {
  keep_exception_text(self);
  self->state.outbox = std::move(rows);
  self->state.opt = opt;
  self->state.targets = std::move(known);
  self->send(self, poll{});
  return {
    [self](read_now) {
      auto& st = self->state;
      st.read_again = true;
      if (!st.reading)
        st.flows.start(look(self));
    },
    [self](poll) {
      auto& st = self->state;
      if (!st.reading)
        st.flows.start(look(self));
      report_when_due(self);
      const auto wait = std::min(st.opt.poll_max, st.opt.poll * (int64_t{1} << std::min(st.blind, 10)));
      self->delayed_send(self, with_jitter(wait), poll{});
    },
  };
}

} // namespace

handle start(caf::actor_system& sys, outbox::handle rows, const services& available, options opt,
             const std::vector<const targets::target*>& known) {
  return registry::spawn(sys, {"outbox_relay"}, behavior, std::move(rows), opt, bind(available, known));
}

} // namespace arrakis::outbox_relay
