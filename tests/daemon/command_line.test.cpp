// arrakisctl and arrakisd as a person types them: exit codes, help, JSON, and finding the daemon.
#include "runtime/json.hpp"
#include "tests/daemon/daemon.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

using namespace arrakis;
using namespace arrakis::daemon_test;
namespace fs = std::filesystem;

namespace {
constexpr auto nowhere = "127.0.0.1:9";

struct seen {
  int code = -1;
  std::string out; ///< Standard output and error.
};
/// Runs a program of ours in `folder`, without a daemon's environment.
seen typed(const std::string& folder, const std::string& name, const strings& words, const strings& environment = {}) {
  static int runs = 0;
  const auto output = fmt::format("{}/typed.{}", folder, ++runs);
  strings argv{program(name)};
  argv.insert(argv.end(), words.begin(), words.end());
  process p{{.argv = argv, .env = environment, .folder = folder, .output = output}};
  p.wait(std::chrono::seconds{60});
  return {p.exit_status().value_or(-1), test::content(output)};
}
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// The paths of all commands, as the help of each group lists them.
void collect(const std::string& folder, const std::string& name, const strings& path, std::vector<strings>& out) {
  out.push_back(path);
  auto words = path;
  words.emplace_back("--help");
  const auto help = typed(folder, name, words);
  CAPTURE(fmt::format("{} {}", name, fmt::join(words, " ")));
  CHECK(help.code == 0);
  CHECK(has(help.out, "Usage: " + name));
  CHECK(has(help.out, "Examples:"));
  std::istringstream lines{help.out};
  bool listed = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "Commands:")
      listed = true;
    else if (listed && line.empty())
      break;
    else if (listed) {
      const auto next = line.substr(2, line.find(' ', 2) - 2);
      if (next.empty() || next == "help")
        continue;
      auto below = path;
      below.push_back(next);
      collect(folder, name, below, out);
    }
  }
}
} // namespace

TEST_CASE(
  "terminal: each command of both programs has help with examples, and refuses surplus and unknown words with 2") {
  test::scratch tmp{"terminal"};
  for (const auto* name : {"arrakisctl", "arrakisd"}) {
    std::vector<strings> all;
    collect(tmp.path(), name, {}, all);
    CHECK(all.size() > (std::string{name} == "arrakisctl" ? 25 : 3));
    for (const auto& path : all) {
      CAPTURE(fmt::format("{} {}", name, fmt::join(path, " ")));
      auto words = path;
      words.emplace_back("--nonsense");
      CHECK(typed(tmp.path(), name, words).code == 2);
      words.back() = "-h";
      CHECK(typed(tmp.path(), name, words).code == 0);
      words.back() = "help";
      CHECK(typed(tmp.path(), name, words).code == 0);
    }
    CHECK(typed(tmp.path(), name, {"nonsense"}).code == 2);
    CHECK(has(typed(tmp.path(), name, {"--version"}).out, std::string{name} + " "));
    CHECK(typed(tmp.path(), name, {"--version"}).code == 0);
    CHECK(has(typed(tmp.path(), name, {"man"}).out, ".SH EXIT STATUS"));
    for (const auto* shell : {"bash", "zsh", "fish"})
      CHECK(typed(tmp.path(), name, {"completion", shell}).code == 0);
  }
  for (const auto& words :
       {strings{"community", "list", "surplus"}, strings{"jobs", "list", "sleeping"},
        strings{"jobs", "dead", "--queue", "nobody's"}, strings{"manifest", "show", "1400000000000000001", "x"},
        strings{"community", "show"}, strings{"community", "show", "me"}, strings{"signer"}, strings{}}) {
    const auto got = typed(tmp.path(), "arrakisctl", words);
    CAPTURE(fmt::format("{}", fmt::join(words, " ")));
    CHECK_MESSAGE(got.code == 2, got.out);
    CHECK(has(got.out, "Usage: arrakisctl"));
  }
  CHECK(typed(tmp.path(), "arrakisd", {"migrate", "surplus"}).code == 2);
}

TEST_CASE("terminal: --check-config says for people and as JSON whether the configuration is good") {
  test::scratch tmp{"terminal"};
  ::chmod(tmp.path().c_str(), 0755);
  const auto good = typed(tmp.path(), "arrakisd", {"--check-config"});
  CHECK_MESSAGE(good.code == 0, good.out);
  CHECK(has(good.out, "# The configuration is good."));
  const auto as_json = typed(tmp.path(), "arrakisd", {"--check-config", "--json"});
  CHECK(as_json.code == 0);
  const auto document = json::parse(as_json.out);
  REQUIRE(document);
  CHECK(json::bool_or(document->get_object(), "good"));
  CHECK(document->at("settings").at("http.port").at("source").as_string() == "default");
  const auto bad = typed(tmp.path(), "arrakisd", {"--check-config"}, {"ARRAKIS_HTTP_PORT=http"}); // Negative control.
  CHECK(bad.code == 1);
  CHECK(has(bad.out, "http.port must be a number, 0–65535"));
  CHECK_FALSE(has(bad.out, "is good"));
}

