#include "apps/demo/local_stack.hpp"
#include "tests/daemon/daemon.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace arrakis;
using namespace arrakis::daemon_test;

namespace {
const strings no_servers_of_discord{"ARRAKIS_NODE_ROLES=api"};

size_t times(const std::string& log, const std::string& text) {
  size_t count = 0;
  for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1))
    ++count;
  return count;
}

/// The signal, and what it waits for: the daemon has worked on it.
bool rereads(arrakis_daemon& one) {
  const auto before = one.log().size();
  one.child().signal(SIGHUP);
  return demo::eventually(
    [&] {
      const auto fresh = one.log().substr(before);
      return times(fresh, "\"settings.reread\"") + times(fresh, "\"settings.refused\"") > 0;
    },
    std::chrono::seconds{30});
}

void write(const std::string& path, const std::string& text) {
  std::ofstream{path} << text;
  ::chmod(path.c_str(), 0644);
}
std::string after(const arrakis_daemon& one, size_t offset) { return one.log().substr(offset); }
} // namespace

TEST_CASE("standard error: a daemon started with closed descriptors 0, 1 or 2 writes its log into no other file") {
  for (const char* closed : {"exec \"$@\" 2>&-", "exec \"$@\" 0<&- 1>&- 2>&-"}) {
    arrakis_daemon one{{.environment = {"ARRAKIS_NODE_ROLES=api", "ARRAKIS_LOG_LEVEL=debug"}, .shell = closed}};
    REQUIRE_MESSAGE(one.ready(), one.log());
    one.child().signal(SIGHUP); // One line more of the log.
    CHECK(one.ctl({"community", "list"}).first == 0);
    CHECK(one.stop() == 0);
    for (const auto& each : std::filesystem::recursive_directory_iterator(one.folder()))
      if (each.is_regular_file() && each.path().extension() != ".log" && !test::content(each.path()).empty())
        CHECK_MESSAGE(test::content(each.path()).find("\"event\":") == std::string::npos, each.path());
    CHECK(test::content(one.folder() + "/in-use").find_first_not_of("0123456789") == std::string::npos);
  }
}

namespace {
/// A pipe that is full, and that nobody reads.
struct full_pipe {
  test::scratch tmp{"log"};
  std::string path = tmp / "pipe";
  int reader = -1;
  full_pipe() {
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    reader = ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(reader >= 0);
    while (::write(reader, "\n", 1) == 1) {}
  }
  ~full_pipe() { ::close(reader); }
  std::string shell() const { return "exec \"$@\" 2>'" + path + "'"; }
};
} // namespace

TEST_CASE("standard error: a daemon whose log pipe is full goes on serving, and stops") {
  const full_pipe log;
  arrakis_daemon one{{.environment = no_servers_of_discord, .shell = log.shell()}};
  REQUIRE(one.ready());
  one.child().signal(SIGHUP); // One line more.
  CHECK(one.stop() == 0);
}

TEST_CASE("standard error: a daemon that cannot start exits although nobody reads its pipe") {
  const full_pipe log;
  for (const char* why : {"ARRAKIS_LOG_LEVEL=none", "ARRAKIS_HTTP_ADDRESS=1.1.1.1"}) {
    arrakis_daemon one{{.environment = {why, "ARRAKIS_NODE_ROLES=api"}, .shell = log.shell()}};
    CHECK(one.child().wait(std::chrono::seconds{60}));
    CHECK(one.child().exit_status() == 1);
  }
}

TEST_CASE("signals: SIGTTOU and SIGTTIN do not stop a daemon that logs from the background") {
  arrakis_daemon one{{.environment = no_servers_of_discord}};
  REQUIRE_MESSAGE(one.ready(), one.log());
  // Read, not sent: the kernel halts no process whose group has no parent in its session, as here.
  const auto status = test::content(fmt::format("/proc/{}/status", one.child().pid()));
  const auto ignored = std::stoull(status.substr(status.find("SigIgn:") + 7), nullptr, 16);
  for (const int number : {SIGTTIN, SIGTTOU})
    CHECK((ignored >> (number - 1) & 1) == 1);
  CHECK((ignored >> (SIGTSTP - 1) & 1) == 0); // Ctrl-Z is what somebody wants.
  CHECK(one.stop() == 0);
}

