#pragma once
// The stores of one community in memory, with the meaning of the ones in PostgreSQL: manifests, deployments,
// communities, the fence log.
#include "adapters/postgres/communities/messages.hpp"
#include "adapters/postgres/deployments/messages.hpp"
#include "adapters/postgres/fence_log/messages.hpp"
#include "adapters/postgres/manifests/messages.hpp"
#include "adapters/postgres/reconciliations/messages.hpp"
#include "adapters/signer/messages.hpp"
#include "schemas/manifest.hpp"
#include "tests/support/sim_system.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace arrakis::test {

/// The stores that a job uses.
class fake_store {
public:
  /// The deployment's row.
  struct deployment {
    std::string id;
    int64_t version = 0;
    std::string state = "pending";
    int64_t run = 0;
    std::string holder;
    std::chrono::steady_clock::time_point lease_until{};
    std::map<std::pair<std::string, std::string>, deployments::resource_state> done;
    std::string error_code, error_text;
    std::vector<std::string> left_over;
    int completed_count = 0;
    std::chrono::steady_clock::time_point submitted{};
  };
  /// The fate of a call.
  enum class fate {
    normal,
    refused,    ///< ec::unavailable, no effect.
    lost_after, ///< The effect, and ec::unknown.
    silent,     ///< No effect, no answer.
    silent_after,
  };
  std::function<fate(const char* verb)> decide; ///< Empty: always normal.
  std::function<int64_t()> now_ms = [] { return int64_t{0}; };
  bool one_writer = true; ///< Off in a negative control: deployments and reconciliations hold leases side by side.
  bool stamps_by_clock = false; ///< Negative control: an intent's age is the store's time, not an id of Discord.

  /// Of the newest click, which a renewal brings; empty: none came since the claim.
  std::string clicked_token;
  std::chrono::milliseconds token_life{900'000}; ///< Rest of the life of the conversation's token, at each answer.
  std::string signer_refusal;                    ///< Not empty: the signer refuses, and nothing is anchored.

  communities::record community;
  std::vector<fence_log::entry> fences; ///< All changes, in order; a test may add one.
  std::string fences_id = "log 1";      ///< Another one after a restore.
  std::map<int64_t, manifests::record> versions;
  manifests::shadow shadow;
  std::map<int64_t, deployment> work;
  /// A reconciliation: its plan beside what it shares with a deployment.
  struct reconciliation : deployment {
    std::string key, plan_json, plan_sha256;
    bool began = false;
    bool is_idle = false; ///< Open, and nobody has worked at it for minutes.
  };
  std::vector<reconciliation> repairs;          ///< Oldest first.
  std::optional<deployments::status_of> newest; ///< The answer to deployments::status; empty: ec::not_found.
  std::map<std::pair<std::string, std::string>, deployments::intent> intents;
  std::vector<deployments::doubled_resource> doubled; ///< As the last end of work told them.

  fake_store(sim_system&, snowflake guild);
  /// Signs and stores the next version with its pending deployment.
  int64_t submit(const manifest&);
  int64_t submit(std::string canonical); ///< Signs these bytes, whatever they are.
  void set_status(const std::string& status);
  /// Appends to the fence log; of the scopes above and beside the community.
  void set_fence(fence_log::scope, const std::string& subject, const std::string& status);

  deployments::handle deployments_port();
  reconciliations::handle reconciliations_port();
  manifests::handle manifests_port();
  communities::handle communities_port();
  fence_log::handle fence_log_port();
  signer::handle signer_port();

  // The verbs themselves; fail like the store does.
  caf::expected<deployments::claimed> claim(const deployments::claim&);
  caf::expected<reconciliations::claimed> claim(const reconciliations::claim&);
  caf::expected<reconciliations::requested> request(const reconciliations::request&);
  caf::error check(const deployments::key&);

  sim_system& sim;
  deployment* by_id(const std::string& id);
  reconciliation* repair_by_id(const std::string& id);
  /// ec::busy while other work than `id` holds an unexpired lease; takes the lease.
  caf::expected<deployments::claimed> take(deployment&, const std::string& worker, std::chrono::milliseconds lease);
};

} // namespace arrakis::test
