#include "actors/quarantine/quarantine.hpp"

#include "tests/support/sim_system.hpp"

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>

using namespace arrakis;

namespace {
const community_id town{"01890a5d-ac96-774b-bcce-b302099a8057"};

struct fixture {
  std::vector<dead_letters::letter> kept;
  std::vector<snowflake> sought;
  test::sim_system sim;
  communities::handle communities = sim.sys().spawn(
    [this](communities::handle::pointer) -> communities::handle::behavior_type {
      const auto unused = [](const auto&) { return fail(ec::internal, "not used"); };
      return {[this](const communities::find_by_guild& x) {
                sought.push_back(x.guild);
                return x.guild == snowflake{10} ? communities::found{town} : communities::found{};
              },
              [=](const communities::load& x) -> caf::result<communities::record> { return unused(x); },
              [=](const communities::list& x) -> caf::result<communities::listed> { return unused(x); },
              [=](const communities::set_status& x) -> caf::result<communities::record> { return unused(x); }};
    });
  dead_letters::handle letters = sim.sys().spawn(
    [this](dead_letters::handle::pointer) -> dead_letters::handle::behavior_type {
      return {[this](const dead_letters::keep& x) {
                kept.push_back(x.what);
                return dead_letters::kept{"1"};
              },
              [](const dead_letters::list&) { return dead_letters::listed{}; }};
    });

  void quarantined(const std::string& key) {
    quarantine::keep_last_message(sim.sys(), "wizard_session", communities, letters)(key, "it threw", "deploy");
    sim.run();
  }
  ~fixture() {
    caf::anon_send_exit(communities, caf::exit_reason::kill);
    caf::anon_send_exit(letters, caf::exit_reason::kill);
    sim.run();
  }
};
} // namespace

TEST_CASE("quarantine: the last message of a key is kept with the tenant of its guild") {
  fixture f;
  f.quarantined("5:10");
  f.quarantined("10");
  REQUIRE(f.kept.size() == 2);
  for (const auto& letter : f.kept) {
    CHECK(letter.community == town);
    CHECK(letter.actor == "wizard_session");
    CHECK(letter.message == "deploy");
    CHECK(letter.error == "it threw");
    CHECK(letter.code == ec::quarantined);
  }
}

TEST_CASE("quarantine: a guild without a community, or a key that is none, has nothing to keep it under") {
  fixture f;
  f.quarantined("11");
  f.quarantined("5:x");
  CHECK(f.sought == std::vector{snowflake{11}});
  CHECK(f.kept.empty());
}
