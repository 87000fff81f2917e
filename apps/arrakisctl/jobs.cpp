#include "apps/arrakisctl/command.hpp"

#include "runtime/clock.hpp"
#include "runtime/terminal.hpp"

namespace arrakis::ctl {
namespace {
constexpr auto usage = "usage: arrakisctl jobs list [waiting|active|delayed|completed|failed|paused|dead] | show ID | "
                       "retry ID | dead | replay ID | "
                       "pause | resume";

void print_line(const queue::job_view& j) {
  terminal::print("{:44} {:10} {}/{} attempts  added {}  {}\n", j.what.id, j.state, j.what.attempts_made,
                  j.what.attempts, iso8601(j.added_ms), j.failed_reason);
}

caf::expected<caf::unit_t> list(ports& to, const std::string& state) {
  auto jobs = ask_now<queue::job_list>(to.sys, to.queue, queue::list_jobs{state, 0, 200, soon()});
  if (!jobs)
    return jobs.error();
  for (const auto& j : jobs->jobs)
    print_line(j);
  return caf::unit;
}

caf::expected<caf::unit_t> overview(ports& to) {
  auto n = ask_now<queue::counts>(to.sys, to.queue, queue::counts_of{soon()});
  if (!n)
    return n.error();
  terminal::print("waiting {}  active {}  delayed {}  completed {}  failed {}  paused {}{}\n", n->waiting, n->active,
                  n->delayed, n->completed, n->failed, n->paused, n->is_paused ? "  (the queue is paused)" : "");
  for (const auto* state : {"active", "waiting", "delayed", "failed", "completed"})
    if (auto done = list(to, state); !done)
      return done.error();
  return caf::unit;
}

caf::expected<caf::unit_t> show(ports& to, const std::string& id) {
  auto j = ask_now<queue::job_view>(to.sys, to.queue, queue::show{id, soon()});
  if (!j)
    return j.error();
  print_line(*j);
  terminal::print("name      {}\ndata      {}\nprogress  {}\nresult    {}\n", j->what.name, j->what.data_json,
                  j->progress, j->return_value);
  for (const auto& line : j->stacktrace)
    terminal::print("attempt   {}\n", line);
  return caf::unit;
}

template <class Message>
caf::expected<caf::unit_t> order(ports& to, Message message) {
  auto done = ask_now<queue::done>(to.sys, to.queue, std::move(message));
  if (!done)
    return done.error();
  return caf::unit;
}
} // namespace

caf::expected<caf::unit_t> jobs(ports& to, const std::vector<std::string>& args) {
  const std::string what = args.empty() ? "" : args[0];
  const bool named = args.size() > 1;
  if (what == "list")
    return named ? list(to, args[1]) : overview(to);
  if (what == "dead")
    return list(to, "dead");
  if (what == "show" && named)
    return show(to, args[1]);
  if (what == "retry" && named)
    return order(to, queue::retry{args[1], soon()});
  if (what == "replay" && named)
    return order(to, queue::replay{args[1], soon()});
  if (what == "pause" || what == "resume")
    return order(to, queue::pause{what == "pause", soon()});
  return fail(ec::invalid, usage);
}
} // namespace arrakis::ctl
