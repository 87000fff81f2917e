// Input of strangers, mistyping operators and other people's tools: each is refused with a sentence, and nothing is
// lost.
#include "adapters/embedded/embedded.hpp"
#include "apps/sandbox/keys/keys.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"
#include "runtime/net/http.hpp"
#include "tests/system/inspect.hpp"
#include "tests/system/records.hpp"
#include "tests/system/signed.hpp"

#include <arpa/inet.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fstream>
#include <pqxx/pqxx>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {
using namespace arrakis;
using namespace arrakis::system_test;
namespace js = boost::json;
using strings = std::vector<std::string>;
using std::chrono::seconds;

test_stack& here() { return shared(false, {"ARRAKIS_QUEUE_CONCURRENCY=1"}); } // As nodes.test.cpp, which shares it.

/// POST /webhooks/discord as Discord would, with a good signature made at `at_s`.
demo::answered post(const std::string& body, int64_t at_s = wall_ms() / 1000) {
  auto got = here().stack().web().send(here().stack().public_url(), signed_interaction(here(), body, at_s));
  if (!got)
    throw std::runtime_error("the webhook: " + text_of(got.error()));
  return *got;
}

constexpr auto ping = R"({"id":"1","application_id":"2","type":1,"token":"t","version":1})";
bool webhook_answers() {
  const auto got = post(ping);
  return got.status == 200 && json::integer_or(got.body.as_object(), "type") == 1;
}

struct asker {
  std::string user, guild, channel, permissions = "8"; // Administrator.
};
js::object interaction(const asker& who, int type, js::object data) {
  static int64_t last = 1'400'000'000'000'000'000;
  js::object out{{"id", std::to_string(++last)},
                 {"application_id", here().stack().discord().application},
                 {"type", type},
                 {"token", "made-up"},
                 {"version", 1},
                 {"guild_id", who.guild},
                 {"channel_id", who.channel},
                 {"member", js::object{{"user", js::object{{"id", who.user}}}, {"permissions", who.permissions}}},
                 {"data", std::move(data)}};
  if (type == 3) // A component is on a message.
    out["message"] = js::object{{"id", "6"}, {"channel_id", who.channel}};
  return out;
}
js::object typed(const std::string& command) { return {{"id", "5"}, {"name", command}, {"type", 1}}; }
js::object pressed(const std::string& custom_id) { return {{"custom_id", custom_id}, {"component_type", 2}}; }

/// The text that the person reads of an immediate answer.
std::string told(const js::object& what) {
  const auto got = post(json::print(what));
  INFO(got.text);
  REQUIRE(got.status == 200);
  const auto* data = json::object_in(got.body.as_object(), "data");
  return data ? json::print(*data) : "";
}

/// The first custom id in a message that begins so.
std::string custom_id_in(const js::value& message, std::string_view begin) {
  for (const auto& row : message.as_object().at("components").as_array())
    for (const auto& each : row.as_object().at("components").as_array())
      if (const auto id = json::text_or(each.as_object(), "custom_id"); id.starts_with(begin))
        return std::string{id};
  return {};
}

strings nowhere(const std::string& state) {
  return {"ARRAKIS_NODE_STATE_FOLDER=" + state,
          "ARRAKIS_POSTGRES_MODE=external",
          "ARRAKIS_REDIS_MODE=external",
          "ARRAKIS_POSTGRES_DSN=host=/nowhere",
          "ARRAKIS_POSTGRES_RELAY_DSN=host=/nowhere",
          "ARRAKIS_POSTGRES_MIGRATE_DSN=host=/nowhere",
          "ARRAKIS_REDIS_URL=unix:///nowhere"};
}

struct taken_port {
  int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  uint16_t number = 0;
  taken_port() {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof at;
    REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
    REQUIRE(::listen(socket, 1) == 0);
    REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &length) == 0);
    number = ntohs(at.sin_port);
  }
  ~taken_port() { ::close(socket); }
};
} // namespace

TEST_CASE("interactions endpoint: a missing, wrong or old Ed25519 signature is refused with 401") {
  auto& t = here().stack();
  REQUIRE(webhook_answers());
  const auto plain = t.web().call(t.public_url(), "POST", "/webhooks/discord", *json::parse(ping));
  REQUIRE(plain);
  CHECK(plain->status == 401);
  net::http_request forged{"POST", "/webhooks/discord", {}, ping, {}};
  forged.headers = sandbox::keys::headers(sandbox::keys::make().private_hex, std::to_string(wall_ms() / 1000), ping);
  const auto other = t.web().send(t.public_url(), forged);
  REQUIRE(other);
  CHECK(other->status == 401);
  CHECK(post(ping, wall_ms() / 1000 - 3600).status == 401);
  CHECK(webhook_answers());
}

