// Answers of Discord that are neither yes nor no, given by the sandbox to the built programs: what lies before its API
// blocks, a limit that no header shows, a field that it refuses, and what an admin deletes in the middle.
#include "tests/system/node.hpp"
#include "tests/system/records.hpp"

#include "runtime/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

namespace {
using namespace arrakis;
using namespace arrakis::system_test;
namespace js = boost::json;
using strings = std::vector<std::string>;
using namespace std::chrono_literals;

test_stack& here() { return shared(false); }

/// Requests of this method and path that arrived so far.
size_t arrived(const std::string& method, const std::string& path) {
  const auto all = here().stack().sandbox("GET", "requests?after=0");
  size_t n = 0;
  for (const auto& each : all.as_array()) {
    const auto& o = each.as_object();
    n += json::text_or(o, "method") == method && json::text_or(o, "path").ends_with(path);
  }
  return n;
}

void check_whole(const place& at) {
  CHECK(disagreements(here(), at) == strings{});
  CHECK(wait_until_idle(here(), at));
  CHECK(open_intents(here(), at) == 0);
}

void remove(const place& at, snowflake channel) { here().rest_call(at.owner, "DELETE", "/channels/" + channel.text()); }
} // namespace

TEST_CASE("Discord: a 403 with code 40333 or in HTML is waited out, and no admin is asked for a permission") {
  auto& w = here();
  const auto at = w.create_guild("Blocked");
  auto admin = w.at_review(at, "Blocked");
  const auto coded = w.order_fault({{"kind", "status"},
                                    {"code", 403},
                                    {"json_code", 40333},
                                    {"message", "internal network error"},
                                    {"method", "POST"},
                                    {"path", "/guilds/" + at.guild + "/roles"}});
  admin.press("wizard:deploy:*");
  REQUIRE(w.wait_for_fault(coded));
  CHECK(wait_for_state(w, at, 1, "completed"));
  INFO(admin.text());
  CHECK(admin.sees("is ready", 10s));
  CHECK(metric(w, w.stack().admin_url(), "arrakis_discord_blocked_total", "403") == 1);
  check_whole(at);
}

TEST_CASE("synthesis: a full category (CHANNEL_PARENT_MAX_CHANNELS) is named to the admin; Retry completes with room") {
  auto& w = here();
  const auto at = w.create_guild("Crowded");
  auto admin = w.at_review(at, "Crowded");
  const js::object full{{"code", "CHANNEL_PARENT_MAX_CHANNELS"},
                        {"message", "Maximum number of channels in category reached (50)"}};
  const auto fault = w.order_fault({{"kind", "status"},
                                    {"code", 400},
                                    {"json_code", 50035},
                                    {"message", "Invalid Form Body"},
                                    {"errors", js::object{{"parent_id", js::object{{"_errors", js::array{full}}}}}},
                                    {"method", "POST"},
                                    {"path", "/guilds/" + at.guild + "/channels"},
                                    {"skip", 2}});
  admin.press("wizard:deploy:*");
  REQUIRE(w.wait_for_fault(fault));
  REQUIRE(wait_for_state(w, at, 1, "failed"));
  CHECK(admin.sees("as many channels as Discord allows in one (50)", 10s));
  INFO(admin.text());
  admin.type("resume");
  REQUIRE(admin.sees("Retry", 10s));
  admin.press("wizard:retry:*");
  REQUIRE(wait_for_state(w, at, 1, "completed"));
  check_whole(at);
}

TEST_CASE("synthesis: a category and a channel deleted during a deployment are made again before it completes") {
  auto& w = here();
  const auto at = w.create_guild("Tidied up");
  auto admin = w.at_review(at, "Tidied up");
  const auto slow = w.slow_create(at, "channels", 4, 2'000ms);
  admin.press("wizard:deploy:*");
  REQUIRE(w.wait_for_fault(slow)); // Two categories and two channels are there; the third channel is under way.
  const auto now = read_guild(w, at);
  snowflake category, made;
  for (const auto& c : now.guild.channels) {
    if (c.type == guild::category && std::find(now.made.begin(), now.made.end(), c.id) != now.made.end())
      category = c.id; // The later one: channels are still to come into it.
    if (c.type != guild::category && std::find(now.made.begin(), now.made.end(), c.id) != now.made.end())
      made = c.id;
  }
  REQUIRE((category && made));
  remove(at, made);
  remove(at, category);
  REQUIRE(wait_for_state(w, at, 1, "completed"));
  CHECK(admin.sees("is ready", 10s));
  check_whole(at);
  const auto after = read_guild(w, at);
  CHECK(std::none_of(after.guild.channels.begin(), after.guild.channels.end(),
                     [&](const auto& c) { return c.id == made || c.id == category; }));
}

// The last one: its deployment goes on waiting.
TEST_CASE(
  "answers: a limit that no header shows is asked once, holds for the channel, and the admin reads its minutes") {
  auto& w = here();
  const auto at = w.create_guild("Limited");
  auto admin = w.at_review(at, "Limited");
  REQUIRE(demo::deploy(admin));
  // An admin renames a channel; the next deployment wants its name back, and Discord has had enough of that.
  const auto all = read_guild(w, at);
  const auto* channel = channel_named(all, "announcements");
  REQUIRE(channel);
  const auto path = "/channels/" + channel->id.text();
  w.rest_call(at.owner, "PATCH", path, js::object{{"name", "proclamations"}});
  const auto limit = w.order_fault({{"kind", "rate_limit"},
                                    {"method", "PATCH"},
                                    {"path", path},
                                    {"times", -1},
                                    {"scope", "user"},
                                    {"retry_after_ms", 582'019}});
  admin.type("onboard");
  REQUIRE(admin.sees("Step 7 of 8"));
  admin.press("wizard:deploy:*");
  REQUIRE(w.wait_for_fault(limit));
  CHECK(admin.sees("about 10 minutes", 20s));
  INFO(admin.text());
  CHECK(newest_deployment(w, at).state == "waiting");
  CHECK(arrived("PATCH", path) == 1);
  // The wait outlives the process: after a start the deployment waits on, and the admin still reads for how long.
  w.stack().kill_arrakis();
  w.stack().start_arrakis();
  auto again = w.admin(at);
  again.type("onboard");
  CHECK(again.sees("about 10 minutes", 20s));
  CHECK(newest_deployment(w, at).state == "waiting");
  CHECK(arrived("PATCH", path) == 1);
  w.clear_faults();
}
