#include "actors/ingress/declaration.hpp"
#include "actors/verdicts/messages.hpp"
#include "schemas/permissions.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace std::chrono_literals;

namespace arrakis::commands::why {
const ingress::declaration& definition();
}

namespace {
struct fixture {
  test::sim_system sim;
  std::shared_ptr<member_verdict> last;
  std::vector<snowflake> asked;

  caf::expected<ingress::reply> ask(std::optional<snowflake> member = {}, uint64_t permissions = 0) {
    auto body = [this](verdicts::handle::pointer) -> verdicts::handle::behavior_type {
      return {[](const verdicts::judge&) -> caf::result<verdicts::judged> {
                FAIL("nothing is judged for /why");
                return fail(ec::internal, "");
              },
              [this](const verdicts::find_last& q) {
                asked.push_back(q.member);
                return verdicts::found_last{last};
              }};
    };
    services available;
    available.provide(verdicts::handle{sim.sys().spawn(body)});
    auto handler = commands::why::definition().start(sim.sys(), available);
    auto what = std::make_shared<interaction>();
    what->guild = {7};
    what->user = {8};
    what->member_permissions = permissions;
    if (member)
      what->options = {{"member", option_type::user, *member}};
    ingress::request q{std::move(what), {sim.now() + 5s}};
    return sim.ask<ingress::reply>(handler, q);
  }
};
} // namespace

TEST_CASE_FIXTURE(fixture, "/why: shows the stored verdict, and says where there is none") {
  CHECK(ask()->data_json.find("There is no verdict about this member yet") != std::string::npos);
  last = std::make_shared<member_verdict>();
  last->wallets = 1;
  last->rules = {{"whales", "Whales", truth::no, std::nullopt, {}}};
  last->rules[0].when.answer = truth::no;
  last->rules[0].when.required = "at least 100 SPICE on Base";
  last->rules[0].when.near_tip = {truth::no, "you hold 12.5 SPICE on Base", {}};
  const auto shown = ask();
  REQUIRE(shown);
  for (const auto* part : {"Rule **Whales**", "You hold 12.5 SPICE on Base.", "Asked for: at least 100 SPICE on Base."})
    CHECK_MESSAGE(shown->data_json.find(part) != std::string::npos, shown->data_json);
  CHECK(asked == std::vector<snowflake>{{8}, {8}});
}

TEST_CASE_FIXTURE(fixture, "/why: only an administrator asks about somebody else") {
  CHECK(code_of(ask(snowflake{9}).error()) == ec::refused);
  CHECK(asked.empty());
  CHECK(ask(snowflake{9}, permissions::administrator));
  CHECK(asked == std::vector<snowflake>{{9}});
}
