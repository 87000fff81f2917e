#include "actors/verdicts/verdicts.hpp"

#include "runtime/flow.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace arrakis;
using namespace std::chrono_literals;
namespace reader = arrakis::chain::reader;

namespace {
constexpr snowflake guild{7}, member{8}, gold{21}, silver{22};

evm_address wallet(uint8_t n) {
  evm_address out;
  out.bytes.fill(n);
  return out;
}

/// The state of a chain that answers late.
struct slow_state {
  arrakis::flows flows;
};
flow<> answer_late(reader::handle::stateful_pointer<slow_state> self, std::chrono::milliseconds after,
                   reader::values_read<grant_block> answer,
                   caf::typed_response_promise<reader::values_read<grant_block>> to) {
  co_await nap(self, after);
  to.deliver(std::move(answer));
}

/// A community that ranks by the native coin of Base, with two tiers and one role each; and all that a judgement asks.
struct fixture {
  test::sim_system sim;
  community::described community;
  std::vector<manifests::shadow_entry> shadow{{"role", "role-gold", gold, "{}"}, {"role", "role-silver", silver, "{}"}};
  std::vector<wallets::wallet> linked{{wallet(1)}};
  std::optional<profiles::profile> profile;
  std::vector<profiles::record> records;
  std::vector<ec> record_fails;                   ///< Taken from the back.
  std::optional<uint64_t> near_tip = 0, deep = 0; ///< Coins of each wallet; empty: unknown.
  int reads = 0, deep_reads = 0, wakes = 0, ranked = 0;
  std::chrono::milliseconds chain_takes{0};
  std::vector<reader::handle> chains; ///< One for each start.
  verdicts::handle actor;

  fixture() {
    auto m = std::make_shared<manifest>();
    m->community_name = "Sietch";
    m->assets = {{"asset-1", "native", "base", std::nullopt, "ETH", 18, std::nullopt, std::nullopt}};
    m->ranked_asset = "asset-1";
    m->tiers = {{"gold", "Gold", 1, std::nullopt, "5"}, {"silver", "Silver", 1, 10}};
    m->roles = {{.id = "role-gold", .name = "Gold", .tier_id = "gold"},
                {.id = "role-silver", .name = "Silver", .tier_id = "silver"}};
    community.exists = true;
    community.record = {{"11111111-1111-4111-8111-111111111111"}, "Sietch", "basic", guild, "active", 3, 2};
    community.active = m;
    start({});
  }
  ~fixture() {
    for (const auto& each : chains)
      caf::anon_send_exit(each, caf::exit_reason::kill);
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    sim.run();
  }
  void start(verdicts::options o) {
    chains.push_back(chain());
    if (actor)
      caf::anon_send_exit(actor, caf::exit_reason::kill);
    actor = verdicts::start(
      sim.sys(),
      {communities(), manifests(), wallet_store(), profile_store(), {{"base", chains.back()}}, [this] { ++wakes; }}, o);
  }

