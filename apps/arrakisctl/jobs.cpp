#include "apps/arrakisctl/commands.hpp"

#include "actors/jobs/job.hpp"
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

/// The queue that --queue names. The command line has refused every other name.
const jobs::job_queue& queue_of(const arguments& given) {
  const auto name = given.text("--queue", std::string{jobs::discord_synthesis.name});
  for (const auto* known : jobs::queues())
    if (known->name == name)
      return *known;
  return jobs::discord_synthesis;
}
queue::handle port_of(ports& to, const arguments& given) { return to.queue(queue_of(given)); }

caf::expected<std::vector<queue::job_view>> jobs_in(ports& to, const arguments& given, const std::string& state) {
  auto found = ask_now<queue::job_list>(to.system(), port_of(to, given), queue::list_jobs{state, 0, count_max, soon()});
  if (!found)
    return found.error();
  return std::move(found->jobs);
}

result list_state(ports& to, const arguments& given, const std::string& state) {
  auto jobs = jobs_in(to, given, state);
  if (!jobs)
    return jobs.error();
  return listing(*jobs, "No job is " + state + ".");
}

result list(ports& to, const arguments& given) {
  if (given.has("STATE"))
    return list_state(to, given, given.text("STATE"));
  auto n = ask_now<queue::counts>(to.system(), port_of(to, given), queue::get_counts{soon()});
  if (!n)
    return n.error();
  std::vector<queue::job_view> all;
  for (const auto* state : {"active", "waiting", "delayed", "failed", "completed"}) {
    auto jobs = jobs_in(to, given, state);
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

result dead(ports& to, const arguments& given) { return list_state(to, given, "dead"); }

result show(ports& to, const arguments& given) {
  auto j = ask_now<queue::job_view>(to.system(), port_of(to, given), queue::get_job{given.text("ID"), soon()});
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

/// How each queue is.
result queues(ports& to, const arguments&) {
  bj::array all;
  std::vector<std::vector<std::string>> rows;
  for (const auto* known : jobs::queues()) {
    auto n = ask_now<queue::counts>(to.system(), to.queue(*known), queue::get_counts{soon()});
    if (!n)
      return n.error();
    std::string kinds;
    for (const auto* kind : jobs::all())
      if (kind->terms.queue == known)
        kinds += (kinds.empty() ? "" : ", ") + std::string{kind->terms.name};
    all.push_back(bj::object{{"queue", known->name},
                             {"kinds", kinds},
                             {"waiting", n->waiting},
                             {"active", n->active},
                             {"delayed", n->delayed},
                             {"failed", n->failed},
                             {"paused", n->paused},
                             {"is_paused", n->is_paused}});
    rows.push_back({std::string{known->name}, kinds, std::to_string(n->waiting), std::to_string(n->active),
                    std::to_string(n->delayed), std::to_string(n->failed), n->is_paused ? "paused" : "runs"});
  }
  return output{bj::object{{"queues", all}},
                cli::table({"QUEUE", "KINDS", "WAITING", "ACTIVE", "DELAYED", "FAILED", "STATE"}, rows, ""),
                {}};
}

/// Work items that nothing has closed in time.
result overdue(ports& to, const arguments&) {
  auto found = ask_now<outbox::overdue_list>(to.system(), to.work_items(), outbox::list_overdue{count_max, soon()});
  if (!found)
    return found.error();
  bj::array all;
  std::vector<std::vector<std::string>> rows;
  for (const auto& each : found->rows) {
    const auto& w = each.what;
    all.push_back(bj::object{{"community", w.community.value},
                             {"kind", w.kind},
                             {"job_kind", w.job_kind},
                             {"key", w.key},
                             {"queue", w.queue},
                             {"created", each.created_at},
                             {"close_by", each.close_by},
                             {"attempts", w.attempts},
                             {"last_error", each.last_error}});
    rows.push_back(
      {w.community.value, w.job_kind.empty() ? w.kind : w.job_kind, w.key, w.queue, each.close_by, each.last_error});
  }
  return output{bj::object{{"overdue", all}},
                cli::table({"COMMUNITY", "KIND", "KEY", "QUEUE", "CLOSE BY", "LAST ERROR"}, rows,
                           "No work item is open past its deadline."),
                {}};
}

template <class Message>
result order(ports& to, const arguments& given, Message message, bj::object json, const std::string& sentence) {
  auto done = ask_now<queue::done>(to.system(), port_of(to, given), std::move(message));
  if (!done)
    return done.error();
  return output{std::move(json), cli::line("{}", sentence), {}};
}

result retry(ports& to, const arguments& given) {
  const auto id = given.text("ID");
  return order(to, given, queue::retry{id, soon()}, {{"id", id}, {"state", "waiting"}}, "Job " + id + " waits again.");
}
result replay(ports& to, const arguments& given) {
  const auto id = given.text("ID");
  return order(to, given, queue::replay{id, soon()}, {{"id", id}, {"state", "waiting"}},
               "Job " + id + " was taken from the dead letters and waits again.");
}
result pause(ports& to, const arguments& given) {
  return order(to, given, queue::pause{true, soon()}, {{"is_paused", true}},
               "The queue is paused: running jobs end, no other begins. `arrakisctl jobs resume` starts it again.");
}
result resume(ports& to, const arguments& given) {
  return order(to, given, queue::pause{false, soon()}, {{"is_paused", false}}, "The queue runs again.");
}

cli::option queue_option() {
  cli::option o{"--queue", "NAME", "Of this queue; without it of discord-synthesis, the queue of deployments.", {}, {}};
  for (const auto* known : jobs::queues())
    o.choices.emplace_back(known->name);
  return o;
}
} // namespace

cli::command jobs_commands() {
  const auto queue = queue_option();
  const cli::word id{"ID", "The job's id, as `arrakisctl jobs list` shows it.", true, false, {}, {}};
  const cli::word state{"STATE",
                        "Only these.",
                        false,
                        false,
                        {"waiting", "active", "delayed", "completed", "failed", "paused", "prioritized", "dead"},
                        {}};
  const auto verb = [](const char* name, const char* help, std::vector<cli::word> words,
                       std::vector<cli::option> options, const char* line, const char* why, auto run) {
    return cli::command{name, help, {}, std::move(words), std::move(options), {{line, why}}, with_ports(run), {}};
  };
  cli::command c;
  c.name = "jobs";
  c.help = "Shows and controls the queues of jobs.";
  c.examples = {{"arrakisctl jobs list failed", "failed jobs and their errors"}};
  c.commands = {
    verb("list", "Lists jobs, at most 200 of each state.", {state}, {queue}, "arrakisctl jobs list failed",
         "failed jobs and their errors", list),
    verb("show", "Shows one job with its data and errors.", {id}, {queue}, "arrakisctl jobs show synth-17", "one job",
         show),
    verb("retry", "Puts a failed job back into the queue.", {id}, {queue}, "arrakisctl jobs retry synth-17",
         "after its cause is fixed", retry),
    verb("dead", "Lists the dead letters: jobs that are not tried any more.", {}, {queue}, "arrakisctl jobs dead",
         "jobs that were given up", dead),
    verb("replay", "Puts a job from the dead letters back into the queue, under its id.", {id}, {queue},
         "arrakisctl jobs replay synth-17", "after its cause is fixed", replay),
    verb("pause", "Stops the queue: running jobs end, no further job starts.", {}, {queue}, "arrakisctl jobs pause",
         "before maintenance", pause),
    verb("resume", "Starts the queue again.", {}, {queue}, "arrakisctl jobs resume", "after maintenance", resume),
    verb("queues", "Lists the queues, the kinds of jobs in each, and how many wait.", {}, {}, "arrakisctl jobs queues",
         "where work piles up", queues),
    verb("overdue", "Lists work items that were not closed in time; they no longer count against their community.", {},
         {}, "arrakisctl jobs overdue", "work without a recorded end", overdue)};
  return c;
}
} // namespace arrakis::ctl
