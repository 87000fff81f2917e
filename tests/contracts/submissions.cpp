#include "tests/contracts/submissions.hpp"

#include "runtime/clock.hpp"
#include "schemas/canonical_json.hpp"
#include "tests/contracts/asking.hpp"
#include "tests/support/fakes/manifest.hpp"
#include "tests/support/fakes/submission.hpp"

#include <doctest/doctest.h>

namespace arrakis::contracts {
namespace {
using namespace arrakis::deployments;
using namespace std::chrono_literals;

struct desk {
  caf::actor_system& sys;
  const arrakis::deployments::handle& to;
  const arrakis::communities::handle& communities;
  const arrakis::manifests::handle& manifests;

  prepared next(snowflake guild) { return *ask<prepared>(sys, to, prepare{guild, soon()}); }
  submit order(snowflake guild, std::string key, std::optional<int64_t> base = {}) {
    const auto on = next(guild);
    auto m = test::submission(on, guild, std::move(key), soon(), *canonical_json(to_json(test::sample_manifest())));
    m.base_version = base;
    return m;
  }
  caf::expected<submitted> send(const submit& m) { return ask<submitted>(sys, to, m); }
  void status(const community_id& id, std::string to_be) {
    REQUIRE(ask<arrakis::communities::record>(
      sys, communities, arrakis::communities::set_status{id, std::move(to_be), "operator", "test", soon()}));
  }
  key take(const community_id& id, int64_t version) {
    const auto got = ask<claimed>(sys, to, claim{id, version, "w", 60s, soon()});
    REQUIRE_MESSAGE(got, text_of(got.error()));
    return {id, got->deployment, got->run};
  }
};

void one_answer_for_a_key(desk d, snowflake guild) {
  const auto order = d.order(guild, "click-1", 0);
  const auto first = d.send(order);
  REQUIRE_MESSAGE(first, text_of(first.error()));
  CHECK_FALSE(first->repeated);
  CHECK(first->version == 1);
  const auto again = d.send(order);
  REQUIRE(again);
  CHECK(again->repeated);
  CHECK(again->deployment == first->deployment);
  CHECK(again->job == first->job);
  auto late = order; // Prepared before the first one, under another id.
  late.key = "click-2";
  late.base_version.reset();
  CHECK(code_of(d.send(late).error()) == ec::conflict);
  late.community = late.manifest.community = {random_uuid()};
  CHECK(code_of(d.send(late).error()) == ec::conflict);
  CHECK(code_of(d.send(d.order(guild, "click-3", 0)).error()) == ec::stale);
  CHECK(d.send(d.order(guild, "click-4", 1))->version == 2);
  CHECK(code_of(d.send(d.order(guild, "", 2)).error()) == ec::invalid);
}

void a_frozen_one_waits(desk d, snowflake guild) {
  const auto first = *d.send(d.order(guild, "click-1"));
  d.status(first.community, "frozen");
  CHECK(code_of(d.send(d.order(guild, "click-2")).error()) == ec::frozen);
  d.status(first.community, "frozen"); // Said twice, it is so once.
  d.status(first.community, "active");
  const auto of = d.take(first.community, 1);
  CHECK(ask<claimed>(d.sys, d.to, claim{first.community, 1, "w", 60s, soon()})->fence == 2);
  CHECK(code_of(ask<intent>(d.sys, d.to, record_intent{of, "role", "r", "n", soon(), 1}).error()) == ec::stale);
  const auto now = d.take(first.community, 1);
  CHECK(code_of(ask<intent>(d.sys, d.to, record_intent{now, "role", "r", "n", soon(), 1}).error()) == ec::frozen);
  CHECK(ask<intent>(d.sys, d.to, record_intent{now, "role", "r", "n", soon(), 2}));
}

void a_failed_one_is_retried(desk d, snowflake guild) {
  const auto first = *d.send(d.order(guild, "click-1"));
  const auto again = [&] {
    return ask<submitted>(d.sys, d.to, retry{first.community, 0, "system", {}, {}, {}, soon(), {}});
  };
  CHECK(code_of(again().error()) == ec::conflict);
  auto of = d.take(first.community, 1);
  REQUIRE(ask<conversation>(d.sys, d.to, abandon{of, true, "PERMISSION_ERROR", "why", soon()}));
  const auto status_now = ask<status_of>(d.sys, d.to, status{first.community, 0, soon()});
  REQUIRE(status_now);
  CHECK(status_now->state == "failed");
  CHECK(status_now->error_code == "PERMISSION_ERROR");
  const auto second = again();
  REQUIRE_MESSAGE(second, text_of(second.error()));
  CHECK(second->job != first.job);
  CHECK(second->deployment == first.deployment);
  of = d.take(first.community, 1);
  REQUIRE(
    ask<conversation>(d.sys, d.to, complete{of, 1, {{"role", "role-gold", {500}, R"({"name":"Gold"})"}}, {}, soon()}));
  CHECK(code_of(again().error()) == ec::refused);
  const auto shadow = ask<manifests::shadow>(d.sys, d.manifests, manifests::load_shadow{first.community, soon()});
  REQUIRE(shadow);
  CHECK(shadow->version == 1);
  CHECK(shadow->entries.size() == 1);
  CHECK(ask<manifests::record>(d.sys, d.manifests, manifests::load{first.community, 0, soon()})->active);
}

void a_newer_one_passes_it_over(desk d, snowflake guild) {
  const auto first = *d.send(d.order(guild, "click-1"));
  const auto held = d.take(first.community, 1);
  REQUIRE(d.send(d.order(guild, "click-2")));
  // One version at a time works on a guild.
  CHECK(code_of(ask<claimed>(d.sys, d.to, claim{first.community, 2, "other", 60s, soon()}).error()) == ec::busy);
  REQUIRE(ask<done>(d.sys, d.to, checkpoint{held, {"role", "role-gold", {500}, R"({"name":"Gold"})"}, soon()}));
  REQUIRE(ask<conversation>(d.sys, d.to, abandon{held, false, "UNKNOWN_ERROR", "why", soon()}));
  const auto newer = d.take(first.community, 2);
  REQUIRE(ask<intent>(d.sys, d.to, record_intent{newer, "role", "role-gold", "n1", soon(), {}}));
  REQUIRE(ask<intent>(d.sys, d.to, record_intent{newer, "channel", "ch-voice", "n2", soon(), {}}));
  const auto shadow = ask<manifests::shadow>(d.sys, d.manifests, manifests::load_shadow{first.community, soon()});
  REQUIRE(shadow);
  CHECK(shadow->status == "partial"); // The newer one knows the resources that the older one made so far.
  REQUIRE(shadow->entries.size() == 1);
  CHECK(shadow->entries[0].id == snowflake{500});
  REQUIRE(ask<conversation>(d.sys, d.to,
                            complete{newer, 2, {{"role", "role-gold", {500}, R"({"name":"Gold"})"}}, {}, soon()}));
  const auto old = ask<status_of>(d.sys, d.to, status{first.community, 1, soon()});
  CHECK(old->state == "cancelled");
  CHECK(ask<claimed>(d.sys, d.to, claim{first.community, 1, "w", 60s, soon()})->run == 0);
  // A create without a recorded end, of what the completed version does not have: a later version is still told.
  REQUIRE(d.send(d.order(guild, "click-3")));
  const auto third = ask<claimed>(d.sys, d.to, claim{first.community, 3, "w", 60s, soon()});
  REQUIRE(third);
  REQUIRE(third->open.size() == 1);
  CHECK(third->open[0].nonce == "n2");
}
} // namespace

void submissions(caf::actor_system& sys, const arrakis::deployments::handle& to,
                 const arrakis::communities::handle& communities, const arrakis::manifests::handle& manifests,
                 uint64_t guild) {
  const desk d{sys, to, communities, manifests};
  one_answer_for_a_key(d, {guild});
  a_frozen_one_waits(d, {guild + 1});
  a_failed_one_is_retried(d, {guild + 2});
  a_newer_one_passes_it_over(d, {guild + 3});
}
} // namespace arrakis::contracts