TEST_CASE("interactions endpoint: signed bytes that are no valid interaction get 400 with the reason") {
  std::string deep = R"({"id":"1","application_id":"2","type":2,"token":"t","data":)";
  for (int i = 0; i < 100; ++i)
    deep += R"({"options":[)";
  for (int i = 0; i < 100; ++i)
    deep += "]}";
  struct bad {
    const char* name;
    std::string body;
    std::string says;
  };
  const bad list[]{
    {"no JSON", "onboard, please", ""},
    {"an array", "[]", "object"},
    {"too deep", deep + "}", "deep"},
    {"a key twice", R"({"type":1,"type":2})", "type"},
    {"a lone surrogate", R"({"type":1,"id":"\ud800"})", ""},
    {"invalid UTF-8", "{\"type\":1,\"id\":\"\xff\"}", ""},
    {"bytes after the end", std::string{ping} + "{}", ""},
    {"no id", R"({"application_id":"2","type":2,"token":"t","data":{}})", "'id'"},
    {"no snowflake", R"({"id":"x","application_id":"2","type":2,"token":"t","data":{"name":"onboard"}})", "'id'"},
    {"no caller", R"({"id":"1","application_id":"2","type":2,"token":"t","data":{"name":"onboard"}})", "user"},
    {"an unknown type", R"({"id":"1","application_id":"2","type":99,"token":"t","user":{"id":"3"},"data":{}})",
     "type"}};
  for (const auto& each : list) {
    const auto got = post(each.body);
    INFO(each.name, ": ", got.text);
    CHECK(got.status == 400);
    REQUIRE(got.body.is_object());
    const auto* error = json::object_in(got.body.get_object(), "error");
    REQUIRE(error);
    const std::string said{json::text_or(*error, "message")};
    CHECK(!said.empty());
    CHECK(contains(said, each.says));
  }
  CHECK(post(std::string(2u << 20, ' ')).status == 413);
  CHECK(webhook_answers());
}

TEST_CASE("interactions: another user's button, an expired session and a member without Administrator are refused") {
  auto& w = here();
  const auto at = w.create_guild("Webhook");
  const asker owner{at.owner, at.guild, at.channel};
  CHECK(contains(told(interaction(owner, 3, pressed("nonsense:1"))), "not known here"));
  CHECK(contains(told(interaction(owner, 2, typed("no-such-command"))), "not known here"));
  auto someone = owner;
  someone.permissions = "0";
  CHECK(contains(told(interaction(someone, 2, typed("onboard"))), "Administrator"));

  auto admin = w.at_review(at, "Webhook");
  const auto button = custom_id_in(admin.message(), "wizard:deploy:");
  REQUIRE(!button.empty());
  auto stranger = owner;
  stranger.user = "1400000000000000001";
  CHECK(contains(told(interaction(stranger, 3, pressed(button))), "belongs to somebody else"));
  auto of_earlier = button; // The owner presses a button of a session that is not there any more.
  of_earlier.replace(of_earlier.find("deploy:") + 7, 8, "00000000");
  CHECK(contains(told(interaction(owner, 3, pressed(of_earlier))), "belongs to an earlier setup of yours"));
  CHECK(newest_deployment(w, at).version == 0);
  // An old button of one's own session does nothing, and says so.
  auto overtaken = button;
  overtaken.replace(overtaken.rfind(":v"), std::string::npos, ":v1");
  CHECK(contains(told(interaction(owner, 3, pressed(overtaken))), "Another click was quicker"));
  CHECK(newest_deployment(w, at).version == 0);
  REQUIRE(demo::deploy(admin)); // Nothing of all this harmed the session.
  CHECK(disagreements(w, at) == strings{});
}

