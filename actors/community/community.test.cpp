#include "actors/community/community.hpp"

#include "adapters/signer/signature.hpp"
#include "runtime/clock.hpp"
#include "schemas/canonical_json.hpp"
#include "tests/support/fakes/manifest.hpp"
#include "tests/support/fakes/store.hpp"
#include "tests/support/sim_system.hpp"

#include <boost/json.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <deque>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
constexpr snowflake guild_id{100'000'000'000'000'001};

/// The questions to the store of deployments, and its answers.
struct submissions {
  deployments::prepared base;
  std::deque<caf::error> says;           ///< One a submit; then it is taken.
  std::vector<deployments::submit> seen; ///< The accepted ones.
  std::vector<deployments::retry> retried;
  std::vector<deployments::follow> followed;
  std::optional<deployments::status_of> newest;
  int prepares = 0;
};

deployments::handle::behavior_type submitting(deployments::handle::pointer, submissions* s) {
  using namespace deployments;
  const auto none = [] { return fail(ec::unsupported, "of a job, not of a community"); };
  return {
    [s](const prepare&) -> caf::result<prepared> {
      ++s->prepares;
      return s->base;
    },
    [s](const submit& x) -> caf::result<submitted> {
      for (const auto& earlier : s->seen)
        if (earlier.key == x.key)
          return submitted{"dep-1", x.community, earlier.manifest.version, "job-1", true};
      if (s->says.empty()) {
        s->seen.push_back(x);
        return submitted{"dep-1", x.community, x.manifest.version, "job-1", false};
      }
      auto error = std::move(s->says.front());
      s->says.pop_front();
      s->base.next_version += code_of(error) == ec::conflict; // Somebody else's version is there now.
      return error;
    },
    [none](const claim&) -> caf::result<claimed> { return none(); },
    [none](const renew&) -> caf::result<conversation> { return none(); },
    [none](const record_intent&) -> caf::result<intent> { return none(); },
    [none](const checkpoint&) -> caf::result<done> { return none(); },
    [none](const complete&) -> caf::result<conversation> { return none(); },
    [none](const abandon&) -> caf::result<conversation> { return none(); },
    [s](const retry& x) -> caf::result<submitted> {
      s->retried.push_back(x);
      if (!s->newest)
        return fail(ec::not_found, "nothing was deployed yet");
      return submitted{"dep-1", x.community, x.version == 0 ? s->newest->version : x.version, "job-1-1", false};
    },
    [s](const follow& x) -> caf::result<followed> {
      s->followed.push_back(x);
      return followed{s->newest && x.deployment == s->newest->deployment};
    },
    [s](const status&) -> caf::result<status_of> {
      if (!s->newest)
        return fail(ec::not_found, "nothing was deployed yet");
      return *s->newest;
    },
  };
}

struct fixture {
  test::sim_system sim;
  test::fake_store store{sim, guild_id};
  submissions deploys;
  int kicks = 0;
  community::handle actor = community::start(sim.sys(), guild_id,
                                             {store.communities_port(), store.manifests_port(),
                                              sim.sys().spawn(submitting, &deploys), store.signer_port(),
                                              [this] { ++kicks; }});

  fixture() { deploys.base = {store.community.id, true, "active", 1, ""}; }
  ~fixture() {
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    sim.run();
  }
  deadline until() { return {sim.now() + 10s}; }
  community::deploy order(std::string key = "click-1", int64_t base = 0) {
    community::deploy x;
    x.guild = guild_id;
    x.admin = {7};
    x.wanted = std::make_shared<const manifest>(test::sample_manifest());
    x.key = std::move(key);
    x.base_version = base;
    x.until = until();
    return x;
  }
  caf::expected<community::deployed> deploy(community::deploy x) {
    return sim.ask<community::deployed>(actor, std::move(x));
  }
  caf::expected<community::described> describe() {
    return sim.ask<community::described>(actor, community::describe{guild_id, until()});
  }
  /// Version 1 is stored and the active one.
  void active() {
    store.submit(test::sample_manifest());
    store.community.active_version = 1;
  }
};
} // namespace

