#include "actors/jobs/member_role/bench.test.hpp"
#include "runtime/log.hpp"

using namespace arrakis;
using namespace arrakis::jobs::member_role;

namespace {
/// The newest verdict, 5, takes Gold.
struct taken : bench {
  taken() {
    discord.members[chani] = {elder, gold};
    verdicts.record(chani, 5, {elder});
  }
  queue::job remove() const { return job(change::take, 5); }
  /// Runs the jobs of all; the number of members who still have the role.
  size_t take_all(const std::vector<snowflake>& members, int64_t verdict = 7) {
    for (size_t i = 0; i < members.size(); ++i)
      until_end(job(change::take, verdict + static_cast<int64_t>(i), members[i]));
    return static_cast<size_t>(
      std::count_if(members.begin(), members.end(), [&](snowflake m) { return has(gold, m); }));
  }
};
} // namespace

TEST_CASE("remove role: a role is taken once, with rule and verdict in the audit reason; others stay") {
  taken b;
  CHECK(b.end_of(b.until_end(b.remove())) == R"({"end":"taken")");
  CHECK(b.discord.members.at(bench::chani) == std::vector{bench::elder});
  REQUIRE(b.discord.reasons.size() == 1);
  CHECK(b.discord.reasons[0] == "Arrakis: the role “Gold” taken from a member (holders, verdict 5)");
  CHECK(b.end_of(b.until_end(b.remove())) == R"({"end":"unchanged")"); // Delivered again.
  CHECK(b.discord.writes.size() == 1);
}

TEST_CASE("remove role: a member whom a later verdict entitles again keeps the role") {
  taken b;
  b.verdicts.record(bench::chani, 6, {bench::gold});
  CHECK(b.end_of(b.until_end(b.remove())) == R"({"end":"superseded")");
  CHECK(b.has());
  CHECK(b.discord.writes.empty());
}

TEST_CASE("remove role: a verdict that entitles the member while the role is taken gives it back") {
  taken b;
  b.discord.decide = [&](const net::http_request& r) {
    if (r.method == "DELETE")
      b.verdicts.record(bench::chani, 6, {bench::gold});
    return discord_fate::normal;
  };
  CHECK(b.end_of(b.until_end(b.remove())) == R"({"end":"given")");
  CHECK(b.has());
}

TEST_CASE("remove role: a taking that was judged before a freeze is over after the thaw") {
  taken b;
  b.store.set_status("frozen");
  b.sim.advance(1s);
  CHECK(b.once(b.remove())->what == queue::outcome::postponed);
  b.store.set_status("active");
  b.sim.advance(1s);
  CHECK(b.end_of(b.until_end(b.remove())) == R"({"end":"superseded")");
  CHECK(b.has());
  b.verdicts.record(bench::chani, 6, {bench::elder}); // Judged after it.
  CHECK(b.end_of(b.until_end(b.job(change::take, 6))) == R"({"end":"taken")");
}

TEST_CASE("remove role: killed at any point, before or after the effect, the next process takes exactly the role") {
  walk count;
  {
    taken b;
    count.into(b);
    b.until_end(b.remove());
  }
  REQUIRE(count.points >= 6); // Verdict, member, roles, permit, write, verdict.
  for (const bool after : {false, true})
    for (size_t at = 1; at <= count.points; ++at) {
      CAPTURE(at);
      CAPTURE(after);
      taken b;
      walk w{0, at, after};
      w.into(b);
      b.end_of(b.until_end(b.remove()));
      CHECK(b.discord.members.at(bench::chani) == std::vector{bench::elder});
      CHECK(b.discord.writes.size() == 1);
      CHECK(b.verdicts.takings.size() == 1);
    }
}