TEST_CASE("interactions endpoint: autocomplete is answered with choices, another application's interaction with 403") {
  auto& w = here();
  const auto at = w.create_guild("Sietch Tuek");
  const asker owner{at.owner, at.guild, at.channel};
  const auto typing = post(json::print(interaction(owner, 4, typed("onboard"))));
  CHECK(typing.status == 200);
  CHECK(typing.text == R"({"type":8,"data":{"choices":[]}})");
  auto foreign = interaction(owner, 2, typed("onboard"));
  CHECK(post(json::print(foreign)).status == 200);
  foreign["id"] = "1400000000000000077";
  foreign["application_id"] = "1400000000000000002";
  const auto refused = post(json::print(foreign));
  CHECK(refused.status == 403);
  CHECK(contains(refused.text, "another application"));
}

TEST_CASE("interactions: two clicks on Deploy at once give one deployment") {
  auto& w = here();
  const auto at = w.create_guild("Twice");
  auto admin = w.at_review(at, "Twice");
  const js::object order{{"user", at.owner},
                         {"channel", at.channel},
                         {"custom_id", "wizard:deploy:*"},
                         {"wait", "none"},
                         {"message", json::text_or(admin.message().as_object(), "id")}};
  {
    const standing_still all_wait{{w.stack().arrakis_pid()}}; // The first would take the button away from the others.
    for (int i = 0; i < 3; ++i)
      w.stack().sandbox("POST", "interactions", order);
  }
  REQUIRE(wait_for_state(w, at, 1, "completed"));
  CHECK(wait_until_idle(w, at));
  CHECK(newest_deployment(w, at).version == 1);
  CHECK(audit_entries(w, at) == 2);
  CHECK(read_guild(w, at).made.size() == 10);
  CHECK(disagreements(w, at) == strings{});
}

TEST_CASE("configuration: an unknown key or a bad value is refused with file, line and what is allowed") {
  const test::scratch folder{"cfg"};
  const auto file = folder / "bad.toml";
  // Not ./state, which an earlier `make run` may have left here.
  const std::string own_state = "ARRAKIS_NODE_STATE_FOLDER=" + folder.path() + "/state";
  std::filesystem::permissions(folder.path(), std::filesystem::perms{0755});
  std::ofstream{file} << "[http]\nport = 3000\ncolour = \"red\"\n";
  auto got = run("arrakisd", {"--check-config", "--config", file});
  CHECK(got.first == 1);
  CHECK(contains(got.second, file + ":3"));
  CHECK(contains(got.second, "http.colour"));
  std::ofstream{file} << "[http]\nport = 99999\n";
  got = run("arrakisd", {"--config", file});
  CHECK(got.first == 1);
  CHECK(contains(got.second, file + ":2"));
  CHECK(contains(got.second, "0–65535"));
  got = run("arrakisd", {"--check-config"}, {own_state, "ARRAKIS_HTTP_PORTT=1"});
  CHECK(got.first == 1);
  CHECK(contains(got.second, "ARRAKIS_HTTP_PORT?"));
  got = run("arrakisd", {"--check-config"}, {own_state, "ARRAKIS_DISCORD_TOKEN=a-great-secret"});
  CHECK(got.first == 0);
  CHECK(contains(got.second, "http.port = 3000"));
  CHECK(!contains(got.second, "a-great-secret"));
  CHECK(contains(got.second, "# warning: chains.rpc: no chain has an endpoint"));
  CHECK(contains(got.second, "# warning: discord.public_key: "));
  CHECK(!contains(got.second, "no bot token is set"));
  CHECK(contains(run("arrakisd", {"--check-config"}, {own_state}).second, "no bot token is set"));
  if (::geteuid() == 0) {
    const test::scratch foreign{"chk"}; // Root's own.
    CHECK(run("arrakisd", {"--check-config"}, {"ARRAKIS_NODE_STATE_FOLDER=" + foreign.path()}).first == 1);
  }
  for (const strings& words :
       {strings{"--check-config"}, strings{}}) { // Settings that the start refuses are refused here too.
    const test::scratch state{"chk"};
    std::filesystem::permissions(state.path(), std::filesystem::perms{0755});
    got = run("arrakisd", words,
              {"ARRAKIS_HTTP_TRUSTED_PROXIES=localhost", "ARRAKIS_NODE_STATE_FOLDER=" + (state / "s")});
    CHECK(got.first == 1);
    CHECK(contains(got.second, "http.trusted_proxies: 'localhost'"));
  }
  CHECK(run("arrakisd", {"--no-such-option"}).first == 2);
}