TEST_CASE_FIXTURE(fixture,
                  "community: what is submitted is canonical, hashed and signed over version and predecessor") {
  deploys.base.next_version = 4;
  deploys.base.previous_sha256 = std::string(64, 'a');
  const auto done = deploy(order("click-1", 3));
  REQUIRE(done);
  CHECK(done->version == 4);
  CHECK(kicks == 1);
  REQUIRE(deploys.seen.size() == 1);
  const auto& x = deploys.seen[0];
  CHECK(x.guild == guild_id);
  CHECK(x.admin == snowflake{7});
  CHECK(x.base_version == 3);
  CHECK(x.manifest.canonical == *canonical_json(to_json(test::sample_manifest())));
  CHECK(x.manifest.sha256 == sha256_hex(x.manifest.canonical));
  const manifest_statement statement{x.community, 4, x.manifest.sha256, std::string(64, 'a'), x.manifest.created_at};
  const auto verdict = sim.ask<signer::verdict>(
    store.signer_port(), signer::verify{signing_bytes(statement), x.manifest.signature, until()});
  CHECK(verdict->valid);
}

TEST_CASE_FIXTURE(fixture, "community: a race of versions is begun anew with the next version, a few times") {
  deploys.says = {fail(ec::conflict, "1 is taken"), fail(ec::conflict, "2 is taken")};
  const auto done = deploy(order());
  REQUIRE(done);
  CHECK(done->version == 3);
  CHECK(deploys.prepares == 3);
  deploys.says = {fail(ec::conflict, "a"), fail(ec::conflict, "b"), fail(ec::conflict, "c"), fail(ec::conflict, "d")};
  const auto lost = deploy(order("click-2"));
  REQUIRE_FALSE(lost);
  CHECK(code_of(lost.error()) == ec::conflict);
  CHECK(deploys.prepares == 6);
}

TEST_CASE_FIXTURE(fixture, "community: a plan made from an older version is told so and not tried again") {
  deploys.says = {fail(ec::stale, "version 2 was deployed since")};
  const auto done = deploy(order());
  REQUIRE_FALSE(done);
  CHECK(code_of(done.error()) == ec::conflict);
  CHECK(text_of(done.error()).find("version 2 was deployed since") != std::string::npos);
  CHECK(deploys.prepares == 1);
}

TEST_CASE_FIXTURE(fixture, "community: nothing is signed for a frozen community") {
  deploys.base.status = "frozen";
  const auto done = deploy(order());
  REQUIRE_FALSE(done);
  CHECK(code_of(done.error()) == ec::frozen);
  CHECK(deploys.seen.empty());
}

TEST_CASE_FIXTURE(fixture,
                  "community: a version with a name that nobody can see is not signed, and a stored one is read") {
  auto x = order();
  auto hidden = test::sample_manifest();
  hidden.roles[0].name = "Gold\u3164";
  x.wanted = std::make_shared<const manifest>(hidden);
  const auto done = deploy(std::move(x));
  REQUIRE_FALSE(done);
  CHECK(code_of(done.error()) == ec::invalid);
  CHECK(text_of(done.error()) == "manifest /roles/0/name: U+3164 shows nothing: leave it out");
  CHECK(deploys.seen.empty());
  store.submit(hidden); // By an older build.
  store.community.active_version = 1;
  CHECK(describe()->active->roles[0].name == "Gold\u3164");
}

TEST_CASE_FIXTURE(fixture,
                  "community: while the signer refuses nothing is submitted, and it is said for what it waits") {
  store.signer_refusal = "the signer refuses: restore v1.pem";
  const auto waiting = deploy(order());
  REQUIRE(waiting);
  CHECK(waiting->waits == "the signer refuses: restore v1.pem");
  CHECK(waiting->version == 0);
  CHECK(deploys.seen.empty());
  store.signer_refusal.clear();
  const auto done = deploy(order());
  REQUIRE(done);
  CHECK(done->waits.empty());
  CHECK(done->version == 1);
}

TEST_CASE_FIXTURE(fixture, "community: a version that cannot be judged, or not be read again, is not signed") {
  const auto refused = [&](auto change) {
    auto x = order();
    auto wanted = test::sample_manifest();
    change(wanted);
    x.wanted = std::make_shared<const manifest>(wanted);
    const auto done = deploy(std::move(x));
    return done ? "deployed" : text_of(done.error());
  };
  const auto with_rule = [](manifest& m, const char* chain, const char* role) {
    rule_node holds;
    holds.leaf_kind = "native";
    holds.parameters = {{"chain", chain}, {"min", "1"}};
    m.rules = {{"whales", "Whales", granted_role{role}, holds}};
  };
  CHECK(
    refused([&](manifest& m) { with_rule(m, "atlantis", "role-gold"); }).starts_with("rules /rules/0/when/chain: "));
  CHECK(refused([&](manifest& m) { with_rule(m, "base", "role-x"); })
        == "manifest /rules/0/grants/role: there is no role 'role-x'");
  CHECK(refused([](manifest& m) { m.ranked_asset.clear(); }).starts_with("manifest /rankedAsset: "));
  CHECK(deploys.seen.empty());
  CHECK(refused([&](manifest& m) { with_rule(m, "base", "role-gold"); }) == "deployed"); // Negative control.
}

