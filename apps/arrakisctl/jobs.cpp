#include "apps/arrakisctl/commands.hpp"

#include "runtime/clock.hpp"
#include "runtime/json.hpp"

#include <boost/json.hpp>

namespace arrakis::ctl {
namespace {
namespace bj = boost::json;
constexpr size_t count_max = 200;

bj::object json_of(const queue::job_view& j) {
  return {{"id", j.what.id},
          {"name", j.what.name},
          {"state", j.state},
          {"attempts_made", j.what.attempts_made},
          {"attempts", j.what.attempts},
          {"added", iso8601(j.added_ms)},
          {"failed_reason", j.failed_reason}};
}

/// Text that should be JSON, and is kept as text where it is none: other clients write here, too.
bj::value json_or_text(const std::string& text) {
  auto parsed = json::parse(text);
  return parsed ? std::move(*parsed) : bj::value(text);
}

output listing(const std::vector<queue::job_view>& jobs, const std::string& otherwise) {
  bj::array all;
  std::vector<std::vector<std::string>> rows;
  for (const auto& j : jobs) {
    all.push_back(json_of(j));
    rows.push_back({j.what.id, j.state, fmt::format("{}/{}", j.what.attempts_made, j.what.attempts),
                    iso8601(j.added_ms), j.failed_reason});
  }
  return {bj::object{{"jobs", all}}, cli::table({"ID", "STATE", "ATTEMPTS", "ADDED", "REASON"}, rows, otherwise), {}};
}

caf::expected<std::vector<queue::job_view>> jobs_in(ports& to, const std::string& state) {
  auto found = ask_now<queue::job_list>(to.system(), to.queue(), queue::list_jobs{state, 0, count_max, soon()});
  if (!found)
    return found.error();
  return std::move(found->jobs);
}

result list_state(ports& to, const std::string& state) {
  auto jobs = jobs_in(to, state);
  if (!jobs)
    return jobs.error();
  return listing(*jobs, "No job is " + state + ".");
}

result list(ports& to, const arguments& given) {
  if (given.has("STATE"))
    return list_state(to, given.text("STATE"));
  auto n = ask_now<queue::counts>(to.system(), to.queue(), queue::counts_of{soon()});
  if (!n)
    return n.error();
  std::vector<queue::job_view> all;
  for (const auto* state : {"active", "waiting", "delayed", "failed", "completed"}) {
    auto jobs = jobs_in(to, state);
    if (!jobs)
      return jobs.error();
    all.insert(all.end(), jobs->begin(), jobs->end());
  }
  auto out = listing(all, "No job is listed.");
  out.json.as_object()["counts"] = {{"waiting", n->waiting},     {"active", n->active}, {"delayed", n->delayed},
                                    {"completed", n->completed}, {"failed", n->failed}, {"paused", n->paused}};
  out.json.as_object()["is_paused"] = n->is_paused;
  out.text = cli::line("waiting {}  active {}  delayed {}  completed {}  failed {}  paused {}{}", n->waiting, n->active,
                       n->delayed, n->completed, n->failed, n->paused, n->is_paused ? "  (the queue is paused)" : "")
           + "\n" + out.text;
  return out;
}

result dead(ports& to, const arguments&) { return list_state(to, "dead"); }

result show(ports& to, const arguments& given) {
  auto j = ask_now<queue::job_view>(to.system(), to.queue(), queue::show{given.text("ID"), soon()});
  if (!j)
    return j.error();
  auto out = listing({*j}, "");
  out.text += cli::line("\nname      {}\ndata      {}\nprogress  {}\nresult    {}", j->what.name, j->what.data_json,
                        j->progress, j->return_value);
  bj::array attempts;
  for (const auto& each : j->stacktrace) {
    out.text += cli::line("attempt   {}", each);
    attempts.emplace_back(each);
  }
  auto whole = json_of(*j);
  whole["data"] = json_or_text(j->what.data_json);
  whole["progress"] = json_or_text(j->progress);
  whole["result"] = json_or_text(j->return_value);
  whole["errors"] = std::move(attempts);
  out.json = std::move(whole);
  return out;
}

template <class Message>
result order(ports& to, Message message, bj::object json, const std::string& sentence) {
  auto done = ask_now<queue::done>(to.system(), to.queue(), std::move(message));
  if (!done)
    return done.error();
  return output{std::move(json), cli::line("{}", sentence), {}};
}

result retry(ports& to, const arguments& given) {
  const auto id = given.text("ID");
  return order(to, queue::retry{id, soon()}, {{"id", id}, {"state", "waiting"}}, "Job " + id + " waits again.");
}
result replay(ports& to, const arguments& given) {
  const auto id = given.text("ID");
  return order(to, queue::replay{id, soon()}, {{"id", id}, {"state", "waiting"}},
               "Job " + id + " was taken from the dead letters and waits again.");
}
result pause(ports& to, const arguments&) {
  return order(to, queue::pause{true, soon()}, {{"is_paused", true}},
               "The queue is paused: running jobs end, no other begins. `arrakisctl jobs resume` starts it again.");
}
result resume(ports& to, const arguments&) {
  return order(to, queue::pause{false, soon()}, {{"is_paused", false}}, "The queue runs again.");
}
} // namespace

cli::command jobs_commands() {
  const cli::word id{"ID", "The job's id, as `arrakisctl jobs list` shows it.", true, false, {}, {}};
  const cli::word state{"STATE",
                        "Only these.",
                        false,
                        false,
                        {"waiting", "active", "delayed", "completed", "failed", "paused", "prioritized", "dead"},
                        {}};
  cli::command c;
  c.name = "jobs";
  c.help = "Shows and steers the queue of deployments.";
  c.examples = {{"arrakisctl jobs list failed", "what has failed, and why"}};
  c.commands = {{"list", "Lists jobs, at most 200 of each state.", {}, {state}, {}, c.examples, with_ports(list), {}},
                {"show",
                 "Shows one job with its data and errors.",
                 {},
                 {id},
                 {},
                 {{"arrakisctl jobs show synth-17", "one job"}},
                 with_ports(show),
                 {}},
                {"retry",
                 "Lets a failed job wait again.",
                 {},
                 {id},
                 {},
                 {{"arrakisctl jobs retry synth-17", "when its cause is mended"}},
                 with_ports(retry),
                 {}},
                {"dead",
                 "Lists the dead letters: jobs that nothing tries any more.",
                 {},
                 {},
                 {},
                 {{"arrakisctl jobs dead", "what was given up"}},
                 with_ports(dead),
                 {}},
                {"replay",
                 "Takes a job from the dead letters and lets it wait again under its id.",
                 {},
                 {id},
                 {},
                 {{"arrakisctl jobs replay synth-17", "when its cause is mended"}},
                 with_ports(replay),
                 {}},
                {"pause",
                 "Stops the queue: running jobs end, no other begins.",
                 {},
                 {},
                 {},
                 {{"arrakisctl jobs pause", "before maintenance"}},
                 with_ports(pause),
                 {}},
                {"resume",
                 "Starts the queue again.",
                 {},
                 {},
                 {},
                 {{"arrakisctl jobs resume", "after maintenance"}},
                 with_ports(resume),
                 {}}};
  return c;
}
} // namespace arrakis::ctl
