// Deployments while Discord, or a proxy before it, answers neither yes nor no.
#include "actors/jobs/synthesize_community/bench.test.hpp"
#include "schemas/permissions.hpp"

#include <optional>

using namespace arrakis;
using namespace arrakis::jobs::synthesize_community;
using namespace std::chrono_literals;

namespace {
net::http_response page(int status) { return {status, {{"Content-Type", "text/html"}}, "<html>Access denied</html>"}; }
net::http_response told(std::chrono::milliseconds wait) {
  return {429,
          {{"X-RateLimit-Limit", "5"},
           {"X-RateLimit-Remaining", "4"},
           {"X-RateLimit-Reset-After", "15.000"},
           {"X-RateLimit-Bucket", "channel"},
           {"X-RateLimit-Scope", "user"}},
          R"({"message":"You are being rate limited.","global":false,"retry_after":)"
            + std::to_string(static_cast<double>(wait.count()) / 1000) + "}"};
}
bool is_message(const net::http_request& r) { return r.target.find("/webhooks/") != std::string::npos; }
} // namespace

TEST_CASE("synthesis: blocked before Discord's API, it goes on by itself when the block is over, and asks nobody for "
          "a permission") {
  for (const bool coded : {true, false}) {
    bench b;
    std::optional<std::chrono::steady_clock::time_point> until;
    b.discord.instead = [&](const net::http_request& r) -> std::optional<net::http_response> {
      if (!until && r.method == "POST" && r.target.find("/channels") != std::string::npos)
        until = b.sim.now() + 5min;
      if (!until || b.sim.now() >= *until)
        return std::nullopt;
      return coded ? net::http_response{403, {}, R"({"message":"internal network error","code":40333})"} : page(403);
    };
    CHECK(b.until_end().what == queue::outcome::completed);
    CHECK(b.attempts == 0); // None is used by a block.
    b.check_whole();
    for (const auto& text : b.discord.messages) {
      CHECK(text.find("permission, then") == std::string::npos);
      CHECK(text.find("could not be built") == std::string::npos);
    }
    CHECK(b.discord.messages.back().find("is ready") != std::string::npos);
  }
}

TEST_CASE("synthesis: a wait that Discord told is waited for once, told to the admin in minutes, and uses no attempt") {
  bench b;
  b.until_end();
  b.want.channels[0].name = "heralds";
  const auto second = b.store.submit(b.want);
  std::optional<std::chrono::steady_clock::time_point> until;
  int patches = 0;
  b.discord.instead = [&](const net::http_request& r) -> std::optional<net::http_response> {
    if (r.method != "PATCH" || is_message(r))
      return std::nullopt;
    ++patches;
    if (!until)
      until = b.sim.now() + 582'019ms;
    return b.sim.now() < *until
           ? std::optional{told(std::chrono::ceil<std::chrono::milliseconds>(*until - b.sim.now()))}
           : std::nullopt;
  };
  const auto first = b.once(second);
  REQUIRE(first);
  CHECK(first->what == queue::outcome::postponed);
  CHECK(first->wait > 500s);
  CHECK(patches == 1);
  CHECK(b.discord.messages.back().find("can go on in about 10 minutes") != std::string::npos);
  CHECK(b.store.work.at(second).state == "waiting");
  CHECK(b.store.work.at(second).error_text.find("about 10 minutes") != std::string::npos);
  b.sim.advance(1min); // Woken early by something else, it still asks Discord nothing that was told.
  const auto early = b.once(second);
  REQUIRE(early);
  CHECK(early->what == queue::outcome::postponed);
  CHECK(patches == 1);
  b.sim.advance(early->wait);
  CHECK(b.once(second)->what == queue::outcome::completed);
  CHECK(patches == 2);
  CHECK(b.attempts == 0);
  b.check_whole();
}