TEST_CASE("signals: SIGQUIT and SIGXCPU are a graceful shutdown, and no other signal ends the daemon") {
  for (const int end : {SIGQUIT, SIGXCPU}) {
    arrakis_daemon one{{.environment = no_servers_of_discord, .shell = "trap '' HUP; exec \"$@\""}};
    REQUIRE_MESSAGE(one.ready(), one.log());
    for (const int number : {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGSTKFLT, SIGXFSZ, SIGPIPE, SIGTTIN,
                             SIGTTOU, SIGRTMIN, SIGRTMAX})
      one.child().signal(number);
    CHECK(rereads(one)); // Behind them, also where who started it ignores SIGHUP.
    CHECK(one.stop(end) == 0);
    CHECK(times(one.log(), "\"event\":\"process.stopped\"") == 1);
  }
}

TEST_CASE("shutdown: no actor and no thread is left, with requests in flight") {
  // A bot without Discord: shards that ask for the gateway, a token to look up, a queue's worker, all of them waiting.
  arrakis_daemon one{{.environment = {"ARRAKIS_DISCORD_TOKEN=t", "ARRAKIS_DISCORD_API_URL=http://127.0.0.1:9"}}};
  REQUIRE_MESSAGE(one.says("\"event\":\"process.ready\""), one.log());
  CHECK(one.ctl({"health"}).first == 1); // Not ready; asked on an io thread.
  CHECK(one.stop() == 0);
  CHECK_MESSAGE(one.log().find("process.actors_do_not_end") == std::string::npos, one.log());
  CHECK_MESSAGE(one.log().find("process.children_do_not_end") == std::string::npos, one.log());
  constexpr std::string_view left = __has_feature(thread_sanitizer) ? "2" : "1"; // TSan keeps one of its own.
  const auto stopped = fmt::format(R"("event":"process.stopped","threads":"{}"}})", left);
  CHECK_MESSAGE(one.log().find(stopped) != std::string::npos, one.log());
}

TEST_CASE("signals: SIGHUP takes over what may change, names what needs a restart, and a faulty file changes nothing") {
  test::scratch tmp{"hup"};
  ::chmod(tmp.path().c_str(), 0755);
  const auto settings = [&](const std::string& level, const std::string& rest) {
    write(tmp / "arrakis.toml",
          fmt::format("[log]\nlevel = \"{}\"\n[discord]\ntoken_file = \"{}\"\n{}", level, tmp / "token", rest));
  };
  write(tmp / "token", "one");
  settings("info", "[chains.rpc]\nbase = [\"http://127.0.0.1:9\"]\n");
  arrakis_daemon one{{.environment = {"ARRAKIS_DISCORD_API_URL=http://127.0.0.1:9", "ARRAKIS_NODE_ROLES=api"},
                      .words = {"--config", tmp / "arrakis.toml"}}};
  const auto key = one.folder() + "/keys/v1.pem";
  REQUIRE(demo::eventually(
    [&] { return std::filesystem::exists(key) && !std::filesystem::exists(one.folder() + "/keys/next.pem"); },
    std::chrono::seconds{60}));
  REQUIRE(one.says("\"process.ready\""));
  REQUIRE(rereads(one)); // Perhaps with the signer's first key, which was made after the start.
  auto from = one.log().size();
  REQUIRE(rereads(one));
  CHECK(times(after(one, from), "setting_") == 0); // Nothing has changed.

  write(tmp / "token", "two");
  settings("debug", "[chains.rpc]\nbase = [\"http://127.0.0.1:9\"]\npolygon = [\"http://127.0.0.1:10\"]\n"
                    "[queue]\nattempts = 7\n");
  from = one.log().size();
  REQUIRE(rereads(one));
  for (const auto* name : {"log.level", "discord.token", "chains.rpc.polygon"})
    CHECK(times(after(one, from), fmt::format("\"settings.changed\",\"setting\":\"{}\"", name)) == 1);
  CHECK(times(after(one, from), "\"settings.changed\"") == 3);
  CHECK(times(after(one, from), "\"settings.restart_needed\",\"setting\":\"queue.attempts\"") == 1);

  from = one.log().size();
  REQUIRE(rereads(one)); // Settings that need a restart are reported again.
  CHECK(times(after(one, from), "\"settings.changed\"") == 0);
  CHECK(times(after(one, from), "\"settings.restart_needed\"") == 1);

  settings("loud", "[chains.rpc]\nbase = [\"http://127.0.0.1:11\"]\n");
  from = one.log().size();
  REQUIRE(rereads(one));
  CHECK(times(after(one, from), "\"settings.refused\"") == 1);
  CHECK(times(after(one, from), "\"settings.changed\"") == 0);
  std::filesystem::remove(tmp / "token");
  settings("info", "");
  from = one.log().size();
  REQUIRE(rereads(one));
  CHECK(times(after(one, from), "\"settings.refused\"") == 1);
  CHECK(times(after(one, from), "discord.token_file") == 1);

  write(tmp / "token", "two"); // A broken key beside settings that are good.
  const auto good = test::content(key);
  std::ofstream{key, std::ios::trunc} << "no key";
  from = one.log().size();
  REQUIRE(rereads(one));
  CHECK(times(after(one, from), "\"settings.refused\"") == 1);
  CHECK(times(after(one, from), "v1.pem") == 1);
  CHECK(times(after(one, from), "\"settings.changed\"") == 0);
  std::ofstream{key, std::ios::trunc} << good;
  from = one.log().size();
  REQUIRE(rereads(one));
  CHECK(times(after(one, from), "\"settings.changed\",\"setting\":\"signer keys\"") == 1);
  CHECK(times(after(one, from), "\"settings.changed\",\"setting\":\"log.level\"") == 1);
  CHECK(one.stop() == 0);
}

