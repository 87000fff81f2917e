#pragma once
// One process of ours in the simulation: client, fences, gate and jobs over the fakes. A crash ends all of it at once.
#include "actors/fences/fences.hpp"
#include "actors/gate/gate.hpp"
#include "actors/guild/reader.hpp"
#include "actors/jobs/jobs.hpp"
#include "tests/support/fakes/budget.hpp"
#include "tests/support/fakes/discord.hpp"
#include "tests/support/fakes/identity.hpp"
#include "tests/support/fakes/store.hpp"

#include <caf/actor_cast.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <memory>
#include <optional>

namespace arrakis::test {

/// A process that runs jobs.
class node {
public:
  node(sim_system& sim, fake_discord& discord, fake_store& store, discord::budget::handle budget, std::string name,
       bool adopts = true, std::chrono::milliseconds lease = jobs::services{}.lease,
       const std::function<void(services&)>& provide = {})
    : sim_(sim), fences_(sim.sys().clock()) {
    auto rest = discord::start(sim.sys(), {.token = [] { return secret{"t"}; }}, discord.transport(),
                               std::move(budget));
    auto fences = fences::start(sim.sys(), store.fence_log_port(), fences_);
    auto deployments = store.deployments_port();
    auto gate = gate::start(sim.sys(), rest, deployments, fences_);
    auto identity = start_identity(sim.sys(), discord.bot_known);
    auto guilds = guild::start(sim.sys(), rest, identity);
    available_.provide(store.reconciliations_port());
    if (provide)
      provide(available_);
    jobs_ = jobs::start(sim.sys(), {.gate = gate,
                                    .guilds = guilds,
                                    .manifests = store.manifests_port(),
                                    .deployments = deployments,
                                    .signer = store.signer_port(),
                                    .identity = identity,
                                    .worker = std::move(name),
                                    .lease = lease,
                                    .available = &available_,
                                    .adopts = adopts});
    for (const auto& actor : {caf::actor_cast<caf::actor>(jobs_), caf::actor_cast<caf::actor>(gate),
                              caf::actor_cast<caf::actor>(guilds), caf::actor_cast<caf::actor>(rest),
                              caf::actor_cast<caf::actor>(fences), caf::actor_cast<caf::actor>(identity)})
      parts_.push_back(actor);
  }
  ~node() { crash(); }

  /// Starts one attempt of the job; its outcome is taken with `outcome`.
  void begin(const community_id& community, int64_t version, int attempts_made = 0) {
    begin({"job-1", "SYNTHESIZE_COMMUNITY",
           R"({"communityId":")" + community.value + R"(","version":)" + std::to_string(version) + "}", attempts_made,
           3});
  }
  /// The same of a reconciliation.
  void begin_repair(const community_id& community, int64_t version, const std::string& id, int attempts_made = 0) {
    begin({"job-1", "RECONCILE_GUILD",
           R"({"communityId":")" + community.value + R"(","version":)" + std::to_string(version)
             + R"(,"reconciliation":")" + id + R"("})",
           attempts_made, 3});
  }
  /// The same of any job.
  void begin(queue::job job) {
    asker_.emplace(sim_.sys());
    (*asker_)->send(jobs_, queue::process{std::move(job)});
  }
  /// The outcome, once it is there.
  std::optional<queue::outcome> outcome() {
    std::optional<queue::outcome> got;
    if (asker_ && (*asker_)->has_next_message())
      (*asker_)->receive([&](queue::outcome& x) { got = std::move(x); });
    return got;
  }
  /// As SIGKILL: everything ends between two messages; what is on its way to it is lost.
  void crash() {
    for (const auto& part : parts_)
      caf::anon_send_exit(part, caf::exit_reason::kill);
    parts_.clear();
  }
  bool crashed() const { return parts_.empty(); }

private:
  sim_system& sim_;
  fences::fence_table fences_;
  services available_; ///< Of the jobs.
  queue::processor jobs_;
  std::vector<caf::actor> parts_;
  std::optional<caf::scoped_actor> asker_;
};

} // namespace arrakis::test