TEST_CASE_FIXTURE(fixture, "community: a manifest of version 1 is genuine as it was stored, and the next one is 2") {
  auto first = to_json(test::sample_manifest());
  first.as_object()["schemaVersion"] = "1";
  first.as_object().erase("rankedAsset");
  first.as_object().erase("rules");
  const auto stored = *canonical_json(first);
  store.submit(stored);
  store.community.active_version = 1;
  const auto now = describe(); // Fails where the bytes are not what was signed.
  REQUIRE_MESSAGE(now, text_of(now.error()));
  CHECK(*now->active == test::sample_manifest());
  auto next = order();
  next.wanted = now->active;
  REQUIRE(deploy(std::move(next)));
  CHECK(deploys.seen.at(0).manifest.canonical.find(R"("schemaVersion":"2")") != std::string::npos);
  CHECK(store.versions.at(1).canonical == stored);
}

TEST_CASE_FIXTURE(fixture, "community: the same key again answers with the first deployment") {
  const auto first = deploy(order());
  const auto again = deploy(order());
  REQUIRE(first);
  REQUIRE(again);
  CHECK_FALSE(first->repeated);
  CHECK(again->repeated);
  CHECK(again->deployment == first->deployment);
}

TEST_CASE_FIXTURE(fixture, "community: a description is what PostgreSQL says now, and a manifest is read once") {
  active();
  int manifests_read = 0;
  store.decide = [&](const char* verb) {
    manifests_read += std::string_view{verb} == "load";
    return test::fake_store::fate::normal;
  };
  REQUIRE(describe());
  CHECK(describe()->active->roles.size() == test::sample_manifest().roles.size());
  store.community.name = "Renamed";
  CHECK(describe()->record.name == "Renamed");
  CHECK(manifests_read == 1);
  caf::anon_send(actor, community::changed{guild_id});
  REQUIRE(describe());
  CHECK(manifests_read == 2);
  sim.advance(5s);
  REQUIRE(describe());
  CHECK(manifests_read == 3);
}

TEST_CASE_FIXTURE(fixture,
                  "community: a deployment that ended elsewhere, and a freeze, are in the very next description") {
  store.submit(test::sample_manifest());
  CHECK_FALSE(describe()->active);    // Read while the deployment was under way.
  store.community.active_version = 1; // The job ended in another process, which tells nobody.
  REQUIRE(describe()->active);
  auto next = test::sample_manifest();
  next.community_name = "Second";
  store.submit(next);
  store.community.active_version = 2;
  CHECK(describe()->active->community_name == "Second");
  store.set_status("frozen");
  store.community.frozen_because = "spam";
  CHECK(describe()->record.status == "frozen");
  CHECK(describe()->record.frozen_because == "spam");
}

TEST_CASE_FIXTURE(fixture, "community: a reading from before a change is not cached after it") {
  active();
  bool told = false;
  store.decide = [&](const char*) {
    if (!std::exchange(told, true)) // The change is in the mailbox before the reading.
      caf::anon_send(actor, community::changed{guild_id});
    return test::fake_store::fate::normal;
  };
  CHECK(describe()->record.name == "Tabr");
  CHECK(told);
  store.community.name = "Renamed";
  CHECK(describe()->record.name == "Renamed");
}

TEST_CASE_FIXTURE(fixture, "community: a guild that has no community any more has no status either") {
  active();
  const auto ask = [&] { return sim.ask<community::recalled>(actor, community::recall{{42}, until()}); };
  CHECK(ask()->status == community::tenant_status::active);
  store.community.guild = {5};
  caf::anon_send(actor, community::changed{guild_id});
  CHECK(ask()->status == community::tenant_status::none);
  CHECK(ask()->version == 0);
}

TEST_CASE_FIXTURE(fixture,
                  "community: a verdict is recalled with its role, under the fence and version it was found in") {
  active();
  const auto ask = [&] { return sim.ask<community::recalled>(actor, community::recall{{42}, until()}); };
  const auto at_first = ask();
  REQUIRE(at_first);
  CHECK(at_first->status == community::tenant_status::active);
  CHECK(at_first->version == 1);
  CHECK_FALSE(at_first->last);
  const auto now = wall_ms();
  const auto keep = [&](int64_t version, int64_t fence) {
    caf::anon_send(actor, community::remember{{{42}, 7, now, 1, community::finding::yes}, version, fence});
  };
  const auto fence = at_first->fence;
  keep(2, fence);
  keep(1, fence + 1);
  CHECK_MESSAGE(!ask()->last, "of another version or fence");
  keep(1, fence);
  CHECK(ask()->last->block == 7);
  CHECK(ask()->role == "role-silver");
  store.set_status("frozen");
  caf::anon_send(actor, community::changed{guild_id});
  const auto after = ask();
  CHECK(after->status == community::tenant_status::frozen);
  CHECK_FALSE(after->last);
}