TEST_CASE("terminal: a daemon that is away is a sentence with the address and the folders that were searched") {
  test::scratch tmp{"terminal"};
  const auto base = fs::canonical(tmp.path()).string();
  const auto got = typed(tmp.path(), "arrakisctl", {"community", "list"});
  CHECK(got.code == 1);
  INFO(got.out);
  CHECK(has(got.out, "Can't reach Arrakis' database at " + base + "/state/run/"));
  CHECK(has(got.out, "is arrakisd running? Set --config or node.state_folder"));
  CHECK(has(got.out, fmt::format("Looked in {0}/state, {0}/state/arrakis, {0}/state/bot and /var/lib/arrakis.", base)));
  const auto named = typed(tmp.path(), "arrakisctl", {"community", "list"}, {"ARRAKIS_NODE_STATE_FOLDER=elsewhere"});
  CHECK(named.code == 1);
  CHECK(has(named.out, "Looked in " + base + "/elsewhere.")); // And nowhere else.
  const auto external = typed(tmp.path(), "arrakisctl", {"community", "list", "--json"},
                              {"ARRAKIS_POSTGRES_MODE=external", "ARRAKIS_REDIS_MODE=external",
                               fmt::format("ARRAKIS_POSTGRES_RELAY_DSN=postgresql://me@{}/dune", nowhere),
                               fmt::format("ARRAKIS_POSTGRES_DSN=postgresql://me:sesame@{}/dune", nowhere),
                               fmt::format("ARRAKIS_REDIS_URL=redis://{}", nowhere)});
  CHECK(external.code == 1);
  INFO(external.out);
  CHECK(has(external.out, fmt::format("Can't reach Arrakis' database at {}/dune", nowhere)));
  CHECK_FALSE(has(external.out, "sesame"));
  const auto document = json::parse(external.out);
  REQUIRE(document);
  CHECK(json::text_or(document->get_object(), "code") == "unavailable");
}

TEST_CASE("terminal: health waits for a daemon that begins later, in another folder than the first that is searched") {
  test::scratch tmp{"terminal"};
  ::chmod(tmp.path().c_str(), 0755);
  fs::create_directory(tmp / "state"); // As `make run` leaves it before its daemon has begun.
  process waits{
    {.argv = {program("arrakisctl"), "health", "--wait", "50"}, .folder = tmp.path(), .output = tmp / "said"}};
  process daemon{{.argv = {program("arrakisd")},
                  .env = {"ARRAKIS_NODE_STATE_FOLDER=" + (tmp / "state/arrakis"), "ARRAKIS_HTTP_PORT=0",
                          "ARRAKIS_HTTP_ADMIN_PORT=0"},
                  .output = tmp / "log"}};
  REQUIRE(waits.wait(std::chrono::seconds{60}));
  CHECK_MESSAGE(waits.exit_status() == 0, test::content(tmp / "said"), test::content(tmp / "log"));
  daemon.stop(SIGTERM, std::chrono::seconds{30});
}

TEST_CASE(
  "terminal: it finds the daemon where make run keeps it, prefers one that runs, and prints JSON and headings") {
  arrakis_daemon one{{.name = "state/arrakis"}};
  REQUIRE_MESSAGE(one.ready(), one.log());
  const auto above = fs::path{one.folder()}.parent_path().parent_path().string();
  const auto list = typed(above, "arrakisctl", {"community", "list"});
  CHECK_MESSAGE(list.code == 0, list.out);
  CHECK(has(list.out, "There is no community yet"));
  const auto as_json = typed(above, "arrakisctl", {"--json", "community", "list"});
  CHECK(as_json.out == "{\"communities\":[]}\n");

  for (const auto& [words, member] :
       {std::pair{strings{"jobs", "list"}, "counts"}, std::pair{strings{"jobs", "dead"}, "jobs"},
        std::pair{strings{"jobs", "pause"}, "is_paused"}, std::pair{strings{"jobs", "resume"}, "is_paused"},
        std::pair{strings{"jobs", "list", "--queue", "discord-synthesis"}, "counts"},
        std::pair{strings{"jobs", "queues"}, "queues"}, std::pair{strings{"jobs", "overdue"}, "overdue"},
        std::pair{strings{"audit", "verify"}, "trails"}, std::pair{strings{"quarantine", "list"}, "quarantines"},
        std::pair{strings{"roles", "waiting"}, "waiting"}, std::pair{strings{"signer", "status"}, "signs"},
        std::pair{strings{"manifest", "keys"}, "1"}}) {
    auto typed_words = words;
    typed_words.emplace_back("--json");
    const auto got = typed(above, "arrakisctl", typed_words);
    CAPTURE(fmt::format("{}", fmt::join(words, " ")));
    INFO(got.out);
    CHECK(got.code == 0);
    const auto document = json::parse(got.out);
    REQUIRE(document);
    CHECK(document->get_object().contains(member));
    const auto plain = typed(above, "arrakisctl", words); // For people each says something, too.
    CHECK(plain.code == 0);
    CHECK(plain.out.size() > 1);
  }

  // An irreversible command is refused without a terminal and without --yes, and nothing is done.
  const auto refused = typed(above, "arrakisctl", {"signer", "rotate"});
  CHECK(refused.code == 1);
  CHECK(has(refused.out, "Repeat it with --yes"));
  CHECK(has(typed(above, "arrakisctl", {"signer", "status"}).out, "key version 1"));
  const auto done = typed(above, "arrakisctl", {"signer", "rotate", "--yes"}); // Negative control: the same, confirmed.
  CHECK_MESSAGE(done.code == 0, done.out);
  CHECK(has(typed(above, "arrakisctl", {"signer", "status"}).out, "key version 2"));
  // At a terminal it asks: another answer does nothing.
  const auto answers = [&](const std::string& answer) {
    const auto output = one / ("asked." + answer);
    process p{{.argv = {"/bin/sh", "-c", "echo \"$1\" | script -qec \"$2 signer rotate\" /dev/null", "sh", answer,
                        program("arrakisctl")},
               .folder = above,
               .output = output}};
    REQUIRE(p.wait(std::chrono::seconds{60}));
    return test::content(output);
  };
  CHECK(has(answers("no"), "you did not type yes"));
  CHECK(has(typed(above, "arrakisctl", {"signer", "status"}).out, "key version 2"));
  CHECK(has(answers("yes"), "key version 3"));
  CHECK(one.stop() == 0);
}