TEST_CASE("signals: a token that Discord refused is mended in its file, and SIGHUP brings the bot up") {
  test::scratch tmp{"hup"};
  ::chmod(tmp.path().c_str(), 0755);
  demo::local_stack_options o;
  o.folder = tmp / "stack";
  o.programs = programs();
  demo::local_stack discord{o};
  discord.start_discord();
  write(tmp / "token", "MTQwMA.wrong.token");
  arrakis_daemon one{{.environment = {"ARRAKIS_DISCORD_API_URL=" + discord.discord().url,
                                      "ARRAKIS_DISCORD_TOKEN_FILE=" + (tmp / "token")}}};
  const std::string refused = R"("level":"error","event":"discord.token_refused")";
  REQUIRE_MESSAGE(one.says(refused), one.log());
  const auto health = one.ctl({"health"});
  CHECK(health.first == 1);
  CHECK_MESSAGE(health.second.find("Discord refuses the bot token") != std::string::npos, health.second);
  write(tmp / "token", discord.discord().token + "\n");
  REQUIRE(rereads(one));
  CHECK_MESSAGE(one.ready(), one.log());
  CHECK(one.ctl({"health"}).second.find("shards: 1 here") != std::string::npos);
  CHECK(times(one.log(), refused) == 1); // Once, however often it was asked again.
  CHECK(one.stop() == 0);
}

TEST_CASE("signals: SIGHUP after a start as root keeps a secret that only root may read, and takes over the rest") {
  if (::geteuid() != 0)
    return;
  test::scratch tmp{"hup"};
  ::chmod(tmp.path().c_str(), 0755);
  const auto settings = [&](const char* level) {
    write(tmp / "arrakis.toml",
          fmt::format("[log]\nlevel = \"{}\"\n[discord]\ntoken_file = \"{}\"\n", level, tmp / "token"));
  };
  write(tmp / "token", "one");
  ::chmod((tmp / "token").c_str(), 0600);
  settings("info");
  arrakis_daemon one{{.environment = {"ARRAKIS_DISCORD_API_URL=http://127.0.0.1:9", "ARRAKIS_NODE_ROLES=api"},
                      .words = {"--config", tmp / "arrakis.toml"}}};
  REQUIRE(one.says("\"process.ready\""));
  settings("debug");
  const auto from = one.log().size();
  REQUIRE(rereads(one));
  CHECK(times(after(one, from), "discord.token_file: ") == 1);
  CHECK(times(after(one, from), "\"settings.changed\",\"setting\":\"log.level\"") == 1);
  CHECK(times(after(one, from), "\"setting\":\"discord.token\"") == 0);
  CHECK(one.stop() == 0);
}