  community::proxy communities() {
    return sim.sys().spawn([this](community::proxy::pointer) -> community::proxy::behavior_type {
      return {[this](const community::describe&) { return community; },
              [](const community::deploy&) -> caf::result<community::deployed> { return fail(ec::internal, ""); },
              [](const community::latest&) -> caf::result<deployments::status_of> { return fail(ec::internal, ""); },
              [](const community::follow&) -> caf::result<deployments::followed> { return fail(ec::internal, ""); },
              [](const community::retry&) -> caf::result<community::deployed> { return fail(ec::internal, ""); }};
    });
  }
  manifests::handle manifests() {
    return sim.sys().spawn([this](manifests::handle::pointer) -> manifests::handle::behavior_type {
      return {[](const manifests::load&) -> caf::result<manifests::record> { return fail(ec::internal, ""); },
              [](const manifests::list&) -> caf::result<manifests::listed> { return fail(ec::internal, ""); },
              [this](const manifests::load_shadow&) {
                return manifests::shadow{community.record.id, 2, "", shadow};
              }};
    });
  }
  wallets::handle wallet_store() {
    return sim.sys().spawn([this](wallets::handle::pointer) -> wallets::handle::behavior_type {
      return {[this](const wallets::of&) { return wallets::held{linked}; }};
    });
  }
  profiles::handle profile_store() {
    return sim.sys().spawn([this](profiles::handle::pointer) -> profiles::handle::behavior_type {
      return {[this](const profiles::record& x) -> caf::result<profiles::recorded> {
                if (!record_fails.empty()) {
                  const auto code = record_fails.back();
                  record_fails.pop_back();
                  return fail(code, "not recorded");
                }
                records.push_back(x);
                profile.emplace();
                profile->tier = x.tier;
                profile->entitled = x.entitled;
                profile->verdict = x.verdict;
                profile->verdict_id = static_cast<int64_t>(records.size());
                return profiles::recorded{profile->verdict_id};
              },
              [this](const profiles::find&) { return profiles::found{profile}; },
              [](const profiles::history&) { return profiles::judged_before{}; },
              [this](const profiles::rank&) {
                ++ranked;
                return profiles::ranked{4, 17};
              }};
    });
  }
  template <class At>
  reader::values_read<At> answers(const reader::read_values<At>& q, std::optional<uint64_t> coins) {
    reader::values_read<At> out;
    for (size_t i = 0; i < q.questions.size(); ++i)
      if (coins)
        out.answers.push_back({contract_answer{parse_units(std::to_string(*coins), 18).value()},
                               {"base",
                                std::is_same_v<At, grant_block> ? 1200 : 1136,
                                std::is_same_v<At, grant_block> ? "0xb10c" : "0xdeeb",
                                {"a", "b"},
                                1}});
      else
        out.answers.push_back(unknown_reason{unknown_reason::no_answer, "no endpoint of Base answered"});
    return out;
  }
  reader::handle chain() {
    return sim.sys().spawn([this](reader::handle::stateful_pointer<slow_state> self) -> reader::handle::behavior_type {
      return {[this, self](const reader::read_values<grant_block>& q) -> caf::result<reader::values_read<grant_block>> {
                ++reads;
                if (chain_takes == 0ms)
                  return answers(q, near_tip);
                auto reply = self->make_response_promise<reader::values_read<grant_block>>();
                self->state.flows.start(reply, answer_late(self, chain_takes, answers(q, near_tip), reply));
                return caf::delegated<reader::values_read<grant_block>>{};
              },
              [this](const reader::read_values<revoke_block>& q) {
                ++deep_reads;
                return answers(q, deep);
              },
              [self](const cancel& x) { self->state.flows.stop(x); }};
    });
  }
  verdicts::judge order() { return {.guild = guild, .member = member, .trigger = "check", .until = {sim.now() + 20s}}; }
  caf::expected<verdicts::judged> judge() { return sim.ask<verdicts::judged>(actor, order()); }
  role_decision decision(const caf::expected<verdicts::judged>& done, snowflake role) {
    REQUIRE_MESSAGE(done, text_of(done.error()));
    for (const auto& each : done->verdict->roles)
      if (each.role == role)
        return each.decision;
    FAIL("the verdict has no such role");
    return {};
  }
};
} // namespace

TEST_CASE_FIXTURE(fixture, "verdicts: what is earned near the tip is recorded as given, with the whole verdict") {
  near_tip = 6;
  const auto done = judge();
  CHECK(decision(done, gold) == role_decision::given);
  CHECK(decision(done, silver) == role_decision::withheld);
  REQUIRE(records.size() == 1);
  const auto& x = records[0];
  CHECK(x.community == community.record.id);
  CHECK(x.manifest_version == 2);
  CHECK(x.fence == 3);
  CHECK(x.former_verdict == 0);
  CHECK(x.tier == "gold");
  CHECK(x.amount == parse_units("6", 18).value());
  REQUIRE(x.changes.size() == 1);
  CHECK(x.changes[0].role == gold);
  CHECK(x.changes[0].what == profiles::change::give);
  CHECK(x.changes[0].because == "gold");
  CHECK(x.entitled == std::vector<snowflake>{gold});
  CHECK(x.managed == std::vector<snowflake>{gold, silver});
  CHECK(x.next_check == 6h);
  CHECK(read_verdict(x.verdict).value() == *done->verdict);
  CHECK(wakes == 1);
  CHECK(deep_reads == 0);
  // The same again changes nothing, and owes no job.
  CHECK(decision(judge(), gold) == role_decision::kept);
  CHECK(records[1].changes.empty());
  CHECK(records[1].former_verdict == 1);
  CHECK(wakes == 1);
}

