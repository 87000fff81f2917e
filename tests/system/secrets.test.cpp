// Secrets do not leak: a whole run with known secrets, whose files, logs and answers are searched for them. Also: the
// programs have only the rights that they need.
#include "adapters/embedded/embedded.hpp"
#include "runtime/base64.hpp"
#include "runtime/json.hpp"
#include "runtime/net/http.hpp"
#include "tests/system/inspect.hpp"
#include "tests/system/leaks.hpp"
#include "tests/system/records.hpp"
#include "tests/system/signed.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <csignal>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <pqxx/pqxx>
#include <sys/stat.h>
#include <unistd.h>

namespace {
using namespace arrakis;
using namespace arrakis::system_test;
namespace js = boost::json;
using strings = std::vector<std::string>;
using std::chrono::seconds;

// The planted secrets. None of them is used by anything real.
const std::string rpc_key = "planted/Rpc+Key~a5d7c1";
const std::string webhook_token = "planted.Interaction+Token/8f4e";
const std::string wrong_token = "MTQwMA.planted-Wrong_Bot.Token-77aa";
const std::string dsn_password = "planted Dsn'Pass&word%9c2b";
const std::string redis_password = "planted:Redis@Pass/word#31fe";

test_stack& here() {
  return shared(false, {"ARRAKIS_CHAINS_RPC_SANDBOX=http://127.0.0.1:9/v2/" + rpc_key, "ARRAKIS_LOG_LEVEL=debug"});
}
std::string state_folder() { return here().stack().folder() + "/arrakis"; }

strings operator+(strings a, const strings& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// The signing key: the bytes of its file, and its 32 raw bytes, the last of the PKCS #8.
std::pair<std::string, std::string> signing_key() {
  std::istringstream lines{test::content(state_folder() + "/keys/v1.pem")};
  std::string text;
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with("-----"))
      text += line;
  std::string raw(text.size(), '\0');
  const auto size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(raw.data()),
                                    reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  REQUIRE(size >= 48);
  return {text, raw.substr(16, 32)};
}

std::string one_text(const std::string& sql) {
  pqxx::connection db{embedded::dsn(state_folder(), "arrakis_owner")};
  pqxx::work tx{db};
  std::string out;
  for (const auto& row : tx.exec(sql))
    out += row[0].is_null() ? "" : std::string{row[0].c_str()} + "\n";
  return out;
}

/// Every row of every table, as text.
std::string whole_database() {
  std::string out;
  std::istringstream tables{
    one_text("select format('%I.%I', schemaname, tablename) from pg_tables where schemaname not in ('pg_catalog', "
             "'information_schema')")};
  for (std::string table; std::getline(tables, table);)
    out += one_text("select t::text from " + table + " t");
  return out;
}

/// Posts a signed interaction to the webhook and returns the answer.
std::string post_signed(const std::string& body) {
  auto& t = here().stack();
  auto request = signed_interaction(here(), body);
  const auto got = t.web().send(t.public_url(), std::move(request));
  return got ? got->text : text_of(got.error());
}

/// The answers of both ports to good, bad and broken requests, and the whole of /metrics.
std::string answers_of_endpoints(const place& at) {
  auto& t = here().stack();
  std::string said;
  const auto button = [&](const std::string& more) {
    return R"({"id":"1400000000000000099","application_id":")" + t.discord().application + R"(","type":3,"token":")"
         + webhook_token + R"(","version":1,"guild_id":")" + at.guild + R"(","channel_id":")" + at.channel
         + R"(","message":{"id":"6"},"member":{"user":{"id":")" + at.owner + R"("},"permissions":"8"},"data":)" + more
         + "}";
  };
  said += post_signed(button(R"({"custom_id":"wizard:chain:0123:v1","component_type":2})"));
  said += post_signed(button(R"({"custom_id":"deployment:retry:7","component_type":2})"));
  said += post_signed(button("7"));
  said += post_signed(button(R"({"custom_id":5})"));
  said += post_signed(R"({"type":3,"token":")" + webhook_token + "\",\"token\":\"twice\"}");
  if (const auto got = t.web().call(t.public_url(), "POST", "/webhooks/discord", js::object{{"token", webhook_token}}))
    said += got->text;
  // Last, so that logs and metrics include the requests above.
  for (const auto* path : {"/health", "/openapi.json", "/nowhere"})
    if (const auto got = t.web().call(t.public_url(), "GET", path))
      said += got->text;
  for (const auto* path : {"/metrics", "/health/ready", "/health/live", "/openapi.json", "/nowhere"})
    if (const auto got = t.web().call(t.admin_url(), "GET", path))
      said += got->text;
  return said;
}

