#include "tests/contracts/deployments.hpp"

#include "adapters/postgres/communities/communities.hpp"
#include "adapters/postgres/deployments/deployments.hpp"
#include "runtime/clock.hpp"
#include "schemas/canonical_json.hpp"
#include "tests/support/fakes/manifest.hpp"
#include "tests/support/fakes/store.hpp"
#include "tests/support/fakes/submission.hpp"
#include "tests/support/stores.hpp"

using namespace arrakis;

TEST_CASE("the deployments in memory keep the contract of deployments") {
  test::sim_system sim;
  std::vector<std::unique_ptr<test::fake_store>> stores;
  test::deployments_contract([&] {
    auto& store = *stores.emplace_back(std::make_unique<test::fake_store>(sim, snowflake{1}));
    store.now_ms = [] { return wall_ms(); };
    store.submit(test::sample_manifest());
    return test::deployments_bench{.sys = sim.sys(),
                                   .port = store.deployments_port(),
                                   .community = store.community.id,
                                   .version = 1,
                                   .freeze = [&store] { store.set_status("frozen"); },
                                   .settle = [&sim] { sim.run(); }};
  });
}

TEST_CASE("the deployments in PostgreSQL keep the contract of deployments") {
  test::stores db;
  auto port = db.live.keep(deployments::start(db.live.sys(), db.app));
  auto communities = db.live.keep(communities::start(db.live.sys(), db.app));
  uint64_t guild = 100;
  test::deployments_contract([&] {
    ++guild;
    const auto next = db.get<deployments::prepared>(port, deployments::prepare{{guild}, db.soon()});
    auto order = test::submission(next, {guild}, "click-" + std::to_string(guild), db.soon(),
                                  *canonical_json(to_json(test::sample_manifest())));
    const auto made = db.get<deployments::submitted>(port, std::move(order));
    return test::deployments_bench{
      .sys = db.live.sys(),
      .port = port,
      .community = made.community,
      .version = made.version,
      .freeze =
        [&db, communities, id = made.community] {
          db.get<communities::record>(communities, communities::set_status{id, "frozen", "test", "test", db.soon()});
        },
      .settle = {}};
  });
}