TEST_CASE(
  "synthesis: a told wait is waited for however often the deployment waited for other things, but not for days") {
  bench b;
  b.store.signer_refusal = "restore v1.pem";
  for (int i = 0; i < 60; ++i)
    CHECK(b.once()->what == queue::outcome::postponed);
  b.store.signer_refusal.clear();
  b.discord.instead = [&](const net::http_request& r) -> std::optional<net::http_response> {
    return r.method == "POST" && !is_message(r) ? std::optional{told(10min)} : std::nullopt;
  };
  const auto first = b.once();
  REQUIRE(first);
  CHECK(first->what == queue::outcome::postponed);
  b.sim.advance(first->wait);
  b.store.work.at(1).submitted -= 49h;
  const auto last = b.once();
  REQUIRE(last);
  CHECK(last->what == queue::outcome::failed_final);
  CHECK(b.discord.messages.back().find("about 10 minutes") != std::string::npos);
}

TEST_CASE("synthesis: a wait of days ends the deployment with its minutes") {
  bench b;
  b.discord.instead = [&](const net::http_request& r) -> std::optional<net::http_response> {
    return r.method == "POST" && !is_message(r) ? std::optional{told(48h)} : std::nullopt;
  };
  CHECK(b.until_end().what == queue::outcome::failed_final);
  CHECK(b.discord.messages.back().find("about 2880 minutes") != std::string::npos);
  CHECK(b.discord.messages.back().find(wizard::retry_button_id(1)) != std::string::npos);
}

TEST_CASE("synthesis: a full category is named, once, and nothing is tried again") {
  bench b;
  int refused = 0;
  b.discord.instead = [&](const net::http_request& r) -> std::optional<net::http_response> {
    if (r.method != "POST" || r.body.find("parent_id\":\"") == std::string::npos)
      return std::nullopt;
    ++refused;
    return net::http_response{
      400,
      {},
      R"json({"message":"Invalid Form Body","code":50035,"errors":{"parent_id":{"_errors":[{"code":
         "CHANNEL_PARENT_MAX_CHANNELS","message":"Maximum number of channels in category reached (50)"}]}}})json"};
  };
  CHECK(b.until_end().what == queue::outcome::failed_final);
  CHECK(refused == 1);
  CHECK(b.discord.messages.back().find("as many channels as Discord allows in one (50)") != std::string::npos);
}

TEST_CASE("synthesis: a refusal without a reason is told with the one cause that the guild shows, or with none") {
  using namespace permissions;
  for (const bool denied : {true, false}) {
    bench b;
    b.until_end();
    b.discord.role(test::fake_discord::bot_role).permissions = manage_roles | manage_channels | view_channel
                                                             | send_messages | speak | connect;
    for (auto& c : b.discord.guild.channels)
      if (denied && c.name == "COMMUNITY")
        c.overwrites.push_back({test::fake_discord::bot_role, 0, 0, manage_channels});
    b.want.channels[0].name = "heralds";
    const auto second = b.store.submit(b.want);
    b.discord.instead = [](const net::http_request& r) -> std::optional<net::http_response> {
      if (r.method != "PATCH" || is_message(r) || r.target.find("/channels/") == std::string::npos)
        return std::nullopt;
      return net::http_response{403, {}, R"({"message":"Missing Permissions","code":50013})"};
    };
    CHECK(b.until_end(second).what == queue::outcome::failed_final);
    const auto& told = b.discord.messages.back();
    CAPTURE(told);
    const auto has = [&told](std::string_view words) { return told.find(words) != std::string::npos; };
    CHECK(
      has("The bot may not change #heralds: it lacks Manage Channels in the category “COMMUNITY”. Fix it, then press "
          "Retry.")
      == denied);
    CHECK(has("the permissions look sufficient (code 50013); try again") == !denied); // Negative control: no guess.
  }
}

namespace {
/// An admin deletes `what` (a role, a category or a channel of ours, by its place in the order of their making) right
/// after the `after`-th create.
void deleting(bench& b, size_t after, std::function<void()> what) {
  b.discord.instead = [after, what = std::move(what),
                       creates = size_t{0}](const net::http_request& r) mutable -> std::optional<net::http_response> {
    if (r.method != "POST" || is_message(r))
      return std::nullopt;
    if (creates++ == after)
      what();
    return std::nullopt;
  };
}
} // namespace

