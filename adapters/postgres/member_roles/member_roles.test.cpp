#include "adapters/postgres/member_roles/member_roles.hpp"

#include "schemas/canonical_json.hpp"
#include "tests/support/stores.hpp"

#include <caf/scoped_actor.hpp>
#include <fmt/format.h>
#include <vector>

namespace {
using namespace arrakis;
using namespace std::chrono_literals;
using namespace member_roles;

struct bench : test::stores {
  member_roles::handle roles = live.keep(member_roles::start(live.sys(), app));
  community_id mine = community(1), other = community(2);
  static constexpr snowflake gold{11}, elder{12}, chani{101};

  bench() {
    owner(fmt::format("insert into manifests (community_id, version, content, canonical, sha256, previous_sha256,"
                      " signature, signed_at, is_active) values ('{}', 1, '{{}}', '{{}}', '{}', '', 's', 't', true)",
                      mine.value, sha256_hex("{}")));
  }
  /// A profile with its newest verdict.
  void judge(snowflake member, int64_t verdict, const std::string& entitled) {
    owner(fmt::format("insert into profiles (community_id, discord_id, entitled, managed, verdict_id, judged_version,"
                      " judged_fence, next_check_at) select id, {}, '{{{}}}', '{{11,12}}', {}, 1, fence, now()"
                      " from communities where id = '{}' on conflict (community_id, discord_id) do update"
                      " set entitled = excluded.entitled, verdict_id = excluded.verdict_id,"
                      " judged_fence = excluded.judged_fence",
                      member.value, entitled, verdict, mine.value));
  }
  wanted find(snowflake role = gold) { return get<wanted>(roles, member_roles::find{mine, chani, role, soon()}); }
  static snowflake seller(uint64_t number) { return {200 + number}; }
  take order(snowflake member, int64_t verdict, std::optional<int64_t> holders = std::nullopt) {
    return {mine, member, gold, verdict, holders, {.members = 3, .percent = 5}, soon()};
  }
  permit ask(snowflake member, int64_t verdict, std::optional<int64_t> holders = std::nullopt) {
    return get<permit>(roles, order(member, verdict, holders));
  }
  /// Three members lose the role, which is the limit.
  void reach_limit() {
    for (uint64_t n = 1; n <= 5; ++n)
      judge(seller(n), static_cast<int64_t>(n), "");
    for (uint64_t n = 1; n <= 3; ++n)
      CHECK(ask(seller(n), static_cast<int64_t>(n)).what == permit::granted);
  }
  answered settle(bool takes) {
    return get<answered>(roles, answer{mine, gold, takes, "operator", "looked at them", soon()});
  }
  std::string states() { return owner("select string_agg(state, ' ' order by verdict_id) from role_takings"); }
};
} // namespace

TEST_CASE_FIXTURE(bench, "member roles: the newest verdict's word on one role, with the fences of the moment") {
  auto w = find();
  CHECK(w.guild == snowflake{1});
  CHECK(w.verdict_id == 0); // Never judged.
  CHECK_FALSE(w.has_role);
  judge(chani, 7, "11");
  w = find();
  CHECK(w.verdict_id == 7);
  CHECK(w.has_role);
  CHECK_FALSE(find(elder).has_role);
  CHECK(find().binds);
  CHECK(find(elder).binds); // The word is no.
  CHECK_FALSE(find(snowflake{13}).binds);
  owner("update communities set fence = 4, status = 'active' where discord_guild_id = 1");
  CHECK(find().fence == 4);
  CHECK(std::to_string(find().fences_as_of) == owner("select fence_log_number()"));
  CHECK(find().binds);            // A giving goes on.
  CHECK_FALSE(find(elder).binds); // There was a freeze since: nothing is taken.
  judge(chani, 8, "11");
  CHECK(find(elder).binds);
  owner("update manifests set is_active = false");
  CHECK_FALSE(find().binds);
  CHECK_FALSE(find(elder).binds);
  owner("update communities set status = 'frozen' where discord_guild_id = 1");
  CHECK(code<wanted>(roles, member_roles::find{mine, chani, gold, soon()}) == ec::frozen);
  owner("update communities set status = 'active' where discord_guild_id = 1");
  owner("select add_quarantine('community', '1', 1, 'e', 'm', 'n')");
  CHECK(code<wanted>(roles, member_roles::find{mine, chani, gold, soon()}) == ec::quarantined);
  CHECK(code<wanted>(roles, member_roles::find{{"00000000-0000-4000-8000-000000000001"}, chani, gold, soon()})
        == ec::not_found);
}