TEST_CASE_FIXTURE(fixture, "verdicts: a tier by rank asks for the rank of the exact amount") {
  near_tip = 4;
  CHECK(decision(judge(), silver) == role_decision::given);
  CHECK(ranked == 1);
  CHECK(records[0].tier == "silver");
  near_tip.reset();
  judge();
  CHECK(ranked == 1); // An amount that is unknown has no rank.
}

TEST_CASE_FIXTURE(fixture, "verdicts: a role is taken when the deep block says no as well, and not before") {
  near_tip = 6;
  judge();
  near_tip = 0;
  deep = 6;
  auto done = judge();
  CHECK(decision(done, gold) == role_decision::kept);
  CHECK(done->verdict->roles[0].reason == role_reason::still_deep);
  CHECK(records.back().changes.empty());
  CHECK(records.back().tier == "gold");
  deep.reset();
  done = judge();
  CHECK(decision(done, gold) == role_decision::kept);
  CHECK(done->verdict->roles[0].reason == role_reason::unknown_deep);
  deep = 0;
  near_tip = 5; // Bought again: the deep block is not even asked.
  const auto before = deep_reads;
  CHECK(decision(judge(), gold) == role_decision::kept);
  CHECK(deep_reads == before);
  near_tip = 0;
  CHECK(decision(judge(), gold) == role_decision::taken);
  CHECK_FALSE(records.back().tier);
  CHECK(records.back().entitled.empty());
  CHECK(records.back().changes.at(0).what == profiles::change::take);
}

TEST_CASE_FIXTURE(fixture, "verdicts: all endpoints are away: nothing is taken or given, and the verdict says why") {
  near_tip = 6;
  judge();
  near_tip.reset();
  deep.reset();
  const auto done = judge();
  CHECK(decision(done, gold) == role_decision::kept);
  CHECK(decision(done, silver) == role_decision::withheld);
  CHECK(records.back().changes.empty());
  CHECK(records.back().entitled == std::vector<snowflake>{gold});
  CHECK_FALSE(records.back().amount);
  CHECK(records.back().tier == "gold");
  CHECK(records.back().verdict.find("no endpoint of Base answered") != std::string::npos);
  CHECK(records.back().next_check == 10min);
}

TEST_CASE_FIXTURE(fixture, "verdicts: an earned role that Discord lacks is given again") {
  near_tip = 6;
  judge();
  auto again = order();
  again.present = std::vector<snowflake>{};
  CHECK(decision(sim.ask<verdicts::judged>(actor, again), gold) == role_decision::given);
  again.present = std::vector<snowflake>{gold};
  CHECK(decision(sim.ask<verdicts::judged>(actor, again), gold) == role_decision::kept);
  CHECK(records.back().settled == std::vector<snowflake>{gold, silver});
  profile->unsettled = {gold}; // The job has not ended.
  CHECK(decision(judge(), gold) == role_decision::given);
}

TEST_CASE_FIXTURE(fixture, "verdicts: a wallet of one chain that is not read leaves what that chain decides unknown") {
  near_tip = 6;
  judge();
  near_tip = deep = 0; // The coins went to a contract of the member.
  linked.push_back({wallet(2), "base"});
  auto done = judge();
  CHECK(decision(done, gold) == role_decision::kept);
  CHECK(done->verdict->roles[0].reason == role_reason::undecided);
  CHECK(done->verdict->wallets == 1);
  CHECK(done->verdict->wallets_aside == 1);
  CHECK_FALSE(records.back().amount);
  linked = {{wallet(2), "base"}}; // The only one.
  const auto before = reads;
  done = judge();
  CHECK(decision(done, gold) == role_decision::kept);
  CHECK(decision(done, silver) == role_decision::withheld);
  CHECK(done->verdict->roles[1].reason == role_reason::undecided);
  CHECK(reads == before);
  linked = {{wallet(1)}, {wallet(2), "ethereum"}}; // Another chain than that of the ranked asset.
  CHECK(decision(judge(), gold) == role_decision::taken);
}

TEST_CASE_FIXTURE(fixture, "verdicts: without any wallet nothing is read, and nothing is earned") {
  linked.clear();
  near_tip = 6;
  const auto done = judge();
  CHECK(decision(done, gold) == role_decision::withheld);
  CHECK(done->verdict->roles[0].reason == role_reason::not_earned);
  CHECK(done->verdict->wallets == 0);
  CHECK(reads == 0);
}

