#include "tests/contracts/deployments.hpp"

#include "runtime/error.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <chrono>
#include <doctest/doctest.h>
#include <optional>

namespace arrakis::test {
namespace {
using namespace deployments;
using namespace std::chrono_literals;

struct worker {
  deployments_bench b;
  std::string name;

  template <class R, class Message>
  caf::expected<R> ask(Message message) {
    message.until = {std::chrono::steady_clock::now() + 20s};
    caf::scoped_actor self{b.sys};
    auto pending = self->request(b.port, caf::infinite, std::move(message));
    if (b.settle)
      b.settle();
    std::optional<caf::expected<R>> result;
    pending.receive([&](R& x) { result.emplace(std::move(x)); }, [&](caf::error& e) { result.emplace(std::move(e)); });
    return std::move(*result);
  }
  caf::expected<claimed> try_claim(int64_t version = 0) {
    return ask<claimed>(claim{b.community, version ? version : b.version, name, 60s, {}});
  }
  key take() {
    const auto got = try_claim();
    if (!got)
      FAIL(text_of(got.error()));
    return {b.community, got->deployment, got->run};
  }
  caf::expected<intent> intend(const key& of, std::string nonce, std::string resource = "role-gold",
                               std::string fields = R"({"name":"Gold"})") {
    return ask<intent>(record_intent{.of = of,
                                     .kind = "role",
                                     .resource = std::move(resource),
                                     .nonce = std::move(nonce),
                                     .newest_seen = {77},
                                     .fields_json = std::move(fields)});
  }
  caf::expected<done> note(const key& of, std::string resource = "role-gold") {
    return ask<done>(checkpoint{of, {"role", std::move(resource), {500}, R"({"name":"Gold"})"}, {}});
  }
  caf::expected<conversation> finish(const key& of) {
    return ask<conversation>(
      complete{of, b.version, {{"role", "role-gold", {500}, R"({"name":"Gold"})"}}, {"old"}, {}});
  }
  caf::expected<conversation> give_up(const key& of, bool final_state) {
    return ask<conversation>(abandon{of, final_state, "UNKNOWN_ERROR", "why", {}});
  }
};

void leases(worker& one, worker& two) {
  const auto first = one.take();
  CHECK(code_of(two.try_claim().error()) == ec::busy);
  CHECK(one.ask<conversation>(renew{first, 60s, {}}));
  const auto again = one.take(); // The same incarnation, after a crash of its job: its own lease is no obstacle.
  CHECK(again.run > first.run);
  for (const auto& old : {one.ask<conversation>(renew{first, 60s, {}}).error(), one.intend(first, "n").error(),
                          one.note(first).error(), one.finish(first).error(), one.give_up(first, true).error()})
    CHECK(code_of(old) == ec::stale);
  CHECK(one.note(again));
}

void intents(worker& one, worker& two) {
  const auto of = one.take();
  CHECK(one.intend(of, "n1")->nonce == "n1");
  CHECK(one.intend(of, "n2")->nonce == "n1");
  CHECK(one.intend(of, "n3", "role-silver")->nonce == "n3");
  const auto again = one.intend(of, "n4", "role-silver", R"({"name":"Silver"})"); // A create that asks for others.
  REQUIRE(again);
  CHECK(again->nonce == "n3");
  CHECK(again->fields_json == R"({"name":"Silver"})");
  REQUIRE(one.note(of));
  REQUIRE(one.note(of)); // Said twice, it is so once.
  REQUIRE(one.give_up(of, false));
  const auto next = two.try_claim();
  REQUIRE(next);
  REQUIRE(next->done.size() == 1);
  CHECK(next->done[0].resource == "role-gold");
  CHECK(next->done[0].id == snowflake{500});
  REQUIRE(next->open.size() == 1);
  CHECK(next->open[0].nonce == "n3");
  CHECK(next->open[0].newest_seen == snowflake{77});
  CHECK(next->open[0].fields_json == R"({"name":"Silver"})");
}

void ends(worker& one, worker& two) {
  const auto of = one.take();
  REQUIRE(one.finish(of));
  CHECK(one.finish(of)); // Repeated: the first answer may have been lost.
  const auto after = two.try_claim();
  REQUIRE(after);
  CHECK(after->state == "completed");
  CHECK(after->run == 0);
  CHECK(code_of(one.note(of).error()) == ec::stale);
}
} // namespace

void deployments_contract(const std::function<deployments_bench()>& fresh) {
  worker one{fresh(), "w1"};
  worker two{one.b, "w2"};
  SUBCASE("one worker at a time has the lease, and an older run of it is stale") { leases(one, two); }
  SUBCASE("intents keep their first nonce until the checkpoint, and a successor is told both") { intents(one, two); }
  SUBCASE("a completed deployment stays so") { ends(one, two); }
  SUBCASE("a failed deployment is not claimed again") {
    const auto of = one.take();
    REQUIRE(one.give_up(of, true));
    CHECK(two.try_claim()->state == "failed");
    CHECK(two.try_claim()->run == 0);
  }
  SUBCASE("a frozen community's deployment is not claimed, and what does not exist is not found") {
    CHECK(code_of(one.try_claim(99).error()) == ec::not_found);
    one.b.freeze();
    CHECK(code_of(one.try_claim().error()) == ec::frozen);
  }
}
} // namespace arrakis::test
