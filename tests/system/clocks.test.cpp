// Discord, PostgreSQL and Redis, each an hour or more away from arrakisd's clock and from each other's.
#include "apps/sandbox/keys/keys.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"
#include "runtime/net/http.hpp"
#include "tests/support/servers.hpp"
#include "tests/support/skewed_clock.hpp"
#include "tests/system/records.hpp"

#include <boost/json/object.hpp>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <optional>

namespace {
using namespace arrakis;
using namespace arrakis::system_test;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

/// Ahead of arrakisd's clock, which is this machine's.
struct skews {
  std::chrono::milliseconds discord, postgres, redis;
};

/// The folder of the server's socket, which is the first path in `address`: arrakisd leaves root, and must get in.
void open_to_others(std::string_view address) {
  const auto path = address.substr(address.find('/', address.starts_with("unix://") ? 7 : 0));
  const std::filesystem::path socket{path.substr(0, path.find(' '))};
  std::filesystem::permissions(is_directory(socket) ? socket : socket.parent_path(), std::filesystem::perms{0755});
}

/// Servers with clocks of their own, and a stack between them.
struct skewed_stack {
  skews by;
  test::redis_server redis;
  std::optional<test::postgres_server> postgres;
  std::optional<test_stack> here;

  explicit skewed_stack(const skews& s) : by(s), redis({}, test::skewed_clock(s.redis)) {
    test::postgres_server::set_environment(test::skewed_clock(s.postgres));
    postgres.emplace();
    postgres->kill(); // The cluster may be one of an earlier case, with that one's clock.
    postgres->start();
    open_to_others(redis.url());
    open_to_others(postgres->dsn());
    here.emplace(false,
                 strings{"ARRAKIS_POSTGRES_MODE=external", "ARRAKIS_POSTGRES_DSN=" + postgres->dsn(),
                         "ARRAKIS_POSTGRES_RELAY_DSN=" + postgres->relay_dsn(), "ARRAKIS_REDIS_MODE=external",
                         "ARRAKIS_REDIS_URL=" + redis.url(), "ARRAKIS_QUEUE_LOCK_MS=2000", "ARRAKIS_QUEUE_RENEW_MS=600",
                         "ARRAKIS_QUEUE_STALLED_MS=500"},
                 std::function<void(demo::local_stack&)>{}, test::skewed_clock(s.discord));
  }
  /// This machine's clock minus Discord's, as readiness tells it.
  int64_t told_ahead_ms() {
    const auto got = here->stack().web().call(here->stack().admin_url(), "GET", "/health/ready");
    REQUIRE(got);
    CHECK(got->status == 200); // A skew is no reason to refuse work.
    const auto* clock = json::object_in(got->body.as_object(), "clock");
    REQUIRE(clock);
    return json::integer_or(*clock, "ahead_of_discord_ms");
  }
  int status_of_signed(std::chrono::milliseconds ahead) {
    const std::string ping = R"({"type":1})";
    auto headers = sandbox::keys::headers(here->stack().application_key(),
                                          std::to_string((wall_ms() + ahead.count()) / 1'000), ping);
    headers.emplace_back("Content-Type", "application/json");
    const net::http_request request{"POST", "/webhooks/discord", std::move(headers), ping, {}};
    return here->stack().web().send(here->stack().public_url(), request)->status;
  }
};
} // namespace

TEST_CASE("clock skew: a deployment ends once and its admin is told, with any server an hour ahead or behind") {
  const skews all[]{{-1h, 1h, 2h}, {1h, -1h, -2h}};
  for (const auto& s : all) {
    CAPTURE(s.discord.count());
    skewed_stack t{s};
    auto& w = *t.here;
    const auto at = w.create_guild("Skewed");
    for (const auto* what : {"roles", "channels"})
      w.order_fault(
        {{"kind", "lose_answer"}, {"method", "POST"}, {"path", fmt::format("/guilds/{}/{}", at.guild, what)}});
    auto who = w.at_review(at, "Skewed");
    who.press("wizard:deploy:*");
    CHECK(who.sees("is ready", 60s)); // By a token whose life PostgreSQL counts.
    CHECK(disagreements(w, at) == strings{});
    CHECK(read_guild(w, at).made.size() == 10);

    // The bot's death after a create: its successor adopts, on the lease's and the queue's own clocks.
    const auto killed = w.create_guild("Killed");
    const auto lost = w.order_fault(
      {{"kind", "lose_answer"}, {"method", "POST"}, {"path", "/guilds/" + killed.guild + "/roles"}});
    auto other = w.at_review(killed, "Killed");
    other.press("wizard:deploy:*");
    REQUIRE(w.wait_for_fault(lost));
    w.stack().kill_arrakis();
    w.stack().start_arrakis();
    CHECK(wait_for_state(w, killed, 1, "completed", 60s));
    CHECK(disagreements(w, killed) == strings{});
    CHECK(read_guild(w, killed).made.size() == 10);

    CHECK(std::abs(t.told_ahead_ms() + s.discord.count()) < 2'000);
    CHECK(contains(test::content(w.stack().log_file()), "discord.clock_skewed"));
    CHECK(t.status_of_signed(s.discord) == 200);
    CHECK(t.status_of_signed(0ms) == 401);
  }
}
