#include "apps/arrakisd/series.hpp"

#include "actors/jobs/job.hpp"
#include "actors/outbox_relay/targets/target.hpp"
#include "apps/wiring/implementations.hpp"
#include "runtime/metrics.hpp"

#include <string>
#include <vector>

namespace arrakis::series {
namespace {
struct plain {
  const char* name;
  const char* help;
};
constexpr plain counters[]{
  {"arrakis_community_deployments_submitted_total", "Deployments that were accepted."},
  {"arrakis_discord_dispatches_stale_total", "Dispatches left to the successor of a lost lease."},
  {"arrakis_discord_dispatches_unreadable_total", "Dispatches that do not hold what we need."},
  {"arrakis_discord_interactions_dropped_total", "Interactions dropped because too many were in work."},
  {"arrakis_discord_slots_unused_total", "Grants of the global budget that were given back."},
  {"arrakis_discord_stream_corrupt_total", "Gateway connections given up for bytes that cannot be read."},
  {"arrakis_fences_hints_total", "Hints that the fence log may have grown."},
  {"arrakis_http_accept_failures_total", "Connections that the system did not hand over."},
  {"arrakis_objects_set_aside_total", "Objects that lost their place to the database's version."},
  {"arrakis_objects_stored_total", "Manifest versions written to the object store."},
  {"arrakis_outbox_relay_sent_again_total", "Jobs sent again because Redis no longer knew them."},
  {"arrakis_postgres_worker_crashes_total", "Workers that ended and were replaced."},
  {"arrakis_redis_connect_failures_total", "Attempts to connect to Redis that failed"},
  {"arrakis_redis_disconnects_total", "Connections to Redis that were lost"},
  {"arrakis_redis_silences_total", "Times that a connected Redis stopped answering"},
  {"discord_rate_limit_errors", "Answers 429 of Discord."},
};
constexpr plain gauges[]{
  {"arrakis_discord_calls_open", "Calls that wait or are in flight."},
  {"arrakis_discord_clock_skew_seconds", "This machine's clock minus Discord's."},
  {"arrakis_fences_ready", "1 while the fences are known."},
  {"arrakis_jobs_running", "Job actors."},
  {"arrakis_outbox_relay_in_work_rows", "Outbox rows in work."},
  {"arrakis_postgres_connected_workers", "Workers with a connection."},
  {"arrakis_postgres_waiting_transactions", "Transactions that wait for a worker."},
  {"arrakis_quarantine_keys", "Keys of actors that are kept apart until an operator releases them."},
  {"arrakis_signer_refuses", "1 while the signer signs nothing because its keys are not the anchored ones."},
};
constexpr plain histograms[]{
  {"arrakis_discord_request_seconds", "From sending to answer."},
  {"arrakis_discord_wait_seconds", "From the asking to the sending of a call."},
  {"arrakis_ingress_first_answer_seconds", "From the coming of an interaction to the acceptance of its first answer."},
};

/// A counter for each value of one label.
struct split {
  const char* name;
  const char* help;
  const char* label;
  std::vector<const char*> values;
};
std::vector<split> split_counters() {
  return {
    {"arrakis_discord_429_total",
     "Answers 429 of Discord by cause.",
     "cause",
     {"global", "shared", "user", "cloudflare"}},
    {"arrakis_discord_blocked_total", "Answers below 500 that Discord's API did not write.", "status", {"403", "429"}},
    {"arrakis_discord_dispatches_total", "Dispatches by type; other: nobody reads them.", "type", {"other"}},
    {"arrakis_discord_interactions_refused_total",
     "Interactions over HTTP that were refused.",
     "why",
     {"refused", "invalid", "busy"}},
    {"arrakis_discord_shard_sessions_total", "Sessions begun or resumed.", "how", {"identify", "resume"}},
    {"arrakis_discord_unanswered_total", "Calls without an answer.", "sent", {"yes", "no"}},
    {"arrakis_embedded_restarts_total",
     "Starts of an embedded server after its death.",
     "server",
     {"postgres", "redis"}},
    {"arrakis_gate_writes_total",
     "Writes to Discord by their end.",
     "end",
     {"done", "COMMUNITY_FROZEN", "LEASE_LOST", "PERMISSION_ERROR", "RESOURCE_NOT_FOUND", "GUILD_NOT_FOUND",
      "INVALID_PAYLOAD", "RATE_LIMIT_TIMEOUT", "UNKNOWN_ERROR"}},
    {"arrakis_http_refused_total",
     "HTTP connections and requests that were turned away, by reason.",
     "reason",
     {"connections", "connections_per_address", "input_bytes", "input_bytes_per_address", "output_bytes", "shed",
      "malformed", "not_admitted", "timeout"}},
    {"arrakis_ingress_deliveries_total",
     "First answers by what became of them.",
     "outcome",
     {"answered", "refused", "unanswered"}},
    {"arrakis_interactions_answered_total",
     "First answers by what they were.",
     "outcome",
     {"direct", "sentence", "deferred", "repeated", "refused", "modal", "foreign", "autocomplete", "busy", "failed"}},
    {"arrakis_jobs_role_changes_total",
     "Jobs that give or take a role of a member, by their end.",
     "end",
     {"given", "taken", "unchanged", "superseded", "not_a_member", "protected", "waits"}},
    {"arrakis_runtime_actor_crashes_total", "Crashes of actors by kind.", "kind", {"community", "wizard_session"}},
    {"arrakis_shard_leases_total", "Leases of shards, by what became of them.", "event", {"taken", "lost"}},
    {"arrakis_verdicts_judged_total",
     "Verdicts about members that were recorded.",
     "outcome",
     {"changed", "unchanged", "unknown"}},
    {"arrakis_wizard_sessions_total",
     "Wizard sessions by what happened to them.",
     "event",
     {"opened", "overtaken", "deploy", "cancelled", "restored"}},
    {"arrakis_waiting_notice_messages_total",
     "Messages about deployments that still waited.",
     "outcome",
     {"told", "overtaken", "failed"}},
  };
}

/// Those of two labels.
void begin_pairs() {
  for (const auto* method : {"GET", "POST", "PUT", "PATCH", "DELETE"})
    for (const auto* status : {"2xx", "4xx", "5xx"})
      metrics::count("arrakis_discord_requests_total", "Answers of Discord.", 0,
                     {{"method", method}, {"status", status}});
}

/// Those of work items, of each target and kind of job.
void begin_work_items() {
  for (const auto* target : targets::all()) {
    const std::string kind{target->name};
    metrics::count("arrakis_outbox_relay_done_total", "Outbox rows that were carried a step on.", 0, {{"kind", kind}});
    for (const auto* code : {"unavailable", "unknown", "timeout", "refused", "corrupt", "internal"})
      metrics::count("arrakis_outbox_relay_failed_total", "Attempts at an outbox row that failed.", 0,
                     {{"kind", kind}, {"code", code}});
  }
  for (const auto* job : jobs::all()) {
    const std::string kind{job->terms.name};
    for (const auto* end : {"completed", "failed_retryable", "failed_final", "postponed"})
      metrics::count("arrakis_jobs_ended_total", "Attempts of jobs by kind and end.", 0,
                     {{"kind", kind}, {"end", end}});
    metrics::count("arrakis_outbox_relay_overdue_total", "Outbox rows reported because their deadline has passed.", 0,
                   {{"kind", "enqueue_job"}, {"job_kind", kind}});
    metrics::set("arrakis_outbox_relay_overdue_rows", "Outbox rows that are open past their deadline.", 0,
                 {{"kind", "enqueue_job"}, {"job_kind", kind}});
  }
  for (const auto* kind : {"role", "category", "channel"})
    metrics::count("arrakis_jobs_created_twice_total", "Roles and channels that Discord made twice for one request.", 0,
                   {{"kind", kind}});
}

void begin_queue(const std::string& queue) {
  for (const auto* outcome : {"completed", "retried", "failed", "postponed", "lock_lost"})
    metrics::count("arrakis_queue_jobs_total", "Ends of attempts, by outcome", 0,
                   {{"queue", queue}, {"outcome", outcome}});
  metrics::count("arrakis_queue_stalled_total", "Jobs taken back from workers that fell silent", 0, {{"queue", queue}});
  for (const auto* state : {"wait", "active", "delayed", "prioritized", "paused", "completed", "failed"})
    metrics::set("arrakis_queue_jobs", "Jobs in the queue, by state", 0, {{"queue", queue}, {"state", state}});
  metrics::set("bullmq_queue_depth", "Jobs that wait: now, delayed, prioritized or paused", 0, {{"queue", queue}});
}

void begin_configured(const config& settings) {
  for (const auto& [chain, urls] : wiring::chain_endpoints(settings)) {
    metrics::count("arrakis_chain_asked_total", "Messages to endpoints of chains.", 0, {{"chain", chain}});
    metrics::count("arrakis_chain_disagreed_total", "Times that an endpoint was found to say what others do not.", 0,
                   {{"chain", chain}});
    metrics::count("arrakis_chain_endpoint_failed_total", "Questions that an endpoint of a chain did not answer.", 0,
                   {{"chain", chain}});
    for (const auto* result : {"known", "unknown"})
      metrics::count("arrakis_chain_values_total", "Values of chains that were read for rules.", 0,
                     {{"chain", chain}, {"result", result}});
  }
  for (const auto* which : jobs::queues())
    begin_queue(wiring::queue_name(settings, *which));
}
} // namespace

void begin_at_zero(const config& settings) {
  for (const auto& [name, help] : counters)
    metrics::count(name, help, 0);
  for (const auto& [name, help] : gauges)
    metrics::set(name, help, 0);
  for (const auto& [name, help] : histograms)
    metrics::prepare(name, help);
  for (const auto& each : split_counters())
    for (const auto* value : each.values)
      metrics::count(each.name, each.help, 0, {{each.label, value}});
  for (const auto* kind : {"community", "wizard_session"})
    metrics::set("arrakis_runtime_active_actors", "Actors that are active, by kind.", 0, {{"kind", kind}});
  begin_pairs();
  begin_work_items();
  begin_configured(settings);
}
} // namespace arrakis::series
