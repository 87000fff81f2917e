#pragma once
// The tables of many communities in memory, with the meaning of the stores in adapters/postgres: each verb is one
// transaction. The ports over it keep the contracts of tests/contracts, as PostgreSQL does.
#include "adapters/postgres/audit/messages.hpp"
#include "adapters/postgres/communities/messages.hpp"
#include "adapters/postgres/deployments/messages.hpp"
#include "adapters/postgres/fence_log/messages.hpp"
#include "adapters/postgres/manifests/messages.hpp"
#include "adapters/postgres/outbox/messages.hpp"
#include "adapters/postgres/reconciliations/messages.hpp"
#include "runtime/clock.hpp"
#include "tests/support/fakes/ports.hpp"

#include <boost/json/fwd.hpp>
#include <caf/fwd.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace arrakis::test {

/// The stores of PostgreSQL in memory.
class fake_postgres {
public:
  /// A row of deployments.
  struct deployment {
    std::string id, key;
    community_id community;
    int64_t version = 0;
    std::string state = "pending";
    int attempt = 0;
    int64_t run = 0;
    std::string holder; ///< Empty: no lease.
    int64_t lease_until_ms = 0;
    int64_t fence = 0; ///< The community's at the last claim.
    snowflake application;
    secret token;
    int64_t token_until_ms = 0;
    std::string error_code, error_text;
    std::vector<std::string> left_over;
    std::vector<deployments::resource_state> done; ///< In the order of their notes.
    int64_t updated_ms = 0;
    int64_t owed_since_ms = 0; ///< When it was submitted, or retried last.
    bool over() const { return state == "completed" || state == "failed" || state == "cancelled"; }
  };
  /// An intent without a recorded end.
  struct open_intent {
    deployments::intent what;
    std::string deployment;
  };
  /// An audit entry.
  struct entry {
    int64_t sequence = 0;
    std::string at, event, actor, target, payload_json, previous, hash;
  };
  /// A community with its rows.
  struct tenant {
    communities::record row;
    std::map<int64_t, manifests::record> versions;
    manifests::shadow applied;
    std::map<std::pair<std::string, std::string>, open_intent> intents;
    std::vector<deployment> work; ///< By version.
    std::vector<entry> audit;
    std::map<uint64_t, std::string> profiles;
  };
  /// A row of the outbox.
  struct owed {
    outbox::row row;
    std::string deployment;
    int attempt = 0; ///< Of the deployment, that this row wakes.
    int64_t due_ms = 0;
    bool closed = false;
    int64_t close_by_ms = 0; ///< 0: seven days after it was made.
    bool reported = false;
    std::string error;
  };
  /// Guards that a negative control switches off.
  struct guards {
    bool keys = true;   ///< Idempotency, version and base version are unique.
    bool leases = true; ///< One holder at a time, older runs are stale.
    bool outbox = true; ///< A job's row stays open until the end of the work.
    bool audit = true;  ///< The head of a chain is locked.
    bool fences = true; ///< Intents are refused to the frozen.
    bool ids = true;    ///< An intent's age is an id of Discord; off: our own clock's time.
  };

  std::function<int64_t()> now_ms = [] { return wall_ms(); };
  guards on;
  /// Told of each change of a deployment: submitted, retried, claimed, completed, failed, waiting, cancelled.
  std::function<void(const tenant&, const deployment&, std::string_view)> changed = [](auto&, auto&, auto) {};

  std::map<std::string, tenant> tenants;      ///< By id.
  std::vector<owed> rows;                     ///< The outbox, by id.
  std::map<int64_t, fence_log::entry> fences; ///< By number; of each subject the newest.
  int64_t fences_number = 0;
  std::string fences_id = "log 1"; ///< Another one after a restore.

  tenant* by_guild(snowflake);
  deployment* by_id(const std::string& deployment);

  caf::expected<communities::record> set_status(const communities::set_status&);
  fence_log::changes fence_changes(const fence_log::read&) const;
  caf::expected<manifests::record> load(const manifests::load&);
  manifests::shadow shadow(const community_id&);

  caf::expected<deployments::prepared> prepare(const deployments::prepare&);
  caf::expected<deployments::submitted> submit(const deployments::submit&);
  caf::expected<deployments::submitted> retry(const deployments::retry&);
  caf::expected<deployments::followed> follow(const deployments::follow&);
  caf::expected<deployments::status_of> status(const deployments::status&);
  caf::expected<deployments::claimed> claim(const deployments::claim&);
  caf::expected<deployments::conversation> renew(const deployments::renew&);
  caf::expected<deployments::intent> record_intent(const deployments::record_intent&);
  caf::expected<deployments::done> checkpoint(const deployments::checkpoint&);
  caf::expected<deployments::conversation> complete(const deployments::complete&);
  caf::expected<deployments::conversation> abandon(const deployments::abandon&);

  outbox::rows due(const outbox::due&) const;
  outbox::done mark_sent(const outbox::mark_sent&);
  outbox::done close(const outbox::close&);
  outbox::done postpone(const outbox::postpone&);
  outbox::overdue_rows report_overdue(const outbox::report_overdue&);

  caf::expected<audit::appended> append(const community_id&, std::string event, std::string actor, std::string target,
                                        const std::string& payload_json);
  audit::verified verify(const community_id&) const;
  audit::listed newest_entries(const audit::list&) const;

  deployments::handle deployments_port(caf::actor_system&, const way* = nullptr);
  /// Nobody has ever pressed Apply: its status is ec::not_found, and nothing else is supported.
  reconciliations::handle reconciliations_port(caf::actor_system&);
  manifests::handle manifests_port(caf::actor_system&, const way* = nullptr);
  communities::handle communities_port(caf::actor_system&, const way* = nullptr);
  fence_log::handle fence_log_port(caf::actor_system&, const way* = nullptr);
  outbox::handle outbox_port(caf::actor_system&, const way* = nullptr);
  audit::handle audit_port(caf::actor_system&, const way* = nullptr);

private:
  struct place {
    tenant* of = nullptr;
    deployment* what = nullptr;
  };
  caf::expected<place> find(const deployments::key&);
  caf::expected<place> held(const deployments::key&);
  std::string fresh_id(uint64_t kind);
  std::string subject_of(tenant&, snowflake user);
  void log_fence(const tenant&);
  void owe(const tenant&, const std::string& deployment, outbox::row);
  void owe_job(const tenant&, const deployment&, const std::string& trace);
  void close_job(const std::string& deployment);
  void cancel(tenant&, deployment&, int64_t by);
  void note(tenant&, std::string event, std::string actor, const std::string& deployment, boost::json::object payload);

  uint64_t ids_ = 0;
  std::map<std::string, std::pair<std::string, int64_t>> homes_; ///< Deployment: its tenant and version.
};

} // namespace arrakis::test
