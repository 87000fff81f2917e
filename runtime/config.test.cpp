#include "runtime/config.hpp"

#include "runtime/config_schema.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <unistd.h>

using namespace arrakis;

namespace {
/// A file that is gone with the object.
struct scratch_file {
  std::string path = (std::filesystem::temp_directory_path() / "arrakis_config_XXXXXX").string();
  explicit scratch_file(std::string_view text) {
    const int fd = mkstemp(path.data());
    REQUIRE(fd >= 0);
    REQUIRE(write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    close(fd);
  }
  ~scratch_file() { std::filesystem::remove(path); }
};

config loaded(std::string_view text, const config::environment& env = {}) {
  scratch_file file{text};
  auto result = config::load(file.path, env);
  if (!result)
    FAIL(text_of(result.error()));
  return std::move(*result);
}

/// The refusal, with the name of the file replaced by "f".
std::string refusal(std::string_view text, const config::environment& env = {}) {
  scratch_file file{text};
  auto result = config::load(file.path, env);
  REQUIRE_FALSE(result);
  CHECK(code_of(result.error()) == ec::invalid);
  auto out = text_of(result.error());
  for (auto at = out.find(file.path); at != std::string::npos; at = out.find(file.path))
    out.replace(at, file.path.size(), "f");
  return out;
}

/// The origins of chains.rpc.
std::map<std::string, std::vector<std::string>> chains_of(const config& c) {
  std::map<std::string, std::vector<std::string>> out;
  for (const auto& [chain, list] : c.addresses("chains.rpc"))
    for (const auto& address : list)
      out[chain].push_back(address.origin());
  return out;
}
} // namespace

TEST_CASE("config: every key has a sentence, and every integer a range and a unit") {
  REQUIRE(config::keys().size() > 30);
  for (const auto& key : config::keys()) {
    CAPTURE(key.name);
    CHECK(key.sentence.size() > 20);
    CHECK(key.sentence.back() == '.');
    if (std::holds_alternative<int64_t>(key.standard)) {
      CHECK_FALSE(key.unit.empty());
      if (key.name.ends_with("_ms"))
        CHECK(key.unit == "milliseconds");
      if (key.name.ends_with("_s"))
        CHECK(key.unit == "seconds");
    }
  }
}

TEST_CASE("config: what can hold a secret is of the type for it, and of no other") {
  // Not a secret, although the name has such a word: it is public; or an address without room for a password.
  const auto is_public = [](const config::key& key) {
    return key.name == "discord.public_key"
        || (!key.schemes.empty() && std::holds_alternative<std::string>(key.standard));
  };
  size_t secrets = 0;
  for (const auto& key : config::keys()) {
    CAPTURE(key.name);
    const bool named = std::ranges::any_of(std::array{"dsn", "url", "token", "password", "secret", "key"},
                                           [&](const char* word) { return key.name.find(word) != std::string::npos; });
    const bool is_file = key.name.ends_with("_file");        // The name of a file, which config::secret() reads.
    const bool is_path = key.name == "http.tls.private_key"; // The name of a file, which OpenSSL alone reads.
    const bool is_secret = std::holds_alternative<secret>(key.standard);
    CHECK((!named || is_file || is_path || is_public(key) || is_secret));
    if (is_file && key.name != "redis.ca_file")
      CHECK((config_schema::get().find(key.name.substr(0, key.name.size() - 5)) == nullptr
             || std::holds_alternative<secret>(
               config_schema::get().find(key.name.substr(0, key.name.size() - 5))->standard)));
    secrets += is_secret ? 1 : 0;
  }
  CHECK(secrets >= 5);
  // Negative control: without its mark the same key is a plain text, which this test does not take.
  const auto unmarked = config_schema::read("[postgres]\n# Where the database is.\ndsn = \"\"\n");
  CHECK(std::holds_alternative<std::string>(unmarked.keys.at(0).standard));
  const auto marked = config_schema::read("[postgres]\n# Where the database is.\n# allowed: secret\ndsn = \"\"\n");
  CHECK(std::holds_alternative<secret>(marked.keys.at(0).standard));
}

TEST_CASE("config: without a file the defaults hold") {
  auto c = config::load("", {});
  REQUIRE(c);
  CHECK(c->text("node.roles") == "all");
  CHECK(c->integer("http.port") == 3000);
  CHECK(c->boolean("discord.zlib"));
  CHECK(c->milliseconds("node.shutdown_grace_s") == std::chrono::seconds{300});
  CHECK(c->milliseconds("queue.lock_ms") == std::chrono::milliseconds{8000});
  CHECK(c->secret("discord.token").empty());
  CHECK(c->addresses("chains.rpc").empty());
}

TEST_CASE("config: the file overlays the defaults and the environment wins over both") {
  const auto c = loaded(
    "[http]\nport = 8080\naddress = \"0.0.0.0\"\n[chains.rpc]\nethereum = [\"http://a\", \"http://b\"]\n",
    {{"ARRAKIS_HTTP_PORT", "9090"},
     {"ARRAKIS_CHAINS_RPC_BASE", "http://c,http://d"},
     {"ARRAKIS_DISCORD_ZLIB", "false"}});
  CHECK(c.integer("http.port") == 9090);
  CHECK(c.text("http.address") == "0.0.0.0");
  CHECK_FALSE(c.boolean("discord.zlib"));
  using origins = std::map<std::string, std::vector<std::string>>;
  CHECK(chains_of(c) == origins{{"ethereum", {"http://a", "http://b"}}, {"base", {"http://c", "http://d"}}});
}

TEST_CASE("config: an unknown key is refused with file, line and the nearest key") {
  CHECK(refusal("[http]\nadress = \"::1\"\n") == "f:2: http.adress is unknown; did you mean http.address?");
  CHECK(refusal("[unheard]\nof = 1\n") == "f:2: unheard.of is unknown; allowed are the keys of config/arrakis.toml");
}

TEST_CASE("config: a wrong kind or range is refused with what is allowed") {
  CHECK(refusal("[http]\nport = \"80\"\n") == "f:2: http.port must be a number, 0–65535");
  CHECK(refusal("[http]\nport = 1.5\n") == "f:2: http.port must be a number, 0–65535");
  CHECK(refusal("[http]\n\nport = 65536\n") == "f:3: http.port is 65536; it must be a number, 0–65535");
  CHECK(refusal("[log]\nlevel = \"loud\"\n")
        == "f:2: log.level is \"loud\"; it must be one of debug, info, warn, error");
  CHECK(refusal("[node]\nroles = \"api, ape\"\n")
        == "f:2: node.roles is \"ape\"; it must be one of all, api, worker, bot, or several of them with commas");
  CHECK(refusal("[chains.rpc]\nbase = \"http://a\"\n") == "f:2: chains.rpc.base must be a list of texts in quotes");
  CHECK(refusal("[queue]\nlock_ms = true\n").ends_with(" milliseconds"));
  CHECK(refusal("[discord]\nzlib = 1\n") == "f:2: discord.zlib must be true or false");
  CHECK(refusal("[http]\naddress = 1\n") == "f:2: http.address must be a text in quotes");
  CHECK(loaded("[node]\nroles = \"api, worker\"\n").text("node.roles") == "api, worker");
}

TEST_CASE("config: all faults are shown at once, and broken TOML with its place") {
  CHECK(refusal("[http]\nport = -1\nhost = \"x\"\n")
        == "f:2: http.port is -1; it must be a number, 0–65535\nf:3: http.host is unknown; did you mean "
           "http.port?");
  CHECK(refusal("[http]\nport = \n").starts_with("f:2:"));
  CHECK(refusal("[http]\nport = 1\nport = 2\n").starts_with("f:3:"));
  constexpr const char* no_keys[] = {"[",  "[?]",   "[\nb]", "[[.a]]",     "[a.?]",
                                     "[=", "? = 1", ". = 1", "[\xc3\xa9]", "\xc3\xa9 = 1"};
  for (const auto* no_key : no_keys)
    CHECK_MESSAGE(refusal(no_key).starts_with("f:"), no_key);
}

TEST_CASE("config: variables are checked like the file, and those of other programs are left alone") {
  CHECK(refusal("", {{"ARRAKIS_HTTP_PORT", "80x"}}) == "ARRAKIS_HTTP_PORT: http.port must be a number, 0–65535");
  CHECK(refusal("", {{"ARRAKIS_HTTP_PROT", "80"}})
        == "ARRAKIS_HTTP_PROT: there is no key http.prot; did you mean ARRAKIS_HTTP_PORT?");
  CHECK(loaded("", {{"ARRAKIS_BUILD_DIR", "/x"}}).integer("http.port") == 3000);
}

TEST_CASE("config: secrets come from the environment or from a file, and never out of the configuration itself") {
  scratch_file token{"tok-1\n"};
  const auto text = "[discord]\ntoken_file = \"" + token.path + "\"\n";
  CHECK(loaded(text).secret("discord.token") == "tok-1");
  const auto both = loaded(text, {{"ARRAKIS_DISCORD_TOKEN", "tok-2"}});
  CHECK(both.secret("discord.token") == "tok-2");
  CHECK(both.describe().find("tok-") == std::string::npos);
  CHECK(refusal("[discord]\ntoken = \"tok\"\n")
        == "f:2: discord.token is a secret; put it into a file and name that in discord.token_file, or set "
           "ARRAKIS_DISCORD_TOKEN");
  CHECK(refusal("[discord]\ntoken_file = \"/nowhere/token\"\n")
        == "f:2: discord.token_file: /nowhere/token: cannot be read; check that it exists and who may read it");
  if (::geteuid() == 0) { // As in a container: the file is root's, and the process is not.
    REQUIRE(::seteuid(10001) == 0);
    const auto said = refusal(text);
    REQUIRE(::seteuid(0) == 0);
    CHECK(
      said
      == fmt::format("f:2: discord.token_file: {0}: uid 10001 may not read it: it belongs to uid 0 and has mode 0600; "
                     "run: chown 10001 '{0}'",
                     token.path));
    CHECK(loaded(text).secret("discord.token") == "tok-1"); // Negative control: root may read it.
  }
  for (auto dsn : {"postgres://app:pw@db/arrakis", "host=db password=pw"})
    CHECK(refusal("[postgres]\ndsn = \"" + std::string{dsn} + "\"\n")
          == "f:2: postgres.dsn holds a password; put the value into a file and name it in postgres.dsn_file, or set "
             "ARRAKIS_POSTGRES_DSN");
  const auto plain = loaded("[postgres]\ndsn = \"host=/run/pg\"\n",
                            {{"ARRAKIS_REDIS_URL", "redis://:open-sesame@cache:6379"}});
  CHECK(plain.secret("postgres.dsn") == "host=/run/pg");
  CHECK(plain.secret("redis.url") == "redis://:open-sesame@cache:6379");
  CHECK(plain.describe().find("open-sesame") == std::string::npos);
}

TEST_CASE("config: an address of a chain is judged at the start, and only its origin is shown") {
  const config::environment env{
    {"ARRAKIS_CHAINS_RPC_BASE", "https://me:sesame@Node.example/sesame, http://[::1]:8545?apikey=sesame ,"}};
  const auto c = loaded("[chains.rpc]\nethereum = [\"https://a.example/v3/sesame\"]\n", env);
  const auto base = c.addresses("chains.rpc").at("base");
  REQUIRE(base.size() == 2); // A blank behind a comma makes no dead endpoint.
  CHECK_FALSE(base[0].authorization().empty());
  CHECK(base[1].target() == "/?apikey=sesame");
  const auto shown = c.describe();
  CHECK(shown.find("chains.rpc.base = [https://node.example, http://[::1]:8545]  (ARRAKIS_CHAINS_RPC_BASE)")
        != std::string::npos);
  CHECK(shown.find("chains.rpc.ethereum = [https://a.example]  (") != std::string::npos);
  CHECK(shown.find("sesame") == std::string::npos);
  CHECK(refusal("[chains.rpc]\nbase = [\"http://a\", \"not a url\"]\n")
          .starts_with("f:2: chains.rpc.base: address 2 is none: "));
  CHECK(refusal("", {{"ARRAKIS_CHAINS_RPC_BASE", "sesame"}})
        == "ARRAKIS_CHAINS_RPC_BASE: chains.rpc.base: address 1 is none: it must begin with one of: http https");
}

TEST_CASE("config: a password of an address stands in a file of its own, one address a line") {
  const auto refused = refusal("[chains.rpc]\nbase = [\"http://me:sesame@a\"]\n");
  CHECK(refused.starts_with("f:2: chains.rpc.base: address 1 holds a password; put the addresses into a file"));
  CHECK(refused.ends_with("chains.rpc.base_file, or set ARRAKIS_CHAINS_RPC_BASE"));
  CHECK(refused.find("sesame") == std::string::npos);
  const scratch_file addresses{"# mine\nhttp://me:sesame@a\r\n\n  https://b/sesame\n"};
  const auto c = loaded("[chains.rpc]\nbase_file = \"" + addresses.path + "\"\n",
                        {{"ARRAKIS_CHAINS_RPC_POLYGON_FILE", addresses.path}});
  for (const auto* chain : {"base", "polygon"}) {
    const auto list = c.addresses("chains.rpc").at(chain);
    REQUIRE(list.size() == 2);
    CHECK(list[0].authorization() == "Basic bWU6c2VzYW1l");
    CHECK(list[1].origin() == "https://b");
  }
  CHECK(c.describe().find("sesame") == std::string::npos);
  const scratch_file none{"# none yet\n"};
  CHECK(refusal("[chains.rpc]\nbase_file = \"" + none.path + "\"\n").find("holds no address") != std::string::npos);
  CHECK(refusal("[chains.rpc]\nbase_file = \"/nowhere\"\n").starts_with("f:2: chains.rpc.base_file: /nowhere: cannot"));
}

TEST_CASE("config: a chain that config/chains has not is refused with the nearest") {
  CHECK(refusal("[chains.rpc]\netherum = [\"http://a\"]\n")
        == "f:2: chains.rpc.etherum is unknown; did you mean chains.rpc.ethereum?");
  CHECK(refusal("", {{"ARRAKIS_CHAINS_RPC_ETHERUM", "http://a"}})
        == "ARRAKIS_CHAINS_RPC_ETHERUM: chains.rpc.etherum is unknown; did you mean chains.rpc.ethereum?");
  CHECK(refusal("[chains.rpc]\nanother_world = [\"http://a\"]\n").find("; allowed are arbitrum, ")
        != std::string::npos);
  for (const auto& id : config_schema::chain_ids())
    CHECK(chains_of(loaded("[chains.rpc]\n" + id + " = [\"http://a\"]\n")).contains(id));
}

TEST_CASE("config: an address that is a setting is judged, and what would not be sent of it is refused") {
  const auto c = loaded("[discord]\napi_url = \"http://[::1]:8090/discord\"\ngateway_url = \"ws://gateway.intern\"\n");
  CHECK(c.text("discord.api_url") == "http://[::1]:8090/discord");
  for (const auto* bad : {"not a url", "ftp://sesame", "http://me:sesame@a", "http://a?sesame", "http://[sesame"}) {
    const auto why = refusal("[discord]\napi_url = \"" + std::string{bad} + "\"\n");
    CAPTURE(why);
    CHECK(why.starts_with("f:2: discord.api_url"));
    CHECK(why.find("sesame") == std::string::npos);
    CHECK(refusal("", {{"ARRAKIS_DISCORD_API_URL", bad}}).find("sesame") == std::string::npos);
  }
  CHECK(
    refusal("[discord]\ngateway_url = \"https://a\"\n").find("it must be an address with one of the schemes ws, wss")
    != std::string::npos);
}

TEST_CASE("config: what Kubernetes writes for a Service is left out with a line, and nothing else") {
  const config::environment written{{"ARRAKIS_REDIS_SERVICE_HOST", "10.0.0.11"},
                                    {"ARRAKIS_REDIS_SERVICE_PORT", "6379"},
                                    {"ARRAKIS_REDIS_SERVICE_PORT_CLIENT", "6379"},
                                    {"ARRAKIS_REDIS_PORT", "tcp://10.0.0.11:6379"},
                                    {"ARRAKIS_REDIS_PORT_6379_TCP", "tcp://10.0.0.11:6379"},
                                    {"ARRAKIS_REDIS_PORT_6379_TCP_PROTO", "tcp"},
                                    {"ARRAKIS_REDIS_PORT_6379_TCP_PORT", "6379"},
                                    {"ARRAKIS_REDIS_PORT_6379_TCP_ADDR", "10.0.0.11"},
                                    {"ARRAKIS_HTTP_PORT", "tcp://10.0.0.12:3000"}, // A key of ours.
                                    {"ARRAKIS_HTTP_PORT_3000_UDP", "udp://10.0.0.12:3000"},
                                    {"ARRAKIS_CHAINS_RPC_PORT", "udp://10.0.0.13:8545"},
                                    {"ARRAKIS_PORT", "tcp://10.0.0.14:80"}}; // Of no section.
  const auto c = loaded("", written);
  CHECK(c.integer("http.port") == 3000);
  CHECK(c.notices().size() == written.size() - 1);
  CHECK(c.notices().front() == "ARRAKIS_CHAINS_RPC_PORT is left out: Kubernetes writes it for a Service");
  for (const auto* other :
       {"ARRAKIS_REDIS_PORT", "ARRAKIS_REDIS_HOST", "ARRAKIS_REDIS_PORT_6379", "ARRAKIS_REDIS_PORT_TCP",
        "ARRAKIS_REDIS_PORT_6379_TCP_HOST", "ARRAKIS_REDIS_PORT_6379_SCTP", "ARRAKIS_REDIS_SERVICE",
        "ARRAKIS_REDIS_PORT_X6379_TCP", "ARRAKIS_REDIS_SERVICE_PORT_"})
    CHECK_MESSAGE(refusal("", {{other, "6379"}}).find("there is no key") != std::string::npos, other);
  CHECK(refusal("", {{"ARRAKIS_HTTP_PORT", "http://10.0.0.12"}}).find("must be a number, 0–65535")
        != std::string::npos);
}

TEST_CASE("config: an empty variable is not set, and a line end behind a value is none of it") {
  const auto c = loaded("[http]\nport = 8080\n", {{"ARRAKIS_HTTP_PORT", ""},
                                                  {"ARRAKIS_HTTP_ADDRESS", "\n"},
                                                  {"ARRAKIS_HTTP_PROT", ""},
                                                  {"ARRAKIS_CHAINS_RPC_BASE", ""},
                                                  {"ARRAKIS_LOG_LEVEL", "warn\r\n"},
                                                  {"ARRAKIS_DISCORD_TOKEN", "tok-1\n"}});
  CHECK(c.integer("http.port") == 8080);
  CHECK(c.text("http.address") == "127.0.0.1");
  CHECK(c.text("log.level") == "warn");
  CHECK(c.secret("discord.token") == "tok-1");
  CHECK(chains_of(c).empty());
  const scratch_file empty{"\n"};
  CHECK(refusal("[discord]\ntoken_file = \"" + empty.path + "\"\n")
        == "f:2: discord.token_file: " + empty.path + " is empty");
}

TEST_CASE("config: keys that contradict each other are refused") {
  CHECK(refusal("[queue]\nrenew_ms = 5000\n").starts_with("f:2: queue.renew_ms is more than a third of queue.lock_ms"));
  CHECK(refusal("[redis]\nmode = \"external\"\n")
        == "f:2: redis.url (or redis.url_file) is needed when redis.mode is external");
  for (const auto& key : {std::string{"abc"}, std::string(64, '0'), std::string(64, 'f')})
    CHECK(refusal("[discord]\npublic_key = \"" + key + "\"\n").starts_with("f:2: discord.public_key is not a key: "));
}

TEST_CASE("config: a file that cannot be read is named") {
  auto result = config::load("/nowhere/arrakis.toml", {});
  REQUIRE_FALSE(result);
  CHECK(code_of(result.error()) == ec::not_found);
  CHECK(text_of(result.error()).starts_with("/nowhere/arrakis.toml: "));
}

TEST_CASE("config: differences name keys, secrets and entries of open tables, and no file of a secret") {
  const scratch_file one{"spice"}, same{"spice\n"}, other{"water"};
  const auto with = [](const std::string& path, std::string_view rest) {
    return loaded("[discord]\ntoken_file = \"" + path + "\"\n" + std::string{rest});
  };
  const auto first = with(one.path, "[chains.rpc]\nbase = [\"http://a\"]\n");
  CHECK(first.differences(first).empty());
  CHECK(first.differences(with(same.path, "[chains.rpc]\nbase = [\"http://a\"]\n")).empty());
  CHECK(first.differences(with(other.path, "[http]\nport = 1\n[chains.rpc]\npolygon = [\"http://a\"]\n"))
        == std::vector<std::string>{"chains.rpc.base", "chains.rpc.polygon", "discord.token", "http.port"});
  CHECK(loaded("").differences(first) == std::vector<std::string>{"chains.rpc.base", "discord.token"});
}
