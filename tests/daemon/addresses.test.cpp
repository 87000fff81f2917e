// Addresses that the daemon finds: in Redis, where others may have written, and in its settings.
#include "runtime/json.hpp"
#include "runtime/net/http_server.hpp"
#include "tests/daemon/daemon.hpp"
#include "tests/support/servers.hpp"

#include <atomic>
#include <boost/json/object.hpp>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <hiredis/hiredis.h>

using namespace arrakis;
using namespace arrakis::daemon_test;
namespace fs = std::filesystem;

namespace {
/// A Redis that somebody else writes to, and where that one listens.
struct stranger {
  test::redis_server redis{{"--unixsocketperm", "777"}};
  std::string socket = redis.url().substr(std::string_view{"unix://"}.size());
  net::io io{1};
  std::atomic<int> connections{0};
  net::http_server listener{io, {}, [this](const net::http_request&, const net::responder& to) {
                              ++connections;
                              to(net::json_response(404, "{}"));
                            }};

  stranger() {
    fs::permissions(fs::path{socket}.parent_path(), fs::perms{0755}); // arrakisd leaves root, and must get in.
    set("discord:gateway:bot", fmt::format(R"({{"url":"{}","shards":1}})", url()));
    set("discord:shard:0:session", fmt::format(R"({{"id":"planted","url":"{}","seq":7}})", url()));
  }
  std::string url() const { return fmt::format("ws://127.0.0.1:{}", listener.port()); }
  void set(const std::string& key, const std::string& value) {
    const std::unique_ptr<redisContext, void (*)(redisContext*)> to{redisConnectUnix(socket.c_str()), redisFree};
    const std::unique_ptr<void, void (*)(void*)> reply{
      redisCommand(to.get(), "SET %b %b", key.data(), key.size(), value.data(), value.size()), freeReplyObject};
    REQUIRE(reply);
  }
  strings environment() const {
    return {"ARRAKIS_REDIS_MODE=external", "ARRAKIS_REDIS_URL=" + redis.url(),
            "ARRAKIS_DISCORD_API_URL=http://127.0.0.1:9", "ARRAKIS_DISCORD_TOKEN=a.bots.token"};
  }
};
} // namespace

TEST_CASE("gateway address: a resume URL or plan forged in Redis gets neither a connection nor the bot token") {
  stranger other;
  arrakis_daemon one{{.environment = other.environment()}};
  REQUIRE_MESSAGE(one.says("\"shards.gateway_unknown\""), one.log()); // arrakisd asked Discord, where nobody listens.
  CHECK(one.stop() == 0);
  CHECK(other.connections == 0);
}

TEST_CASE("gateway address: negative control: the same address, set by the operator, gets a connection") {
  stranger other;
  auto environment = other.environment();
  environment.push_back("ARRAKIS_DISCORD_GATEWAY_URL=" + other.url());
  arrakis_daemon one{{.environment = environment}};
  CHECK_MESSAGE(
    demo::eventually([&] { return other.connections > 0 || !one.child().running(); }, std::chrono::seconds{60}),
    one.log());
  CHECK(other.connections > 0);
}

TEST_CASE("RPC endpoints: logs and --check-config show their hosts alone, and Kubernetes' own variables are ignored") {
  arrakis_daemon one{{.environment = {"ARRAKIS_CHAINS_RPC_SANDBOX=http://me:sesame@127.0.0.1:9/sesame?key=sesame",
                                      "ARRAKIS_REDIS_PORT=tcp://10.0.0.11:6379", "ARRAKIS_HTTP_ADDRESS=::1",
                                      "ARRAKIS_HTTP_ADMIN_ADDRESS=::1", "ARRAKIS_LOG_LEVEL=debug"}}};
  REQUIRE_MESSAGE(one.ready(), one.log());
  const auto where = json::parse(test::content(one.folder() + "/arrakisd.json"));
  REQUIRE(where);
  CHECK(json::text_or(where->get_object(), "url").starts_with("http://[::1]:"));
  CHECK(json::text_or(where->get_object(), "admin_url").starts_with("http://[::1]:")); // And ready() asked there.
  CHECK(one.says("ARRAKIS_REDIS_PORT is left out"));
  CHECK(one.stop() == 0);
  CHECK(one.log().find("sesame") == std::string::npos);
}