TEST_CASE_FIXTURE(bench, "member roles: takings above the limit wait; a verdict that is asked for again counts once") {
  reach_limit();
  CHECK(ask(seller(3), 3).what == permit::granted); // After a crash.
  auto got = ask(seller(4), 4);
  CHECK(got.what == permit::needs_holders);
  CHECK(got.counted == 3);
  CHECK(states() == "counted counted counted");
  got = ask(seller(4), 4, 50); // 5 % of 53 are 2.
  CHECK(got.what == permit::waits);
  CHECK(got.is_new);
  CHECK(got.members_max == 3);
  got = ask(seller(4), 4, 50);
  CHECK(got.what == permit::waits);
  CHECK_FALSE(got.is_new);
  CHECK(ask(seller(5), 5, 77).what == permit::granted);  // 5 % of 80 are 4.
  CHECK(ask(seller(4), 4, 1'000).what == permit::waits); // Until somebody answers.
  judge(chani, 9, "");
  auto of_elder = order(chani, 9);
  of_elder.role = elder;
  CHECK(get<permit>(roles, of_elder).what == permit::granted); // Each role counts for itself.
  CHECK(code<permit>(roles, order(snowflake{999}, 1)) == ec::not_found);
}

TEST_CASE_FIXTURE(bench,
                  "member roles: a taking by a verdict that is not the newest, or does not take, is not counted") {
  judge(chani, 6, "12");
  CHECK(ask(chani, 5).what == permit::outdated);
  auto of_elder = order(chani, 6);
  of_elder.role = elder;
  CHECK(get<permit>(roles, of_elder).what == permit::outdated);
  CHECK(states().empty());
  CHECK(ask(chani, 6).what == permit::granted); // Negative control.
}

TEST_CASE_FIXTURE(bench, "member roles: a change is settled when it was seen done and the newest verdict wants it") {
  judge(chani, 6, "12");
  owner("update profiles set unsettled = '{11,12}'");
  CHECK(find().is_unsettled);
  get<forgotten>(roles, forget{mine, chani, gold, true, true, soon()}); // Given by an older verdict.
  get<forgotten>(roles, forget{mine, chani, gold, false, false, soon()});
  CHECK(find().is_unsettled);
  get<forgotten>(roles, forget{mine, chani, gold, false, true, soon()});
  CHECK_FALSE(find().is_unsettled);
  CHECK(find(elder).is_unsettled);
}

TEST_CASE_FIXTURE(bench, "member roles: the window slides, and a taking that waits stays") {
  reach_limit();
  CHECK(ask(seller(4), 4, 0).what == permit::waits);
  owner("update role_takings set at = at - interval '6 hours'");
  CHECK(ask(seller(4), 4, 0).what == permit::waits);
  CHECK(ask(seller(5), 5).what == permit::granted);
  CHECK(states() == "waiting counted");
}

TEST_CASE_FIXTURE(bench, "member roles: of many that ask at the same time as many as the limit get the permit") {
  for (uint64_t n = 1; n <= 12; ++n)
    judge(seller(n), static_cast<int64_t>(n), "");
  caf::scoped_actor self{live.sys()};
  for (uint64_t n = 1; n <= 12; ++n)
    self->send(roles, order(seller(n), static_cast<int64_t>(n), 0));
  int granted = 0, waits = 0;
  for (int n = 0; n < 12; ++n)
    self->receive([&](const permit& p) { (p.what == permit::granted ? granted : waits) += 1; },
                  [&](const caf::error& e) { FAIL_CHECK(text_of(e)); });
  CHECK(granted == 3);
  CHECK(waits == 9);
}

TEST_CASE_FIXTURE(bench, "member roles: an operator sees what waits, and has it taken beyond the limit") {
  reach_limit();
  for (uint64_t n = 4; n <= 5; ++n)
    ask(seller(n), static_cast<int64_t>(n), 0);
  const auto all = get<waiting>(roles, list_waiting{soon()}).roles;
  REQUIRE(all.size() == 1);
  CHECK(all[0].community == mine);
  CHECK(all[0].role == gold);
  CHECK(all[0].members == 2);
  CHECK(all[0].since_ms > 0);
  CHECK(code<answered>(roles, answer{other, gold, true, "operator", "", soon()}) == ec::not_found);
  CHECK(code<answered>(roles, answer{mine, gold, true, "operator", std::string(501, 'x'), soon()}) == ec::invalid);
  CHECK(settle(true).members == 2);
  CHECK(owner("select string_agg(payload->>'data', ' ' order by key) from outbox where job_kind = 'REMOVE_ROLE'")
        == fmt::format(R"({{"communityId":"{0}","guildId":"1","userId":"204","roleId":"11","verdictId":4}} )"
                       R"({{"communityId":"{0}","guildId":"1","userId":"205","roleId":"11","verdictId":5}})",
                       mine.value));
  CHECK(ask(seller(4), 4).what == permit::granted);
  judge(seller(5), 6, ""); // A later verdict that takes the role as well.
  CHECK(ask(seller(5), 6).what == permit::granted);
  CHECK(states() == "counted counted counted released released");
  judge(seller(5), 7, "11"); // Earned again, and sold again: what was released is over.
  get<forgotten>(roles, forget{mine, seller(5), gold, true, false, soon()});
  judge(seller(5), 8, "");
  CHECK(ask(seller(5), 8, 0).what == permit::waits);
  CHECK(owner("select payload->>'members' from audit_entries where event = 'ROLE_TAKINGS_ANSWERED'") == "2");
  CHECK(owner("select target from audit_entries where event = 'ROLE_TAKINGS_ANSWERED'") == "role:11");
}

TEST_CASE_FIXTURE(bench,
                  "member roles: what an operator keeps waits no more, and neither does a member entitled again") {
  reach_limit();
  ask(seller(4), 4, 0);
  ask(seller(5), 5, 0);
  get<forgotten>(roles, forget{mine, seller(5), gold, true, false, soon()}); // Not so by the newest verdict.
  CHECK(states() == "counted counted counted waiting waiting");
  judge(seller(5), 6, "11");
  get<forgotten>(roles, forget{mine, seller(5), gold, true, false, soon()});
  get<forgotten>(roles, forget{mine, seller(1), gold, false, true, soon()}); // Counted: that stays.
  CHECK(states() == "counted counted counted waiting");
  CHECK(settle(false).members == 1);
  CHECK(states() == "counted counted counted");
  CHECK(owner("select count(*) from outbox") == "0");
  CHECK(get<waiting>(roles, list_waiting{soon()}).roles.empty());
  owner("delete from profiles"); // A member who is erased is erased here as well.
  CHECK(states().empty());
}
