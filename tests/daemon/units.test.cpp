// deploy/systemd and deploy/compose: the unit as systemd itself judges it, and both as arrakisd does.
#include "tests/daemon/daemon.hpp"
#include "tests/support/source_file.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace arrakis;
using namespace arrakis::daemon_test;

namespace {
constexpr auto judge = "/usr/bin/systemd-analyze";

std::string unit() { return test::content(test::source_file("deploy/systemd/arrakisd.service")); }
std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}
/// Exit code, and what it says of our unit; of others on this machine it may say more.
std::pair<int, std::string> verify(const std::string& text) {
  const test::scratch place{"unit"};
  std::ofstream{place / "arrakisd.service"} << text;
  process run{{.argv = {judge, "verify", "--man=no", place / "arrakisd.service"},
               .env = {"PATH=/usr/bin:/bin"},
               .output = place / "said"}};
  REQUIRE(run.wait(std::chrono::seconds{60}));
  std::string ours;
  std::istringstream lines{test::content(place / "said")};
  for (std::string line; std::getline(lines, line);)
    if (line.find("arrakisd") != std::string::npos)
      ours += line + "\n";
  return {run.exit_status().value_or(-1), ours};
}
} // namespace

TEST_CASE("systemd: the unit is without fault, and a fault in it would be seen") {
  if (!std::filesystem::exists(judge)) {
    MESSAGE("not judged: there is no ", judge);
    return;
  }
  const auto text = replaced(unit(), "/usr/local/bin/arrakisd",
                             program("arrakisd")); // Where it is built, not installed.
  REQUIRE(text.find("ExecStart=" + program("arrakisd")) != std::string::npos);
  CHECK(verify(text).second == "");
  CHECK(verify(text + "\n[Service]\nNoSuchSetting=yes\n").second != ""); // Negative control.
}

TEST_CASE("systemd: the unit's command is one that this arrakisd understands") {
  const auto text = unit();
  const auto at = text.find("\nExecStartPre=/usr/local/bin/arrakisd ");
  REQUIRE(at != std::string::npos);
  const auto begin = text.find(' ', at) + 1;
  auto line = replaced(text.substr(begin, text.find('\n', begin) - begin), "/etc/arrakis/arrakis.toml",
                       test::source_file("config/arrakis.toml"));
  std::istringstream parts{line};
  strings argv{program("arrakisd")};
  for (std::string word; parts >> word;)
    argv.push_back(word);
  const test::scratch place{"unit"};
  std::filesystem::permissions(place.path(), std::filesystem::perms{0755});
  process run{{.argv = argv, .env = {"ARRAKIS_NODE_STATE_FOLDER=" + (place / "state")}, .output = place / "said"}};
  REQUIRE(run.wait(std::chrono::seconds{60}));
  CHECK_MESSAGE(run.exit_status() == 0, test::content(place / "said"));
}

TEST_CASE("docker compose: arrakisd accepts each setting of the file; negative control: a mistyped one is refused") {
  const test::scratch place{"compose"};
  std::filesystem::permissions(place.path(), std::filesystem::perms{0755});
  std::ofstream{place / "discord_token"} << "a.bots.token";
  strings environment{"ARRAKIS_NODE_STATE_FOLDER=" + (place / "state")};
  std::istringstream lines{test::content(test::source_file("deploy/compose/compose.yaml"))};
  for (std::string line; std::getline(lines, line);) {
    const auto name = line.find("ARRAKIS_"), colon = line.find(": ");
    if (name == std::string::npos || colon == std::string::npos)
      continue;
    auto value = replaced(line.substr(colon + 2), "/run/secrets", place.path());
    if (value.starts_with("${")) // The operator's own.
      value = "https://rpc.example.org";
    environment.push_back(line.substr(name, colon - name) + "=" + value);
  }
  REQUIRE(environment.size() > 6);
  const auto check = [&](const strings& with) {
    process run{{.argv = {program("arrakisd"), "--check-config"}, .env = with, .output = place / "said"}};
    REQUIRE(run.wait(std::chrono::seconds{60}));
    return run.exit_status();
  };
  CHECK_MESSAGE(check(environment) == 0, test::content(place / "said"));
  environment.push_back("ARRAKIS_POSTGRES_DNS=host=/run/postgresql"); // Negative control.
  CHECK(check(environment) == 1);
}