TEST_CASE("remove role: above 10 members of few the others keep the role and wait, and it is logged once for each") {
  for (const bool limited : {true, false}) { // Negative control: without the limit all lose the role.
    CAPTURE(limited);
    taken b;
    if (!limited)
      b.restart({.limit = {.members = 1'000}});
    static std::vector<std::string> lines; // The sink is a plain function.
    lines.clear();
    log::set_sink([](std::string_view line) { lines.emplace_back(line); });
    const auto members = b.sellers(13, 20);
    CHECK(b.take_all(members) == (limited ? 3 : 0));
    CHECK(b.take_all(members) == (limited ? 3 : 0)); // Delivered again.
    log::set_sink(nullptr);
    const auto logged = std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
      return line.find("role.taking_waits") != std::string::npos && line.find("\"warn\"") != std::string::npos;
    });
    CHECK(logged == (limited ? 3 : 0));
    const auto got = b.until_end(b.job(change::take, 19, members[12]));
    CHECK(b.end_of(got) == (limited ? R"({"end":"waits")" : R"({"end":"unchanged")"));
  }
}

TEST_CASE("remove role: of many holders 5 % may lose the role") {
  taken b;
  const auto members = b.sellers(22, 378);
  CHECK(b.take_all(members) == 2); // Of 400.
}

TEST_CASE("remove role: while Discord does not tell how many have the role, the job is tried again, then waits") {
  taken b;
  b.discord.counts_members = false;
  const auto members = b.sellers(11, 400);
  const std::vector first(members.begin(), members.begin() + 10);
  CHECK(b.take_all(first) == 0); // Up to 10 nobody asks.
  const auto got = b.once(b.job(change::take, 17, members[10]));
  REQUIRE(got);
  CHECK(got->what == queue::outcome::failed_retryable);
  CHECK(b.end_of(b.until_end(b.job(change::take, 17, members[10]))) == R"({"end":"waits")");
  CHECK(b.has(bench::gold, members[10]));
}

TEST_CASE("remove role: what an operator released is taken, whatever verdicts came since") {
  taken b;
  b.restart({.limit = {.members = 0, .percent = 0}});
  CHECK(b.end_of(b.until_end(b.remove())) == R"({"end":"waits")");
  b.verdicts.takings[{bench::gold, bench::chani}] = {5, false, true};
  b.verdicts.record(bench::chani, 6, {bench::elder});
  CHECK(b.end_of(b.until_end(b.remove())) == R"({"end":"taken")");
}

TEST_CASE("remove role: a verdict that is recorded before the taking is counted is the one that decides") {
  for (const bool entitles : {true, false}) {
    CAPTURE(entitles);
    taken b;
    b.store.decide = [&](const char* verb) {
      if (std::string_view{verb} == "take" && b.verdicts.profiles[bench::chani].verdict == 5)
        b.verdicts.record(bench::chani, 6, entitles ? std::set{bench::gold} : std::set<snowflake>{});
      return store_fate::normal;
    };
    CHECK(b.end_of(b.until_end(b.remove())) == (entitles ? R"({"end":"superseded")" : R"({"end":"taken")"));
    CHECK(b.has() == entitles);
    CHECK(b.verdicts.takings.size() == (entitles ? 0 : 1));
  }
}

TEST_CASE("remove role: a taking that waits ends when the member is entitled again") {
  taken b;
  b.verdicts.takings[{bench::gold, bench::chani}] = {5, true};
  CHECK(b.end_of(b.until_end(b.remove())) == R"({"end":"waits")");
  CHECK(b.has());
  b.verdicts.record(bench::chani, 6, {bench::gold, bench::elder});
  CHECK(b.end_of(b.until_end(b.job(change::give, 6))) == R"({"end":"unchanged")");
  CHECK(b.verdicts.takings.empty());
  CHECK(b.verdicts.forgotten == 1);
}

TEST_CASE("remove role: a taking that waits ends with the member, and where the role cannot be given back") {
  for (const bool leaves : {true, false}) {
    CAPTURE(leaves);
    taken b;
    b.verdicts.takings[{bench::gold, bench::chani}] = {5, true};
    if (leaves) {
      b.discord.members.erase(bench::chani);
      CHECK(b.end_of(b.until_end(b.remove())) == R"({"end":"not_a_member")");
    } else {
      b.discord.members[bench::chani] = {};
      b.verdicts.record(bench::chani, 6, {bench::gold});
      b.discord.role(bench::gold).permissions = permissions::ban_members;
      CHECK(b.once(b.remove())->what == queue::outcome::failed_final);
    }
    CHECK(b.verdicts.takings.empty());
  }
}

TEST_CASE("remove role: a taking is settled when the role is seen gone, and not when the job fails or waits") {
  taken b;
  b.verdicts.profiles[bench::chani].unsettled = {bench::gold};
  const auto& unsettled = b.verdicts.profiles[bench::chani].unsettled;
  b.discord.role(bench::gold).permissions = permissions::ban_members;
  CHECK(b.once(b.remove())->what == queue::outcome::failed_final);
  CHECK(unsettled.size() == 1);
  b.discord.role(bench::gold).permissions = 0;
  b.verdicts.takings[{bench::gold, bench::chani}] = {5, true};
  CHECK(b.end_of(b.until_end(b.remove())) == R"({"end":"waits")");
  CHECK(unsettled.size() == 1);
  b.verdicts.takings.clear();
  CHECK(b.end_of(b.until_end(b.remove())) == R"({"end":"taken")");
  CHECK(unsettled.empty());
}

TEST_CASE("remove role: a dangerous role is not taken either, and one that is gone is no failure") {
  taken b;
  b.discord.role(bench::gold).permissions = permissions::ban_members;
  const auto got = b.once(b.remove());
  REQUIRE(got);
  CHECK(got->what == queue::outcome::failed_final);
  CHECK(got->reason.find("Ban Members") != std::string::npos);
  CHECK(b.verdicts.takings.empty());  // Not counted.
  b.discord.remove_role(bench::gold); // Discord still shows it at the member.
  CHECK(b.end_of(b.until_end(b.remove())) == R"({"end":"unchanged")");
}