TEST_CASE_FIXTURE(fixture, "verdicts: what changed meanwhile is judged again, three times at most") {
  near_tip = 6;
  record_fails = {ec::stale, ec::stale};
  CHECK(decision(judge(), gold) == role_decision::given);
  CHECK(reads == 3);
  record_fails = {ec::stale, ec::stale, ec::stale};
  CHECK(code_of(judge().error()) == ec::stale);
  record_fails = {ec::frozen};
  CHECK(code_of(judge().error()) == ec::frozen);
  CHECK(wakes == 1);
}

TEST_CASE_FIXTURE(fixture, "verdicts: no community, nothing deployed, frozen: no chain is read") {
  community.record.status = "frozen";
  CHECK(code_of(judge().error()) == ec::frozen);
  community.record.status = "active";
  community.active = nullptr;
  CHECK(code_of(judge().error()) == ec::not_found);
  community.exists = false;
  CHECK(code_of(judge().error()) == ec::not_found);
  CHECK(reads == 0);
  CHECK(records.empty());
}

TEST_CASE_FIXTURE(fixture, "verdicts: equal requests that wait are one judgement, and none joins one that has begun") {
  chain_takes = 1s;
  near_tip = 6;
  caf::scoped_actor self{sim.sys()};
  auto first = self->request(actor, caf::infinite, order());
  auto second = self->request(actor, caf::infinite, order());
  auto third = self->request(actor, caf::infinite, order());
  auto admin = order();
  admin.actor = "discord:9";
  admin.present = std::vector<snowflake>{};
  auto fourth = self->request(actor, caf::infinite, admin);
  sim.run();
  CHECK(reads == 1);
  near_tip = 0; // Sold while the first one reads: the others see it.
  sim.advance(10s);
  std::vector<int64_t> ids;
  for (auto* each : {&first, &second, &third, &fourth})
    each->receive([&](verdicts::judged& done) { ids.push_back(done.id); },
                  [](const caf::error& e) { FAIL(text_of(e)); });
  CHECK(ids == std::vector<int64_t>{1, 2, 2, 3});
  REQUIRE(records.size() == 3);
  CHECK(records[0].tier == "gold");
  CHECK_FALSE(records[1].tier);
  CHECK(records[1].actor == "system");
  CHECK(records[2].actor == "discord:9");
  CHECK(reads == 3);
}

TEST_CASE_FIXTURE(fixture, "verdicts: too many at once are refused, and one guild leaves room for others") {
  start({.judgements_max = 3, .of_guild_max = 2});
  chain_takes = 1s;
  caf::scoped_actor self{sim.sys()};
  std::vector<verdicts::judge> orders(5, order());
  for (size_t i = 0; i < orders.size(); ++i)
    orders[i].member = {100 + i};
  orders[3].guild = orders[4].guild = {77};
  for (const auto& each : orders)
    self->send(actor, each);
  sim.run();
  sim.advance(5s);
  CHECK(reads == 3); // Two of the first guild, one of the second.
  chain_takes = 0ms;
  CHECK(judge()); // All have ended.
}

TEST_CASE_FIXTURE(fixture, "verdicts: a reader that is silent leaves time for recording what is unknown") {
  chain_takes = 1h;
  caf::scoped_actor self{sim.sys()};
  auto pending = self->request(actor, caf::infinite, order());
  sim.advance(19s);
  REQUIRE(self->has_next_message());
  bool got = false;
  pending.receive([&](verdicts::judged& done) { got = done.verdict->roles[0].reason == role_reason::undecided; },
                  [](const caf::error& e) { FAIL(text_of(e)); });
  CHECK(got);
  CHECK(records.size() == 1);
}

TEST_CASE_FIXTURE(fixture, "verdicts: the last verdict is the stored one") {
  const verdicts::find_last question{guild, member, {sim.now() + 5s}};
  CHECK_FALSE(sim.ask<verdicts::found_last>(actor, question)->verdict);
  near_tip = 6;
  const auto done = judge();
  near_tip = 0;
  const auto found = sim.ask<verdicts::found_last>(actor, question);
  REQUIRE(found);
  CHECK(*found->verdict == *done->verdict);
  CHECK(reads == 1);
  profile->verdict = "{}";
  CHECK(code_of(sim.ask<verdicts::found_last>(actor, question).error()) == ec::corrupt);
}