/// A deployment with a crash, whose interaction token the test records; then an edit, and a deployment that fails.
void live_through(const place& at, leaks& secrets) {
  auto& w = here();
  auto admin = w.at_review(at, "Secrets");
  const auto slow = w.order_fault({{"kind", "delay"},
                                   {"method", "POST"},
                                   {"path", "/guilds/" + at.guild + "/channels"},
                                   {"skip", 1},
                                   {"delay_ms", 3'000}});
  admin.press("wizard:deploy:*");
  REQUIRE(demo::eventually([&] { return w.times_faulted(slow) == 1; }, seconds{20}));
  const auto token = one_text("select interaction_token from deployments where interaction_token is not null");
  REQUIRE(!token.empty());
  secrets.add("interaction token", token.substr(0, token.find('\n')));
  w.stack().kill_arrakis();
  w.clear_faults();
  w.stack().start_arrakis();
  REQUIRE(wait_for_state(w, at, 1, "completed"));
  admin.type("onboard");
  REQUIRE(admin.sees("Step 7 of 8"));
  REQUIRE(demo::deploy(admin));

  const auto other = w.create_guild("Refused");
  auto unlucky = w.at_review(other, "Refused");
  w.order_fault({{"kind", "status"},
                 {"code", 403},
                 {"method", "POST"},
                 {"path", "/guilds/" + other.guild + "/channels"},
                 {"times", 50}});
  unlucky.press("wizard:deploy:*");
  REQUIRE(wait_for_state(w, other, 1, "failed"));
  w.clear_faults();
  REQUIRE(wait_until_idle(w, other));
}

/// The output of arrakisd with these addresses of servers.
std::string told_of(const strings& environment) {
  const test::scratch folder{"sec"};
  std::filesystem::permissions(folder.path(), std::filesystem::perms{0755});
  const auto all = strings{"ARRAKIS_NODE_STATE_FOLDER=" + (folder / "state"), "ARRAKIS_POSTGRES_MODE=external",
                           "ARRAKIS_REDIS_MODE=external", "ARRAKIS_LOG_LEVEL=debug"}
                 + environment;
  std::string said;
  const std::pair<const char*, strings> commands[]{{"arrakisd", {"migrate"}},
                                                   {"arrakisd", {"--check-config"}},
                                                   {"arrakisctl", {"community", "list"}},
                                                   {"arrakisctl", {"jobs", "list"}}};
  for (const auto& [program, words] : commands) {
    const auto [code, text] = run(program, words, all);
    CHECK_MESSAGE(code >= 0, "it did not end: ", program, " ", words[0]);
    said += text;
  }
  return said;
}

strings addresses(const std::string& dsn, const std::string& redis) {
  return {"ARRAKIS_POSTGRES_DSN=" + dsn, "ARRAKIS_POSTGRES_RELAY_DSN=" + dsn, "ARRAKIS_POSTGRES_MIGRATE_DSN=" + dsn,
          "ARRAKIS_REDIS_URL=" + redis};
}
} // namespace

TEST_CASE("leaks: a secret is found in each form that a program may write it in, and in no other text") {
  leaks all;
  const std::string text = "planted?Secret>of/24+bytes";
  all.add("it", text);
  CHECK(all.in("nothing of the kind: planted?Secret").empty());
  CHECK(all.in("token=" + text + ";") == strings{"it in plain"});
  CHECK(all.in("x" + to_hex(text) + "y") == strings{"it in hex"});
  CHECK(all.in(net::percent_encode("a b" + text)) == strings{"it in percent"});
  for (const auto* before : {"", "a", "ab", "abc"}) {
    INFO("after ", before);
    CHECK(!all.in(base64(before + text + "and more")).empty());
    auto url = base64(before + text);
    std::ranges::transform(url, url.begin(), [](char c) { return c == '+' ? '-' : c == '/' ? '_' : c; });
    CHECK(!all.in(url).empty());
  }
  const test::scratch folder{"leak"};
  std::ofstream{folder / "log"} << "{\"token\":\"" << text << "\"}\n";
  CHECK(all.below(folder.path()) == strings{(folder / "log") + ": it in plain"});
  CHECK(all.below(folder.path(), {"/log"}).empty());
}

TEST_CASE("secrets: after onboarding, a crash, an edit and bad requests nothing that was written or said holds one") {
  auto& w = here();
  auto& t = w.stack();
  leaks secrets;
  secrets.add("bot token", t.discord().token);
  secrets.add("RPC key", rpc_key);
  secrets.add("token at the webhook", webhook_token);
  const auto [pem, raw] = signing_key();
  secrets.add("signing key in its file", pem);
  secrets.add("signing key", raw);
  const auto at = w.create_guild("Secrets");
  live_through(at, secrets);

  CHECK(secrets.in(answers_of_endpoints(at)) == strings{});
  CHECK(secrets.in(t.ctl({"community", "show", at.guild}).second) == strings{});
  CHECK(secrets.in(t.ctl({"jobs", "list", "completed"}).second) == strings{});
  CHECK(secrets.in(whole_database()) == strings{});
  // All logs, the object store, and every command that Redis executed: job data, sessions, leases. PostgreSQL's pages
  // contain erased rows until they are overwritten; they are as private as the key beside them.
  CHECK(secrets.below(state_folder(), {"/keys/", "/postgres/data/"}) == strings{});
  CHECK(secrets.in(test::content(t.log_file())) == strings{});
  for (const int pid : family_of(t.arrakis_pid())) {
    INFO(proc_file(pid, "cmdline"));
    CHECK(secrets.in(proc_file(pid, "cmdline")) == strings{});
    if (pid != t.arrakis_pid()) // The process has its own secret, which no other user may read.
      CHECK(secrets.in(proc_file(pid, "environ")) == strings{});
  }
}

TEST_CASE("secrets: addresses that are wrong, or whose server is away, are refused without their passwords") {
  leaks secrets;
  secrets.add("DSN password", dsn_password);
  secrets.add("end of the DSN password", dsn_password.substr(dsn_password.find(' ') + 1)); // libpq splits at the space.
  secrets.add("Redis password", redis_password);
  const auto quoted = [](std::string text) {
    for (size_t at = 0; (at = text.find('\'', at)) != text.npos; at += 2)
      text.insert(at, "\\");
    return "'" + text + "'";
  };
  const auto coded = net::percent_encode(dsn_password), redis_coded = net::percent_encode(redis_password);
  const auto good_redis = "redis://app:" + redis_coded + "@127.0.0.1:9/0";
  const auto good_dsn = "host=127.0.0.1 port=9 user=u dbname=d password=" + quoted(dsn_password);
  const std::pair<std::string, std::string> cases[]{
    {good_dsn, good_redis},
    {"postgresql://u:" + coded + "@127.0.0.1:9/d", "rediss://app:" + redis_coded + "@127.0.0.1:9"},
    {"postgresql://u:" + dsn_password + "@[127.0.0.1:9/d", good_redis}, // No end of the address.
    {"host=127.0.0.1 password=" + dsn_password, good_redis},            // Not quoted.
    {"host=127.0.0.1 sslmode=" + quoted(dsn_password), good_redis},     // At the wrong position.
    {good_dsn, "redis://app:" + redis_password + "@127.0.0.1:9/0"},     // Not encoded.
    {good_dsn, "redis://127.0.0.1:9/" + redis_coded},                   // As a database.
    {good_dsn, redis_password}};
  for (const auto& [dsn, redis] : cases) {
    const auto said = told_of(addresses(dsn, redis));
    INFO(said);
    CHECK(secrets.in(said) == strings{});
  }
}

TEST_CASE("secrets: a token that Discord refuses is not repeated, and stops nothing but the shard") {
  leaks secrets;
  secrets.add("wrong token", wrong_token);
  auto& t = here().stack();
  const test::scratch folder{"sec"};
  std::filesystem::permissions(folder.path(), std::filesystem::perms{0755});
  const auto log = folder / "log";
  process child{
    {{programs() + "/apps/arrakisd/arrakisd"},
     {"ARRAKIS_NODE_STATE_FOLDER=" + (folder / "state"), "ARRAKIS_HTTP_PORT=0", "ARRAKIS_HTTP_ADMIN_PORT=0",
      "ARRAKIS_LOG_LEVEL=debug", "ARRAKIS_DISCORD_API_URL=" + t.discord().url, "ARRAKIS_DISCORD_TOKEN=" + wrong_token},
     {},
     {},
     log}};
  const auto refused = [&] { return test::content(log).find("401") != std::string::npos || !child.running(); };
  CHECK(demo::eventually(refused, seconds{60}));
  child.stop(SIGTERM, seconds{30});
  CHECK(secrets.in(test::content(log)) == strings{});
  CHECK(secrets.below(folder / "state", {"/postgres/data/"}) == strings{});
}

TEST_CASE("privileges: no core, no root, nothing that others may read, and the servers listen on Unix sockets alone") {
  auto& t = here().stack();
  const auto family = family_of(t.arrakis_pid());
  int seen = 0;
  for (const int pid : family) {
    INFO(proc_file(pid, "cmdline"));
    std::istringstream limits{proc_file(pid, "limits")};
    bool core = true;
    for (std::string line; std::getline(limits, line);)
      if (line.starts_with("Max core file size"))
        core = line.substr(26, 22).find_first_not_of("0 ") != std::string::npos;
    const auto user = status_of(pid, "Uid"), able_to = status_of(pid, "CapEff");
    const auto sockets = pid == t.arrakis_pid() ? strings{} : listening(pid);
    if (status_of(pid, "Uid").empty()) // A process of PostgreSQL that has ended meanwhile.
      continue;
    ++seen;
    CHECK_FALSE(core);
    CHECK(user != "0");
    CHECK(able_to.find_first_not_of('0') == std::string::npos);
    CHECK(sockets == strings{});
  }
  CHECK(seen > 2);
  // proc(5): the files of a process that may not be dumped belong to root, whatever its user.
  if (::geteuid() == 0)
    CHECK(listening(t.arrakis_pid()).size() == 2); // The public and the admin port.
  else
    CHECK(::access(fmt::format("/proc/{}/fd", t.arrakis_pid()).c_str(), R_OK) != 0);
  struct stat own {};
  REQUIRE(::stat(fmt::format("/proc/{}/environ", t.arrakis_pid()).c_str(), &own) == 0);
  CHECK(own.st_uid == 0);
  CHECK(open_to_others(state_folder()) == strings{});
  CHECK(open_to_others(embedded::socket_folder(state_folder())) == strings{});
}