TEST_CASE("synthesis: what an admin deletes in the middle, whatever and whenever, is made again before it is ready") {
  size_t creates = 0;
  {
    bench b;
    b.until_end();
    creates = static_cast<size_t>(std::count_if(b.discord.writes.begin(), b.discord.writes.end(),
                                                [](const auto& w) { return w.starts_with("POST"); }));
  }
  REQUIRE(creates == 9);
  for (size_t at = 1; at < creates; ++at)
    for (size_t victim = 0; victim < at; ++victim) {
      CAPTURE(at);
      CAPTURE(victim);
      bench b;
      deleting(b, at, [&] {
        const auto& roles = b.discord.guild.roles;
        if (const auto ours = roles.size() - 2; victim < ours)
          b.discord.remove_role(roles[2 + victim].id);
        else
          b.discord.remove_channel(b.discord.guild.channels[victim - ours].id);
      });
      CHECK(b.until_end().what == queue::outcome::completed);
      CHECK(b.attempts == 0);
      b.check_whole();
    }
}

TEST_CASE("synthesis: what was deleted after the last create is seen before it is called ready") {
  for (const bool role : {true, false}) {
    bench b;
    bool deleted = false;
    b.discord.instead = [&](const net::http_request& r) -> std::optional<net::http_response> {
      // The first reading of the guild after everything is made.
      if (!deleted && r.method == "GET" && r.target.ends_with("/guilds/" + b.discord.guild.id.text())
          && b.discord.guild.channels.size() == b.want.categories.size() + b.want.channels.size()) {
        deleted = true;
        if (role)
          b.discord.remove_role(b.discord.guild.roles.back().id);
        else
          b.discord.remove_channel(b.discord.guild.channels.back().id);
      }
      return std::nullopt;
    };
    CHECK(b.until_end().what == queue::outcome::completed);
    CHECK(deleted);
    b.check_whole();
  }
}

TEST_CASE("synthesis: a reading that is older than a create makes nothing twice") {
  bench b;
  std::string older;
  int shown = 0;
  b.discord.instead = [&](const net::http_request& r) -> std::optional<net::http_response> {
    const bool all = b.discord.guild.channels.size() == b.want.categories.size() + b.want.channels.size();
    if (r.method != "GET" || !r.target.ends_with("/channels") || !all || shown++ > 0)
      return std::nullopt;
    auto answer = b.discord.answer(r);
    const auto last = answer.body.rfind(R"(,{"id")");
    answer.body = answer.body.substr(0, last) + "]";
    return answer;
  };
  CHECK(b.until_end().what == queue::outcome::completed);
  CHECK(shown >= 2);
  b.check_whole();
}

TEST_CASE("synthesis: somebody who deletes on and on ends it with a sentence, not with a server that lacks something") {
  bench b;
  b.discord.instead = [&](const net::http_request& r) -> std::optional<net::http_response> {
    if (r.method == "GET" && r.target.ends_with("/channels") && !b.discord.guild.channels.empty())
      b.discord.remove_channel(b.discord.guild.channels.back().id);
    return std::nullopt;
  };
  CHECK(b.until_end().what == queue::outcome::failed_final);
  CHECK(b.discord.messages.back().find("Somebody deletes in this server") != std::string::npos);
}

TEST_CASE("synthesis: what is deleted while a later version changes it is made anew, in every field") {
  for (const bool role : {true, false}) {
    bench b;
    b.until_end();
    for (auto& r : b.want.roles)
      r.color = 0x123456;
    for (auto& c : b.want.channels)
      c.topic = "Later";
    const auto second = b.store.submit(b.want);
    bool deleted = false;
    b.discord.instead = [&](const net::http_request& r) -> std::optional<net::http_response> {
      const auto at = r.target.rfind(role ? "/roles/" : "/channels/");
      if (r.method != "PATCH" || is_message(r) || at == std::string::npos || std::exchange(deleted, true))
        return std::nullopt;
      const auto id = *parse_snowflake(r.target.substr(r.target.rfind('/') + 1));
      role ? b.discord.remove_role(id) : b.discord.remove_channel(id);
      return std::nullopt;
    };
    CHECK(b.until_end(second).what == queue::outcome::completed);
    CHECK(deleted);
    b.check_whole();
  }
}
