#include "actors/jobs/member_role/bench.test.hpp"

using namespace arrakis;
using namespace arrakis::jobs::member_role;

namespace {
/// The newest verdict, 5, gives Gold.
struct given : bench {
  given() { verdicts.record(chani, 5, {gold}); }
  queue::job assign() const { return job(change::give, 5); }
};
} // namespace

TEST_CASE("assign role: a role is given once, with rule and verdict in the audit reason; others stay") {
  given b;
  CHECK(b.end_of(b.until_end(b.assign())) == R"({"end":"given")");
  CHECK(b.has());
  CHECK(b.has(bench::elder));
  REQUIRE(b.discord.reasons.size() == 1);
  CHECK(b.discord.reasons[0] == "Arrakis: the role “Gold” given to a member (holders, verdict 5)");
  CHECK(b.end_of(b.until_end(b.assign())) == R"({"end":"unchanged")"); // Delivered again.
  CHECK(b.discord.writes.size() == 1);
}

TEST_CASE("assign role: a later verdict that does not give the role ends the job without a change") {
  given b;
  b.verdicts.record(bench::chani, 6, {});
  CHECK(b.end_of(b.until_end(b.assign())) == R"({"end":"superseded")");
  b.verdicts.profiles.clear(); // Erased.
  CHECK(b.end_of(b.until_end(b.assign())) == R"({"end":"superseded")");
  b.verdicts.record(bench::chani, 5, {bench::gold});
  b.store.community.guild = {100'000'000'000'000'099}; // The community has moved.
  CHECK(b.end_of(b.until_end(b.assign())) == R"({"end":"superseded")");
  CHECK(b.discord.writes.empty());
}

TEST_CASE("assign role: a role that the newest verdict no longer decides about is left as it is, given or not") {
  for (const bool is_there : {false, true}) { // By hand, or by an attempt before.
    CAPTURE(is_there);
    given b;
    if (is_there)
      b.discord.members[bench::chani].push_back(bench::gold);
    b.verdicts.record(bench::chani, 6, {});
    b.verdicts.profiles[bench::chani].not_managed = {bench::gold};
    CHECK(b.end_of(b.until_end(b.assign())) == R"({"end":"superseded")");
    CHECK(b.has() == is_there);
    CHECK(b.discord.writes.empty());
  }
}

TEST_CASE("assign role: a verdict by a version that is not active any more gives nothing") {
  given b;
  b.verdicts.profiles[bench::chani].is_of_active_version = false;
  CHECK(b.end_of(b.until_end(b.assign())) == R"({"end":"superseded")");
  CHECK_FALSE(b.has());
  b.verdicts.profiles[bench::chani].is_of_active_version = true; // Negative control.
  CHECK(b.end_of(b.until_end(b.assign())) == R"({"end":"given")");
}

TEST_CASE("assign role: a verdict that is recorded while the role is given takes it again") {
  for (const bool guarded : {true, false}) { // Negative control: the verdict is not read again after the write.
    CAPTURE(guarded);
    given b;
    b.restart({.reads_again = guarded});
    b.discord.decide = [&](const net::http_request& r) {
      if (r.method == "PUT") // The job of that verdict may end before.
        b.verdicts.record(bench::chani, 6, {});
      return discord_fate::normal;
    };
    CHECK(b.end_of(b.until_end(b.assign())) == (guarded ? R"({"end":"taken")" : R"({"end":"given")"));
    CHECK(b.has() == !guarded);
  }
}

TEST_CASE("assign role: killed at any point, before or after the effect, the next process gives exactly the role") {
  walk count;
  {
    given b;
    count.into(b);
    b.until_end(b.assign());
  }
  REQUIRE(count.points >= 5); // Verdict, member, roles, write, verdict.
  for (const bool after : {false, true})
    for (size_t at = 1; at <= count.points; ++at) {
      CAPTURE(at);
      CAPTURE(after);
      given b;
      walk w{0, at, after};
      w.into(b);
      b.end_of(b.until_end(b.assign()));
      CHECK(b.discord.members.at(bench::chani) == std::vector{bench::elder, bench::gold});
      CHECK(b.discord.writes.size() == 1);
    }
}

TEST_CASE("assign role: a member who has left, before or while the role is given, ends the job quietly") {
  given b;
  b.discord.decide = [&](const net::http_request& r) {
    if (r.method == "PUT")
      b.discord.members.erase(bench::chani);
    return discord_fate::normal;
  };
  CHECK(b.end_of(b.until_end(b.assign())) == R"({"end":"not_a_member")");
  CHECK(b.end_of(b.until_end(b.assign())) == R"({"end":"not_a_member")");
}

TEST_CASE("assign role: a role that may not be given ends the job once, with what an admin is to change") {
  struct row {
    std::function<void(bench&)> spoil;
    std::string sentence;
  };
  for (const auto& [spoil, sentence] : std::vector<row>{
         {[](bench& b) { b.discord.role(bench::gold).permissions = permissions::administrator; }, "Administrator"},
         {[](bench& b) { b.discord.role(bench::gold).managed = true; }, "belongs to a bot"},
         {[](bench& b) { b.discord.role(bench::gold).position = 10; }, "its role must stand above “Gold”"},
         {[](bench& b) { b.discord.role(test::fake_discord::bot_role).permissions = permissions::view_channel; },
          "it lacks Manage Roles"},
         {[](bench& b) { b.discord.remove_role(bench::gold); }, "`/reconcile` creates it again"},
         {[](bench& b) { b.discord.kicked = true; }, "Invite it again"}}) {
    CAPTURE(sentence);
    given b;
    spoil(b);
    const auto got = b.once(b.assign());
    REQUIRE(got);
    CHECK(got->what == queue::outcome::failed_final);
    CHECK_MESSAGE(got->reason.find(sentence) != std::string::npos, got->reason);
    CHECK(got->reason.find("Retry") == std::string::npos);
    CHECK(b.discord.writes.empty());
  }
}

TEST_CASE("assign role: protected members and roles are never touched") {
  for (const bool of_member : {true, false}) {
    given b;
    options how;
    (of_member ? how.protected_members : how.protected_roles).insert(of_member ? bench::chani : bench::gold);
    b.restart(how);
    const auto calls = b.discord.arrivals.size();
    CHECK(b.end_of(b.until_end(b.assign())) == R"({"end":"protected")");
    CHECK(b.discord.arrivals.size() == calls);
    b.restart({}); // Negative control.
    CHECK(b.end_of(b.until_end(b.assign())) == R"({"end":"given")");
  }
}

TEST_CASE("assign role: a freeze of the community or of the member holds; after the thaw the job goes on") {
  given b;
  b.store.set_status("frozen");
  b.sim.advance(1s);
  auto got = b.once(b.assign());
  REQUIRE(got);
  CHECK(got->what == queue::outcome::postponed);
  b.store.set_status("active");
  b.store.set_fence(fence_log::scope::user, bench::chani.text(), "frozen");
  b.sim.advance(1s);
  got = b.once(b.assign());
  REQUIRE(got);
  CHECK(got->what == queue::outcome::postponed);
  CHECK(got->reason.find("this user") != std::string::npos);
  CHECK(b.discord.writes.empty());
  b.store.set_fence(fence_log::scope::user, bench::chani.text(), "active");
  b.sim.advance(1s);
  CHECK(b.end_of(b.until_end(b.assign())) == R"({"end":"given")");
}

TEST_CASE("assign role: what is away or without an answer is asked again, and nothing is lost or done twice") {
  struct row {
    discord_fate fate;
    queue::outcome::kind first;
  };
  for (const auto& [fate, first] : {row{discord_fate::lost, queue::outcome::failed_retryable},
                                    row{discord_fate::lost_after, queue::outcome::failed_retryable},
                                    row{discord_fate::refused, queue::outcome::postponed}}) {
    given b;
    b.discord.decide = [strikes = fate](const net::http_request& r) {
      return r.method == "PUT" ? strikes : discord_fate::normal;
    };
    const auto got = b.once(b.assign()); // The client sends a PUT again until its deadline.
    REQUIRE(got);
    CHECK_MESSAGE(got->what == first, got->reason);
    b.discord.decide = {};
    b.end_of(b.until_end(b.assign()));
    CHECK(b.discord.members.at(bench::chani) == std::vector{bench::elder, bench::gold});
  }
  given b;
  b.store.decide = [](const char* verb) {
    return std::string_view{verb} == "find" ? store_fate::refused : store_fate::normal;
  };
  CHECK(b.once(b.assign())->what == queue::outcome::postponed);
  CHECK(b.discord.writes.empty());
}