TEST_CASE("arrakisd: a port in use (EADDRINUSE) ends the start with an error") {
  const test::scratch folder{"port"};
  std::filesystem::permissions(folder.path(), std::filesystem::perms{0755});
  const taken_port port;
  for (const auto& [taken, free, keys] : {std::array{"PORT", "ADMIN_PORT", "http.address, http.port: "},
                                          std::array{"ADMIN_PORT", "PORT", "http.admin_address, http.admin_port: "}}) {
    auto environment = nowhere(folder / "state");
    environment.push_back(fmt::format("ARRAKIS_HTTP_{}={}", taken, port.number));
    environment.push_back(fmt::format("ARRAKIS_HTTP_{}=0", free));
    const auto got = run("arrakisd", {}, environment);
    INFO(got.second);
    CHECK(got.first == 1);
    CHECK(contains(got.second, fmt::format("{}127.0.0.1 port {} is in use by another program", keys, port.number)));
  }
}

TEST_CASE("arrakisd: a second one on the same folder is refused, and the first goes on") {
  auto& t = here().stack();
  const auto got = run(
    "arrakisd", {},
    {"ARRAKIS_NODE_STATE_FOLDER=" + t.folder() + "/arrakis", "ARRAKIS_HTTP_PORT=0", "ARRAKIS_HTTP_ADMIN_PORT=0"});
  INFO(got.second);
  CHECK(got.first == 1);
  CHECK(contains(got.second, "in use"));
  CHECK(webhook_answers());
}

TEST_CASE("arrakisctl: sockets in a temporary folder that another user made first are not connected to") {
  const test::scratch tmp{"first"};
  const auto state = tmp / std::string(100, 'x');
  auto sockets = embedded::socket_folder(state);
  // Root's terminal becomes the user that the daemon would be.
  const auto* account = ::geteuid() == 0 ? ::getpwnam(unprivileged_user().c_str()) : ::getpwuid(::geteuid());
  REQUIRE(account);
  sockets.replace(0, sockets.rfind('-'), fmt::format("/tmp/arrakis-{}", account->pw_uid));
  std::filesystem::create_directory(state);
  std::filesystem::permissions(state, std::filesystem::perms::owner_all);
  const strings environment{"ARRAKIS_NODE_STATE_FOLDER=" + state};
  std::filesystem::create_directory(sockets);
  std::filesystem::permissions(sockets, std::filesystem::perms::all);
  for (const strings& words : {strings{"jobs", "list"}, strings{"community", "list"}}) {
    const auto got = run("arrakisctl", words, environment);
    CHECK(got.first == 1);
    CHECK(contains(got.second, "choose a shorter node.state_folder"));
  }
  std::filesystem::permissions(sockets, std::filesystem::perms::owner_all); // Negative control: ours, and empty.
  REQUIRE(::chown(sockets.c_str(), account->pw_uid, account->pw_gid) == 0);
  const auto got = run("arrakisctl", {"community", "list"}, environment);
  CHECK(got.first == 1);
  CHECK(!contains(got.second, "choose a shorter node.state_folder"));
  std::filesystem::remove_all(sockets);
}

TEST_CASE("migrations: a checksum mismatch of an applied migration is refused, and nothing is changed") {
  auto& t = here().stack();
  const auto owner = embedded::dsn(t.folder() + "/arrakis", "arrakis_owner");
  const auto set = [&](const std::string& hash) {
    pqxx::connection db{owner};
    pqxx::work tx{db};
    const auto before = tx.exec("select sha256 from schema_migrations where position = 2")[0][0].as<std::string>();
    tx.exec_params("update schema_migrations set sha256 = $1 where position = 2", hash);
    tx.commit();
    return before;
  };
  const auto good = set("0000");
  const strings external{"ARRAKIS_NODE_STATE_FOLDER=" + t.folder() + "/other",
                         "ARRAKIS_POSTGRES_MODE=external",
                         "ARRAKIS_REDIS_MODE=external",
                         "ARRAKIS_POSTGRES_DSN=" + owner,
                         "ARRAKIS_POSTGRES_RELAY_DSN=" + owner,
                         "ARRAKIS_POSTGRES_MIGRATE_DSN=" + owner,
                         "ARRAKIS_REDIS_URL=unix:///nowhere"};
  const auto refused = run("arrakisd", {"migrate"}, external);
  set(good);
  INFO(refused.second);
  CHECK(refused.first == 1);
  CHECK(contains(refused.second, "0002_manifests.sql was edited after it was applied"));
  CHECK(run("arrakisd", {"migrate"}, external).first == 0);
}
