// Commands of arrakisctl that need no database: for a first hour, and for a container's HEALTHCHECK.
#include "runtime/json.hpp"
#include "runtime/net/http_server.hpp"
#include "tests/daemon/daemon.hpp"
#include "tests/support/source_file.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace arrakis;
using namespace arrakis::daemon_test;

namespace {
/// Discord's REST API as far as an application's own description goes.
struct discord_api {
  net::io io{1};
  net::http_server listener{io, {}, [](const net::http_request& request, const net::responder& to) {
                              if (request.target != "/api/v10/applications/@me")
                                return to(net::json_response(404, "{}"));
                              if (net::header(request.headers, "Authorization") != "Bot good.token")
                                return to(net::json_response(401, R"({"message":"401: Unauthorized","code":0})"));
                              to(net::json_response(200, R"({"id":"1400000000000000001","bot":{"id":"7"}})"));
                            }};
  strings environment(const std::string& token) const {
    return {fmt::format("ARRAKIS_DISCORD_API_URL=http://127.0.0.1:{}", listener.port()),
            "ARRAKIS_DISCORD_TOKEN=" + token};
  }
};
bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
} // namespace

TEST_CASE("arrakisctl health: 0 while the daemon is ready, 1 and a sentence before it starts and after it ended") {
  net::io io{1};
  arrakis_daemon one;
  auto got = one.ctl({"health", "--wait", "50"}); // Begun before there is anything to ask.
  CHECK_MESSAGE(got.first == 0, got.second, one.log());
  got = one.ctl({"health"});
  CHECK_MESSAGE(got.first == 0, got.second);
  CHECK(has(got.second, "\ndatabase "));
  CHECK(has(got.second, "  not ready  no bot token"));
  CHECK(has(got.second, " is ready.\n"));
  demo::http web{io};
  const auto where = json::parse(test::content(one.folder() + "/arrakisd.json"));
  const auto metrics = web.call(std::string{json::text_or(where->as_object(), "admin_url")}, "GET", "/metrics");
  REQUIRE(metrics);
  CHECK(has(metrics->text, "process_resident_memory_bytes "));
  CHECK(has(metrics->text, "arrakis_build_info{"));
  CHECK(one.stop() == 0);
  got = one.ctl({"health", "--wait", "1"});
  CHECK(got.first == 1);
  CHECK(has(got.second, "arrakisd does not answer at http://127.0.0.1:"));
  std::filesystem::remove(one.folder() + "/arrakisd.json");
  got = one.ctl({"health"});
  CHECK(got.first == 1);
  CHECK(has(got.second, "no arrakisd has started with this state folder"));
}

// Negative control: with the role api, as above, there is one.
TEST_CASE("arrakisd: without the role api it opens no public port, and is ready all the same") {
  net::io io{1};
  arrakis_daemon one{{.environment = {"ARRAKIS_NODE_ROLES=worker,bot"}}};
  REQUIRE_MESSAGE(one.ready(), one.log());
  const auto where = json::parse(test::content(one.folder() + "/arrakisd.json"));
  REQUIRE(where);
  CHECK(json::text_or(where->as_object(), "url").empty());
  CHECK(one.ctl({"health"}).first == 0);
  demo::http web{io};
  const std::string admin{json::text_or(where->as_object(), "admin_url")};
  CHECK(web.call(admin, "GET", "/health")->status == 404);
  CHECK(web.call(admin, "GET", "/health/live")->status == 200);
  CHECK(one.stop() == 0);
}

TEST_CASE("container: HEALTHCHECK is a command that this arrakisctl understands") {
  const auto text = test::content(test::source_file("deploy/container/Dockerfile"));
  const auto check = text.find("HEALTHCHECK");
  REQUIRE(check != std::string::npos);
  const auto begin = text.find('[', check), end = text.find(']', check);
  const auto command = json::parse(text.substr(begin, end - begin + 1));
  REQUIRE(command);
  strings words;
  for (const auto& word : command->as_array())
    words.push_back(word == "/etc/arrakis/arrakis.toml" ? test::source_file("config/arrakis.toml")
                                                        : std::string{word.as_string()});
  REQUIRE(words.front() == "arrakisctl");
  words.erase(words.begin());
  arrakis_daemon one;
  REQUIRE_MESSAGE(one.ready(), one.log());
  const auto got = one.ctl(words);
  CHECK_MESSAGE(got.first == 0, got.second);
  one.stop();
  CHECK(one.ctl(words).first == 1);
}

TEST_CASE("arrakisctl invite: prints the link of the token's application, or says what is wrong; so does the log") {
  const discord_api api;
  arrakis_daemon good{{.environment = api.environment("good.token")}};
  const std::string link = "https://discord.com/oauth2/authorize?client_id=1400000000000000001&scope=bot"
                           "%20applications.commands&permissions=";
  const auto got = good.ctl({"invite"});
  CHECK_MESSAGE(got.first == 0, got.second);
  CHECK(got.second.starts_with(link));
  CHECK(good.says("discord.invite_link"));
  CHECK(has(good.log(), link));
  good.stop();
  arrakis_daemon bad{{.environment = api.environment("bad.token")}};
  const auto refused = bad.ctl({"invite"});
  CHECK(refused.first == 1);
  CHECK(has(refused.second, "Discord refuses the bot token"));
  CHECK(!has(refused.second, "bad.token"));
}
