// The smallest kind of job: on a queue of its own, without a row of its own.
#include "tests/extensions/jobs/measure_manifest/measure_manifest.hpp"
#include "actors/jobs/job.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/json.hpp"
#include "runtime/registry/spawn.hpp"

#include <boost/json.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::jobs::measure_manifest {
namespace {
using namespace std::chrono_literals;

constexpr job_queue reports{
  .name = "reports", .help = "What only reads.", .concurrency = 2, .starts_max = 100, .starts_within = 1s};

struct state {
  state() = default;
  static inline const char* name = "job.measure_manifest";
  arrakis::flows flows;
  services svc;
  unit in;
  caf::typed_response_promise<queue::outcome> reply;
};
using pointer = queue::processor::stateful_pointer<state>;

/// Nothing that it does leaves a trace: started twice it says the same twice.
flow<> serve(pointer self, queue::job job) {
  const auto data = json::parse(job.data_json)->as_object(); // The processor has checked it against the terms.
  const auto until = within(self, 10s);
  const manifests::load wanted{
    {std::string{json::text_or(data, "communityId")}}, json::integer_or(data, "version"), until};
  auto record = co_await ask(self, self->state.svc.manifests, until, wanted);
  queue::outcome end;
  if (record)
    end.value_json = json::print(boost::json::object{{self->state.in.name, record->canonical.size()}});
  else
    end = {.what = code_of(record.error()) == ec::not_found ? queue::outcome::failed_final
                                                            : queue::outcome::failed_retryable,
           .reason = text_of(record.error())};
  self->state.reply.deliver(std::move(end));
  self->quit();
}

queue::processor::behavior_type behavior(pointer self, services svc, unit in) {
  keep_exception_text(self);
  self->state.svc = std::move(svc);
  self->state.in = std::move(in);
  return {[self](const queue::process& x) -> caf::result<queue::outcome> {
    self->state.reply = self->make_response_promise<queue::outcome>();
    self->state.flows.start(serve(self, x.what));
    return caf::delegated<queue::outcome>{};
  }};
}
} // namespace

const job_kind& definition() {
  static const job_kind self{.terms = {.name = "MEASURE_MANIFEST",
                                       .help = "Tells how many bytes a manifest version has.",
                                       .queue = &reports,
                                       .payload = {{field::uuid, "communityId"}, {field::positive, "version"}},
                                       .attempts = 2,
                                       .back_off = 1s,
                                       .per_tenant = 1,
                                       .closed = closed_by::queue,
                                       .closes_within = 1h},
                             .within = 1min,
                             .start = [](caf::actor_system& sys, const services& svc) -> queue::processor {
                               return registry::spawn(sys, {"measure_manifest"}, behavior, svc,
                                                      svc.available->get<unit>());
                             }};
  return self;
}
} // namespace arrakis::jobs::measure_manifest
