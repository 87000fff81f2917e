#include "runtime/config.hpp"

#include "runtime/config_schema.hpp"

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
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

TEST_CASE("config: without a file the defaults hold") {
  auto c = config::load("", {});
  REQUIRE(c);
  CHECK(c->text("node.roles") == "all");
  CHECK(c->integer("http.port") == 3000);
  CHECK(c->boolean("discord.zlib"));
  CHECK(c->milliseconds("node.shutdown_grace_s") == std::chrono::seconds{300});
  CHECK(c->milliseconds("queue.lock_ms") == std::chrono::milliseconds{8000});
  CHECK(c->secret("discord.token").empty());
  CHECK(c->table("chains.rpc").empty());
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
  const std::map<std::string, std::vector<std::string>> expected{{"ethereum", {"http://a", "http://b"}},
                                                                 {"base", {"http://c", "http://d"}}};
  CHECK(c.table("chains.rpc") == expected);
}

TEST_CASE("config: an unknown key is refused with file, line and the nearest key") {
  CHECK(refusal("[http]\nadress = \"::1\"\n") == "f:2: http.adress is unknown; did you mean http.address?");
  CHECK(refusal("[unheard]\nof = 1\n") == "f:2: unheard.of is unknown; allowed are the keys of config/arrakis.toml");
}

TEST_CASE("config: a wrong kind or range is refused with what is allowed") {
  CHECK(refusal("[http]\nport = \"80\"\n") == "f:2: http.port: is of another kind; allowed: 0..65535 port number");
  CHECK(refusal("[http]\nport = 1.5\n") == "f:2: http.port: is of another kind; allowed: 0..65535 port number");
  CHECK(refusal("[http]\n\nport = 65536\n") == "f:3: http.port: 65536 is out of range; allowed: 0..65535 port number");
  CHECK(refusal("[log]\nlevel = \"loud\"\n")
        == "f:2: log.level: \"loud\" is not a choice; allowed: one of debug | info | warn | error");
  CHECK(refusal("[node]\nroles = \"api, ape\"\n")
        == "f:2: node.roles: \"ape\" is not a choice; allowed: any of all | api | worker | bot");
  CHECK(refusal("[chains.rpc]\n1 = \"http://a\"\n")
        == "f:2: chains.rpc.1: is of another kind; allowed: a list of texts in quotes");
  CHECK(loaded("[node]\nroles = \"api, worker\"\n").text("node.roles") == "api, worker");
}

TEST_CASE("config: all faults are shown at once, and broken TOML with its place") {
  CHECK(refusal("[http]\nport = -1\nhost = \"x\"\n")
        == "f:2: http.port: -1 is out of range; allowed: 0..65535 port number\nf:3: http.host is unknown; did you mean "
           "http.port?");
  CHECK(refusal("[http]\nport = \n").starts_with("f:2:"));
  CHECK(refusal("[http]\nport = 1\nport = 2\n").starts_with("f:3:"));
  constexpr const char* no_keys[] = {"[",  "[?]",   "[\nb]", "[[.a]]",     "[a.?]",
                                     "[=", "? = 1", ". = 1", "[\xc3\xa9]", "\xc3\xa9 = 1"};
  for (const auto* no_key : no_keys)
    CHECK_MESSAGE(refusal(no_key).starts_with("f:"), no_key);
}

TEST_CASE("config: variables are checked like the file, and those of other programs are left alone") {
  CHECK(refusal("", {{"ARRAKIS_HTTP_PORT", "80x"}})
        == "ARRAKIS_HTTP_PORT: http.port: is of another kind; allowed: 0..65535 port number");
  CHECK(refusal("", {{"ARRAKIS_HTTP_PROT", "80"}})
        == "ARRAKIS_HTTP_PROT: there is no key http.prot; did you mean ARRAKIS_HTTP_PORT?");
  CHECK(loaded("", {{"ARRAKIS_BUILD_DIR", "/x"}}).integer("http.port") == 3000);
}

TEST_CASE("config: secrets come from the environment or from a file, and never out of the configuration itself") {
  scratch_file token{"tok-1\n"};
  const auto text = "[discord]\ntoken_file = \"" + token.path + "\"\n";
  CHECK(loaded(text).secret("discord.token").reveal() == "tok-1");
  const auto both = loaded(text, {{"ARRAKIS_DISCORD_TOKEN", "tok-2"}});
  CHECK(both.secret("discord.token").reveal() == "tok-2");
  CHECK(both.describe().find("tok-") == std::string::npos);
  CHECK(refusal("[discord]\ntoken = \"tok\"\n")
        == "f:2: discord.token is a secret; put it into a file and name that in discord.token_file, or set "
           "ARRAKIS_DISCORD_TOKEN");
  CHECK(refusal("[discord]\ntoken_file = \"/nowhere/token\"\n")
        == "f:2: discord.token_file: /nowhere/token: cannot be read; check that it exists and who may read it");
  for (auto dsn : {"postgres://app:pw@db/arrakis", "host=db password=pw"})
    CHECK(refusal("[postgres]\ndsn = \"" + std::string{dsn} + "\"\n")
          == "f:2: postgres.dsn holds a password; put the value into a file and name it in postgres.dsn_file, or set "
             "ARRAKIS_POSTGRES_DSN");
  const auto plain = loaded("[postgres]\ndsn = \"host=/run/pg\"\n", {{"ARRAKIS_REDIS_URL", "redis://:pw@cache:6379"}});
  CHECK(plain.secret("postgres.dsn").reveal() == "host=/run/pg");
  CHECK(plain.secret("redis.url").reveal() == "redis://:pw@cache:6379");
  CHECK(plain.describe().find("pw") == std::string::npos);
}

TEST_CASE("config: keys that contradict each other are refused") {
  CHECK(refusal("[queue]\nrenew_ms = 5000\n").starts_with("f:2: queue.renew_ms is more than a third of queue.lock_ms"));
  CHECK(refusal("[redis]\nmode = \"external\"\n")
        == "f:2: redis.url (or redis.url_file) is needed when redis.mode is external");
  CHECK(refusal("[discord]\npublic_key = \"abc\"\n").starts_with("f:2: discord.public_key is not a key"));
}

TEST_CASE("config: a file that cannot be read is named") {
  auto result = config::load("/nowhere/arrakis.toml", {});
  REQUIRE_FALSE(result);
  CHECK(code_of(result.error()) == ec::not_found);
  CHECK(text_of(result.error()).starts_with("/nowhere/arrakis.toml: "));
}
