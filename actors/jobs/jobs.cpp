#include "actors/jobs/jobs.hpp"

#include "adapters/postgres/job_ends/messages.hpp"
#include "runtime/deadline.hpp"
#include "runtime/exception.hpp"
#include "runtime/json.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"
#include "schemas/trace.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <map>
#include <set>

namespace arrakis::jobs {
namespace {
using reply = caf::typed_response_promise<queue::outcome>;

/// Before a job comes again whose kind lacks a service here: other processes may take it meanwhile.
constexpr std::chrono::milliseconds elsewhere_wait{5'000};
constexpr std::chrono::milliseconds record_within{5'000};
constexpr std::chrono::milliseconds unreadable_wait{5'000};

struct running {
  queue::job job;
  reply to;
  const job_kind* kind = nullptr;
  std::optional<queue::outcome> result{}; ///< While its success is recorded.
};
queue::outcome crashed(const std::string& why) {
  return {.what = queue::outcome::failed_retryable, .reason = "UNKNOWN_ERROR: the job's actor ended: " + why};
}

struct state {
  state() = default;
  /// However this actor ends, its jobs end with it (they are linked), and the queue hears of each at once. CAF tells
  /// an asker nothing when the actor that owes the answer ends, and the locks would be renewed for an hour.
  ~state() {
    for (auto& [ticket, to] : asking)
      to.deliver(crashed("the one who answers for it has ended"));
    for (auto& [who, each] : open)
      each.to.deliver(each.result ? *each.result : crashed("the one who answers for it has ended"));
  }
  state(const state&) = delete;
  static inline const char* name = "jobs";
  services svc;
  jobs::reporter report;
  std::vector<const job_kind*> kinds;
  std::set<const job_kind*> left_out; ///< Kinds that need what this process does not provide: told once.
  std::map<caf::actor_addr, running> open;
  std::map<uint64_t, reply> asking; ///< Jobs of which the record is read, by ticket.
  uint64_t tickets = 0;
  std::set<caf::actor_addr> workers; ///< Linked: none goes on working without the one who answers for it.
};
using pointer = queue::processor::stateful_pointer<state>;

std::string_view word(const queue::outcome& o) {
  switch (o.what) {
    case queue::outcome::completed: return "completed";
    case queue::outcome::failed_retryable: return "failed_retryable";
    case queue::outcome::failed_final: return "failed_final";
    case queue::outcome::postponed: return "postponed";
    case queue::outcome::awaits_children: return "awaits_children";
    case queue::outcome::rate_limited: return "rate_limited";
  }
  return "";
}

/// The trace id in the data of a job, whatever its kind; empty where there is none.
std::string trace_of(const queue::job& job) {
  const auto data = json::parse(job.data_json);
  const auto* o = data ? data->if_object() : nullptr;
  const auto id = o ? json::text_or(*o, "trace") : std::string_view{};
  return is_trace_id(id) ? std::string{id} : std::string{};
}

void tell_running(const state& st) {
  metrics::set("arrakis_jobs_running", "Job actors.", static_cast<double>(st.open.size()));
}

/// Where the success of a job is recorded whose kind keeps no row of its own; null: nowhere.
const job_ends::handle* ends_of(const services& svc, const job_terms& kind) {
  return kind.closed == closed_by::queue && svc.available ? svc.available->find<job_ends::handle>() : nullptr;
}

community_id community_of(const queue::job& job) {
  const auto data = json::parse(job.data_json);
  const auto* o = data ? data->if_object() : nullptr;
  return parse_community_id(o ? json::text_or(*o, community_field.name) : std::string_view{}).value_or(community_id{});
}

void answer(pointer self, const caf::actor_addr& who) {
  const auto found = self->state.open.find(who);
  if (found == self->state.open.end())
    return;
  auto done = std::move(found->second);
  self->state.open.erase(found);
  auto& result = *done.result;
  metrics::count("arrakis_jobs_ended_total", "Attempts of jobs by kind and end.", 1,
                 {{"kind", done.job.name}, {"end", std::string{word(result)}}});
  tell_running(self->state);
  log::info("job.ended", {{"job", done.job.id},
                          {"trace", trace_of(done.job)},
                          {"kind", done.job.name},
                          {"end", word(result)},
                          {"reason", result.reason}});
  done.to.deliver(std::move(result));
}

void end(pointer self, const caf::actor_addr& who, queue::outcome result) {
  const auto found = self->state.open.find(who);
  if (found == self->state.open.end() || found->second.result)
    return;
  auto& ended = found->second;
  ended.result = std::move(result);
  const auto* ends = ends_of(self->state.svc, ended.kind->terms);
  // A failure may be tried again by an operator; the relay reads it from the queue.
  if (ends == nullptr || ended.result->what != queue::outcome::completed)
    return answer(self, who);
  const job_ends::record record{community_of(ended.job), ended.job.id, within(self, record_within)};
  self->request(*ends, caf::duration{record_within}, record)
    .then([self, who](const job_ends::done&) { answer(self, who); },
          [self, who, job = ended.job.id](const caf::error& e) { // The relay still reads it from the queue.
            log::warn("job.end_not_recorded", {{"job", job}, {"error", text_of(e)}});
            answer(self, who);
          });
}

/// Nothing: this process lacks a service that the kind needs.
std::optional<queue::processor> start_worker(pointer self, const job_kind& kind, const queue::job& job) {
  if (self->state.left_out.contains(&kind))
    return std::nullopt;
  auto svc = self->state.svc;
  if (self->state.report)
    svc.report = [report = self->state.report, to = kind.terms.queue](queue::progress x) { report(*to, std::move(x)); };
  registry::child_slot slot{registry::tree_node::current(), {job.name, job.id}, false};
  auto started = if_provided("job", kind.terms.name, [&] {
    return caf::actor_cast<queue::processor>(
      slot.start([&] { return caf::actor_cast<caf::actor>(kind.start(self->system(), svc)); }));
  });
  if (!started)
    self->state.left_out.insert(&kind);
  return started;
}

void launch(pointer self, const job_kind& kind, const queue::process& x, reply promise) {
  auto& st = self->state;
  const auto started = start_worker(self, kind, x.what);
  if (!started) {
    promise.deliver(queue::outcome{.what = queue::outcome::postponed,
                                   .reason = "MISSING_SERVICE: this process cannot do jobs of the kind " + x.what.name,
                                   .wait = elsewhere_wait});
    return;
  }
  const auto worker = *started;
  const auto who = worker.address();
  self->monitor(worker);
  self->link_to(worker);
  st.workers.insert(who);
  st.open.emplace(who, running{x.what, promise, &kind});
  tell_running(st);
  self->request(worker, caf::duration{kind.within}, x)
    .then([self, who](queue::outcome& result) { end(self, who, std::move(result)); },
          [self, who, worker](caf::error& e) {
            end(self, who, crashed(text_of(e)));
            self->send_exit(worker, caf::exit_reason::user_shutdown);
          });
}

/// Starts the job unless its work item says that it was done: the queue may have forgotten that.
void launch_once(pointer self, const job_ends::handle& ends, const job_kind& kind, const queue::process& x,
                 const reply& promise) {
  const auto ticket = ++self->state.tickets;
  self->state.asking.emplace(ticket, promise);
  const job_ends::find question{community_of(x.what), x.what.id, within(self, record_within)};
  self->request(ends, caf::duration{record_within}, question)
    .then(
      [self, &kind, x, ticket](const job_ends::found& earlier) {
        auto asked = self->state.asking.extract(ticket);
        if (!earlier.is_done)
          return launch(self, kind, x, std::move(asked.mapped()));
        log::info("job.was_done", {{"job", x.what.id}, {"kind", x.what.name}});
        asked.mapped().deliver(queue::outcome{});
      },
      [self, ticket](const caf::error& e) {
        self->state.asking.extract(ticket).mapped().deliver(
          queue::outcome{.what = queue::outcome::postponed,
                         .reason = "whether it was done before cannot be read: " + text_of(e),
                         .wait = unreadable_wait});
      });
}

caf::result<queue::outcome> begin(pointer self, const queue::process& x) {
  auto& st = self->state;
  const auto kind = std::find_if(st.kinds.begin(), st.kinds.end(),
                                 [&](const job_kind* k) { return k->terms.name == x.what.name; });
  if (kind == st.kinds.end())
    return queue::outcome{.what = queue::outcome::failed_final,
                          .reason = "UNKNOWN_JOB_TYPE: there is no job kind '" + x.what.name + "'"};
  if (auto bad = check_payload((*kind)->terms, x.what.data_json))
    return queue::outcome{.what = queue::outcome::failed_final, .reason = "INVALID_PAYLOAD: " + text_of(bad)};
  const reply promise = self->make_response_promise<queue::outcome>();
  if (const auto* ends = ends_of(st.svc, (*kind)->terms))
    launch_once(self, *ends, **kind, x, promise);
  else
    launch(self, **kind, x, promise);
  return caf::delegated<queue::outcome>{};
}

queue::processor::behavior_type behavior(pointer self, services svc, reporter report,
                                         std::vector<const job_kind*> kinds) {
  keep_exception_text(self);
  self->state.svc = std::move(svc);
  self->state.report = std::move(report);
  self->state.kinds = std::move(kinds);
  tell_running(self->state); // A crashed predecessor may have left another value.
  // An actor that ends with its promise open lets the asker wait for the whole deadline: DOWN tells at once.
  self->set_down_handler([self](const caf::down_msg& down) { end(self, down.source, crashed(text_of(down.reason))); });
  self->set_exit_handler([self](const caf::exit_msg& x) {
    if (self->state.workers.erase(x.source) == 0)
      self->quit(x.reason);
  });
  return {[self](const queue::process& x) { return begin(self, x); }};
}
} // namespace

std::vector<const job_queue*> queues(const std::vector<const job_kind*>& kinds) {
  std::vector<const job_queue*> result;
  for (const auto* kind : kinds)
    if (std::ranges::find(result, kind->terms.queue) == result.end())
      result.push_back(kind->terms.queue);
  std::ranges::sort(result, {}, &job_queue::name);
  return result;
}

queue::processor start(caf::actor_system& sys, services svc, reporter report,
                       const std::vector<const job_kind*>& kinds) {
  static const arrakis::services none;
  if (svc.available == nullptr)
    svc.available = &none;
  return registry::spawn(sys, {"jobs"}, behavior, std::move(svc), std::move(report), kinds);
}
} // namespace arrakis::jobs