TEST_CASE_FIXTURE(fixture, "community: a guild without one is described as such") {
  store.community.guild = {5};
  const auto now = describe();
  REQUIRE(now);
  CHECK_FALSE(now->exists);
  const auto newest = sim.ask<deployments::status_of>(actor, community::latest{guild_id, until()});
  CHECK(code_of(newest.error()) == ec::not_found);
}

TEST_CASE_FIXTURE(fixture, "community: a click follows the deployment by its id; the question how it stands does not") {
  active();
  deploys.newest = deployments::status_of{.deployment = "dep-1", .version = 1, .state = "running"};
  REQUIRE(sim.ask<deployments::status_of>(actor, community::latest{guild_id, until()}));
  CHECK(deploys.followed.empty());
  for (const std::string id : {"dep-1", "dep-0"}) {
    const auto done = sim.ask<deployments::followed>(
      actor, community::follow{guild_id, id, {{9}, secret{"token"}, 15min}, until()});
    REQUIRE(done);
    CHECK(done->is_open == (id == "dep-1"));
  }
  REQUIRE(deploys.followed.size() == 2);
  CHECK(deploys.followed[0].community == store.community.id);
  CHECK(deploys.followed[0].newest.interaction_token == "token");
  CHECK(deploys.followed[0].newest.token_life == 15min);
}

TEST_CASE_FIXTURE(fixture, "community: a stored manifest that cannot be read is corrupt, not absent") {
  active();
  store.versions[1].canonical = R"({"schemaVersion":"99"})";
  const auto now = describe();
  REQUIRE_FALSE(now);
  CHECK(code_of(now.error()) == ec::corrupt);
  CHECK(text_of(now.error()).find("version 1") != std::string::npos);
}

TEST_CASE_FIXTURE(
  fixture, "community: an active manifest that is not what was signed is shown to nobody who may sign it again") {
  active();
  REQUIRE(describe());
  auto& stored = store.versions.at(1);
  const auto good = stored;
  stored.canonical.replace(stored.canonical.find("Gold"), 4, "Dirt");
  stored.sha256 = sha256_hex(stored.canonical);
  caf::anon_send(actor, community::changed{guild_id});
  CHECK(code_of(describe().error()) == ec::corrupt);
  store.signer_refusal = "no key"; // Negative control: without a key nobody can tell.
  CHECK(describe());
  store.signer_refusal.clear();
  stored = good;
  caf::anon_send(actor, community::changed{guild_id});
  CHECK(describe());
}

TEST_CASE_FIXTURE(fixture, "community: a store that is away is an error, and is asked again") {
  active();
  store.decide = [](const char*) { return test::fake_store::fate::refused; };
  CHECK(code_of(describe().error()) == ec::unavailable);
  store.decide = {};
  CHECK(describe());
}

TEST_CASE_FIXTURE(fixture, "community: retry means the version that was named, or the newest") {
  deploys.newest = deployments::status_of{};
  deploys.newest->version = 3;
  const auto retry = [&](int64_t version) {
    return sim.ask<community::deployed>(actor,
                                        community::retry{guild_id, {7}, {9}, secret{"tok"}, 1min, until(), version});
  };
  CHECK(retry(0)->version == 3);
  CHECK(retry(2)->version == 2);
  REQUIRE(deploys.retried.size() == 2);
  CHECK(deploys.retried[0].actor == "discord:7");
  deploys.newest.reset();
  CHECK(code_of(retry(0).error()) == ec::not_found);
}

TEST_CASE_FIXTURE(fixture, "community: it leaves when told to, after what it is doing") {
  store.decide = [](const char*) { return test::fake_store::fate::silent; };
  store.community.active_version = 1;
  caf::scoped_actor self{sim.sys()};
  self->monitor(actor);
  auto pending = self->request(actor, caf::infinite, community::describe{guild_id, until()});
  sim.run();
  caf::anon_send(actor, retire{});
  sim.advance(5s);
  CHECK_FALSE(self->has_next_message());
  sim.advance(10s);
  bool left = false, answered = false;
  pending.receive([](community::described&) { FAIL("nobody answered"); }, [&](caf::error&) { answered = true; });
  self->receive([&](const caf::down_msg&) { left = true; });
  CHECK(answered);
  CHECK(left);
}
